"""The settings of a language-model training run, checked before anything is opened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from model.errors import ConfigError

_LIMITS: tuple[tuple[tuple[str, ...], Callable[[Any], bool], str], ...] = (
    (
        ("steps", "batch_positions", "accumulate", "learning_rate", "clip_norm"),
        lambda value: value > 0,
        "above 0",
    ),
    (
        ("threads", "warmup_steps", "checkpoint_steps", "checkpoint_minutes", "validate_steps"),
        lambda value: value >= 0,
        "0 or above",
    ),
    (("weight_decay", "text_weight"), lambda value: value >= 0, "0 or above"),
    (
        ("corrupt_codes", "corrupt_columns", "final_rate_share"),
        lambda value: 0 <= value <= 1,
        "between 0 and 1",
    ),
    (("betas",), lambda pair: all(0 <= beta < 1 for beta in pair), "from 0 to below 1"),
    (("seed",), lambda value: abs(value) < 2**32, "within 2^32 of 0"),
)
"""Settings, what their values must be, and the words for it; not a number fits nowhere."""


@dataclass(frozen=True, kw_only=True)
class LmSettings:
    """What is learned from what, how fast, and where it is kept."""

    samples: Path
    """A folder of prepared samples (`samples-*.safetensors`)."""
    start: Path
    """A model folder: its weights are continued, or, where there are none, drawn by `seed`."""
    out: Path
    """Checkpoints go to `out/checkpoints`, the finished model to `out/model`."""
    validation: Path | None = None
    """A folder of prepared samples that are never learned from."""

    steps: int
    batch_positions: int
    """Padded positions of one batch on one process."""
    accumulate: int = 1
    """Batches per step and process."""
    seed: int = 0

    learning_rate: float
    warmup_steps: int = 100
    final_rate_share: float = 0.05
    betas: tuple[float, float] = (0.9, 0.95)
    weight_decay: float = 0.05
    clip_norm: float = 1.0

    text_weight: float = 1.0
    codebook_weights: tuple[float, ...] = ()
    """One per codebook; none given means one each."""
    corrupt_codes: float = 0.0
    corrupt_columns: float = 0.0

    freeze: tuple[str, ...] = ()
    """Patterns of parameter names that do not learn."""
    freeze_rows: Mapping[str, int] = field(default_factory=dict)
    """Parameter name to the number of its first rows that do not learn."""

    device: Literal["auto", "cpu", "cuda"] = "auto"
    precision: Literal["fp32", "bf16"] = "fp32"
    gradient_checkpointing: bool = False
    compile: bool = False
    """Fuse the layers' small operations: a minute at the start, a quarter faster after it."""
    threads: int = 0
    """Of each process on a CPU; 0 leaves it to torch. On busy cores one is fastest."""

    checkpoint_minutes: float = 10.0
    checkpoint_steps: int = 0
    """Also after every so many steps; 0 means by the clock alone."""
    keep_checkpoints: int = 2
    validate_steps: int = 0
    validation_batches: int = 8

    def __post_init__(self) -> None:
        for names, fits, wanted in _LIMITS:
            for name in names:
                if not fits(getattr(self, name)):
                    raise ConfigError(f"{getattr(self, name)} is not {wanted}", name)
        if self.keep_checkpoints < 1:
            raise ConfigError("at least one checkpoint must be kept", "keep_checkpoints")
        if self.validate_steps and self.validation is None:
            raise ConfigError("there are no validation samples", "validate_steps")
