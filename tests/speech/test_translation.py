"""What goes wrong below the door comes out as one kind of error, with an exit code and a way on."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from higgs_cli import errors as ours
from higgs_cli.speech.higgs.errors import translated
from model import errors as model_errors
from model.errors import MemoryPlanError, Remedy
from tests.test_errors import error_classes
from tokenizer import errors as tokenizer_errors
from tokenizer.errors import OutsideFolderError, RecordingTooLongError, UnconvertedCodecError

MADE = {
    MemoryPlanError: lambda: MemoryPlanError("too tight", [Remedy.FEWER_LANES]),
    RecordingTooLongError: lambda: RecordingTooLongError("too long", 5),
    UnconvertedCodecError: lambda: UnconvertedCodecError("a pickle", Path("model.pth")),
}


def outcome(error: Exception, *about: object) -> ours.HiggsError:
    with pytest.raises(ours.HiggsError) as caught, translated(*about):  # type: ignore[arg-type]
        raise error
    assert caught.value.__cause__ is error
    return caught.value


@pytest.mark.parametrize(
    "kind",
    [*error_classes(model_errors), *error_classes(tokenizer_errors)],
    ids=lambda k: k.__name__,
)
def test_every_error_of_the_two_packages_comes_out_as_one_of_ours(kind: type[Exception]) -> None:
    made = MADE.get(kind, lambda: kind("it cannot be"))()  # type: ignore[call-overload]
    assert type(outcome(made)) is not ours.HiggsError


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (model_errors.GenerationError("no"), ours.GenerationFailedError),
        (model_errors.ModelError("no"), ours.ModelLoadError),
        (model_errors.DeviceChoiceError("no"), ours.UsageError),
        (model_errors.ConfigError("no"), ours.FormatError),
        (model_errors.CheckpointError("no"), ours.FormatError),
        (tokenizer_errors.TextError("no"), ours.FormatError),
        (tokenizer_errors.CodecConfigError("no"), ours.FormatError),
        (tokenizer_errors.CodecCheckpointError("no"), ours.FormatError),
        (tokenizer_errors.UnwrittenCodecError("no"), ours.ModelLoadError),
        (tokenizer_errors.BitstreamError("no"), ours.FormatError),
        (tokenizer_errors.CodecError("no"), ours.AudioTokenizationError),
        (tokenizer_errors.CodecDeviceError("no"), ours.UsageError),
        (tokenizer_errors.WaveformError("no"), ours.VoiceError),
        (tokenizer_errors.PromptError("no"), ours.UsageError),
        (torch.OutOfMemoryError("no"), ours.MemoryExhaustedError),
        (MemoryError(), ours.MemoryExhaustedError),
        (RuntimeError("CUDA error: an illegal memory access"), ours.DeviceError),
        (RuntimeError("can't allocate memory: 9 bytes"), ours.MemoryExhaustedError),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else value.__name__,
)
def test_each_error_has_its_kind(error: Exception, kind: type[ours.HiggsError]) -> None:
    assert type(outcome(error)) is kind


def test_a_failed_generation_is_not_called_a_time_out() -> None:
    failed = outcome(model_errors.GenerationError("the run needs 83 positions"))
    assert not isinstance(failed, ours.GenerationTimeoutError)
    assert failed.message == "the run needs 83 positions"


def test_what_would_help_is_told_in_options_of_the_command_line() -> None:
    remedies = [Remedy.FEWER_LANES, Remedy.FREE_MEMORY, Remedy.SMALLER_MODEL]
    told = outcome(MemoryPlanError("12 of 8 GB", remedies), "mini", ours.ModelLoadError)
    assert isinstance(told, ours.MemoryExhaustedError) and told.message == "mini: 12 of 8 GB"
    assert told.hint == "what would help: fewer --lanes, closing other programs, --model mini"
    pickle = outcome(UnconvertedCodecError("a pickle", Path("model.pth")))
    assert pickle.hint == "convert it once: higgs codec convert model.pth -o FOLDER"
    assert "--allow-outside" in str(outcome(OutsideFolderError("outside")).hint)


def test_one_kind_may_stand_for_all_that_is_refused() -> None:
    refused = outcome(tokenizer_errors.TextError("no", hint="so"), "mini", ours.UsageError)
    assert type(refused) is ours.UsageError
    assert (refused.message, refused.hint) == ("mini: no", "so")


def test_a_damaged_checkpoint_is_told_with_what_to_do() -> None:
    assert "--model" in str(outcome(model_errors.ConfigError("no")).hint)
    assert "--codec" in str(outcome(tokenizer_errors.CodecConfigError("no")).hint)
    assert outcome(model_errors.ConfigError("no"), "run.yaml", ours.UsageError).hint is None


def test_mistakes_of_our_own_are_not_dressed_up() -> None:
    with pytest.raises(RuntimeError, match="ours"), translated():
        raise RuntimeError("ours")
