"""The performance in two passes: join, spool and measure; then one gain a section, one ceiling.

    section 1                section 2             a section is a chapter (or the whole book)
    ▁▃▆▅▃▁…▁▃▆▃▁             …▁▂▄▅▃▁               its loudness is measured and its gain found alone
    |--- gain, limiter ---|  |-- gain, limiter --|

Samples lie in a spool file of the take store between the passes, so that a book of 40 hours needs
a few MB of memory (and 14 GB of disk for as long as it is mastered).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from higgs_cli.audio.clip import Samples
from higgs_cli.audio.loudness import LoudnessMeter
from higgs_cli.files.atomic_file import disk_errors
from higgs_cli.mastering.limiter import limited
from higgs_cli.mastering.stitching import ChunkPlace, Part, Stitcher
from higgs_cli.stopping import checkpoint

SPOOL_BLOCK_SAMPLES = 1 << 17
SAMPLE_BYTES = np.dtype(np.float32).itemsize
LOUDNESS_TOLERANCE_LU = 0.1
LARGEST_GAIN_DB = 40.0
MOST_PASSES = 5
STEEPEST = 4.0


@dataclass(frozen=True)
class Target:
    """What each section of the file shall measure."""

    loudness_lufs: float = -19.0
    true_peak_db: float = -1.5


@dataclass(frozen=True)
class Section:
    """Chapters that are brought to their level together, and what they are joined of."""

    chapters: tuple[int, ...]
    parts: Iterable[Part]


@dataclass(frozen=True)
class Level:
    """Where a section lies in the performance, and the gain that it gets."""

    chapters: tuple[int, ...]
    start: int
    end: int
    gain_db: float


@dataclass(frozen=True)
class Performance:
    """Everything spoken, joined, on the disk and not yet at its final level."""

    spool: Path
    sample_rate: int
    sample_count: int
    places: tuple[ChunkPlace, ...]
    levels: tuple[Level, ...]
    target: Target

    @property
    def duration_seconds(self) -> float:
        return self.sample_count / self.sample_rate

    @property
    def chapter_gains(self) -> dict[int, float]:
        """Decibels, by chapter number."""
        return {number: each.gain_db for each in self.levels for number in each.chapters}

    def pieces(self) -> Iterator[Samples]:
        """The finished samples, in blocks."""
        for level in self.levels:
            yield from _levelled(
                self.spool, level.start, level.end, self.sample_rate, level.gain_db, self.target
            )


@contextmanager
def performed(
    sections: Iterable[Section], sample_rate: int, target: Target, spool: Path
) -> Iterator[Performance]:
    """Join the parts and find the gains; the spool is gone when the block is left."""
    stitcher = Stitcher(sample_rate)
    try:
        levels, end = [], 0
        with disk_errors(spool, 0):
            file = spool.open("xb")  # a link is never followed
        with file:
            for section in sections:
                start = end
                measured, count = _spooled(stitcher.pieces(section.parts), sample_rate, file, spool)
                end = start + count
                gain_db = _gain_to(target, measured, spool, start, end, sample_rate)
                levels.append(Level(section.chapters, start, end, gain_db))
        yield Performance(spool, sample_rate, end, tuple(stitcher.places), tuple(levels), target)
    finally:
        with suppress(OSError):  # what stays is swept when the store is opened again
            spool.unlink()


def _spooled(
    pieces: Iterable[Samples], sample_rate: int, file: BinaryIO, spool: Path
) -> tuple[float | None, int]:
    """Append a section to the spool: its loudness, and how many samples it has."""
    meter, count = LoudnessMeter(sample_rate), 0
    for piece in pieces:
        checkpoint()
        meter.feed(piece)
        count += len(piece)
        with disk_errors(spool, piece.nbytes):
            file.write(np.ascontiguousarray(piece, dtype=np.float32).data)
    with disk_errors(spool, 0):
        file.flush()
        os.fsync(file.fileno())
    return meter.measured().loudness_lufs, count


def _gain_to(
    target: Target, measured: float | None, spool: Path, start: int, end: int, sample_rate: int
) -> float:
    """The static gain after which, ceiling and all, the section measures what it should."""
    if measured is None:
        return 0.0
    gain_db, reached, slope = 0.0, measured, 1.0
    for _ in range(MOST_PASSES):
        step_db = (target.loudness_lufs - reached) * slope
        if abs(target.loudness_lufs - reached) <= LOUDNESS_TOLERANCE_LU or not step_db:
            break
        louder_db = min(LARGEST_GAIN_DB, gain_db + step_db)
        louder = _levelled(spool, start, end, sample_rate, louder_db, target)
        before, reached = reached, _loudness(louder, sample_rate, target)
        # What the ceiling takes back, the next step gives on top; speech needs one pass.
        slope = min(STEEPEST, max(1.0, (louder_db - gain_db) / ((reached - before) or 1.0)))
        gain_db = louder_db
    return gain_db


def _loudness(pieces: Iterable[Samples], sample_rate: int, target: Target) -> float:
    meter = LoudnessMeter(sample_rate)
    for piece in pieces:
        meter.feed(piece)
    loudness = meter.measured().loudness_lufs
    return target.loudness_lufs if loudness is None else loudness


def _levelled(
    spool: Path, start: int, end: int, sample_rate: int, gain_db: float, target: Target
) -> Iterator[Samples]:
    return limited(_blocks(spool, start, end), sample_rate, gain_db, target.true_peak_db)


def _blocks(spool: Path, start: int, end: int) -> Iterator[Samples]:
    with spool.open("rb") as file:
        file.seek(start * SAMPLE_BYTES)
        while start < end:
            checkpoint()
            count = min(SPOOL_BLOCK_SAMPLES, end - start)
            yield np.fromfile(file, dtype=np.float32, count=count)
            start += count
