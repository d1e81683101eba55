"""`higgs store`: decoded sound is removed by one command, and nothing else is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from higgs_cli.takes.store import TakeStore
from tests.helpers import CommandLine

SCRIPT = "".join(f"This is line number {number} of the talk.\n\n" for number in range(4))


@pytest.fixture
def higgs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    line = CommandLine(tmp_path, monkeypatch, capsys)
    line.write("book.txt", SCRIPT)
    return line


def sizes(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_size for path in folder.rglob("*.sound")}


@pytest.mark.parametrize("named", ["book.wav", "book.higgs"])
def test_sound_is_cleared_and_the_takes_are_left(higgs: CommandLine, named: str) -> None:
    assert higgs("render", "book.txt").exit_code == 0
    audio = (higgs.folder / "book.wav").read_bytes()
    there = sum(sizes(higgs.folder).values())
    ran = higgs("store", "clear-sound", named)
    assert ran.exit_code == 0 and ran.stderr == f"{there / 1e6:.1f} MB freed\n" and there > 1e5
    assert not sizes(higgs.folder)
    assert json.loads(higgs("store", "clear-sound", named, "--json").stdout) == {"freed_bytes": 0}
    spoken = len(higgs.synthesizer.chunks_spoken)
    assert higgs("render", "book.txt").exit_code == 0
    assert len(higgs.synthesizer.chunks_spoken) == spoken
    assert (higgs.folder / "book.wav").read_bytes() == audio


@pytest.mark.parametrize(("kept", "leaves"), [("0", 0), ("0.0000001", 0), ("1", 4)])
def test_a_render_leaves_no_more_sound_than_was_asked_for(
    higgs: CommandLine, kept: str, leaves: int
) -> None:
    assert higgs("render", "book.txt", "--keep-sound", kept).exit_code == 0
    assert len(sizes(higgs.folder)) == leaves


def test_damaged_sound_is_named_and_made_again(higgs: CommandLine) -> None:
    assert higgs("render", "book.txt").exit_code == 0
    path = next((higgs.folder / "book.higgs").rglob("*.sound"))
    good = path.read_bytes()
    path.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    ran = higgs("verify", "book.wav")
    assert ran.exit_code == 1 and ran.stdout == f"{path.name}\n"
    assert higgs("render", "book.txt", "--loudness", "-20").exit_code == 0
    assert path.read_bytes() == good and higgs("verify", "book.wav").exit_code == 0


@pytest.mark.parametrize("named", ["mine", "missing.wav", "empty"])
def test_a_folder_that_is_no_store_is_not_touched(higgs: CommandLine, named: str) -> None:
    name = f"mine/sounds/ab/{'ab' * 32}.sound"
    higgs.write(name, "mine")
    higgs.write("mine/notes.txt", "mine")
    (higgs.folder / "empty").mkdir()
    ran = higgs("store", "clear-sound", named)
    assert ran.exit_code == 2 and "is not a take store" in ran.stderr
    assert (higgs.folder / name).exists() and not list((higgs.folder / "empty").iterdir())


def test_no_sound_is_cleared_where_one_of_the_stores_is_missing(higgs: CommandLine) -> None:
    assert higgs("render", "book.txt").exit_code == 0
    before = sizes(higgs.folder)
    assert higgs("store", "clear-sound", "book.wav", "missing.wav").exit_code == 2
    assert sizes(higgs.folder) == before
    assert higgs("store", "clear-sound", "book.wav", "book.higgs").exit_code == 0
    assert not sizes(higgs.folder)


def test_sound_is_not_cleared_under_a_render(higgs: CommandLine) -> None:
    assert higgs("render", "book.txt").exit_code == 0
    before = sizes(higgs.folder)
    with TakeStore(higgs.folder / "book.higgs").hold("rendering into book.higgs", "wait"):
        assert higgs("store", "clear-sound", "book.wav").exit_code == 75
    assert sizes(higgs.folder) == before


# -- list, copy, clear ---------------------------------------------------------------------


def take_files(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*.take")}


def test_a_list_names_every_store_and_what_no_manifest_names(higgs: CommandLine) -> None:
    assert higgs("render", "book.txt").exit_code == 0
    higgs.write("book.txt", SCRIPT.replace("number 2", "letter 2"))
    assert higgs("render", "book.txt").exit_code == 0
    (listed,) = json.loads(higgs("store", "list", ".", "--json").stdout)
    assert listed["store"] == "book.higgs"
    assert (listed["takes"], listed["unnamed_takes"]) == (5, 1)
    assert "book.higgs" in higgs("store", "list", "book.higgs").stdout
    assert higgs("store", "list", "nowhere").exit_code == 2


def test_clearing_removes_takes_of_lines_that_are_gone_and_no_others(higgs: CommandLine) -> None:
    assert higgs("render", "book.txt").exit_code == 0
    higgs.write("book.txt", SCRIPT.replace("number 2", "letter 2"))
    assert higgs("render", "book.txt").exit_code == 0
    before = take_files(higgs.folder)
    ran = higgs("store", "clear", "book.higgs", "--dry-run")
    assert ran.exit_code == 0 and "1 takes would be removed" in ran.stderr
    assert take_files(higgs.folder) == before
    assert higgs("store", "clear", "book.higgs").exit_code == 0
    assert len(before - take_files(higgs.folder)) == 1
    spoken = len(higgs.synthesizer.chunks_spoken)
    assert higgs("render", "book.txt").exit_code == 0
    assert len(higgs.synthesizer.chunks_spoken) == spoken


def test_a_store_that_no_manifest_names_is_not_cleared(higgs: CommandLine) -> None:
    assert higgs("render", "book.txt").exit_code == 0
    (higgs.folder / "book.json").rename(higgs.folder / "book.json.away")
    before = take_files(higgs.folder)
    ran = higgs("store", "clear", "book.higgs")
    assert ran.exit_code == 2 and "--manifest" in ran.stderr
    assert take_files(higgs.folder) == before


def test_a_copy_is_a_store_that_speaks_nothing_again(higgs: CommandLine) -> None:
    assert higgs("render", "book.txt").exit_code == 0
    assert "copied" in higgs("store", "copy", "book.higgs", "copy.higgs").stderr
    assert take_files(higgs.folder / "copy.higgs") == take_files(higgs.folder / "book.higgs")
    assert "0 files copied" in higgs("store", "copy", "book.higgs", "copy.higgs").stderr
    spoken = len(higgs.synthesizer.chunks_spoken)
    ran = higgs("render", "book.txt", "-o", "other.wav", "--store", "copy.higgs")
    assert ran.exit_code == 0
    assert len(higgs.synthesizer.chunks_spoken) == spoken


def test_a_damaged_take_is_not_copied(higgs: CommandLine) -> None:
    assert higgs("render", "book.txt").exit_code == 0
    damaged = next((higgs.folder / "book.higgs").rglob("*.take"))
    damaged.write_bytes(damaged.read_bytes()[:-3])
    assert higgs("store", "copy", "book.higgs", "copy.higgs").exit_code == 0
    assert damaged.name not in take_files(higgs.folder / "copy.higgs")


def test_only_a_store_is_copied_and_only_into_a_store(higgs: CommandLine) -> None:
    higgs.write("plain/own.txt", "mine")
    assert higgs("store", "copy", "plain", "copy.higgs").exit_code == 2
    assert higgs("render", "book.txt").exit_code == 0
    assert higgs("store", "copy", "book.higgs", "plain").exit_code == 2
    assert (higgs.folder / "plain/own.txt").read_text() == "mine"
