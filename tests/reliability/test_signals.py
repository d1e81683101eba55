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
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from higgs_cli.app import main
from higgs_cli.stopping import PATIENCE_SECONDS
from tests.helpers import ROOT, fake_entry, hears_signals, stands_still, start_fake
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
TRIES = 8
"""Of one signal: where a render was done before it came, it is sent to another one, earlier."""

pytestmark = pytest.mark.timeout(900)  # the first render prepares the decoder, once

Mark = Callable[[subprocess.Popen[bytes], Path], bool]
"""Whether a render has come so far, as seen from outside."""


def is_heard(child: subprocess.Popen[bytes], folder: Path) -> bool:
    """Python has begun, and the first lines of ours have run."""
    status = Path(f"/proc/{child.pid}/status").read_text()
    caught = re.search(r"^SigCgt:\s*(\w+)", status, re.MULTILINE)
    return caught is not None and bool(int(caught[1], 16) >> (signal.SIGHUP - 1) & 1)


def says(words: str) -> Mark:
    return lambda child, folder: words in (folder / "log.txt").read_text()


def has(pattern: str) -> Mark:
    return lambda child, folder: any(folder.glob(pattern))


PHASES: dict[str, Mark] = {
    "starting": is_heard,
    "opening": has("book.higgs/lock"),
    "speaking": says("mini on cpu"),
    "keeping": has("book.higgs/takes/*/*.take"),
    "mastering": says("Mastering"),
}
"""The stretches of a render and where they begin; each ends where the next begins."""

has_written = has("book.json")
"""The last file of all has its name: from here on, a signal may come too late to stop anything."""


@dataclass(frozen=True)
class Whole:
    """A render that nobody stopped."""

    root: Path
    """The folder of all folders."""
    files: dict[str, bytes]
    seconds: dict[str, float]
    """How long each phase took."""


@dataclass(frozen=True)
class Answered:
    """What became of a render that was sent a signal."""

    code: int
    seconds: float
    lived: bool
    """It had not ended before the signal was sent."""
    had_written: bool
    """Its last file stood before the signal was sent."""


def started(folder: Path, **others: str) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
        "XDG_CACHE_HOME": str(folder.parent / "cache"),
        **others,
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
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    root = tmp_path_factory.mktemp("signals")
    first = new_folder(root / "first")  # it prepares the decoder, which the others find prepared
    assert started(first).wait(600) == 0, (first / "log.txt").read_text()
    folder = new_folder(root / "whole")
    seconds = timed(folder)
    assert results(folder) == results(first)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(root / "cache"))
        yield Whole(root, results(folder), seconds)


def timed(folder: Path) -> dict[str, float]:
    """Render, and see how long each phase takes."""
    child, seconds = started(folder), {}
    wait_until(is_heard, child, folder)
    for name, end in zip(PHASES, [*list(PHASES.values())[1:], has_written], strict=True):
        began = time.monotonic()
        wait_until(end, child, folder)
        seconds[name] = time.monotonic() - began
    assert child.wait(120) == 0, (folder / "log.txt").read_text()
    return seconds


def wait_until(mark: Mark, child: subprocess.Popen[bytes], folder: Path) -> None:
    while child.poll() is None and not mark(child, folder):
        time.sleep(0.002)


def stop_at(folder: Path, mark: Mark, number: int, delay: float, **environment: str) -> Answered:
    """Signal a render so long after a mark. It stands still while it is looked at."""
    child = started(folder, **environment)
    wait_until(mark, child, folder)
    time.sleep(delay)
    lived = stands_still(child)
    had_written = has_written(child, folder)
    if lived:
        os.kill(child.pid, number)
        os.kill(child.pid, signal.SIGCONT)
    asked = time.monotonic()
    code = child.wait(30)
    return Answered(code, time.monotonic() - asked, lived, had_written)


def resumed(folder: Path) -> int:
    """Here, where the model's code is loaded already."""
    with contextlib.chdir(folder):
        return main(list(RENDER))


def is_stopped(folder: Path, answered: Answered, number: int, whole: Whole, case: str) -> bool:
    """Whether a signal stopped a render before its last file stood; all of it right in any case."""
    said = (folder / "log.txt").read_text()
    case = f"{case}: {answered}\n{said}"
    assert not any(word in said for word in ("Traceback", "Exception ignored", "Fatal")), case
    assert answered.seconds < SECONDS_LIMIT, case
    if answered.code == 0:
        assert answered.had_written and results(folder) == whole.files, case
    else:
        assert answered.lived and answered.code == 128 + number, case
        assert said.splitlines()[-1] == HINT, case
        assert resumed(folder) == 0, case
        assert results(folder) == whole.files and leftovers(folder) == [], case
    return not answered.had_written


def signals_at_random(whole: Whole, count: int, seed: int) -> Counter[tuple[str, str]]:
    """As many renders stopped before their end, by phase and kind of signal in turn."""
    chance, stopped = random.Random(seed), Counter[tuple[str, str]]()
    for index in range(count):
        name = list(PHASES)[index % len(PHASES)]
        number = SIGNALS[index // len(PHASES) % len(SIGNALS)]
        delay = chance.uniform(0.0, whole.seconds[name])
        for attempt in range(TRIES):
            folder = new_folder(whole.root / f"{seed}-{index}-{attempt}")
            case = f"seed {seed}, {index}: {name} + {delay:.3f} s, {number.name}"
            answered = stop_at(folder, PHASES[name], number, delay)
            print(case, answered, flush=True)
            stops = is_stopped(folder, answered, number, whole, case)
            shutil.rmtree(folder)
            if stops:
                stopped[name, number.name] += 1
                break
            delay /= 2
    return stopped


def test_a_signal_at_a_random_moment_loses_nothing(whole: Whole) -> None:
    assert signals_at_random(whole, count=3, seed=1).total() == 3


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_two_hundred_signals_are_answered_by_their_codes_and_lose_nothing(whole: Whole) -> None:
    stopped = signals_at_random(whole, count=200, seed=2)
    print(stopped)
    assert stopped.total() == 200 and len(stopped) == len(PHASES) * len(SIGNALS)


@pytest.mark.slow
@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_while_the_decoder_is_prepared_loses_nothing(
    whole: Whole, tmp_path: Path, number: signal.Signals
) -> None:
    folder = new_folder(tmp_path / "cold")
    delay = random.Random(number).uniform(0.0, 10.0)
    mark = says("preparing the decoder")
    answered = stop_at(folder, mark, number, delay, NUMBA_CACHE_DIR=str(tmp_path / "numba"))
    assert is_stopped(folder, answered, number, whole, f"preparing + {delay:.3f} s")


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
    assert child.wait(20) == 130 and time.monotonic() - asked < PATIENCE_SECONDS
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
