"""Which device and number format to run on, and why."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from model.errors import ModelError


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


def parse_dtype(name: str) -> torch.dtype:
    """`float32`, `bfloat16` or `float16`."""
    known = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
    if name not in known:
        raise ModelError(f"dtype {name!r} is not one of {', '.join(known)}")
    return known[name]


def _pick_device(wanted: str | None) -> tuple[torch.device, str]:
    if wanted is not None and wanted != "auto":
        return _checked(wanted), f"{wanted} as asked"
    if torch.cuda.is_available():
        return torch.device("cuda"), f"CUDA is here ({torch.cuda.get_device_name()})"
    if torch.backends.mps.is_available():
        return torch.device("mps"), "no CUDA here, but Apple's Metal is"
    return torch.device("cpu"), "no GPU was found"


def _checked(wanted: str) -> torch.device:
    try:
        device = torch.device(wanted)
    except RuntimeError:
        raise ModelError(f"device {wanted!r} is not one torch knows; try cpu or cuda") from None
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        count = torch.cuda.device_count()
        raise ModelError(f"device {wanted!r} was asked for, but {count} CUDA devices are here")
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise ModelError("device 'mps' was asked for, but Metal is not available here")
    return device


def _pick_dtype(device: torch.device) -> tuple[torch.dtype, str]:
    if device.type == "cuda" and torch.cuda.is_bf16_supported():
        return torch.bfloat16, "bfloat16, as the public weights are stored"
    if device.type == "cuda":
        return torch.float16, "float16, since this GPU has no bfloat16"
    return torch.float32, "float32, exact and fast enough away from CUDA"
