"""Signals at any moment of a real render: the right exit code, one way on, and nothing lost."""

from __future__ import annotations

import contextlib
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from higgs_cli.app import main
from tests.helpers import ROOT, hears_signals
from tests.reliability.renders import leftovers, results

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SCRIPT = "\n".join(
    f"[SPEAKER{number % 2}] This is what line number {number} of the book says."
    for number in range(8)
)
RENDER = (
    "render", "book.txt", "-o", "book.wav", "--subtitles", "both",
    "-c", "SPEAKER0=marigold", "-c", "SPEAKER1=ann.wav",
)  # fmt: skip
HINT = "hint: to continue: higgs " + " ".join(RENDER)
SECONDS_LIMIT = 5.0


@dataclass(frozen=True)
class Phase:
    """A stretch of a render: when it begins, and how long it may take."""

    name: str
    has_begun: Callable[[subprocess.Popen[bytes], Path], bool]
    seconds: float


def is_heard(child: subprocess.Popen[bytes], folder: Path) -> bool:
    """Python has begun, and the first lines of ours have run."""
    status = Path(f"/proc/{child.pid}/status").read_text()
    caught = re.search(r"^SigCgt:\s*(\w+)", status, re.MULTILINE)
    return caught is not None and bool(int(caught[1], 16) >> (signal.SIGHUP - 1) & 1)


def says(words: str) -> Callable[[subprocess.Popen[bytes], Path], bool]:
    return lambda child, folder: words in (folder / "log.txt").read_text()


def has_take(child: subprocess.Popen[bytes], folder: Path) -> bool:
    return any(folder.glob("book.higgs/takes/*/*.take"))


PHASES = (
    Phase("starting", is_heard, 0.5),
    Phase("opening", is_heard, 2.5),
    Phase("speaking", says("mini on cpu"), 2.0),
    Phase("keeping", has_take, 1.0),
    Phase("mastering", says("Mastering"), 0.6),
)


def started(folder: Path) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
        "XDG_CACHE_HOME": str(folder.parent / "cache"),
    }
    with (folder / "log.txt").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "higgs_cli", *RENDER],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
            preexec_fn=hears_signals,
        )


def new_folder(folder: Path) -> Path:
    folder.mkdir()
    (folder / "book.txt").write_text(SCRIPT)
    shutil.copy(ROOT / "voices" / "tobias.wav", folder / "ann.wav")
    return folder


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bytes]]:
    """The folder of all folders, and what a render that nobody stopped has made."""
    folder = new_folder(tmp_path_factory.mktemp("signals") / "whole")
    assert started(folder).wait(120) == 0, (folder / "log.txt").read_text()
    return folder.parent, results(folder)


def stop_at(folder: Path, phase: Phase, number: int, delay: float) -> tuple[int, float]:
    """The exit code of a render that was signalled so, and how long it took to end."""
    child = started(folder)
    while child.poll() is None and not phase.has_begun(child, folder):
        time.sleep(0.002)
    time.sleep(delay)
    child.send_signal(number)
    asked = time.monotonic()
    code = child.wait(30)
    return code, time.monotonic() - asked


def resumed(folder: Path) -> int:
    """Here, where the model's code is loaded already."""
    with contextlib.chdir(folder):
        return main(list(RENDER))


def signal_at_random(
    root: Path, expected: dict[str, bytes], count: int, seed: int
) -> dict[str, int]:
    """Signals by kind and phase in turn; how many of each phase did stop a render."""
    chance = random.Random(seed)
    stopped: dict[str, int] = {phase.name: 0 for phase in PHASES}
    for index in range(count):
        phase, number = PHASES[index % len(PHASES)], SIGNALS[index // len(PHASES) % len(SIGNALS)]
        folder = new_folder(root / f"{seed}-{index}")
        delay = chance.uniform(0.0, phase.seconds)
        code, seconds = stop_at(folder, phase, number, delay)
        said = (folder / "log.txt").read_text()
        case = f"{phase.name} + {delay:.3f} s, {signal.Signals(number).name}: {code}\n{said}"
        assert "Traceback" not in said and "Exception ignored" not in said, case
        assert seconds < SECONDS_LIMIT, case
        if code == 0:  # it had ended, or was about to: then all of it is there
            assert results(folder) == expected, case
        else:
            assert code == 128 + number and said.splitlines()[-1] == HINT, case
            stopped[phase.name] += 1
            assert resumed(folder) == 0, case
            assert results(folder) == expected and leftovers(folder) == [], case
        shutil.rmtree(folder)
    return stopped


def test_a_signal_at_a_random_moment_loses_nothing(whole: tuple[Path, dict[str, bytes]]) -> None:
    stopped = signal_at_random(*whole, count=3, seed=1)
    assert sum(stopped.values()) >= 2


@pytest.mark.slow
@pytest.mark.timeout(4000)
def test_two_hundred_signals_lose_nothing(whole: tuple[Path, dict[str, bytes]]) -> None:
    stopped = signal_at_random(*whole, count=200, seed=2)
    print(stopped)
    assert sum(stopped.values()) >= 120 and min(stopped.values()) >= 10
