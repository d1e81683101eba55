"""How much room a render takes, estimated before anything is spoken: takes, sounds, audio.

A disk that is too small is told of in the evening and not at four in the morning. What is stored
already takes no room again, but a finished file does: it is written aside before it has its name.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from higgs_cli.errors import DiskFullError
from higgs_cli.output.formats.encodings import ENCODINGS, M4A
from higgs_cli.planning.plan import Plan
from higgs_cli.settings.views import Choices, Delivery

if TYPE_CHECKING:
    from higgs_cli.jobs.book import Book

SAMPLE_RATE = 24_000
SAMPLE_BYTES = {"pcm16": 2, "pcm24": 3, "float": 4}
FLAC_SHARE = {"pcm16": 0.5, "pcm24": 0.7, "float": 0.7}
"""Of the same as WAV: speech takes some 0.4 at 16 bits, a room tone more."""
SOUND_BYTES = 4 * SAMPLE_RATE
"""Of a second of decoded sound."""
TAKE_BYTES = 8 * 25 * 2
"""Of a second of codes."""
WHOLE_FILE_BYTES = 8192
"""What a small file takes besides: its record, and the rest of a block."""
SPOKEN_TWICE = 1.25
"""Some takes fail, and are stored all the same."""


@dataclass(frozen=True)
class DiskNeed:
    """Bytes that one output will want, and where."""

    store: Path
    output: Path
    takes: int = 0
    sounds: int = 0
    audio: int = 0

    @property
    def parts(self) -> Mapping[str, int]:
        return {"takes": self.takes, "sounds": self.sounds, "audio": self.audio}

    @property
    def total(self) -> int:
        return sum(self.parts.values())


def disk_need(
    choices: Choices,
    places: tuple[Path, Path],
    missing: tuple[int, float],
    audio: int,
) -> DiskNeed:
    """`places`: store and output; `missing`: how many chunks are to be spoken, for how long;
    `audio`: bytes of the finished files."""
    chunk_count, seconds = missing
    spoken = SPOKEN_TWICE * choices.takes.takes
    takes = spoken * (seconds * TAKE_BYTES + chunk_count * WHOLE_FILE_BYTES)
    sounds = min(seconds * SOUND_BYTES * choices.takes.takes, choices.takes.kept_sound_bytes)
    return DiskNeed(*places, int(takes), int(sounds), audio)


def audio_bytes(outputs: Sequence[Path], plan: Plan, delivery: Delivery) -> int:
    """Of all formats, each at its own size, and of stems: as WAV, each is as long as its mix."""
    form, endings = delivery.sample_format, [path.suffix.lower() for path in outputs]
    rates = [_bytes_of_second(ending, form) for ending in endings]
    if delivery.stems:
        ending = next((each for each in endings if each in (".wav", ".flac")), ".flac")
        count = _stem_count(plan, delivery) if ending == ".wav" else 1  # silence packs to nothing
        rates.append(count * _bytes_of_second(ending, form))
    return int(plan.audio_seconds * sum(rates))


def _stem_count(plan: Plan, delivery: Delivery) -> float:
    """How many speakers there are; with a file a chapter, in a chapter as long as most of it."""
    if not delivery.per_chapter:
        return len(plan.speaker_seconds)
    chapters = plan.chunks_by_chapter.values()
    seconds = [sum(map(plan.heard_seconds, chunks)) for chunks in chapters]
    counts = [len({chunk.speaker for chunk in chunks}) for chunks in chapters]
    shared = sum(each * count for each, count in zip(seconds, counts, strict=True))
    return shared / max(1e-9, sum(seconds))


def _bytes_of_second(ending: str, sample_format: str) -> float:
    encoding = M4A if ending == ".epub" else ENCODINGS.get(ending)
    if encoding is not None:
        return encoding.bit_rate / 8
    share = FLAC_SHARE[sample_format] if ending == ".flac" else 1.0
    return share * SAMPLE_RATE * SAMPLE_BYTES[sample_format]


def disk_needs(books: Sequence[Book], missing: tuple[int, float]) -> tuple[DiskNeed, ...]:
    """Of books that are spoken together: takes and sounds of all lie in one store."""
    return tuple(
        disk_need(
            book.job.choices,
            (book.store_folder, book.output),
            (0, 0.0) if place else missing,
            audio_bytes(book.outputs, book.plan, book.job.choices.delivery),
        )
        for place, book in enumerate(books)
    )


def check_room(needs: Iterable[DiskNeed]) -> None:
    """Refuse what does not fit, disk by disk."""
    wanted: dict[int, dict[str, int]] = {}
    places: dict[int, Path] = {}
    for need in needs:
        for place, parts in (
            (need.store, {"takes": need.takes, "sounds": need.sounds}),
            (need.output.parent, {"audio": need.audio}),
        ):
            there = _existing(place)
            disk = there.stat().st_dev
            places.setdefault(disk, there)
            bytes_of = wanted.setdefault(disk, {})
            for kind, count in parts.items():
                bytes_of[kind] = bytes_of.get(kind, 0) + count
    for disk, bytes_of in wanted.items():
        _check_disk(places[disk], bytes_of)


def gigabytes(byte_count: float) -> str:
    """`3.1 GB`, `12 MB`."""
    return f"{byte_count / 1e9:.1f} GB" if byte_count >= 1e9 else f"{byte_count / 1e6:.0f} MB"


def _check_disk(place: Path, bytes_of: dict[str, int]) -> None:
    free, total = shutil.disk_usage(place).free, sum(bytes_of.values())
    if total <= free:
        return
    parts = ", ".join(f"{gigabytes(count)} {kind}" for kind, count in bytes_of.items() if count)
    without = total - bytes_of.get("sounds", 0)
    hint = "make room there, or choose a place on another disk with -o and --store"
    if without <= free:
        hint = f"with --keep-sound 0 it needs about {gigabytes(without)}; or make room there"
    raise DiskFullError(
        f"{place}: about {gigabytes(total)} are needed there ({parts}), {gigabytes(free)} are free",
        hint=hint,
    )


def _existing(place: Path) -> Path:
    """The place itself, or the nearest folder above it that is there."""
    whole = place.absolute()
    while not os.path.lexists(whole):
        whole = whole.parent
    return whole
