"""A file is there whole under its name or not at all, and nothing is written through what lies
in its place."""

from __future__ import annotations

import errno
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from higgs_cli.errors import DiskFullError, HiggsError
from higgs_cli.files.atomic_file import (
    ASIDE,
    folder_written_aside,
    is_aside,
    opened_folder,
    sweep,
    write_whole,
    written_aside,
)
from model.checkpoint import aside as of_model
from tests.helpers import ROOT
from tokenizer.codec import atomic_file as of_tokenizer


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def asides(folder: Path) -> list[str]:
    return [name for name in names(folder) if is_aside(name)]


def test_the_aside_lies_beside_and_nothing_else_is_left(tmp_path: Path) -> None:
    with written_aside(tmp_path / "a.wav") as file:
        file.write(b"sound")
        [aside] = names(tmp_path)
        assert is_aside(aside, of="a.wav") and not is_aside(aside, of="b.wav")
    assert names(tmp_path) == ["a.wav"] and (tmp_path / "a.wav").read_bytes() == b"sound"


def test_a_writer_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"old")
    with pytest.raises(ZeroDivisionError), written_aside(tmp_path / "a.wav") as file:
        file.write(b"new")
        raise ZeroDivisionError
    assert names(tmp_path) == ["a.wav"] and (tmp_path / "a.wav").read_bytes() == b"old"


