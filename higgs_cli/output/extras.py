"""Sounds that are delivered besides the book: a sample for shops, and a stem for each speaker.

    book.m4b
    book.sample.m4a          named after the output, in the format of the first -o
    book.stems/              01-narrator.flac 02-elena.flac … labels.txt
                             chapter-01-02-elena.flac … chapter-01-labels.txt, with a file a chapter

They are cut from the same mastering, belong to the output like its subtitles, and are written anew
with it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from higgs_cli.output.about import AboutBook, Track, tracks_of
from higgs_cli.output.beside import Companion
from higgs_cli.output.file_names import LONGEST_TITLE, SAMPLE, stems_folder
from higgs_cli.planning.plan import Plan
from higgs_cli.script.file_wishes import SampleWish
from higgs_cli.settings.views import Delivery

SAMPLE_ENDINGS = {".epub": ".mp3", ".m4b": ".m4a"}
"""Where the first output's own is none of a single sound: see `beside.py`."""
OF_CHAPTER = "chapter-"
"""A stem of the whole book begins with the number of its speaker."""
WHOLE_NUMBERS = (".wav", ".flac")
"""Endings that a stem may have: what is mixed again is not compressed."""


def extras_of(
    plan: Plan,
    about: AboutBook,
    outputs: Sequence[Path],
    delivery: Delivery,
    there: Collection[Path],
    has_room: bool,
) -> tuple[Companion, ...]:
    """What is asked for, and what an earlier render has written that still lies `there`."""
    samples = {each for each in there if is_sample(each, outputs[0])}
    if wanted_sample(about, delivery) is not None and not samples:
        suffix = outputs[0].suffix.lower()
        ending = SAMPLE + SAMPLE_ENDINGS.get(suffix, suffix)
        samples = {outputs[0].with_suffix(ending)}
    found = [Companion("sample", path) for path in sorted(samples)]
    has_stems = any(
        is_stem(each, outputs[0]) and each.name.startswith(OF_CHAPTER) is delivery.per_chapter
        for each in there
    )
    if delivery.stems or has_stems:
        for track in tracks_of(plan) if delivery.per_chapter else (None,):
            found += _stems(plan, outputs, has_room, track)
    return tuple(found)


def wanted_sample(about: AboutBook, delivery: Delivery) -> SampleWish | None:
    """Which sample is asked for: by the command line, else by what describes the book."""
    if delivery.sample is False:
        return None
    if delivery.sample:
        return replace(about.sample or SampleWish(), is_wanted=True)
    return about.sample if about.sample is not None and about.sample.is_wanted else None


def is_extra(path: Path, output: Path) -> bool:
    """Whether an audio file is none of the book's own, by its name."""
    return is_sample(path, output) or is_stem(path, output)


def is_sample(path: Path, output: Path) -> bool:
    return path.stem == output.stem + SAMPLE and path.parent == output.parent


def is_stem(path: Path, output: Path) -> bool:
    return path.parent == stems_folder(output)


def stem_form(path: Path, sample_format: str) -> str:
    """FLAC has whole numbers only: what is delivered compressed may ask for floating point."""
    return "pcm24" if path.suffix == ".flac" and sample_format == "float" else sample_format


def _stems(
    plan: Plan, outputs: Sequence[Path], has_room: bool, track: Track | None
) -> Iterator[Companion]:
    """Of the book, or of one chapter of it: of who speaks there, always under the same number."""
    chapter = None if track is None else track.chapter.number
    own = plan.chunks if chapter is None else plan.chunks_by_chapter[chapter]
    heard, beginning = {chunk.speaker for chunk in own}, ""
    if track is not None:
        beginning = f"{OF_CHAPTER}{track.number:0{max(2, len(str(track.count)))}}-"
    endings = (each.suffix.lower() for each in outputs if each.suffix.lower() in WHOLE_NUMBERS)
    ending, folder = next(endings, ".flac"), stems_folder(outputs[0])
    speakers = [each.speaker for each in plan.cast.members if each.speaker in plan.speaker_seconds]
    digits = max(2, len(str(len(speakers))))
    if has_room:
        room = folder / f"{beginning}{0:0{digits}}-room-tone{ending}"
        yield Companion("room", room, chapter)
    for number, speaker in enumerate(speakers, start=1):
        if speaker not in heard:
            continue
        name = "-".join(re.findall(r"\w+", speaker.lower()))[:LONGEST_TITLE].strip("-")
        stem = "-".join(part for part in (f"{number:0{digits}}", name) if part)
        yield Companion("stem", folder / f"{beginning}{stem}{ending}", chapter, speaker)
    yield Companion("labels", folder / f"{beginning}labels.txt", chapter)
