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
from tests.helpers import ROOT, fake_entry, hears_signals, start_fake
from tests.reliability.renders import leftovers, results, write_script

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


@pytest.mark.parametrize("number", SIGNALS)
def test_a_call_that_does_not_come_back_is_ended_in_time(tmp_path: Path, number: int) -> None:
    """A model that is being read, a disk that does not answer: nobody comes to a safe point."""
    write_script(tmp_path, 4)
    child = start_fake(
        tmp_path, "render", "book.txt", "-o", "book.wav", options="seconds_per_chunk=60"
    )
    deadline = time.monotonic() + 60
    while not (tmp_path / "book.higgs" / "lock").exists():
        assert time.monotonic() < deadline, "the render did not begin"
        time.sleep(0.02)
    time.sleep(0.5)
    child.send_signal(number)
    asked = time.monotonic()
    _, said = child.communicate(timeout=20)
    assert time.monotonic() - asked < SECONDS_LIMIT
    assert child.returncode == 128 + number
    assert said.splitlines()[-1] == "hint: to continue: higgs render book.txt -o book.wav"
    assert said.count("stopped") == 1 and "Traceback" not in said
    again = start_fake(tmp_path, "render", "book.txt", "-o", "book.wav")
    assert "Mastering" in again.communicate(timeout=60)[1] and again.returncode == 0
    assert leftovers(tmp_path) == []


def test_what_has_nothing_to_keep_ends_at_once(tmp_path: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", "higgs_cli", "plan", "-"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=hears_signals,
    )
    while not is_heard(child, tmp_path):
        time.sleep(0.002)
    time.sleep(1)
    child.send_signal(signal.SIGINT)
    asked = time.monotonic()
    assert child.wait(20) == 130 and time.monotonic() - asked < 1
    assert child.communicate()[1] == "error: interrupted\n"


def test_a_signal_that_was_ignored_from_the_start_is_not_heard(tmp_path: Path) -> None:
    """`nohup`, and `&` in a shell without job control."""
    write_script(tmp_path, 8)
    code = "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
    child = subprocess.Popen(
        [sys.executable, "-c", code + fake_entry("seconds_per_chunk=0.2"), *RENDER[:4]],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    while not (tmp_path / "book.higgs" / "lock").exists():
        time.sleep(0.02)
    child.send_signal(signal.SIGHUP)
    assert child.wait(60) == 0
