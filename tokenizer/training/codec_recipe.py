"""What a codec training run is told: steps, stages, weights of the losses. Loads no torch."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class LossWeights:
    """How much each distance counts; 0 leaves it out."""

    mel: float = 10.0
    linear: float = 20.0
    waveform: float = 0.0
    commitment: float = 0.25
    semantic: float = 1.0
    deceiving: float = 0.2
    features: float = 0.5


@dataclass(frozen=True)
class CodecRecipe:
    """One run. Stages are given as the step at which they begin.

    Up to `quantize_from` the network is an autoencoder; there the codebooks are started by
    k-means. From `freeze_encoder_from` only the decoder learns, so the codes are final. From
    `judges_from` (never, if it is -1) the discriminators take part.
    """

    steps: int
    quantize_from: int
    freeze_encoder_from: int
    judges_from: int = -1
    learning_rate: float = 1e-3
    judge_learning_rate: float = 5e-4
    final_learning_rate_share: float = 0.05
    warmup_steps: int = 50
    clip_norm: float = 5.0
    kmeans_batches: int = 16
    seed: int = 0
    compile: bool = False
    bf16: bool = False
    checkpoint_minutes: float = 10.0
    weights: LossWeights = LossWeights()

    def learning_rate_at(self, step: int) -> float:
        """Warm-up, then a cosine down to a share of the peak."""
        warm = min(1.0, (step + 1) / self.warmup_steps)
        done = min(1.0, step / self.steps)
        floor = self.final_learning_rate_share
        return (
            self.learning_rate * warm * (floor + (1 - floor) * (1 + math.cos(math.pi * done)) / 2)
        )
