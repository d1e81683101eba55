"""What the model, the codec and torch raise, as errors a person can act on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from higgs_cli.errors import (
    DeviceError,
    GenerationTimeoutError,
    MemoryExhaustedError,
    ModelLoadError,
)
from model.errors import GenerationError, ModelError
from tokenizer.errors import TokenizerError


@contextmanager
def loading(name: str) -> Iterator[None]:
    try:
        with device_errors():
            yield
    except (ModelError, TokenizerError) as error:
        hint = getattr(error, "hint", None)
        raise ModelLoadError(f"{name}: {error}", hint=hint) from error


@contextmanager
def device_errors() -> Iterator[None]:
    """What the device says, in words that name what to do."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        torch.cuda.empty_cache()
        raise MemoryExhaustedError("the device is out of memory") from error
    except MemoryError as error:
        raise MemoryExhaustedError("this machine is out of memory") from error
    except GenerationError as error:
        raise GenerationTimeoutError(str(error)) from error
    except RuntimeError as error:
        text = str(error).splitlines()[0] if str(error) else ""
        if "CUDA" in text or "cuDNN" in text or "cublas" in text.lower():
            raise DeviceError(f"the GPU failed: {text}") from error
        if "can't allocate memory" in text:
            raise MemoryExhaustedError("this machine is out of memory") from error
        raise
