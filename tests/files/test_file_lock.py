"""One process holds a lock; a dead one's is free; and no file is spoilt by having a lock's name."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from higgs_cli.errors import LockedError, UsageError
from higgs_cli.files.file_lock import holder_of
from higgs_cli.files.place import LocalPlace
from tests.helpers import AT_ONCE_SECONDS, ROOT

HOLDER = """
import sys
from pathlib import Path
from higgs_cli.files.place import LocalPlace
with LocalPlace(Path(".")).lock("lock", "at work"):
    print("ready", flush=True)
    sys.stdin.readline()
"""


def holder(folder: Path) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [sys.executable, "-c", HOLDER],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None and child.stdout.readline() == "ready\n"
    return child


def test_a_lock_is_there_only_while_it_is_held(tmp_path: Path) -> None:
    with LocalPlace(tmp_path).lock("lock", "at work"):
        assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"
    assert list(tmp_path.iterdir()) == []


def test_who_holds_a_lock_is_seen_without_touching_it(tmp_path: Path) -> None:
    assert holder_of(tmp_path / "lock") is None
    child = holder(tmp_path)
    assert holder_of(tmp_path / "lock") == child.pid
    child.communicate("\n")
    assert holder_of(tmp_path / "lock") is None
    for written in (f"{child.pid}\n", "words", "", "9" * 40):  # of the dead, and of nobody
        (tmp_path / "lock").write_text(written)
        assert holder_of(tmp_path / "lock") is None
    assert (tmp_path / "lock").read_text() == "9" * 40


def test_the_second_is_told_at_once_who_is_first_and_at_what(tmp_path: Path) -> None:
    child = holder(tmp_path)
    began = time.monotonic()
    said = rf"another higgs \(process {child.pid}\) is rendering"
    with pytest.raises(LockedError, match=said) as caught:
        LocalPlace(tmp_path).lock("lock", "rendering").__enter__()
    assert time.monotonic() - began < AT_ONCE_SECONDS and caught.value.exit_code == 75
    child.communicate("\n")
    with LocalPlace(tmp_path).lock("lock", "rendering"):
        pass


def test_a_killed_holders_lock_is_free(tmp_path: Path) -> None:
    child = holder(tmp_path)
    child.send_signal(signal.SIGKILL)
    child.communicate()
    assert (tmp_path / "lock").exists()
    with LocalPlace(tmp_path).lock("lock", "rendering"):
        pass
    assert not (tmp_path / "lock").exists()


def test_a_lock_may_be_waited_for(tmp_path: Path) -> None:
    child = holder(tmp_path)
    assert child.stdin is not None
    with pytest.raises(LockedError):
        LocalPlace(tmp_path).lock("lock", "rendering", seconds=0.1).__enter__()
    child.stdin.write("\n")
    child.stdin.flush()
    with LocalPlace(tmp_path).lock("lock", "rendering", seconds=20):
        pass
    child.communicate()


def test_many_who_want_one_lock_never_have_it_together(tmp_path: Path) -> None:
    """Each takes it ten times and counts up; a count that is lost was written by two at once."""
    counting = """
from pathlib import Path
from higgs_cli.files.place import LocalPlace
for _ in range(10):
    with LocalPlace(Path(".")).lock("lock", "counting", seconds=60):
        number = int(Path("count").read_text())
        Path("count").write_text(str(number + 1))
"""
    (tmp_path / "count").write_text("0")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    children = [
        subprocess.Popen([sys.executable, "-c", counting], cwd=tmp_path, env=environment)
        for _ in range(4)
    ]
    assert [child.wait() for child in children] == [0] * 4
    assert (tmp_path / "count").read_text() == "40"
    assert [path.name for path in tmp_path.iterdir()] == ["count"]


@pytest.mark.parametrize("kind", ["link", "hard link", "notes", "folder"])
def test_what_only_has_the_name_of_a_lock_is_left_as_it_is(tmp_path: Path, kind: str) -> None:
    mine, lock = tmp_path / "mine", tmp_path / "lock"
    mine.write_text("alias ls='ls -l'\n")
    if kind == "link":
        lock.symlink_to(mine)
    elif kind == "hard link":
        lock.hardlink_to(mine)
    elif kind == "notes":
        lock.write_text("12 eggs\n")
    else:
        lock.mkdir()
    with pytest.raises(UsageError, match="is not a lock file of higgs"):
        LocalPlace(tmp_path).lock("lock", "rendering").__enter__()
    assert mine.read_text() == "alias ls='ls -l'\n"
    assert kind != "notes" or lock.read_text() == "12 eggs\n"
    assert lock.exists()
