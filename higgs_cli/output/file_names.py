"""Which files a delivery writes: named after -o, and with a file a chapter, after its chapters.

book.m4b book.chapters.json │ book-01-the-lamp.mp3 book-02-…
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from higgs_cli.output.about import Track, tracks_of
from higgs_cli.planning.plan import Plan
from higgs_cli.settings.views import Delivery

CHAPTERS_JSON = ".chapters.json"
SAMPLE = ".sample"
STEMS = ".stems"
LONGEST_TITLE = 60
"""Characters of a title in a file's name; there are file systems on which 255 bytes are all."""


@dataclass(frozen=True)
class AudioFile:
    """One sound, in as many formats as were asked for."""

    paths: tuple[Path, ...]
    track: Track | None = None
    """The chapter in it; None where it holds the book."""

    @property
    def chapter(self) -> int | None:
        return None if self.track is None else self.track.chapter.number


def audio_files(outputs: Sequence[Path], plan: Plan, delivery: Delivery) -> tuple[AudioFile, ...]:
    """The sounds that will be written, in order."""
    if not delivery.per_chapter:
        return (AudioFile(tuple(outputs)),)
    return tuple(
        AudioFile(tuple(_of_chapter(output, track) for output in outputs), track)
        for track in tracks_of(plan)
    )


def chapters_path(output: Path) -> Path:
    return output.with_suffix(CHAPTERS_JSON)


def stems_folder(output: Path) -> Path:
    return output.with_suffix(STEMS)


def audio_paths(outputs: Sequence[Path], plan: Plan, delivery: Delivery) -> Iterator[Path]:
    """All that has the sound in it; what lies beside it: see `beside.py`."""
    for file in audio_files(outputs, plan, delivery):
        yield from file.paths


def _of_chapter(output: Path, track: Track) -> Path:
    """`book-07-a-storm.mp3`: in order wherever names are sorted, and safe on any disk."""
    digits = max(2, len(str(track.count)))
    title = "-".join(re.findall(r"\w+", track.chapter.title.lower()))[:LONGEST_TITLE].strip("-")
    number = f"{track.number:0{digits}}"
    name = "-".join(part for part in (output.stem, number, title) if part)
    return output.with_name(_short(name, output.suffix) + output.suffix)


def _short(name: str, suffix: str) -> str:
    """As much of it as a name may hold, cut between characters."""
    room = 240 - len(os.fsencode(suffix))
    while len(os.fsencode(name)) > room:
        name = name[:-1]
    return name
