"""What can go wrong below the door, as one small tree.

ModelError
├── ConfigError        a configuration that cannot be right, with the field that says so
├── CheckpointError    tensors that are missing, unexpected, misshapen, damaged or not ours
└── GenerationError    a request the engine cannot serve
"""

from __future__ import annotations


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


class GenerationError(ModelError):
    """A request that cannot be generated."""
