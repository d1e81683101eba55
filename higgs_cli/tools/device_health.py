"""What there is to compute with, how much memory is free, and what fits it."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterable

from higgs_cli.checkpoints.find import NVIDIA_DEVICE, find_checkpoint
from higgs_cli.settings.views import ModelChoice
from higgs_cli.tools.symptom import Symptom

FULL_MODEL_BYTES = 8 * 10**9
"""From so much memory of a GPU on the public model fits, in int8, with its text path outside."""
FULL_MODEL_HOST_BYTES = 40 * 10**9
"""Of a CPU, in float32."""


def device_symptoms() -> Iterable[Symptom]:
    import torch

    from model.hardware.device import choose_device
    from model.hardware.free_memory import device_memory

    yield Symptom("device", "ok", f"{len(os.sched_getaffinity(0))} cores for this process")
    choice = choose_device()
    name = torch.cuda.get_device_name() if choice.device.type == "cuda" else choice.device.type
    yield Symptom("device", "ok", f"{name}: {choice.reason}")
    yield from _unused_gpu(choice.device.type)
    memory = device_memory(choice.device)
    if memory is not None:
        free, total = memory.free_bytes / 1e9, memory.total_bytes / 1e9
        yield Symptom("device", "ok", f"{free:.1f} of {total:.1f} GB of its memory are free")
        yield _full_model(choice.device.type, memory.free_bytes)
    yield _plan()


def _unused_gpu(kind: str) -> Iterable[Symptom]:
    """A card that torch does not see, or that cannot be used as well as it could."""
    import torch

    if kind != "cuda" and NVIDIA_DEVICE.exists():
        if torch.version.cuda is None:
            said, mend = "this torch is built without CUDA", "install torch for CUDA (pytorch.org)"
        else:
            said = f"torch for CUDA {torch.version.cuda} cannot use it"
            mend = "look at nvidia-smi: is the driver new enough, is the card free?"
        yield Symptom("device", "problem", f"an NVIDIA card is here, but {said}", mend)
    if kind == "cuda" and importlib.util.find_spec("triton") is None:
        detail = "triton is not here: no fused kernels"
        yield Symptom("device", "note", detail, 'pip install "higgs[kernels]"')


def _full_model(kind: str, free_bytes: int) -> Symptom:
    """Whether the public model would fit what is free now."""
    if kind == "cuda":
        if free_bytes >= FULL_MODEL_BYTES:
            return Symptom("device", "ok", "the public model fits")
        mend = "end other programs on the card, or use --model mini"
        return Symptom("device", "note", "too little is free for the public model", mend)
    if free_bytes >= FULL_MODEL_HOST_BYTES:
        return Symptom("device", "note", "the public model fits, but a CPU speaks it very slowly")
    return Symptom("device", "note", "mini is the model for this machine", "a CUDA card from 8 GB")


def _plan() -> Symptom:
    """What a render without settings would open, and how it would lie in memory."""
    from higgs_cli.speech.higgs.opening import memory_plan

    asked = ModelChoice()
    checkpoint = find_checkpoint(asked)
    plan = memory_plan(checkpoint, asked)
    return Symptom("device", "ok", f"{checkpoint.name} by default: {plan.describe()}")
