"""What can go wrong below the door, as one small tree.

ModelError
├── ConfigError        a configuration that cannot be right, with the field that says so
├── CheckpointError    tensors that are missing, unexpected, misshapen, damaged or not ours
├── DeviceChoiceError  a device that is not here, or no device at all
├── MemoryPlanError    a model that does not fit into the memory there is
└── GenerationError    a request the engine cannot serve
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum


class ModelError(Exception):
    """Anything `model/` refuses to do; the message is one a person can act on."""


class ConfigError(ModelError):
    """A configuration value that is missing, unknown, contradictory or not supported."""

    def __init__(self, reason: str, field: str | None = None) -> None:
        super().__init__(f"{field}: {reason}" if field else reason)
        self.field = field
        self.reason = reason


class CheckpointError(ModelError):
    """A checkpoint that does not hold exactly the tensors its configuration asks for."""


class DeviceChoiceError(ModelError):
    """A device that is not here, or that nothing here runs on."""


class Remedy(StrEnum):
    """What would help where a model does not fit."""

    FEWER_LANES = "fewer lanes"
    LEAST_MEMORY = "asking for the least memory"
    HOST_MEMORY = "more free host memory"
    INT8_KEYS = "keys and values in int8"
    FLOAT32_WEIGHTS = "weights in float32"
    BFLOAT16_WEIGHTS = "weights in bfloat16"
    INT8_WEIGHTS = "weights in int8"
    FREE_MEMORY = "closing other programs"
    SMALLER_MODEL = "a smaller model"


class MemoryPlanError(ModelError):
    """A model that does not fit into the memory there is, and what would help."""

    def __init__(self, reason: str, remedies: Sequence[Remedy]) -> None:
        super().__init__(f"{reason}; what would help: {', '.join(remedies)}")
        self.reason = reason
        self.remedies = tuple(remedies)


class GenerationError(ModelError):
    """A request that cannot be generated."""