def test_two_writers_of_one_file_never_share_an_aside(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    with written_aside(path) as first, written_aside(path) as second:
        first.write(b"first")
        second.write(b"second")
        assert len(asides(tmp_path)) == 2
    assert path.read_bytes() == b"first" and names(tmp_path) == ["a.wav"]


def test_a_name_as_long_as_any_has_an_aside_that_fits(tmp_path: Path) -> None:
    longest = "n" * (os.pathconf(tmp_path, "PC_NAME_MAX") - 4) + ".wav"
    write_whole(tmp_path / longest, b"sound")
    assert names(tmp_path) == [longest]


def test_a_link_in_the_place_of_a_file_is_replaced_and_not_followed(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_bytes(b"mine")
    (tmp_path / "a.wav").symlink_to(kept)
    (tmp_path / ".a.wav.partial").symlink_to(kept)
    write_whole(tmp_path / "a.wav", b"sound")
    assert kept.read_bytes() == b"mine" and not (tmp_path / "a.wav").is_symlink()


def test_an_aside_is_made_and_never_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even one whose name could be guessed: the link that waits for it is not opened."""
    kept = tmp_path / "kept"
    kept.write_bytes(b"mine")
    monkeypatch.setattr(os, "urandom", bytes)
    with written_aside(tmp_path / "a.wav"):
        [aside] = asides(tmp_path)
    (tmp_path / aside).symlink_to(kept)
    with pytest.raises(HiggsError, match=r"cannot write .*File exists"):
        write_whole(tmp_path / "a.wav", b"sound")
    assert kept.read_bytes() == b"mine"


KILLED = """
import os, signal, sys
from pathlib import Path
from higgs_cli.files.atomic_file import {function} as aside
with aside(Path("{name}")) as made:
    if isinstance(made, Path):
        (made / "within").write_text("half")
    print("ready", flush=True)
    sys.stdin.readline()
"""


def writing(folder: Path, function: str, name: str) -> subprocess.Popen[str]:
    """A process that is in the middle of a write."""
    child = subprocess.Popen(
        [sys.executable, "-c", KILLED.format(function=function, name=name)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None and child.stdout.readline() == "ready\n"
    return child


@pytest.mark.parametrize("function", ["written_aside", "folder_written_aside"])
def test_what_a_killed_process_left_goes_with_the_next_write_of_the_same_name(
    tmp_path: Path, function: str
) -> None:
    child = writing(tmp_path, function, "a.wav")
    child.send_signal(signal.SIGKILL)
    child.communicate()
    assert len(asides(tmp_path)) == 1
    write_whole(tmp_path / "b.wav", b"another")
    assert len(asides(tmp_path)) == 1, "other files are other writers' business"
    write_whole(tmp_path / "a.wav", b"sound")
    assert names(tmp_path) == ["a.wav", "b.wav"]


def test_what_a_living_process_writes_is_never_swept(tmp_path: Path) -> None:
    child = writing(tmp_path, "written_aside", "a.wav")
    child.send_signal(signal.SIGSTOP)
    write_whole(tmp_path / "a.wav", b"ours")
    with opened_folder(tmp_path) as folder:
        sweep(folder)
    assert len(asides(tmp_path)) == 1
    child.send_signal(signal.SIGCONT)
    child.communicate("\n")
    assert child.returncode == 0 and names(tmp_path) == ["a.wav"]


def test_only_our_own_names_are_swept(tmp_path: Path) -> None:
    theirs = [".a.partial", "x.partial", ".higgs-notes.partial", ".higgs-0.partial", "a.part"]
    for name in theirs:
        (tmp_path / name).write_text("mine")
    link = ".higgs-01234567-0123456789abcdef.partial"
    (tmp_path / link).symlink_to(tmp_path / "a.part")
    (tmp_path / "dead").write_text("")
    (tmp_path / "dead").rename(tmp_path / ".higgs-01234567-fedcba9876543210.partial")
    with opened_folder(tmp_path) as folder:
        sweep(folder)
    assert names(tmp_path) == sorted([*theirs, link])


@pytest.mark.parametrize("kind", ["ENOSPC", "EDQUOT", "EROFS", "EACCES", "EIO"])
def test_what_the_disk_says_is_told_with_path_and_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    def failing(handle: int) -> None:
        raise OSError(getattr(errno, kind), os.strerror(getattr(errno, kind)))

    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(HiggsError, match=re.escape(str(tmp_path / "a"))) as caught:
        write_whole(tmp_path / "a", bytes(1234))
    if kind in ("ENOSPC", "EDQUOT"):
        assert isinstance(caught.value, DiskFullError) and "1,234 bytes" in caught.value.message
    assert names(tmp_path) == []


def test_a_folder_takes_its_name_once_all_is_in_it(tmp_path: Path) -> None:
    with folder_written_aside(tmp_path / "made" / "samples") as aside:
        (aside / "one").write_text("1")
        assert names(tmp_path / "made") == [aside.name]
    assert names(tmp_path / "made") == ["samples"]
    with pytest.raises(ZeroDivisionError), folder_written_aside(tmp_path / "made" / "x") as aside:
        (aside / "one").write_text("1")
        raise ZeroDivisionError
    assert names(tmp_path / "made") == ["samples"]


def test_what_goes_wrong_inside_a_folder_is_not_told_as_a_failed_write(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), folder_written_aside(tmp_path / "samples"):
        (tmp_path / "no such recording").read_bytes()


WAYS = [of_model.written_aside, of_tokenizer.written_aside]


@pytest.mark.parametrize("written", WAYS, ids=["model", "tokenizer"])
def test_below_the_door_a_file_is_made_in_a_room_of_its_own(
    tmp_path: Path, written: object
) -> None:
    final = tmp_path / "model.safetensors"
    for _ in range(2):
        with written(final) as aside:  # type: ignore[operator]
            assert aside.name == final.name and aside.parent.parent == tmp_path
            assert aside.parent.stat().st_mode & 0o777 == 0o700
            left = aside.parent.name
            aside.write_bytes(b"weights")
        (tmp_path / left).mkdir()  # as a killed process would have left it
        (tmp_path / left / final.name).write_bytes(b"half")
    assert asides_below(tmp_path) == [left]
    with pytest.raises(ZeroDivisionError), written(final):  # type: ignore[operator]
        raise ZeroDivisionError
    assert names(tmp_path) == [final.name] and final.read_bytes() == b"weights"


def asides_below(folder: Path) -> list[str]:
    return [name for name in names(folder) if name.startswith(".higgs-")]


def test_the_scheme_of_names_is_one(tmp_path: Path) -> None:
    with written_aside(tmp_path / "x"):
        [ours] = names(tmp_path)
    for written in WAYS:
        with written(tmp_path / "x") as aside:
            assert aside.parent.name[:16] == ours[:16] and aside.parent.suffix == ".partial"
            aside.write_text("")
    assert ASIDE.fullmatch(ours)
