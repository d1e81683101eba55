"""What mastering may cost, with room for a busy machine: CPU time of this process, not a clock."""

from __future__ import annotations

import time
import tracemalloc
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from higgs_cli.audio.clip import AudioClip
from higgs_cli.audio.loudness import measure
from higgs_cli.audio.sound import Sound
from higgs_cli.mastering.master import performed
from higgs_cli.mastering.score import Part
from higgs_cli.mastering.section import Section, Target
from higgs_cli.output.formats.labels import Labels
from higgs_cli.output.formats.write import write_audio
from tests.mastering.test_loudness import speechlike

RATE = 24000
TEN_HOURS = 36000.0
MOST_CPU_SECONDS = {".wav": 75.0, ".flac": 114.0}
"""Of ten hours: three times what a quiet machine may take."""


def book(take: np.ndarray, count: int) -> list[Section]:
    loudness = measure(AudioClip(take, RATE)).loudness_lufs
    parts = (Part(number, 0.4, partial(np.array, take)) for number in range(count))
    return [Section((0,), parts, loudness)]


def write(path: Path, sound: Sound) -> None:
    write_audio([path], sound, "pcm16", Labels(), lambda digest: None)


@pytest.mark.parametrize("suffix", MOST_CPU_SECONDS)
def test_ten_hours_would_be_mastered_and_written_in_time(tmp_path: Path, suffix: str) -> None:
    take, path, spent = speechlike(20.0), tmp_path / f"book{suffix}", []
    with performed(book(take, 1), RATE, Target(-16.0)) as performance:
        write(path, performance)  # compiles what is measured
    for _ in range(2):
        began = time.process_time()
        with performed(book(take, 12), RATE, Target(-16.0), thread_count=1) as performance:
            write(path, performance)
        spent.append((time.process_time() - began) * TEN_HOURS / performance.duration_seconds)
    assert min(spent) < MOST_CPU_SECONDS[suffix]


def test_memory_does_not_grow_with_the_book(tmp_path: Path) -> None:
    """Beside a number a step for each 100 ms: 1.2 MB an hour of a section."""
    take, peaks = speechlike(20.0), []
    for count in (24, 72):
        tracemalloc.start()
        with performed(book(take, count), RATE, Target(), thread_count=1) as performance:
            write(tmp_path / "book.wav", performance)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.1 * peaks[0] + (2 << 20)
