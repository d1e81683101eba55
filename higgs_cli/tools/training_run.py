"""A training run as its file says, from the first step or from where it was stopped.

`accelerate` is an extra; it is asked for before anything that needs it is imported.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from higgs_cli.errors import FormatError, UsageError
from higgs_cli.files.strict_settings import read_settings
from higgs_cli.files.strict_yaml import read_yaml
from higgs_cli.files.writable import check_folder_place
from higgs_cli.speech.higgs.errors import translated
from higgs_cli.stopping import checkpoint, stopping_cleanly
from higgs_cli.tools.training_log import TrainingLog, check_run_folder
from model.errors import ConfigError
from model.training.lm_settings import LmSettings
from tokenizer.codec.checkpoint import save_codec

if TYPE_CHECKING:
    from model.training.lm_trainer import StepReport

Say = Callable[[str], None]


@translated(refusal=UsageError)
def train_language_model(config: Path, say: Say) -> Path | None:
    """The folder of the trained model; None in a process that only helps the main one."""
    values = _values(config)
    _need_accelerate()
    from model.training.lm_trainer import LmTrainer

    with _settings_of(config):
        settings = read_settings(LmSettings, values, config)
        check_run_folder(settings.out)
        trainer = LmTrainer(settings)
        if not trainer.is_main:
            for _ in trainer.run():
                pass
            trainer.save_model()
            return None
        first = trainer.progress.step
        say(f"{trainer.sample_count} samples; step {first} of {settings.steps}")
        with stopping_cleanly(), TrainingLog(settings.out, first, settings.steps, say) as log:
            for report in trainer.run():
                checkpoint()
                log.add(report.step, report.seconds, _figures(report))
        return trainer.save_model()


def train_codec(config: Path, say: Say) -> Path | None:
    """The folder of the trained codec; None in a process that only helps the main one."""
    values = _values(config)
    _need_accelerate()
    from tokenizer.training.codec_run import CodecRunSettings, open_codec_run

    with translated(str(config), UsageError):
        settings = read_settings(CodecRunSettings, values, config)
        check_folder_place(settings.out)
        check_run_folder(settings.out)
        trainer = open_codec_run(settings)
        if not trainer.accelerator.is_main_process:
            for _ in trainer.run():
                pass
            return None
        say(f"step {trainer.step} of {trainer.recipe.steps}")
        log = TrainingLog(settings.out, trainer.step, trainer.recipe.steps, say)
        with stopping_cleanly(), log:
            for report in trainer.run():
                checkpoint()
                log.add(report.step, report.seconds, report.losses)
        finished = settings.out / "codec"
        save_codec(trainer.network, finished)
        return finished


def _values(config: Path) -> dict[str, Any]:
    values = read_yaml(config).plain()
    if not isinstance(values, dict):
        raise FormatError(f"{config}: a training file holds names and values")
    return values


def _need_accelerate() -> None:
    if importlib.util.find_spec("accelerate") is None:
        hint = "pip install 'higgs[train]'"
        raise UsageError("training needs the accelerate package", hint=hint)


@contextmanager
def _settings_of(config: Path) -> Iterator[None]:
    """A setting that cannot be is told with its file; samples and checkpoints name their own."""
    try:
        yield
    except ConfigError as error:
        raise ConfigError(str(error), str(config)) from error


def _figures(report: StepReport) -> dict[str, float]:
    """The columns of the curves."""
    figures = {"loss": report.scores.total, "text": report.scores.text}
    figures |= {f"book {n}": score for n, score in enumerate(report.scores.codebooks)}
    if report.validation is not None:
        figures["held out"] = report.validation.total
    return figures | {"rate": report.learning_rate, "gradient": report.gradient_norm}
