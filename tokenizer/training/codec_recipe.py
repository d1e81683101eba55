"""What a codec training run is told: steps, stages, weights of the losses. Loads no torch."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

from tokenizer.errors import CodecConfigError

CodecPart: TypeAlias = Literal["encoder", "decoder", "quantizer", "semantic"]

LEAST = {
    "steps": 1,
    "freeze_encoder_from": 0,
    "discriminators_from": -1,
    "warmup_steps": 1,
    "kmeans_batches": 1,
}
ABOVE_ZERO = ("learning_rate", "discriminator_learning_rate", "clip_norm")
SEED_LIMIT = 2**31  # seeds are mixed with steps and processes into 64 bits


def require(allowed: bool, name: str, value: object, wanted: str) -> None:
    """Refuse a setting in one line: its name, its value, and what may stand there."""
    if not allowed:
        raise CodecConfigError(f"{name}: {value!r} is not {wanted}")


@dataclass(frozen=True)
class CodecLossWeights:
    """How much each distance counts; 0 leaves it out."""

    mel: float = 10.0
    linear: float = 20.0
    waveform: float = 0.0
    commitment: float = 0.25
    semantic: float = 1.0
    deceiving: float = 0.2
    features: float = 0.5

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            require(0 <= value < math.inf, f"recipe.weights.{name}", value, "a number from 0 on")


@dataclass(frozen=True)
class CodecRecipe:
    """One run. Stages are given as the step at which they begin, the first step being 0."""

    RENAMED: ClassVar[dict[str, str]] = {
        "judges_from": "discriminators_from",
        "judge_learning_rate": "discriminator_learning_rate",
    }
    """Former names of settings: a file that has one is told the new one."""

    steps: int
    quantize_from: int
    """Up to here the network is an autoencoder; here k-means starts the codebooks anew, also those
    of a start with weights. -1 keeps the codebooks of the start and quantizes from the first step.
    """
    freeze_encoder_from: int
    """From here on only the decoder learns, so the codes are final; `steps` or more: never."""
    discriminators_from: int = -1
    """From here on the discriminators take part; -1: never."""
    learning_rate: float = 1e-3
    discriminator_learning_rate: float = 5e-4
    final_learning_rate_share: float = 0.05
    warmup_steps: int = 50
    clip_norm: float = 5.0
    kmeans_batches: int = 16
    """How many batches the codebooks are started from."""
    seed: int = 0
    compile: bool = False
    bf16: bool = False
    """The decoder and the discriminators compute in bfloat16; weights and codes stay float32's."""
    checkpoint_minutes: float = 10.0
    weights: CodecLossWeights = CodecLossWeights()
    freeze: tuple[CodecPart, ...] = ()
    """Parts whose weights stay as they are from the first step to the last."""
    gradient_checkpointing: bool = False
    """The blocks of encoder and decoder are run again in the backward pass, to save memory."""

    def __post_init__(self) -> None:
        for name, least in LEAST.items():
            self._require(getattr(self, name) >= least, name, f"a whole number from {least} on")
        for name in ABOVE_ZERO:
            self._require(0 < getattr(self, name) < math.inf, name, "a number above 0")
        share, minutes = self.final_learning_rate_share, self.checkpoint_minutes
        self._require(0 <= share <= 1, "final_learning_rate_share", "between 0 and 1")
        self._require(0 <= minutes < math.inf, "checkpoint_minutes", "a number from 0 on")
        self._require(0 <= self.seed < SEED_LIMIT, "seed", f"between 0 and {SEED_LIMIT - 1}")
        self._require(
            -1 <= self.quantize_from < self.steps,
            "quantize_from",
            f"a step from 0 to {self.steps - 1}, nor -1, which keeps the codebooks of the start",
        )
        self._refuse_idle_stages()

    def _refuse_idle_stages(self) -> None:
        """What is frozen must not be what a stage fills, nor all that learns in it."""
        frozen = set(self.freeze)
        if "quantizer" in frozen:
            wanted = "-1, which a frozen quantizer needs: its codebooks are those of the start"
            self._require(self.quantize_from == -1, "quantize_from", wanted)
        if "decoder" in frozen:
            wanted = f"from {self.steps} on, which a frozen decoder needs: it would learn alone"
            self._require(self.freeze_encoder_from >= self.steps, "freeze_encoder_from", wanted)
        learns_at_first = {"encoder", "decoder", "semantic"}
        if self.quantize_from <= 0:
            learns_at_first.add("quantizer")
        self._require(
            not learns_at_first <= frozen, "freeze", "leaving a part that learns at first"
        )

    def _require(self, allowed: bool, name: str, wanted: str) -> None:
        require(allowed, f"recipe.{name}", getattr(self, name), wanted)

    def learning_rate_at(self, step: int) -> float:
        """Warm-up, then a cosine down to a share of the peak."""
        warm = min(1.0, (step + 1) / self.warmup_steps)
        done = min(1.0, step / self.steps)
        floor = self.final_learning_rate_share
        return (
            self.learning_rate * warm * (floor + (1 - floor) * (1 + math.cos(math.pi * done)) / 2)
        )
