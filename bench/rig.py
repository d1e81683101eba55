"""What the parts of the GPU benchmark share: the model, its roofline, the
transformers implementation, and the sizes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from bench.deadline import Deadline
from bench.roofline import Roofline, measure_roofline
from bench.shapes import SHAPES
from bench.workload import silenced
from model.checkpoint.language_model import LanguageModel
from model.checkpoint.random_model import random_model
from model.runs.prompt import Prompt

if TYPE_CHECKING:
    from bench.transformers_reference import TransformersSpeaker


@dataclass(frozen=True)
class Scale:
    """How large everything is."""

    shared: int = 450
    text: int = 75
    frames: int = 150
    book_frames: int = 450
    sweep_frames: int = 64
    transformers_frames: int = 40
    rounds: int = 5
    book_lanes: int = 128
    lane_counts: tuple[int, ...] = (1, 128, 8, 256, 32, 64, 16, 4, 192, 96, 2)
    """Every bucket, the most telling ones first: time may end before all are measured."""
    quantized_lanes: tuple[int, ...] = (1, 8, 32, 64)
    context_lanes: int = 64
    contexts: tuple[int, ...] = (250, 500, 1000, 2000, 4000)
    transformers_batches: tuple[int, ...] = (32, 64, 128)
    book_minutes: float = 600.0
    chunk_seconds: float = 15.0
    codec_width: int = 1024
    codec_clips: int = 64
    product_rows: tuple[int, ...] = (1, 128, 256)
    costed_rows: tuple[int, ...] = (1, 2, 4, 8, 16, 32, 64, 128, 192, 256)
    bucket_room: int = 1024
    """Positions of a lane where every bucket is tried."""
    exact_layers: int = 28
    checked_steps: int = 40


REAL = Scale()
SMALL = Scale(
    shared=24,
    text=4,
    frames=6,
    book_frames=8,
    sweep_frames=4,
    transformers_frames=4,
    rounds=2,
    book_lanes=3,
    lane_counts=(1, 2),
    quantized_lanes=(1,),
    context_lanes=2,
    contexts=(8, 12),
    transformers_batches=(2,),
    book_minutes=0.15,
    chunk_seconds=1.0,
    codec_width=32,
    codec_clips=2,
    product_rows=(1, 4),
    costed_rows=(1, 3),
    bucket_room=112,
    exact_layers=2,
    checked_steps=12,
)
"""For trying the whole script where there is no GPU."""


Figures = dict[str, Any]
Part = Callable[["Rig", Deadline], Figures]
"""Measures one thing and says it as plain figures. It knows no other part and must leave the device
as it found it, so that any of them may fail or be left out."""


class Rig:
    """One model on one device; made when a part asks for it."""

    def __init__(self, shape: str, device: str, dtype: torch.dtype, scale: Scale) -> None:
        self.shape, self.scale, self.dtype = shape, scale, dtype
        wanted = torch.device(device)
        self.device = torch.device("cuda", 0) if wanted.type == "cuda" else wanted
        self.config = SHAPES[shape]
        self.told: Figures = {}
        """Of the part that is measured."""
        self.say: Callable[[Figures], None] = lambda figures: None

    def tell(self, figures: Figures) -> None:
        """What a part knows already: it is not lost if the rest of it is."""
        self.told |= figures
        self.say(figures)

    @cached_property
    def model(self) -> LanguageModel:
        return silenced(random_model(self.config, 0, self.device, self.dtype, False))

    @cached_property
    def roofline(self) -> Roofline:
        return measure_roofline(self.model.config, self.device, self.dtype)

    def transformers_speaker(self, prompt: Prompt, lanes: int) -> TransformersSpeaker:
        """`transformers` around the same weights; loaded by the first part that asks."""
        from bench.transformers_reference import TransformersSpeaker

        return TransformersSpeaker(self._transformers_codec, prompt, lanes)

    @cached_property
    def _transformers_codec(self) -> Any:
        from bench.transformers_reference import transformers_model

        return transformers_model(self.model)


LOGIT_LIMITS = {torch.float32: 1e-3, torch.float16: 3e-2, torch.bfloat16: 1e-1}
"""Of the logits of one lane or position, relative to their length: rounding in another order,
through all layers."""


def logit_errors(expected: Tensor, said: Tensor) -> Tensor:
    """`[lanes or positions, …]`, each by the length of what was expected of it."""
    expected, said = expected.float().flatten(1), said.float().flatten(1)
    return (said - expected).norm(dim=1) / expected.norm(dim=1)


def three_digits(number: float) -> float:
    """An error is as telling at 1e-7 as at 0.1."""
    return float(f"{number:.3g}")
