"""Whether something can be written is known before any work, and asking leaves nothing behind."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from higgs_cli.errors import HiggsError, UsageError
from higgs_cli.files import atomic_file
from higgs_cli.files.writable import check_file_place, check_folder_place

TOO_LONG = "n" * 300


def contents(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_asking_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "old.wav").write_text("old")
    check_file_place(tmp_path / "new.wav")
    check_file_place(tmp_path / "old.wav")
    check_folder_place(tmp_path / "a" / "b")
    assert contents(tmp_path) == ["old.wav"] and (tmp_path / "old.wav").read_text() == "old"


def test_what_is_no_place_for_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for name, said in (
        ("folder", "is a folder"),
        ("pipe", "is not a file"),
        ("no/a.wav", "no folder"),
        (TOO_LONG, "File name too long"),
    ):
        with pytest.raises(UsageError, match=said):
            check_file_place(tmp_path / name)


def test_a_neighbour_of_the_same_name_must_find_its_place_too(tmp_path: Path) -> None:
    longest = "n" * (os.pathconf(tmp_path, "PC_NAME_MAX") - 4) + ".wav"
    check_file_place(tmp_path / longest)
    with pytest.raises(UsageError, match="File name too long"):
        check_file_place(tmp_path / longest, beside=(".json",))
    (tmp_path / "a.json").mkdir()
    with pytest.raises(UsageError, match=r"a\.json is a folder"):
        check_file_place(tmp_path / "a.wav", beside=(".json",))


def test_an_input_is_no_place_for_an_output(tmp_path: Path) -> None:
    given = tmp_path / "given.wav"
    given.write_text("mine")
    (tmp_path / "link.wav").symlink_to(given)
    for output in (given, tmp_path / "link.wav"):
        with pytest.raises(UsageError, match="is an input"):
            check_file_place(output, inputs=[given])


def test_what_is_no_place_for_a_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "nowhere").symlink_to(tmp_path / "missing")
    for name, said in (
        ("file/a", "file is not a folder"),
        ("nowhere/a", "nowhere is not a folder"),
        (f"a/{TOO_LONG}", "File name too long"),
    ):
        with pytest.raises(UsageError, match=said):
            check_folder_place(tmp_path / name)
    check_folder_place(tmp_path)
    assert contents(tmp_path) == ["file", "nowhere"]


@pytest.mark.parametrize(
    ("kind", "exit_code"), [("EACCES", 2), ("EROFS", 2), ("EPERM", 2), ("EDQUOT", 1), ("EIO", 1)]
)
def test_the_file_system_itself_is_asked_and_a_disk_that_fails_is_no_mistake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, exit_code: int
) -> None:
    def refusing(aside: str, folder: int) -> int:
        raise OSError(getattr(errno, kind), os.strerror(getattr(errno, kind)))

    monkeypatch.setattr(atomic_file, "_new_file", refusing)
    for check in (check_file_place, check_folder_place):
        with pytest.raises(HiggsError, match=r"cannot (be written|write)") as caught:
            check(tmp_path / "x")
        assert caught.value.exit_code == exit_code
