"""`higgs say` as it is typed: an entry of the lexicon, before and after."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.book_files import epub
from tests.helpers import CommandLine

LEXICON = "words:\n  - {word: Siobhan, replacement: Shivawn}\n"

MORE = " and did not go home until the next day"


@pytest.fixture
def higgs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    command = CommandLine(tmp_path, monkeypatch, capsys)
    command.write("names.yaml", LEXICON)
    return command


def said(higgs: CommandLine) -> list[str]:
    return [chunk.text for run in higgs.synthesizer.runs_heard for chunk in run.chunks]


def test_an_entry_is_heard_before_and_after_in_each_voice(higgs: CommandLine) -> None:
    ran = higgs("say", "Siobhan.", "--voice", "wren,fergus", "--lexicon", "names.yaml", "-o", "x")
    assert ran.exit_code == 0, ran.stderr
    for name in ("x.wren.before", "x.wren.after", "x.fergus.before", "x.fergus.after"):
        assert (higgs.folder / f"{name}.wav").exists()
    assert said(higgs) == ["Siobhan.", "Shivawn."] * 2


def test_files_go_into_a_folder_that_is_there(higgs: CommandLine) -> None:
    (higgs.folder / "heard").mkdir()
    ran = higgs("say", "Siobhan.", "--voice", "wren", "-o", "heard/")
    assert ran.exit_code == 0, ran.stderr
    assert (higgs.folder / "heard" / "siobhan.wav").exists()
    assert not (higgs.folder / "heard.wav").exists()


def test_a_line_of_a_script_is_said(higgs: CommandLine) -> None:
    higgs.write("book.txt", "She came home late.\n\nThen Siobhan left them.\n")
    ran = higgs("say", "3", "--of", "book.txt", "--voice", "wren")
    assert ran.exit_code == 0, ran.stderr
    assert said(higgs) == ["Then Siobhan left them."]
    assert (higgs.folder / "then-siobhan-left-them.wav").exists()


@pytest.mark.parametrize(
    "argv",
    [
        ("x", "--of", "book.txt"),
        ("9", "--of", "no.txt"),
        ("0", "--of", "book.txt"),
        ("9999", "--of", "book.txt"),
        ("2", "--of", "book.txt"),
        ("1:2", "--of", "book.txt"),
        ("2:1", "--of", "book.txt"),
        ("1-2", "--of", "book.txt"),
        ("#1,#2", "--of", "book.txt"),
        ("#9", "--of", "book.txt"),
    ],
)
def test_what_is_no_line_of_the_script_is_refused(
    higgs: CommandLine, argv: tuple[str, ...]
) -> None:
    higgs.write("book.txt", "She came home late.\n")
    ran = higgs("say", *argv, "--voice", "wren")
    assert ran.exit_code == 2 and not higgs.synthesizer.runs_heard


def test_a_paragraph_of_a_book_is_said(higgs: CommandLine) -> None:
    pytest.importorskip("lxml", reason="books need lxml")
    pages = {"a.xhtml": "<h2>One</h2><p>She came.</p><p>He went.</p>"}
    (higgs.folder / "book.epub").write_bytes(epub(pages))
    assert higgs("say", "1:2", "--of", "book.epub", "--voice", "wren").exit_code == 0
    assert higgs("say", "1:0", "--of", "book.epub", "--voice", "wren").exit_code == 0
    assert said(higgs) == ["He went.", "One."]
    ran = higgs("say", "1:3", "--of", "book.epub", "--voice", "wren")
    assert ran.exit_code == 2 and "chapter 1 has 2 paragraphs" in ran.stderr
    ran = higgs("say", "2", "--of", "book.epub", "--voice", "wren")
    assert ran.exit_code == 2 and "has no lines" in ran.stderr and "1:2" in ran.stderr


def test_a_line_within_a_paragraph_says_the_paragraph(higgs: CommandLine) -> None:
    higgs.write("book.txt", "One line.\n\nShe came\nhome late.\n")
    assert higgs("say", "4", "--of", "book.txt", "--voice", "wren").exit_code == 0
    assert higgs("say", "1:2", "--of", "book.txt", "--voice", "wren", "-o", "x").exit_code == 0
    assert said(higgs) == ["She came home late."] * 2


def test_a_chunk_is_said_in_the_words_of_the_script(higgs: CommandLine) -> None:
    higgs.write(
        "book.txt",
        f"Dr. Lee paid $5{MORE}. Then Siobhan left{MORE}.\n\nHe stayed{MORE}.\n",
    )
    cut = ("--of", "book.txt", "--voice", "wren", "--chunk-seconds", "5")
    for place in ("#1", "#2", "#3"):
        ran = higgs("say", place, *cut, "--lexicon", "names.yaml", "-o", "x")
        assert ran.exit_code == 0, ran.stderr
    paid = f"Doctor Lee paid five dollars{MORE}."
    left = [f"Then Siobhan left{MORE}.", f"Then Shivawn left{MORE}."]
    assert said(higgs) == [paid, *left, f"He stayed{MORE}."]
    ran = higgs("say", "#4", *cut)
    assert ran.exit_code == 2 and "the nearest chunk that is spoken is #3" in ran.stderr


def test_what_sounds_at_a_time_of_the_rendered_audio_is_said(higgs: CommandLine) -> None:
    higgs.write("book.txt", "She came home late.\n\nThen he left them.\n")
    ran = higgs("say", "0:00:00", "--of", "book.txt", "--voice", "wren")
    assert ran.exit_code == 2 and "it is not known what sounds when" in ran.stderr
    higgs("render", "book.txt")
    spoken = len(said(higgs))
    ran = higgs("say", "0:00:00", "--of", "book.txt", "--voice", "wren", "-o", "x")
    assert ran.exit_code == 0, ran.stderr
    assert said(higgs)[spoken:] == said(higgs)[:1]


@pytest.mark.parametrize("voices", ["", ",", " , "])
def test_who_shall_say_it_must_be_named(higgs: CommandLine, voices: str) -> None:
    ran = higgs("say", "Good evening.", "--voice", voices)
    assert ran.exit_code == 2 and "--voice names no voice" in ran.stderr
    assert not higgs.synthesizer.runs_heard


def test_a_voice_that_is_named_twice_says_it_once(higgs: CommandLine) -> None:
    assert higgs("say", "Good evening.", "--voice", "wren,wren").exit_code == 0
    assert said(higgs) == ["Good evening."]
