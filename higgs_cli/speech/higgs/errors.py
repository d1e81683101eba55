"""What the model, the codec and torch raise, as errors a person can act on: the one translation.

The packages below speak in their own terms; which error of ours that is, and which option of the
command line would help, is said here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from higgs_cli.checkpoints.find import MODEL_MEND
from higgs_cli.errors import (
    AudioTokenizationError,
    DeviceError,
    FormatError,
    GenerationFailedError,
    HiggsError,
    MemoryExhaustedError,
    ModelLoadError,
    UsageError,
    VoiceError,
)
from model.errors import (
    CheckpointError,
    ConfigError,
    DeviceChoiceError,
    GenerationError,
    MemoryPlanError,
    ModelError,
    Remedy,
)
from tokenizer.errors import (
    BitstreamError,
    CodecCheckpointError,
    CodecConfigError,
    CodecDeviceError,
    CodecError,
    OutsideFolderError,
    TextError,
    TokenizerError,
    UnconvertedCodecError,
    UnwrittenCodecError,
    WaveformError,
)

KINDS: dict[type[Exception], type[HiggsError]] = {
    MemoryPlanError: MemoryExhaustedError,
    GenerationError: GenerationFailedError,
    ConfigError: FormatError,
    CheckpointError: FormatError,
    DeviceChoiceError: UsageError,
    ModelError: ModelLoadError,
    BitstreamError: FormatError,
    CodecConfigError: FormatError,
    UnwrittenCodecError: ModelLoadError,
    CodecCheckpointError: FormatError,
    CodecDeviceError: UsageError,
    CodecError: AudioTokenizationError,
    WaveformError: VoiceError,
    TextError: FormatError,
    TokenizerError: UsageError,
}
"""The first that an error is an instance of counts: the special ones stand before the general."""

MENDS: dict[type[Exception], str] = {
    ConfigError: MODEL_MEND,
    CheckpointError: MODEL_MEND,
    TextError: MODEL_MEND,
    CodecConfigError: "copy the folder of the codec again, or name another with --codec",
    CodecCheckpointError: "copy the folder of the codec again, or name another with --codec",
}
"""Of a file of a checkpoint that is not what it should be, where nothing nearer is known."""

OPTIONS = {
    Remedy.FEWER_LANES: "fewer --lanes",
    Remedy.LEAST_MEMORY: "--memory low",
    Remedy.INT8_KEYS: "--kv-dtype int8",
    Remedy.FLOAT32_WEIGHTS: "--dtype float32",
    Remedy.BFLOAT16_WEIGHTS: "--dtype bfloat16",
    Remedy.INT8_WEIGHTS: "--dtype int8",
    Remedy.SMALLER_MODEL: "--model mini",
}
"""Remedies that are options of the command line; the others are said as they are."""


@contextmanager
def translated(about: str = "", refusal: type[HiggsError] | None = None) -> Iterator[None]:
    """Let nothing but `HiggsError`s out, each led by what it is about.

    `refusal` takes the place of the usual kind, where all that is refused is of one kind: a
    training run that cannot be as its file says.
    """
    try:
        yield
    except (ModelError, TokenizerError) as error:
        raise _translation(error, about, refusal) from error
    except torch.OutOfMemoryError as error:
        torch.cuda.empty_cache()
        raise MemoryExhaustedError("the device is out of memory") from error
    except MemoryError as error:
        raise MemoryExhaustedError("this machine is out of memory") from error
    except RuntimeError as error:
        found = _device_trouble(error)
        if found is None:
            raise
        raise found from error


def _translation(
    error: ModelError | TokenizerError, about: str, refusal: type[HiggsError] | None
) -> HiggsError:
    kind = next(ours for theirs, ours in KINDS.items() if isinstance(error, theirs))
    if refusal is not None and kind is not MemoryExhaustedError:
        kind = refusal
    told = error.reason if isinstance(error, MemoryPlanError) else str(error)
    hint = _hint(error) or (_mend(error) if refusal is None else None)
    return kind(f"{about}: {told}" if about else told, hint=hint)


def _hint(error: ModelError | TokenizerError) -> str | None:
    """What to do, in the words of the command line."""
    if isinstance(error, MemoryPlanError):
        ways = [OPTIONS.get(remedy, remedy.value) for remedy in error.remedies]
        return f"what would help: {', '.join(ways)}"
    if isinstance(error, OutsideFolderError):
        return "copy the recording there, or say --allow-outside"
    if isinstance(error, UnconvertedCodecError):
        return f"convert it once: higgs codec convert {error.path} -o FOLDER"
    return error.hint if isinstance(error, TokenizerError) else None


def _mend(error: Exception) -> str | None:
    return next((mend for kind, mend in MENDS.items() if isinstance(error, kind)), None)


def _device_trouble(error: RuntimeError) -> HiggsError | None:
    """What the device says, in words that name what to do; None if it is not the device."""
    text = str(error).splitlines()[0] if str(error) else ""
    if "CUDA" in text or "cuDNN" in text or "cublas" in text.lower():
        return DeviceError(f"the GPU failed: {text}")
    if "can't allocate memory" in text:
        return MemoryExhaustedError("this machine is out of memory")
    return None
