"""Who listens: a recogniser for the words, a network for the sound, a speaker print for the voice.

Each is optional. One whose package is not installed is said and left out; what is named and is not
there, or is not what it should be, is a mistake of the command.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from higgs_cli.audio.clip import AudioClip
from higgs_cli.errors import UsageError
from higgs_cli.listening.missing_judge import MissingJudgeError
from higgs_cli.listening.print_judge import PrintJudge, check_print, open_print
from higgs_cli.listening.recognizers import Recognizer, check_recognizer, open_recognizer
from higgs_cli.listening.sound_quality import Dnsmos, SoundQuality

Judge = TypeVar("Judge")
Say = Callable[[str], None]


class QualityJudge(Protocol):
    """Says how good a clip sounds."""

    def quality_of(self, clip: AudioClip) -> SoundQuality: ...


@dataclass(frozen=True)
class JudgeNames:
    """Which judges are asked for."""

    recognizer: str
    dnsmos: Path | None = None
    speaker_print: Path | None = None


@dataclass(frozen=True)
class Judges:
    """Those who are there."""

    words: Recognizer | None = None
    sound: QualityJudge | None = None
    voice: PrintJudge | None = None


def check_judges(names: JudgeNames) -> None:
    """Refuse names of what is not there; opens nothing."""
    check_recognizer(names.recognizer)
    if names.dnsmos is not None and not names.dnsmos.is_file():
        raise UsageError(f"{names.dnsmos}: there is no such file")
    if names.speaker_print is not None:
        check_print(names.speaker_print)


def open_judges(names: JudgeNames, say: Say) -> Judges:
    """All that are asked for and installed; the others are said."""
    check_judges(names)
    dnsmos, speaker_print = names.dnsmos, names.speaker_print
    return Judges(
        _present("words", say, lambda: open_recognizer(names.recognizer)),
        _present("sound quality", say, lambda: Dnsmos(dnsmos)) if dnsmos else None,
        _present("speaker print", say, lambda: open_print(speaker_print))
        if speaker_print
        else None,
    )


def _present(what: str, say: Say, opened: Callable[[], Judge]) -> Judge | None:
    try:
        return opened()
    except MissingJudgeError as missing:
        say(f"no {what}: {missing.message} ({missing.hint})")
        return None
