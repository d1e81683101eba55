"""Real full disks, failing devices, places that may not be written to: one line, nothing lost."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from higgs_cli import pipeline
from tests.fakes import FakeSynthesizer
from tests.helpers import FAKE_ENTRY, ROOT, CommandLine
from tests.reliability.failing_disk import CALLS, fail_at_random
from tests.reliability.renders import leftovers, render_in_child, results, write_script

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
        pytest.skip("needs mount, and the right to mount a small disk (tmpfs)")
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
    higgs: CommandLine, disk: Path, monkeypatch: pytest.MonkeyPatch, left: int
) -> None:
    monkeypatch.setattr(pipeline, "check_room", lambda needs: None)  # it fills up after the look
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
    environment["XDG_CACHE_HOME"] = str(folder.parent / "cache")  # nothing that is rendered
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
        pytest.skip("root passes over permissions, and setpriv is not here (util-linux)")
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


# -- a device that fails now and then --------------------------------------------------------

FAILING = ("render", "book.txt", "-o", "book.wav", "--subtitles", "both")
FIU_CALLS = ("posix/io/rw/write", "posix/io/sync/fsync")


def undisturbed(folder: Path) -> dict[str, bytes]:
    write_script(folder, 12)
    assert render_in_child(folder, *FAILING[4:]).exit_code == 0
    return lasting(folder)


def lasting(folder: Path) -> dict[str, bytes]:
    """All but the kept sounds: one that could not be kept is decoded anew when it is needed."""
    return {name: data for name, data in results(folder).items() if "/sounds/" not in name}


def said_since(folder: Path, place: int) -> str:
    log = folder / "log.txt"
    return log.read_text()[place:] if log.exists() else ""


def nothing_is_lost(folder: Path, whole: dict[str, bytes], higgs: CommandLine) -> None:
    """The store is one that `verify` accepts, and the same command ends as if nothing had been."""
    if (folder / "book.higgs").exists():
        ran = higgs("verify", str(folder / "book.higgs"))
        assert ran.exit_code == 0, ran
    assert render_in_child(folder, *FAILING[4:]).exit_code == 0, said_since(folder, 0)
    assert lasting(folder) == whole


def fails_well(folder: Path, higgs: CommandLine, call: str, runs: int, seed: int) -> int:
    """Renders, each tried three times on such a disk; how often one failed."""
    whole = undisturbed(folder / "whole")
    failed = 0
    for number in range(runs):
        place = folder / f"{seed}-{number}"
        write_script(place, 12)
        for again in range(3):
            chance = (0.3, 0.1, 0.02)[(number + again) % 3]
            before = len(said_since(place, 0))
            strike = partial(fail_at_random, call, chance, seed + 3 * number + again)
            end = render_in_child(place, *FAILING[4:], prepare=strike)
            said = said_since(place, before)
            case = f"{call}, chance {chance}, seed {seed + 3 * number + again}: {end}\n{said}"
            assert end.exit_code in (0, 1), case
            assert said_well(end.exit_code, said), case
            # What could not be removed is swept by a later render.
            assert end.exit_code or whole.items() <= lasting(place).items(), case
            failed += end.exit_code
        nothing_is_lost(place, whole, higgs)
    return failed


def said_well(code: int, said: str) -> bool:
    """One clear line of an error, or none where there was none; and never a traceback."""
    errors = [line for line in said.splitlines() if line.startswith("error: ")]
    clear = "Traceback" not in said and "Exception ignored" not in said
    return clear and len(errors) == (1 if code else 0)


@pytest.mark.parametrize("call", CALLS)
def test_a_call_that_fails_now_and_then_loses_nothing(
    higgs: CommandLine, tmp_path: Path, call: str
) -> None:
    failed = fails_well(tmp_path, higgs, call, runs=2, seed=1)
    assert failed or call not in ("write", "fsync", "rename")


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("call", CALLS)
def test_a_call_that_fails_now_and_then_loses_nothing_in_many_renders(
    higgs: CommandLine, tmp_path: Path, call: str
) -> None:
    fails_well(tmp_path, higgs, call, runs=12, seed=1000)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("call", FIU_CALLS)
@pytest.mark.parametrize("chance", [0.003, 0.02, 0.2])
def test_a_device_that_fails_now_and_then_loses_nothing(
    higgs: CommandLine, tmp_path: Path, call: str, chance: float
) -> None:
    """EIO from the calls themselves, below Python, wherever it falls: also on what is said."""
    if shutil.which("fiu-run") is None:
        pytest.skip("needs fiu-run, which is not here (apt-get install fiu-utils)")
    whole = undisturbed(tmp_path / "whole")
    folder = tmp_path / "failing"
    write_script(folder, 12)
    failing = ("fiu-run", "-x", "-c", f"enable_random name={call},failinfo=5,probability={chance}")
    for _ in range(6):
        ran = start(folder, *FAILING, before=failing)
        case = f"{call}, {chance}: {ran}"
        errors = [line for line in ran.stderr.splitlines() if line.startswith("error")]
        assert ran.returncode in (0, 1) and "Traceback" not in ran.stderr, case
        assert len(errors) <= ran.returncode, case
        assert "fsync" not in call or len(errors) == ran.returncode, case
        assert ran.returncode or lasting(folder) == whole, case
    nothing_is_lost(folder, whole, higgs)
