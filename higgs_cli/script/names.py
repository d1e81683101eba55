"""The names that are known to be speakers, and how a speaker is written in front of a line.

`SUBARU`, `Subaru` and `subaru ` are one speaker; `Mr Bennet` and `Mrs Bennet` are two.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from higgs_cli.script.document import NARRATOR, Header
from higgs_cli.script.heads import OFF, Head, is_everybody, owner_of_voice, several

NUMBERED = re.compile(r"SPEAKER\s*(\d{1,4})", re.IGNORECASE)
WITH_MOOD = re.compile(r"(?P<name>[^()（）]++)[(（](?P<mood>[^()（）]++)[)）]")


@dataclass(frozen=True)
class SpeakerName:
    """Who a tag names, and in which mood."""

    speaker: str
    mood: str | None = None


def plain_name(written: str) -> str:
    """A name as it is compared: case and blank space do not count."""
    return " ".join(written.split()).casefold()


def speaker_name(written: str) -> str:
    """A name as it is kept: `speaker 0` is SPEAKER0, others stay as they are written."""
    numbered = NUMBERED.fullmatch(written.strip())
    return f"SPEAKER{int(numbered[1])}" if numbered else " ".join(written.split())


class KnownNames:
    """Finds the speaker that a written name means."""

    def __init__(self, names: Iterable[str], header: Header) -> None:
        self._speakers = {plain_name(NARRATOR): NARRATOR}
        for name in names:
            name = speaker_name(name)
            self._speakers.setdefault(plain_name(name), name)
        for entry in header.cast:
            for name in (entry.speaker, *entry.aliases):
                is_narrator = plain_name(entry.speaker) == plain_name(NARRATOR)
                self._speakers[plain_name(name)] = NARRATOR if is_narrator else entry.speaker

    def learn(self, written: str) -> str:
        """The speaker of this name from now on: spelled as it was met first."""
        return self._speakers.setdefault(plain_name(written), " ".join(written.split()))

    def find(self, written: str) -> SpeakerName | None:
        """The speaker and the mood of `SPEAKER0`, `Elena` or `Elena (whisper)`, if known."""
        speaker = self._speaker(written)
        if speaker is not None:
            return SpeakerName(speaker)
        match = WITH_MOOD.fullmatch(written.strip())
        speaker = self._speaker(match["name"]) if match else None
        if match is None or speaker is None:
            return None
        is_off = OFF.fullmatch(match["mood"].strip()) is not None
        return SpeakerName(speaker, None if is_off else plain_name(match["mood"]))

    def of_head(self, head: Head) -> SpeakerName | None:
        """The speaker of a head; `ANN'S VOICE` is Ann, `ANN and BEN` are a speaker of their own."""
        whose = owner_of_voice(head.name)
        speaker = self._speaker(head.name) or (self._speaker(whose) if whose else None)
        if speaker is None and self._are_together(head):
            speaker = self.learn(head.name)
        return SpeakerName(speaker, head.mood and plain_name(head.mood)) if speaker else None

    def _are_together(self, head: Head) -> bool:
        if is_everybody(head.name):
            return head.is_capitals or head.is_marked
        parts = several(head.name)
        return bool(parts) and all(self._speaker(part) for part in parts)

    def _speaker(self, written: str) -> str | None:
        name = speaker_name(written)
        default = name if NUMBERED.fullmatch(name) else None
        return self._speakers.get(plain_name(name), default)

    def nearest(self, written: str) -> list[str]:
        """Known speakers whose names look like this one."""
        digits = re.search(r"\d{1,4}$", written.strip())
        if digits and get_close_matches(written.strip()[: -len(digits[0])].upper(), ["SPEAKER"]):
            return [f"SPEAKER{int(digits[0])}"]
        near = get_close_matches(plain_name(written), self._speakers, n=2, cutoff=0.6)
        return [self._speakers[name] for name in near]
