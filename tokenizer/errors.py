"""The errors this package raises: what went wrong, and the thing to do next.

TokenizerError
├── ConfigError          a configuration that cannot be what it says
├── CheckpointError      weights that do not fit, or are not a codec at all
├── CodecError           codes or samples the codec cannot take
├── WaveformError        a recording that cannot be used
├── BitstreamError       a codes file that is damaged, foreign or from another codec
└── PromptError          words and voices that do not make a prompt
"""

from __future__ import annotations


class TokenizerError(Exception):
    """A message for the person, and, where there is one, the thing to do next."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class ConfigError(TokenizerError):
    """A configuration that cannot be what it says."""


class CheckpointError(TokenizerError):
    """Weights that do not fit their configuration, or are not a codec at all."""


class CodecError(TokenizerError):
    """Codes or samples the codec cannot take."""


class WaveformError(TokenizerError):
    """A recording that cannot be used."""


class BitstreamError(TokenizerError):
    """A codes file that is damaged, foreign, or written by another codec."""


class PromptError(TokenizerError):
    """Words and voices that do not make a prompt."""


class TextError(TokenizerError):
    """A text tokenizer that cannot be opened, or words it cannot take."""
