"""`higgs play` finds the takes of a place, says which is used, plays them or writes them."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
import soundfile

from tests.helpers import CommandLine

SCRIPT = "[SPEAKER0] One thing is said here.\n[SPEAKER1] Another one follows it.\n"


@pytest.fixture
def higgs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path.parent / "cache"))
    higgs = CommandLine(tmp_path, monkeypatch, capsys)
    higgs.write("talk.txt", SCRIPT)
    assert higgs("render", "talk.txt", "-o", "talk.wav").exit_code == 0
    assert higgs("render", "talk.txt", "-o", "talk.wav", "--retake", "2").exit_code == 0
    return higgs


def with_player(higgs: CommandLine, monkeypatch: pytest.MonkeyPatch, script: str) -> Path:
    """A program that is called aplay, and is the only one that is found."""
    program = higgs.write("bin/aplay", f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{program.parent}:/bin:/usr/bin")
    monkeypatch.setattr("shutil.which", lambda name: str(program) if name == "aplay" else None)
    return higgs.folder / "played"


def test_takes_are_listed_with_the_one_that_is_used(higgs: CommandLine) -> None:
    ran = higgs("play", "talk.wav", "2", "--json")
    takes = json.loads(ran.stdout)["takes"]
    assert [(each["take"], each["is_used"]) for each in takes] == [(1, False), (2, True)]
    assert {each["chunk"] for each in takes} == {"#2"} and takes[0]["verdict"] == "pass"


def test_of_the_used_take_it_is_said_what_the_gates_said(higgs: CommandLine) -> None:
    manifest = json.loads((higgs.folder / "talk.json").read_text())
    finding = {"check": "words", "verdict": "inconclusive", "detail": "missing: x", "at_seconds": 0}
    manifest["chunks"][1] |= {"verdict": "inconclusive", "findings": [finding]}
    higgs.write("talk.json", json.dumps(manifest))
    takes = json.loads(higgs("play", "talk.wav", "2", "--json").stdout)["takes"]
    assert [(each["verdict"], each["checks"]) for each in takes] == [
        ("pass", []),
        ("inconclusive", ["words"]),
    ]


@pytest.mark.parametrize("place", ["2", "#2", "1:2"])
def test_every_way_of_writing_a_place_is_understood(higgs: CommandLine, place: str) -> None:
    takes = json.loads(higgs("play", "talk.wav", place, "--json").stdout)["takes"]
    assert [each["text"] for each in takes] == ["Another one follows it."] * 2
    start = json.loads((higgs.folder / "talk.json").read_text())["chunks"][1]["start_seconds"]
    at = f"0:00:{int(start) + 1:02}"
    assert json.loads(higgs("play", "talk.wav", at, "--json").stdout)["takes"] == takes


def test_takes_are_written_one_file_each(higgs: CommandLine) -> None:
    ran = higgs("play", "talk.wav", "1-2", "-o", "line.wav")
    assert ran.exit_code == 0, ran.stderr
    assert ran.stdout.split() == ["line.1.1.wav", "line.2.1.wav", "line.2.2.wav"]
    first, second = (soundfile.read(higgs.folder / f"line.2.{take}.wav")[0] for take in (1, 2))
    assert len(first) != len(second) or (first != second).any()
    again = higgs("play", "talk.wav", "1-2", "-o", "line.wav")
    assert again.exit_code == 2 and "there already" in again.stderr
    assert higgs("play", "talk.wav", "2", "--take", "1", "-o", "one.wav").exit_code == 0
    assert (soundfile.read(higgs.folder / "one.wav")[0] == first).all()


def test_a_player_that_is_found_plays_each(
    higgs: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    played = with_player(higgs, monkeypatch, f'wc -c < "$2" >> {higgs.folder}/played')
    before = {path for path in higgs.folder.iterdir()}
    ran = higgs("play", "talk.wav", "2")
    assert ran.exit_code == 0, ran.stderr
    assert len(played.read_text().split()) == 2
    assert "#2 take 1: " in ran.stderr and "#2 take 2, used: " in ran.stderr
    assert {path for path in higgs.folder.iterdir()} == before | {played}


def test_a_player_that_fails_or_is_not_there_is_one_clear_line(
    higgs: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_player(higgs, monkeypatch, "echo no device >&2; exit 1")
    ran = higgs("play", "talk.wav", "2")
    assert ran.exit_code == 1 and "aplay could not play it: no device" in ran.stderr
    monkeypatch.setattr("shutil.which", lambda name: None)
    ran = higgs("play", "talk.wav", "2")
    assert ran.exit_code == 2 and "-o FILE.wav" in ran.stderr


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("talk.wav", "99"), "99"),
        (("talk.wav", "nowhere"), "not a place"),
        (("talk.wav", "2", "--take", "7"), "there is no take 7; stored: 1, 2"),
        (("other.wav", "2"), "no manifest"),
        (("talk.wav", "2", "-o", "x.mp3"), ".wav"),
        (("talk.wav", "2", "--store", "none.higgs"), "not a take store"),
    ],
)
def test_what_is_not_there_is_refused(higgs: CommandLine, argv: tuple[str, ...], said: str) -> None:
    ran = higgs("play", *argv)
    assert ran.exit_code == 2 and said in ran.stderr, ran.stderr
