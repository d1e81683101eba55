"""The errors this package raises: what went wrong, and the thing to do next.

TokenizerError
├── CodecConfigError             a configuration of a codec, or of its training, that cannot be
├── CodecCheckpointError         weights that do not fit, or are not a codec at all
│   ├── UnconvertedCodecError    the original's file, which is converted before it is read
│   └── UnwrittenCodecError      a folder that a codec cannot be written to
├── CodecError                   codes or samples the codec cannot take
│   └── CodecDeviceError         a device that is not here, or cannot hold the codec
├── WaveformError                a recording that cannot be used
│   └── RecordingTooLongError    a recording over the limit that was set
├── BitstreamError               a codes file that is damaged, foreign or from another codec
├── PromptError                  words and voices that do not make a prompt
│   └── OutsideFolderError       a path that leads out of the folder it is read from
└── TextError                    a text tokenizer that cannot be opened, or words it cannot take
"""

from __future__ import annotations

from pathlib import Path


class TokenizerError(Exception):
    """A message for the person, and, where there is one, the thing to do next."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class CodecConfigError(TokenizerError):
    """A configuration of a codec, or of its training, that cannot be what it says."""


class CodecCheckpointError(TokenizerError):
    """Weights that do not fit their configuration, or are not a codec at all."""


class UnconvertedCodecError(CodecCheckpointError):
    """The original's file: it is converted once, and the folder that comes of it is read."""

    def __init__(self, message: str, path: Path) -> None:
        super().__init__(message, hint="convert it once: `convert_checkpoint` writes a folder")
        self.path = path


class UnwrittenCodecError(CodecCheckpointError):
    """A folder that a codec cannot be written to."""


class CodecError(TokenizerError):
    """Codes or samples the codec cannot take."""


class CodecDeviceError(CodecError):
    """A device that is not here, or cannot hold the codec."""


class WaveformError(TokenizerError):
    """A recording that cannot be used."""


class RecordingTooLongError(WaveformError):
    """A recording over the limit that was set for it."""

    def __init__(self, message: str, wanted_hours: int) -> None:
        super().__init__(message, hint=f"cut the file, or allow {wanted_hours} hours")
        self.wanted_hours = wanted_hours
        """A limit in whole hours under which it would be read."""


class BitstreamError(TokenizerError):
    """A codes file that is damaged, foreign, or written by another codec."""


class PromptError(TokenizerError):
    """Words and voices that do not make a prompt."""


class OutsideFolderError(PromptError):
    """A path that leads out of the folder it is read from."""


class TextError(TokenizerError):
    """A text tokenizer that cannot be opened, or words it cannot take."""
