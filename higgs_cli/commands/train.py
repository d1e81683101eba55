"""`higgs train`: conversations become samples, and samples teach the language model."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from higgs_cli.console import out
from higgs_cli.errors import FormatError, HiggsError, UsageError
from higgs_cli.options import QuietOption
from higgs_cli.training_log import TrainingLog

if TYPE_CHECKING:
    from model.training.lm_trainer import StepReport
    from model.training.samples import TrainingSample

train_app = typer.Typer(
    name="train",
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Train the language model or the codec.",
    epilog="Example: higgs train lm training.yaml",
)

ConfigArgument = Annotated[Path, typer.Argument(help="A YAML file with the run's settings.")]


@train_app.command(
    epilog="Example: higgs train samples chats.jsonl --model start --codec codec -o samples"
)
def samples(
    conversations: Annotated[Path, typer.Argument(help="One conversation per line, in JSON.")],
    model: Annotated[Path, typer.Option(help="Model folder: its tokens, ids and codebooks.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the samples.")],
    codec: Annotated[Path, typer.Option(help="Folder of the codec.")],
    per_file: Annotated[int, typer.Option(min=1, help="Samples in one file.")] = 2000,
    device: Annotated[str, typer.Option(help="Where the codec runs.")] = "cpu",
    quiet: QuietOption = False,
) -> None:
    """Read conversations, encode their recordings, and lay them out for training."""
    out.mode = "quiet" if quiet else out.mode
    if output.exists() and any(output.iterdir()):
        raise UsageError(f"{output} is not empty", hint="give a new folder")
    with _explained():
        from model.training.shards import write_shard

        output.mkdir(parents=True, exist_ok=True)
        written = 0
        batch: list[TrainingSample] = []
        for number, sample in enumerate(_laid_out(conversations, model, codec, device), start=1):
            batch.append(sample)
            if len(batch) == per_file:
                write_shard(output / f"samples-{written:05d}.safetensors", batch)
                written, batch = written + 1, []
                out.say(f"{number} samples")
        if batch:
            write_shard(output / f"samples-{written:05d}.safetensors", batch)
        elif not written:
            raise UsageError(f"{conversations} holds no conversation")
    out.say(f"{output}: ready")


@train_app.command(epilog="Example: higgs train lm training.yaml")
def lm(config: ConfigArgument, quiet: QuietOption = False) -> None:
    """Train the language model; the same command continues a run that was stopped."""
    out.mode = "quiet" if quiet else out.mode
    values = _read_yaml(config)
    with _explained(config):
        from model.training.lm_settings import read_lm_settings
        from model.training.lm_trainer import LmTrainer

        settings = read_lm_settings(values, config.parent)
        trainer = LmTrainer(settings)
        if not trainer.is_main:
            for _ in trainer.run():
                pass
            trainer.save_model()
            return
        first = trainer.progress.step
        out.say(f"{trainer.sample_count} samples; step {first} of {settings.steps}")
        with TrainingLog(settings.out, first, settings.steps, out.say) as log:
            for report in trainer.run():
                log.add(report.step, report.seconds, _figures(report))
        out.result(str(trainer.save_model()))


def _laid_out(
    conversations: Path, model: Path, codec: Path, device: str
) -> Iterator[TrainingSample]:
    """The conversations of a file as samples of a model's own ids and codes."""
    from model.config_reader import read_config
    from model.mel import SAMPLE_RATE, mel_pieces
    from model.training.samples import Mel, TrainingSample
    from tokenizer.chat_samples import read_samples
    from tokenizer.codec import load_codec
    from tokenizer.expansion import StreamShape
    from tokenizer.prompt_writer import PromptWriter
    from tokenizer.sample_recordings import encode_recordings
    from tokenizer.teaching import for_tower, write_lesson
    from tokenizer.text import TextTokenizer
    from tokenizer.waveform import to_mono

    shape = read_config(model)
    text = TextTokenizer.from_folder(model)
    streams = StreamShape(shape.codebook_count, shape.stream_bos_id, shape.stream_eos_id)
    writer = PromptWriter(text, streams, has_audio_in=shape.audio_in_id is not None)
    opened = load_codec(codec, device)
    for sample in read_samples(conversations):
        encoded = encode_recordings(sample, opened, conversations.parent)
        taught = for_tower(encoded.sample) if shape.whisper else encoded.sample
        lesson = write_lesson(taught, writer)
        mels: list[Mel] = []
        if shape.whisper:
            heard = [to_mono(one, opened.sample_rate, SAMPLE_RATE) for one in encoded.heard]
            pieces = mel_pieces(heard, shape.whisper)
            mels = [Mel.cut(*piece) for piece in zip(pieces.mel, pieces.frame_counts, strict=True)]
        yield TrainingSample.of(
            lesson.prompt.ids,
            lesson.text_labels,
            lesson.prompt.audio_mask,
            lesson.prompt.codes,
            lesson.clips,
            lesson.prompt.tower_mask,
            mels,
        )


def _figures(report: StepReport) -> dict[str, float]:
    """The columns of the curves."""
    figures = {"loss": report.scores.total, "text": report.scores.text}
    figures |= {f"book {n}": score for n, score in enumerate(report.scores.codebooks)}
    if report.validation is not None:
        figures["held out"] = report.validation.total
    return figures | {"rate": report.learning_rate, "gradient": report.gradient_norm}


def _read_yaml(path: Path) -> dict[str, Any]:
    import yaml

    try:
        values = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as problem:
        raise UsageError(f"{path}: cannot be read: {problem}") from None
    except yaml.YAMLError as problem:
        raise FormatError(f"{path}: not YAML: {' '.join(str(problem).split())}") from None
    if not isinstance(values, dict):
        raise FormatError(f"{path}: a training file holds names and values")
    return values


@contextmanager
def _explained(config: Path | None = None) -> Iterator[None]:
    """What the packages below refuse, in the words of the command line."""
    from model.errors import ConfigError, ModelError
    from tokenizer.errors import TokenizerError

    try:
        yield
    except ConfigError as error:
        raise UsageError(f"{config}: {error}" if config else str(error)) from error
    except TokenizerError as error:
        raise UsageError(error.message, hint=error.hint) from error
    except ModelError as error:
        raise HiggsError(str(error)) from error
