"""Real full disks, failing devices, places that may not be written to: one line, nothing lost."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes import FakeSynthesizer
from tests.helpers import FAKE_ENTRY, ROOT, CommandLine
from tests.reliability.renders import leftovers, write_script

CHUNKS = 40
RENDER = ("render", "book.txt", "-o", "disk/book.wav", "--store", "disk/takes")


@pytest.fixture
def higgs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    write_script(tmp_path, CHUNKS)
    return CommandLine(tmp_path, monkeypatch, capsys)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 1 MB, in memory."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting a small disk is not allowed here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def room(disk: Path) -> int:
    found = os.statvfs(disk)
    return found.f_bavail * found.f_frsize


def fill(disk: Path, left: int) -> Path:
    """A file of somebody else's that leaves so many bytes."""
    ballast = disk / "ballast"
    ballast.write_bytes(bytes(room(disk) - left))
    return ballast


@pytest.mark.parametrize("left", [0, 4 << 10, 40 << 10, 120 << 10])
def test_a_disk_that_is_full_while_takes_are_written_loses_none(
    higgs: CommandLine, disk: Path, left: int
) -> None:
    ballast = fill(disk, left)
    ran = higgs(*RENDER)
    errors = [line for line in ran.stderr.splitlines() if line.startswith("error")]
    assert ran.exit_code == 1 and len(errors) == 1 and "the disk is full" in errors[0]
    assert leftovers(disk) == [] and not (disk / "book.wav").exists()
    kept = len(list((disk / "takes").rglob("*.take")))
    assert higgs("verify", "disk/takes").exit_code == 0
    ballast.unlink()
    higgs.synthesizer = FakeSynthesizer()
    ran = higgs(*RENDER)
    assert len(higgs.synthesizer.chunks_spoken) >= CHUNKS - kept
    assert len(higgs.synthesizer.chunks_spoken) <= CHUNKS - max(0, kept - 3)  # and three voices
    assert ran.exit_code == 1 and "the disk is full" in ran.stderr, "the audio needs more than that"
    assert leftovers(disk) == []


def test_a_disk_that_is_full_while_audio_is_written_keeps_the_audio_of_before(
    higgs: CommandLine, disk: Path
) -> None:
    (higgs.folder / "book.txt").write_text("[SPEAKER0] One short line.\n")
    assert higgs(*RENDER).exit_code == 0
    before = (disk / "book.wav").read_bytes()
    fill(disk, len(before) // 2)
    ran = higgs(*RENDER, "--loudness", "-30")
    assert ran.exit_code == 1 and "the disk is full" in ran.stderr
    assert (disk / "book.wav").read_bytes() == before and leftovers(disk) == []


def start(
    folder: Path, *argv: str, before: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    """A render by another program or user, with a fake synthesizer in it."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    environment["XDG_CACHE_HOME"] = str(folder / "nowhere")
    command = [*before, sys.executable, "-c", FAKE_ENTRY.format(options=""), *argv]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120
    )


ORDINARY = ("setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner")
"""Root without the right to pass over permissions: it finds Python, and is held off like others."""


def as_ordinary_user(folder: Path) -> tuple[str, ...]:
    """What to start a program with, so that permissions count."""
    if os.geteuid() != 0:
        return ()
    shut = folder / "shut"
    shut.mkdir(mode=0o555)
    if shutil.which("setpriv") is None:
        pytest.skip("root passes over permissions, and setpriv is not here")
    tried = subprocess.run([*ORDINARY, "touch", str(shut / "x")], capture_output=True)
    if tried.returncode == 0 or b"setpriv" in tried.stderr:
        pytest.skip("root cannot give up its rights here")
    return ORDINARY


@pytest.mark.parametrize("closed", ["out", "out/book.higgs", "out/book.higgs/takes"])
@pytest.mark.parametrize("mode", [0o555, 0o000])
def test_a_place_that_may_not_be_written_or_read_is_one_line(
    tmp_path: Path, closed: str, mode: int
) -> None:
    before = as_ordinary_user(tmp_path)
    write_script(tmp_path, 3)
    (tmp_path / "out").mkdir()
    render = ("render", "book.txt", "-o", "out/book.wav")
    assert start(tmp_path, *render, before=before).returncode == 0
    whole = (tmp_path / "out/book.wav").read_bytes()
    (tmp_path / closed).chmod(mode)
    ran = start(tmp_path, *render, "--seed", "5", before=before)
    (tmp_path / closed).chmod(0o755)
    errors = [line for line in ran.stderr.splitlines() if line.startswith("error")]
    assert ran.returncode in (1, 2) and len(errors) == 1, ran.stderr
    assert "Traceback" not in ran.stderr
    assert (tmp_path / "out/book.wav").read_bytes() == whole


@pytest.mark.parametrize("name", ["book.txt", "out/book.json", "out/book.higgs/store.json"])
def test_a_file_that_may_not_be_read_is_one_line(tmp_path: Path, name: str) -> None:
    before = as_ordinary_user(tmp_path)
    write_script(tmp_path, 3)
    (tmp_path / "out").mkdir()
    render = ("render", "book.txt", "-o", "out/book.wav")
    assert start(tmp_path, *render, before=before).returncode == 0
    (tmp_path / name).chmod(0)
    for argv in (render, ("render", "--from", "out/book.json"), ("verify", "out/book.wav")):
        ran = start(tmp_path, *argv, before=before)
        assert "Traceback" not in ran.stderr
        errors = [line for line in ran.stderr.splitlines() if line.lower().startswith("error")]
        assert len(errors) == (1 if ran.returncode else 0) or argv[0] == "verify", ran.stderr


FAILING = ("posix/io/rw/write", "posix/io/sync/fsync")


@pytest.mark.slow
@pytest.mark.parametrize("call", FAILING)
@pytest.mark.parametrize("chance", [0.003, 0.02, 0.2])
def test_a_device_that_fails_now_and_then_loses_nothing(
    tmp_path: Path, call: str, chance: float
) -> None:
    """EIO from the calls themselves, below Python, wherever it falls."""
    if shutil.which("fiu-run") is None:
        pytest.skip("needs fiu-run (apt-get install fiu-utils)")
    write_script(tmp_path, 12)
    failing = ("fiu-run", "-x", "-c", f"enable_random name={call},failinfo=5,probability={chance}")
    for _ in range(6):
        ran = start(tmp_path, "render", "book.txt", "-o", "book.wav", before=failing)
        assert ran.returncode is not None
    ran = start(tmp_path, "verify", "book.higgs")
    assert ran.returncode == 0 or not (tmp_path / "book.higgs").exists(), ran.stdout
    done = start(tmp_path, "render", "book.txt", "-o", "book.wav")
    assert done.returncode == 0, done.stderr
    again = start(tmp_path, "render", "book.txt", "-o", "fresh.wav")
    assert again.returncode == 0
    assert (tmp_path / "fresh.wav").read_bytes() == (tmp_path / "book.wav").read_bytes()
