"""The whole performance in two passes: spool and measure, then one gain and one ceiling.

Samples lie in a spool file of the take store between the passes, so that a book of 40 hours needs
a few MB of memory (and 14 GB of disk for as long as it is mastered).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from higgs_cli.audio.clip import Samples
from higgs_cli.audio.loudness import LoudnessMeter
from higgs_cli.files.atomic_file import disk_errors
from higgs_cli.mastering.limiter import limited
from higgs_cli.mastering.stitching import Part, Place, Stitcher

SPOOL_BLOCK_SAMPLES = 1 << 17
LOUDNESS_TOLERANCE_LU = 0.1
LARGEST_GAIN_DB = 40.0
MOST_PASSES = 5
STEEPEST = 4.0


@dataclass(frozen=True)
class Target:
    """What the file shall measure."""

    loudness_lufs: float = -19.0
    true_peak_db: float = -1.5


@dataclass(frozen=True)
class Performance:
    """Everything spoken, joined, on the disk and not yet at its final level."""

    spool: Path
    sample_rate: int
    sample_count: int
    places: tuple[Place, ...]
    measured_lufs: float | None
    gain_db: float
    target: Target

    @property
    def duration_seconds(self) -> float:
        return self.sample_count / self.sample_rate

    def pieces(self) -> Iterator[Samples]:
        """The finished samples, in blocks."""
        return limited(
            _spooled(self.spool), self.sample_rate, self.gain_db, self.target.true_peak_db
        )


@contextmanager
def performed(
    parts: Iterable[Part], sample_rate: int, target: Target, spool: Path
) -> Iterator[Performance]:
    """Join the parts and find the gain; the spool is gone when the block is left."""
    stitcher = Stitcher(sample_rate)
    try:
        measured = _spool(stitcher.pieces(parts), sample_rate, spool)
        sample_count = spool.stat().st_size // np.dtype(np.float32).itemsize
        gain_db = _gain_to(target, measured, spool, sample_rate)
        yield Performance(
            spool, sample_rate, sample_count, tuple(stitcher.places), measured, gain_db, target
        )
    finally:
        spool.unlink(missing_ok=True)


def _spool(pieces: Iterable[Samples], sample_rate: int, spool: Path) -> float | None:
    meter = LoudnessMeter(sample_rate)
    with disk_errors(spool, 0):
        file = spool.open("xb")  # a link is never followed
    with file:
        for piece in pieces:
            meter.feed(piece)
            with disk_errors(spool, piece.nbytes):
                file.write(np.ascontiguousarray(piece, dtype=np.float32).data)
        with disk_errors(spool, 0):
            file.flush()
            os.fsync(file.fileno())
    return meter.measured().loudness_lufs


def _gain_to(target: Target, measured: float | None, spool: Path, sample_rate: int) -> float:
    """The static gain after which, ceiling and all, the file measures what it should."""
    if measured is None:
        return 0.0
    gain_db, reached, slope = 0.0, measured, 1.0
    for _ in range(MOST_PASSES):
        step_db = (target.loudness_lufs - reached) * slope
        if abs(target.loudness_lufs - reached) <= LOUDNESS_TOLERANCE_LU or not step_db:
            break
        louder_db = min(LARGEST_GAIN_DB, gain_db + step_db)
        before, reached = reached, _loudness_at(louder_db, target, spool, sample_rate)
        # What the ceiling takes back, the next step gives on top; speech needs one pass.
        slope = min(STEEPEST, max(1.0, (louder_db - gain_db) / ((reached - before) or 1.0)))
        gain_db = louder_db
    return gain_db


def _loudness_at(gain_db: float, target: Target, spool: Path, sample_rate: int) -> float:
    meter = LoudnessMeter(sample_rate)
    for piece in limited(_spooled(spool), sample_rate, gain_db, target.true_peak_db):
        meter.feed(piece)
    loudness = meter.measured().loudness_lufs
    return target.loudness_lufs if loudness is None else loudness


def _spooled(spool: Path) -> Iterator[Samples]:
    with spool.open("rb") as file:
        while True:
            block = np.fromfile(file, dtype=np.float32, count=SPOOL_BLOCK_SAMPLES)
            if not len(block):
                return
            yield block
