"""SRT and VTT beside the audio: who says what, when.

A chunk's start and end are exact. Within it, a long text is cut at sentences and phrases, and the
time is shared by length.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from higgs_cli.output.outcome import ChunkOutcome
from higgs_cli.plain_text import without_steering

CUE_CHARACTERS = 84
"""Two lines of what a screen shows comfortably."""

PHRASE_END = re.compile(r"(?<=[.!?;:,，。！？；：、])\s*")
SOUND_MARK = re.compile(r"</?SE(?:_[se])?>")


@dataclass(frozen=True)
class Cue:
    """A few words on the screen."""

    start_seconds: float
    end_seconds: float
    speaker: str
    text: str


def cues_of(outcomes: Iterable[ChunkOutcome]) -> Iterator[Cue]:
    """The cues of everything that is spoken, in order."""
    for outcome in outcomes:
        if not outcome.is_used:
            continue
        texts = _split(SOUND_MARK.sub("", outcome.chunk.text))
        total = sum(map(len, texts))
        span = outcome.end_seconds - outcome.start_seconds
        start, said = outcome.start_seconds, 0
        for text in texts:
            said += len(text)
            end = outcome.start_seconds + span * said / total
            yield Cue(start, end, outcome.chunk.speaker, text)
            start = end


def srt(cues: Iterable[Cue], name_speakers: bool) -> bytes:
    """SubRip, with `NAME:` where several speak."""
    blocks = []
    for number, cue in enumerate(cues, start=1):
        times = f"{_stamp(cue.start_seconds, ',')} --> {_stamp(cue.end_seconds, ',')}"
        said = without_steering(f"{cue.speaker}: {cue.text}" if name_speakers else cue.text)
        blocks.append(f"{number}\n{times}\n{said}\n")
    return "\n".join(blocks).encode()


def vtt(cues: Iterable[Cue], name_speakers: bool) -> bytes:
    """WebVTT, with a voice span where several speak."""
    blocks = ["WEBVTT\n"]
    for cue in cues:
        times = f"{_stamp(cue.start_seconds, '.')} --> {_stamp(cue.end_seconds, '.')}"
        said = _escaped(cue.text)
        if name_speakers:
            said = f"<v {_escaped(cue.speaker)}>{said}"
        blocks.append(f"{times}\n{said}\n")
    return "\n".join(blocks).encode()


def _split(text: str) -> list[str]:
    """Pieces that fit a screen, cut after phrases where there are any, else between words."""
    cues: list[str] = []
    for phrase in (part for part in PHRASE_END.split(text) if part.strip()):
        for part in _pieces(" ".join(phrase.split())):
            if cues and len(cues[-1]) + 1 + len(part) <= CUE_CHARACTERS:
                cues[-1] = _joined(cues[-1], part)
            else:
                cues.append(part)
    return cues or [text.strip() or "…"]


def _joined(first: str, second: str) -> str:
    """With a space, but for writing that has none."""
    return first + second if ord(first[-1]) > 0x2E80 else f"{first} {second}"


def _pieces(phrase: str) -> Sequence[str]:
    if len(phrase) <= CUE_CHARACTERS:
        return [phrase]
    if " " not in phrase:
        return [
            phrase[start : start + CUE_CHARACTERS]
            for start in range(0, len(phrase), CUE_CHARACTERS)
        ]
    lines = [""]
    for word in phrase.split(" "):
        if lines[-1] and len(lines[-1]) + 1 + len(word) > CUE_CHARACTERS:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _stamp(seconds: float, decimal_mark: str) -> str:
    milliseconds = round(seconds * 1000)
    hours, rest = divmod(milliseconds, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    whole, thousandths = divmod(rest, 1000)
    return f"{hours:02}:{minutes:02}:{whole:02}{decimal_mark}{thousandths:03}"


def _escaped(text: str) -> str:
    return without_steering(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
