"""One writer to an output and one to a store, whatever the other is called."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from higgs_cli.errors import LockedError
from higgs_cli.takes.lock import output_held, store_held
from tests.helpers import AT_ONCE_SECONDS, CommandLine, stands_still, start_fake
from tests.reliability.renders import write_script
from tests.reliability.test_kill import wait_for_takes


@pytest.fixture
def higgs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path.parent / "cache"))
    write_script(tmp_path, 8)
    return CommandLine(tmp_path, monkeypatch, capsys)


def speaking(folder: Path, *argv: str) -> subprocess.Popen[str]:
    """A render that stands still while it speaks: it holds its locks, however busy the machine."""
    child = start_fake(folder, "render", "book.txt", *argv, options="seconds_per_chunk=0.5")
    wait_for_takes(folder, 1)
    assert stands_still(child), "it had ended"
    return child


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_two_stores_of_one_output_do_not_write_it_together(higgs: CommandLine) -> None:
    first = speaking(higgs.folder, "-o", "book.wav", "--store", "one")
    began = time.monotonic()
    ran = higgs("render", "book.txt", "-o", "book.wav", "--store", "two")
    assert ran.exit_code == 75 and time.monotonic() - began < AT_ONCE_SECONDS
    assert f"process {first.pid}) is rendering book.wav" in ran.stderr
    assert not (higgs.folder / "two").exists()
    first.send_signal(signal.SIGCONT)
    first.communicate()
    assert first.returncode == 0
    assert names(higgs.folder) == ["book.json", "book.txt", "book.wav", "one"]


def test_outputs_that_share_a_manifest_share_the_lock(higgs: CommandLine) -> None:
    first = speaking(higgs.folder, "-o", "book.wav", "--store", "one")
    assert higgs("render", "book.txt", "-o", "book.flac", "--store", "two").exit_code == 75
    assert higgs("render", "book.txt", "-o", "other.flac", "--store", "two").exit_code == 0
    first.kill()
    first.communicate()


def test_two_outputs_of_one_store_are_not_rendered_together(higgs: CommandLine) -> None:
    first = speaking(higgs.folder, "-o", "book.wav", "--store", "one")
    ran = higgs("render", "book.txt", "-o", "other.wav", "--store", "one")
    assert ran.exit_code == 75 and f"process {first.pid}) is rendering into one" in ran.stderr
    first.kill()
    first.communicate()


def test_a_killed_render_leaves_locks_that_are_free_and_go_with_the_next(
    higgs: CommandLine,
) -> None:
    first = speaking(higgs.folder, "-o", "book.wav")
    first.kill()
    first.communicate()
    assert higgs("render", "book.txt", "-o", "book.wav").exit_code == 0
    assert names(higgs.folder) == ["book.higgs", "book.json", "book.txt", "book.wav"]
    assert not (higgs.folder / "book.higgs" / "lock").exists()


def test_an_output_with_the_longest_name_can_be_held(tmp_path: Path) -> None:
    longest = "n" * (os.pathconf(tmp_path, "PC_NAME_MAX") - 4) + ".wav"
    with output_held(tmp_path / longest):
        with pytest.raises(LockedError), output_held(tmp_path / longest):
            pass
        with output_held(tmp_path / "other.wav"):
            assert len(names(tmp_path)) == 2
    assert names(tmp_path) == []


def test_an_output_is_the_same_by_whichever_path_it_is_reached(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "books").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "books")
    monkeypatch.chdir(tmp_path / "books")
    with output_held(Path("a.wav")), pytest.raises(LockedError):
        output_held(tmp_path / "link" / "a.wav").__enter__()


def test_what_is_held_is_free_after_an_error(tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), store_held(tmp_path / "store"):
            raise ZeroDivisionError
        with pytest.raises(ZeroDivisionError), output_held(tmp_path / "a.wav"):
            raise ZeroDivisionError
