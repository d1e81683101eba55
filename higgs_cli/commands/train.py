"""`higgs train`: conversations become samples, and samples teach the language model."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from higgs_cli.errors import FormatError, UsageError
from higgs_cli.files.atomic_file import folder_written_aside
from higgs_cli.files.strict_yaml import read_yaml
from higgs_cli.files.writable import check_folder_place
from higgs_cli.terminal.console import out
from higgs_cli.terminal.options import QuietOption
from higgs_cli.tools.training_log import TrainingLog

if TYPE_CHECKING:
    from model.training.lm_trainer import StepReport
    from model.training.samples import Mel, TrainingSample
    from tokenizer.prompts.messages import ChatSample
    from tokenizer.samples.recordings import EncodedSample

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
    allow_outside: Annotated[
        bool, typer.Option("--allow-outside", help="Follow paths out of the conversations' folder.")
    ] = False,
    quiet: QuietOption = False,
) -> None:
    """Read conversations, encode their recordings, and lay them out for training."""
    out.mode = "quiet" if quiet else "human"
    check_folder_place(output)
    if output.exists() and any(output.iterdir()):
        raise UsageError(f"{output} is there already", hint="give a new folder")
    with _explained(), folder_written_aside(output.resolve()) as aside:
        from model.training.shards import write_shards

        laid_out = _laid_out(conversations, _Preparation(model, codec, device, allow_outside))
        count = write_shards(aside, laid_out, per_file)
        if not count:
            raise FormatError(f"{conversations} holds no conversation")
    out.say(f"{output}: {count} samples")


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


@train_app.command(epilog="Example: higgs train codec training.yaml")
def codec(config: ConfigArgument, quiet: QuietOption = False) -> None:
    """Train the codec; the same command continues a run that was stopped."""
    out.mode = "quiet" if quiet else out.mode
    values = _read_yaml(config)
    with _explained(config):
        from model.training.settings_reader import read_settings
        from tokenizer.codec.checkpoint import save_codec
        from tokenizer.training.codec_run import CodecRunSettings, open_codec_run

        settings = read_settings(CodecRunSettings, values, config.parent)
        trainer = open_codec_run(settings)
        if not trainer.accelerator.is_main_process:
            for _ in trainer.run():
                pass
            return
        out.say(f"step {trainer.step} of {trainer.recipe.steps}")
        with TrainingLog(settings.out, trainer.step, trainer.recipe.steps, out.say) as log:
            for report in trainer.run():
                log.add(report.step, report.seconds, report.losses)
        finished = settings.out / "codec"
        save_codec(trainer.network, finished)
        out.result(str(finished))


def _laid_out(conversations: Path, preparation: _Preparation) -> Iterator[TrainingSample]:
    """The conversations of a file as samples; a mistake in one is reported with its line."""
    from tokenizer.errors import PromptError, TokenizerError
    from tokenizer.samples.conversations import read_samples

    for line, sample in read_samples(conversations):
        try:
            yield preparation.sample(sample, conversations.parent)
        except TokenizerError as error:
            where = f"{conversations}, line {line}"
            raise PromptError(f"{where}: {error.message}", hint=error.hint) from error


class _Preparation:
    """A model's own ids and a codec's codes for conversations."""

    def __init__(self, model: Path, codec: Path, device: str, allow_outside: bool) -> None:
        from model.config.reader import read_config
        from tokenizer.codec.codec import load_codec
        from tokenizer.prompts.positions import StreamShape
        from tokenizer.prompts.special_tokens import MODEL_FIELDS
        from tokenizer.prompts.text import TextTokenizer
        from tokenizer.prompts.writer import PromptWriter

        self._config = config = read_config(model)
        streams = StreamShape(config.codebook_count, config.stream_bos_id, config.stream_eos_id)
        hears_apart = config.audio_in_id is not None
        text = TextTokenizer.from_folder(model)
        ids = {token: getattr(config, field) for token, field in MODEL_FIELDS.items()}
        text.check_ids(ids, config.vocab_size)
        self._writer = PromptWriter(text, streams, has_audio_in=hears_apart)
        self._codec = load_codec(codec, device)
        self._allow_outside = allow_outside

    def sample(self, conversation: ChatSample, folder: Path) -> TrainingSample:
        """Its positions, labels and codes; recordings are looked for from `folder` on."""
        from model.training.samples import TrainingSample
        from tokenizer.samples.labels import for_tower, write_lesson
        from tokenizer.samples.recordings import encode_recordings

        encoded = encode_recordings(
            conversation, self._codec, folder, allow_outside=self._allow_outside
        )
        taught, tower = encoded.sample, self._config.whisper
        if tower is not None:
            taught = for_tower(taught, frame_limit=tower.position_count // 2)
        lesson = write_lesson(taught, self._writer)
        return TrainingSample.of(
            lesson.prompt.ids,
            lesson.text_labels,
            lesson.prompt.audio_mask,
            lesson.prompt.codes,
            lesson.clips,
            lesson.prompt.tower_mask,
            self._mels(encoded),
        )

    def _mels(self, encoded: EncodedSample) -> list[Mel]:
        """What the audio tower hears, where the model has one."""
        from model.network.mel import SAMPLE_RATE, mel_pieces
        from model.training.samples import Mel
        from tokenizer.recordings.waveform import to_mono

        if self._config.whisper is None:
            return []
        clips = [to_mono(one, self._codec.sample_rate, SAMPLE_RATE) for one in encoded.heard]
        pieces = mel_pieces(clips, self._config.whisper)
        return [Mel.cut(*piece) for piece in zip(pieces.mel, pieces.frame_counts, strict=True)]


def _figures(report: StepReport) -> dict[str, float]:
    """The columns of the curves."""
    figures = {"loss": report.scores.total, "text": report.scores.text}
    figures |= {f"book {n}": score for n, score in enumerate(report.scores.codebooks)}
    if report.validation is not None:
        figures["held out"] = report.validation.total
    return figures | {"rate": report.learning_rate, "gradient": report.gradient_norm}


def _read_yaml(path: Path) -> dict[str, Any]:
    values = read_yaml(path).plain()
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
        raise UsageError(
            f"{config}: {error.message}" if config else error.message, hint=error.hint
        ) from error
    except ModelError as error:
        raise UsageError(str(error)) from error
    except ModuleNotFoundError as error:
        if error.name != "accelerate":
            raise
        hint = "pip install 'higgs[train]'"
        raise UsageError("training needs the accelerate package", hint=hint) from error
