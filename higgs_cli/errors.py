"""The tree of errors a person can act on, each with its exit code.

    HiggsError                      1   something went wrong, and we can say what
    ├── UsageError                  2   what was asked for cannot be done as asked
    │   ├── ScriptError             2   a line of the script cannot be read
    │   │   └── CastError           2   a speaker has no voice
    │   ├── VoiceError              2   a voice or its recording is unusable
    │   └── FormatError             2   a file is not what its name says
    ├── ModelLoadError              1   the checkpoint is not here, or cannot be opened
    ├── AudioTokenizationError      1   sound could not be turned into codes, or back
    ├── GenerationFailedError       1   the model could not speak what it was given
    │   └── GenerationTimeoutError  1   the model said nothing at all for too long
    ├── MemoryExhaustedError        1   the device or the machine has too little memory
    ├── DiskFullError               1   the disk is too small for what was to be written
    ├── DeviceError                 1   the accelerator failed
    ├── HearingFailedError          1   what hears takes for the gates has failed
    ├── TakesFailedError            1   some takes failed their checks after every retry
    ├── LockedError                75   another process is rendering the same output
    └── StoppedError              130   asked to, by Ctrl-C; 128 and its number for other signals

Stages raise these; only `app.main` turns them into a message, a hint and an exit code.
"""

from __future__ import annotations

from dataclasses import dataclass


class HiggsError(Exception):
    """A message for the person, and, where there is one, the thing to do next."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(HiggsError):
    """What was asked for cannot be done as asked."""

    exit_code = 2


@dataclass(frozen=True)
class SourceSpot:
    """A place in a text: the line (from 1), and the columns (from 0) the trouble covers."""

    path: str
    line_number: int
    line: str
    start: int = 0
    end: int | None = None
    place: str | None = None
    """How a person finds it, where the text was taken out of a book and its lines say nothing."""

    @property
    def name(self) -> str:
        return self.place or f"line {self.line_number}"


class ScriptError(UsageError):
    """A line of a script (or of a profile) that cannot be read; shows the line and a caret."""

    def __init__(
        self, message: str, *, spot: SourceSpot | None = None, hint: str | None = None
    ) -> None:
        where = f"{spot.path}, {spot.name}: " if spot else ""
        super().__init__(where + message, hint=hint)
        self.spot = spot


class CastError(ScriptError):
    """A speaker has no voice, or two."""


class VoiceError(UsageError):
    """A voice, its recording or its transcript cannot be used."""


class FormatError(UsageError):
    """A file is damaged, or is not what its name says."""


class ModelLoadError(HiggsError):
    """The checkpoint cannot be opened."""


class AudioTokenizationError(HiggsError):
    """Sound could not be turned into codes, or codes into sound."""


class GenerationFailedError(HiggsError):
    """The model could not speak what it was given."""


class GenerationTimeoutError(GenerationFailedError):
    """The model said nothing at all for too long."""


class MemoryExhaustedError(HiggsError):
    """The device or the machine has too little memory; fewer lanes may help."""


class DiskFullError(HiggsError):
    """The disk is too small for what was to be written; trying again does not help."""


class DeviceError(HiggsError):
    """The accelerator failed."""


class HearingFailedError(HiggsError):
    """What hears takes for the gates has failed; all takes are kept."""


class TakesFailedError(HiggsError):
    """Some takes failed their checks after every retry; the audio was still written."""


class LockedError(HiggsError):
    """Another process is rendering the same output."""

    exit_code = 75


class StoppedError(HiggsError):
    """A person, or the system, asked for an end; raised where nothing is half done."""

    exit_code = 130

    def __init__(self, signal_number: int, message: str, hint: str | None) -> None:
        super().__init__(message, hint=hint)
        self.exit_code = 128 + signal_number
