"""`--workers` and `--cluster`: the same files as without, whatever is killed in between."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("ray", reason="ray is not installed")

ROOT = Path(__file__).parents[2]
BOOKS = 3
OPTIONS = ("--cast", "NARRATOR=marigold", "--model", "mini", "--device", "cpu", "--lanes", "2")


def write_books(folder: Path, lines: int = 4) -> None:
    (folder / "books").mkdir()
    for book in range(BOOKS):
        said = (f"Line {line} of book {book} says that the lamp was lit." for line in range(lines))
        (folder / "books" / f"book {book}.txt").write_text("\n\n".join(said))


def batch(folder: Path, output: str, *more: str) -> list[str]:
    return [sys.executable, "-m", "higgs_cli", "batch", "books", "-o", output, *OPTIONS, *more]


def started(folder: Path, command: list[str]) -> subprocess.Popen[str]:
    """In a session of its own, so that all of it can be killed."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    environment["XDG_CACHE_HOME"] = str(folder / "cache")
    return subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def ran(folder: Path, command: list[str]) -> str:
    process = started(folder, command)
    out, err = process.communicate(timeout=240)
    assert process.returncode == 0, err
    return out


def audio_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.wav")}


def test_a_batch_by_workers_has_the_bytes_of_a_batch_by_one(tmp_path: Path) -> None:
    write_books(tmp_path, lines=2)
    ran(tmp_path, batch(tmp_path, "alone"))
    told = ran(tmp_path, batch(tmp_path, "shared", "--workers", "2"))
    assert audio_in(tmp_path / "shared") == audio_in(tmp_path / "alone")
    assert len(audio_in(tmp_path / "shared")) == BOOKS
    assert told.count("finished") == BOOKS


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--cluster", "127.0.0.1:1"), "no Ray cluster answers at 127.0.0.1:1"),
        (("--cluster", "ray://nowhere.invalid:10001"), "no Ray cluster answers"),
        (("--device", "cuda:0,cpu"), "names no devices"),
        (("--device", "cuda:0", "--workers", "2"), "a device of its own"),
        (("--device", "cuda:0,cuda:1", "--workers", "3"), "a device of its own"),
    ],
)
def test_what_cannot_be_shared_out_is_one_line(
    tmp_path: Path, options: tuple[str, ...], said: str
) -> None:
    write_books(tmp_path)
    process = started(tmp_path, batch(tmp_path, "out", *options))
    _, err = process.communicate(timeout=240)
    assert process.returncode == 2
    told = [line for line in err.splitlines() if not line.startswith("hint: ")]
    assert said in err and all("error: " in line for line in told), err


def test_a_worker_that_is_killed_is_told_in_one_line_and_not_among_the_results(
    tmp_path: Path,
) -> None:
    write_books(tmp_path, lines=30)
    process = started(tmp_path, batch(tmp_path, "out", "--workers", "2"))
    speaking = speaking_below(process.pid)
    os.kill(speaking, signal.SIGKILL)
    out, err = process.communicate(timeout=240)
    assert process.returncode == 0, err
    assert err.count("a worker was lost") == 1
    assert "raylet" not in out + err
    assert out.count("finished") == BOOKS


def speaking_below(driver: int) -> int:
    """A worker, of those that this process has started and no other, once it has work."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        listed = subprocess.run(["ps", "-eo", "pid,ppid,args"], capture_output=True, text=True)
        rows = [line.split(None, 2) for line in listed.stdout.splitlines()[1:]]
        ours = {str(driver)}
        for _ in range(4):
            ours |= {pid for pid, parent, _ in rows if parent in ours}
        for pid, _, name in rows:
            if pid in ours and name.startswith("ray::Worker.listen"):
                return int(pid)
        time.sleep(0.1)
    raise AssertionError("no worker speaks")


def test_all_workers_are_named_and_a_stop_is_one_line_as_ever(tmp_path: Path) -> None:
    write_books(tmp_path, lines=30)
    process = started(tmp_path, batch(tmp_path, "out", "--workers", "2"))
    assert process.stderr is not None
    first = next(line for line in process.stderr if "mini on" in line)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=240)
    assert "2 workers on cpu" in first
    assert process.returncode == 128 + signal.SIGTERM
    assert "***" not in err and "Traceback" not in err


@pytest.mark.slow
def test_a_driver_that_is_killed_ten_times_is_gone_on_with(tmp_path: Path) -> None:
    write_books(tmp_path, lines=30)
    ran(tmp_path, batch(tmp_path, "alone"))
    dice = random.Random(3)
    for _ in range(10):
        process = started(tmp_path, batch(tmp_path, "shared", "--workers", "2"))
        time.sleep(10 + 10 * dice.random())
        os.kill(process.pid, signal.SIGKILL)  # and nobody else: Ray has to notice
        process.communicate()
    ran(tmp_path, batch(tmp_path, "shared", "--workers", "2"))
    assert audio_in(tmp_path / "shared") == audio_in(tmp_path / "alone")
