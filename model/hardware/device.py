"""Which device and number format to run on, and why; how many cores for what."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch

from model.errors import DeviceChoiceError, ModelError


@dataclass(frozen=True)
class DeviceChoice:
    """A device, the dtype that suits it, and one sentence for the person who asks."""

    device: torch.device
    dtype: torch.dtype
    reason: str


def choose_device(wanted: str | None = None, dtype: str | None = None) -> DeviceChoice:
    """Take what is wanted if it is there; `None` and `"auto"` take the best there is."""
    device, reason = _pick_device(wanted)
    if dtype is None or dtype == "auto":
        chosen, why = _pick_dtype(device)
        return DeviceChoice(device, chosen, f"{reason}; {why}")
    return DeviceChoice(device, parse_dtype(dtype), f"{reason}; {dtype} as asked")


def parse_device(wanted: torch.device | str) -> torch.device:
    """A device that is here, or an error that says what is."""
    try:
        device = torch.device(wanted)
    except (RuntimeError, TypeError):
        said = f"device {wanted!r} is not one torch knows; try cpu or cuda"
        raise DeviceChoiceError(said) from None
    name = str(device)
    if device.type not in ("cpu", "cuda", "mps"):
        raise DeviceChoiceError(f"device {name!r} is not supported; cpu, cuda and mps are")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        count = torch.cuda.device_count()
        raise DeviceChoiceError(f"device {name!r} was asked for, but {count} CUDA devices are here")
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise DeviceChoiceError("device 'mps' was asked for, but Metal is not available here")
    return device


def parse_dtype(wanted: torch.dtype | str) -> torch.dtype:
    """`float32`, `bfloat16`, `float16` or `float64`, by name or as torch has them."""
    names = ("float32", "bfloat16", "float16", "float64")
    known = {name: getattr(torch, name) for name in names}
    if wanted in known.values():
        return wanted
    if wanted not in known:
        raise ModelError(f"dtype {str(wanted)!r} is not one of {', '.join(names)}")
    return known[wanted]


def sent(tensor: torch.Tensor, device: torch.device | str) -> torch.Tensor:
    """A copy on a device, in the order of its work; on CUDA nobody waits until it is there."""
    if torch.device(device).type != "cuda" or tensor.is_cuda:
        return tensor.to(device)
    return tensor.pin_memory().to(device, non_blocking=True)


def _pick_device(wanted: str | None) -> tuple[torch.device, str]:
    if wanted is not None and wanted != "auto":
        return parse_device(wanted), f"{wanted} as asked"
    if torch.cuda.is_available():
        return torch.device("cuda"), f"CUDA is here ({torch.cuda.get_device_name()})"
    if torch.backends.mps.is_available():
        return torch.device("mps"), "no CUDA here, but Apple's Metal is"
    return torch.device("cpu"), "no GPU was found"


def _pick_dtype(device: torch.device) -> tuple[torch.dtype, str]:
    if device.type == "cuda" and torch.cuda.is_bf16_supported():
        return torch.bfloat16, "bfloat16, as the public weights are stored"
    if device.type == "cuda":
        return torch.float16, "float16, since this GPU has no bfloat16"
    return torch.float32, "float32, exact and fast enough away from CUDA"


@contextmanager
def torch_threads(count: int) -> Iterator[None]:
    """So many threads for what is asked of torch from here; then as many as before."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
