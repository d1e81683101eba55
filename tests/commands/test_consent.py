"""Nothing is made of a voice before somebody has said who gave the right to it."""

from __future__ import annotations

import hashlib
import shutil
from datetime import date
from pathlib import Path

import pytest
import soundfile
import yaml

from higgs_cli import pipeline
from higgs_cli.casting.profile import read_profile
from tests.helpers import ROOT, CommandLine

CLONE = ("clone", "ann.wav", "Good evening.", "--overwrite")
WORDS = "Ann Lee, letter of 3 May 2026"


@pytest.fixture
def higgs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    sound, rate = soundfile.read(ROOT / "voices" / "tobias.wav", dtype="float32")
    soundfile.write(tmp_path / "ann.wav", 0.9 * sound, rate)
    (tmp_path / "ann.txt").write_text("What Ann says in it, from beginning to end.")
    return CommandLine(tmp_path, monkeypatch, capsys)


def at_a_terminal(monkeypatch: pytest.MonkeyPatch, *replies: str) -> list[str]:
    """Whoever is asked there replies so; what was asked."""
    asked: list[str] = []
    left = list(replies)

    def confirm(text: str, **_: object) -> bool:
        asked.append(text)
        return left.pop(0) == "y"

    def prompt(text: str, **_: object) -> str:
        asked.append(text)
        return left.pop(0)

    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("typer.confirm", confirm)
    monkeypatch.setattr("typer.prompt", prompt)
    return asked


def never_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    assert at_a_terminal(monkeypatch) == []


def test_a_script_without_it_is_refused_in_one_line_before_the_model_opens(
    higgs: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(choice: object) -> None:
        raise AssertionError("the model was opened")

    monkeypatch.setattr(pipeline, "open_higgs", never)
    for argv in (CLONE, ("voices", "add", "ann", "ann.wav", "--to", "mine")):
        ran = higgs(*argv)
        assert ran.exit_code == 2
        assert "error: ann.wav: who gave the right to this voice, and when?" in ran.stderr
        assert "--consent 'Ann Lee" in ran.stderr
    assert sorted(path.name for path in higgs.folder.iterdir()) == ["ann.txt", "ann.wav"]


def test_a_script_says_it_once_for_a_recording(higgs: CommandLine) -> None:
    assert higgs(*CLONE, "--consent", WORDS).exit_code == 0
    assert higgs(*CLONE).exit_code == 0
    shutil.move("ann.wav", "same.wav")
    assert higgs("clone", "same.wav", "Good evening.").exit_code == 0
    sound, rate = soundfile.read("same.wav")
    soundfile.write("ann.wav", 0.9 * sound, rate)
    assert higgs(*CLONE).exit_code == 2


def test_what_is_remembered_is_a_hash_the_words_and_the_day(higgs: CommandLine) -> None:
    higgs(*CLONE, "--consent", WORDS)
    sha256 = hashlib.sha256(Path("ann.wav").read_bytes()).hexdigest()
    (kept,) = (path for path in (higgs.folder / "data").rglob("*") if path.is_file())
    assert kept.name == f"{sha256}.json"
    assert yaml.safe_load(kept.read_text()) == {
        "who": WORDS,
        "date": date.today().isoformat(),
        "sha256": sha256,
    }


def test_a_script_may_say_it_in_the_environment(
    higgs: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HIGGS_CONSENT", WORDS)
    assert higgs(*CLONE).exit_code == 0
    monkeypatch.delenv("HIGGS_CONSENT")
    assert higgs(*CLONE).exit_code == 0


def test_a_terminal_asks_once(higgs: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = at_a_terminal(monkeypatch, "y", WORDS)
    assert higgs(*CLONE).exit_code == 0
    assert len(asked) == 2 and asked[0].startswith("ann.wav: did the person who speaks in it")
    assert higgs(*CLONE).exit_code == 0
    assert len(asked) == 2


def test_no_is_an_answer_and_is_not_remembered(
    higgs: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_a_terminal(monkeypatch, "n")
    ran = higgs(*CLONE)
    assert ran.exit_code == 2 and "without the right to it" in ran.stderr
    assert higgs.synthesizer.chunks_spoken == [] and not (higgs.folder / "data").exists()


def test_the_library_keeps_it_with_the_hash_of_its_own_recording(
    higgs: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = ("voices", "add", "ann", "ann.wav", "--to", "mine")
    assert higgs(*add, "--consent", WORDS).exit_code == 0
    consent = read_profile(Path("mine/profile.yaml"))["ann"].consent
    assert consent is not None and consent.who == WORDS
    assert consent.sha256 == hashlib.sha256(Path("mine/ann.wav").read_bytes()).hexdigest()
    assert WORDS in higgs("voices", "show", "ann", "-v", "mine").stdout
    shutil.rmtree("data")  # another machine, to which the library was copied
    never_asked(monkeypatch)
    assert higgs("clone", "mine/ann.wav", "Good evening.").exit_code == 0


def test_what_was_said_to_clone_holds_for_the_library(higgs: CommandLine) -> None:
    higgs(*CLONE, "--consent", WORDS)
    assert higgs("voices", "add", "ann", "ann.wav", "--to", "mine").exit_code == 0
    assert read_profile(Path("mine/profile.yaml"))["ann"].consent is not None


def test_a_bundled_voice_needs_none_wherever_it_lies(higgs: CommandLine) -> None:
    shutil.copy(ROOT / "voices" / "tobias.wav", "ann.wav")
    assert higgs(*CLONE).exit_code == 0
    assert not (higgs.folder / "data").exists()


def test_a_profile_that_cannot_be_read_says_nothing(higgs: CommandLine) -> None:
    higgs.write("profile.yaml", "profiles: [")
    assert higgs(*CLONE).exit_code == 2
    assert higgs(*CLONE, "--consent", WORDS).exit_code == 0


def test_an_answer_that_cannot_be_kept_is_told_and_the_work_goes_on(higgs: CommandLine) -> None:
    higgs.write("data", "a file in the folder's place")
    ran = higgs(*CLONE, "--consent", WORDS)
    assert ran.exit_code == 0 and "will be asked again" in ran.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [(" ", "is empty"), ("x" * 501, "longer than 500"), ("\udcff", "not UTF-8")],
)
def test_words_that_say_nothing_are_refused(higgs: CommandLine, words: str, said: str) -> None:
    ran = higgs(*CLONE, "--consent", words)
    assert ran.exit_code == 2 and said in ran.stderr


@pytest.mark.parametrize(
    ("consent", "said"),
    [
        ("yes", "consent must be a table"),
        ("{who: Ann}", "needs `who` and `sha256`"),
        ("{whom: Ann, sha256: 3f}", "did you mean `who`"),
    ],
)
def test_an_entry_that_does_not_say_it_is_shown_with_its_line(
    higgs: CommandLine, consent: str, said: str
) -> None:
    higgs.write("profile.yaml", f"profiles:\n  ann:\n    audio: ann.wav\n    consent: {consent}\n")
    ran = higgs("voices", "list", "-v", "profile.yaml")
    assert ran.exit_code == 2 and said in ran.stderr and "line 4" in ran.stderr
