"""Ten hours of audio in one process: memory stays flat, speed constant, few files are open."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from tests.helpers import ROOT

BOOKS, HOURS = 10, 10.0
WORDS_A_MINUTE = 150
MOST_FILES = 64
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
"""Words, so that all chunks are of one length."""

SOAK = """
import json, os, sys, threading, time
from pathlib import Path
from bench.ready_speech import ReadySpeech
from higgs_cli import pipeline
from higgs_cli.jobs import finishing_line
from higgs_cli.terminal import batch_progress

PAGE = os.sysconf("SC_PAGE_SIZE")
samples, most_files = [], [0]

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE

def watch():
    while True:
        most_files[0] = max(most_files[0], len(os.listdir("/proc/self/fd")))
        time.sleep(0.02)

finish = finishing_line.FinishingLine._finish

def finished(self, book):
    result = finish(self, book)
    samples.append({"memory": resident(), "cpu": time.process_time()})
    for report in result.reports:
        for path in report.delivered.files[:1]:
            path.unlink()  # an hour of audio each
    return result

finishing_line.FinishingLine._finish = finished
pipeline.open_higgs = lambda choice: ReadySpeech(seconds_per_take=7.5, thread_count=2)
threading.Thread(target=watch, daemon=True).start()
from higgs_cli.app import main
code = main(sys.argv[1:])
Path("samples.json").write_text(json.dumps([code, most_files[0], samples]))
"""


def book(number: int) -> str:
    """An hour of speech, in halves of sentences that are as long as the takes of the fake."""
    paragraph = "On day {n} of book {b} they went on along the road and spoke of other things, "
    paragraph += (
        "of the lamp that was out, of the sea that was calm, and of all who had gone before."
    )
    count = round(HOURS / BOOKS * 60 * WORDS_A_MINUTE / len(paragraph.split()))
    days = (" ".join(DIGITS[int(digit)] for digit in f"{n:03}") for n in range(count))
    return "\n\n".join(paragraph.format(n=day, b=DIGITS[number]) for day in days)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_ten_hours_leave_memory_flat_speed_constant_and_few_files_open(tmp_path: Path) -> None:
    (tmp_path / "books").mkdir()
    for number in range(BOOKS):
        (tmp_path / f"books/book {number}.txt").write_text(book(number))
    ran = subprocess.run(
        [sys.executable, "-c", SOAK, "batch", "books", "-o", "audio", "--keep-sound", "0", "-q"],
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "OMP_NUM_THREADS": "1",
            "XDG_CACHE_HOME": str(tmp_path / "cache"),
        },
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    code, most_files, samples = json.loads((tmp_path / "samples.json").read_text())
    assert code == 0, ran.stderr[-2000:]
    assert len(samples) == BOOKS and most_files < MOST_FILES
    memory = [each["memory"] for each in samples[1:]]  # the first has loaded what all need
    print(f"{[round(each / 1e6) for each in memory]} MB, {most_files} files")
    half = len(memory) // 2
    assert max(memory[half:]) <= 1.1 * max(memory[:half])
    spent = [b["cpu"] - a["cpu"] for a, b in pairwise(samples[1:])]
    print(f"{[round(each, 1) for each in spent]} CPU seconds an hour of audio")
    early, late = sum(spent[: len(spent) // 2]), sum(spent[-(len(spent) // 2) :])
    assert late <= 1.25 * early
