"""The last line of a stopped command goes on with all that was asked for, and asks for no more."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from higgs_cli import stopping
from higgs_cli.terminal.resume_command import last_words, resume_command
from tests.helpers import CommandLine, start_fake
from tests.reliability.renders import write_script

RETAKE = ["render", "book.txt", "--retake", "2", "-o", "book.wav"]


def test_a_retake_that_is_written_down_is_not_asked_for_again() -> None:
    for retake in (["--retake", "2"], ["--retake=2"]):
        typed = ["render", "book.txt", *retake, "-o", "book.wav"]
        kept = resume_command(typed, retake_is_written=True)
        assert kept == "higgs render book.txt -o book.wav"
        assert resume_command(typed, retake_is_written=False) == "higgs " + " ".join(typed)


def test_a_stop_before_anything_is_written_keeps_the_retake(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stopping._process, "has_written_wishes", False)
    assert last_words(RETAKE)[1] == "to continue: higgs render book.txt --retake 2 -o book.wav"
    stopping.wishes_are_written()
    assert last_words(RETAKE)[1] == "to continue: higgs render book.txt -o book.wav"


def test_a_stop_by_the_clock_is_told_from_one_by_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    for asked, said in ((stopping.TIME_IS_UP, "stopped by --until"), (2, "stopped")):
        monkeypatch.setattr(stopping._process, "asked", asked)
        assert last_words(RETAKE)[0] == f"{said}; all finished takes are kept"


def test_a_stop_while_the_model_loads_keeps_the_retake(tmp_path: Path) -> None:
    write_script(tmp_path, 2)
    done = start_fake(tmp_path, "render", "book.txt", "-o", "book.wav")
    assert done.communicate(timeout=60)[1] and done.returncode == 0
    loads = "lane_count=open('loading', 'w').close() or __import__('time').sleep(60) or 4"
    child = start_fake(tmp_path, *RETAKE, options=loads)
    deadline = time.monotonic() + 60
    while not (tmp_path / "loading").exists():
        assert time.monotonic() < deadline, "the model was not opened"
        time.sleep(0.02)
    child.terminate()
    said = child.communicate(timeout=20)[1]
    assert (
        said.splitlines()[-1] == "hint: to continue: higgs render book.txt --retake 2 -o book.wav"
    )


def test_what_was_locked_is_told_where_no_sound_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    higgs = CommandLine(tmp_path, monkeypatch, capsys)
    higgs.write("talk.txt", "[SPEAKER0] One thing.\n[SPEAKER0] And another.\n")
    assert higgs("render", "talk.txt").exit_code == 0
    for wish in (("--lock", "1"), ("--choose", "1=1")):
        said = higgs("render", "talk.txt", *wish).stderr
        assert "nothing has changed" not in said
        assert "what was decided is written down, its sound has not changed" in said
        assert "kept from now on: #1 take 1" in said
    assert "nothing has changed" in higgs("render", "talk.txt").stderr
