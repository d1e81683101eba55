"""Which books `higgs batch` finds, and that each is itself, whatever it is called."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.fakes import FakeSynthesizer
from tests.helpers import CommandLine, Ran

BROKEN = "[SPEAKER0] One.\n[SPEAKER\n"


@pytest.fixture
def higgs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path.parent / "cache"))
    return CommandLine(tmp_path, monkeypatch, capsys)


def states(ran: Ran) -> dict[str, str]:
    event = json.loads(ran.stdout.splitlines()[-1])
    return {book["book"]: book["state"] for book in event["books"]}


@pytest.mark.parametrize("broken", ["emma.txt", "emma/1.txt"])
def test_of_two_books_of_one_name_each_has_its_own_result(higgs: CommandLine, broken: str) -> None:
    for name in ("emma.txt", "emma/1.txt"):
        higgs.write(f"twin/{name}", BROKEN if name == broken else "This is a line of it.\n")
    ran = higgs("batch", "twin", "-o", "audio", "--json")
    assert ran.exit_code == 1, ran.stderr
    good, bad = ("emma.wav", "emma/1.wav")[:: -1 if broken == "emma.txt" else 1]
    assert states(ran) == {good: "finished", bad: "failed"}
    assert (higgs.folder / "audio" / good).exists()
    assert not (higgs.folder / "audio" / bad).exists()


@pytest.mark.parametrize(
    ("files", "books"),
    [
        (("talk.txt", "talk.md"), None),
        (("one.txt",), "[one.txt, one.txt]"),
        (("one.txt", "two.txt"), "[{script: one.txt, output: a.wav}, "
         "{script: two.txt, output: a.flac, store: other.higgs}]"),
        (("lamp/1.txt", "lamp/1.md"), None),
    ],
)  # fmt: skip
def test_what_would_be_written_over_one_another_is_refused(
    higgs: CommandLine, files: tuple[str, ...], books: str | None
) -> None:
    for name in files:
        higgs.write(f"books/{name}", "This is a line of it.\n")
    if books:
        higgs.write("books/books.yaml", f"books: {books}\n")
    ran = higgs("batch", "books/books.yaml" if books else "books", "-o", "audio")
    assert ran.exit_code == 2 and "would be" in ran.stderr.replace("both ", "")
    assert not (higgs.folder / "audio").exists()


def test_a_folder_that_holds_its_own_audio_is_rendered_again_as_it_was(higgs: CommandLine) -> None:
    for name in ("emma.txt", "wood.txt", "lamp/1.txt", "lamp/2.txt"):
        higgs.write(f"same/{name}", "This is a line of it.\n")
    ran = higgs("render", "same/emma.txt", "-o", "same/emma.wav", "--report", "same/emma.html")
    assert ran.exit_code == 0, ran.stderr
    plan = json.loads(higgs("batch", "same", "-o", "same", "--plan", "--json").stdout)
    assert [book["book"] for book in plan["books"]] == ["emma", "lamp", "wood"]
    assert higgs("batch", "same", "-o", "same").exit_code == 0
    higgs.synthesizer.chunks_spoken.clear()
    again = higgs("batch", "same", "-o", "same", "--json")
    assert states(again) == dict.fromkeys(("emma", "lamp", "wood"), "finished")
    assert not higgs.synthesizer.chunks_spoken
    assert "emma.html: written by a render" in again.stderr


def test_a_transcript_is_no_book_and_that_is_said(higgs: CommandLine) -> None:
    higgs.write("books/anna.txt", "What Anna says in her recording.")
    higgs.write("books/anna.wav", "a recording")
    ran = higgs("batch", "books", "-o", "audio", "--plan")
    assert ran.exit_code == 2 and "no books in it" in ran.stderr and "anna.txt" in ran.stderr
    higgs.write("books/emma.txt", "This is a line of it.\n")
    ran = higgs("batch", "books", "-o", "audio", "--plan")
    assert ran.exit_code == 0 and "anna.txt: a transcript" in ran.stderr


@pytest.mark.parametrize("settings", ["one.toml", "lamp/higgs.toml"])
@pytest.mark.parametrize("text", ["seed = 'x'\n", "sede = 3\n", "not toml", "model = 'mini'\n"])
def test_a_mistake_in_a_books_own_settings_is_its_own(
    higgs: CommandLine, settings: str, text: str
) -> None:
    for name in ("one.txt", "lamp/1.txt", "wood.txt"):
        higgs.write(f"books/{name}", "This is a line of it.\n")
    higgs.write(f"books/{settings}", text)
    ran = higgs("batch", "books", "-o", "audio", "--json")
    bad = "one" if settings == "one.toml" else "lamp"
    assert ran.exit_code == 1, ran.stderr
    assert [name for name, state in states(ran).items() if state == "failed"] == [bad]
    assert list(states(ran).values()).count("finished") == 2


def test_a_batch_of_nothing_but_mistakes_is_a_mistake(higgs: CommandLine) -> None:
    higgs.write("books/one.txt", "This is a line of it.\n")
    higgs.write("books/one.toml", "sede = 3\n")
    for more in ((), ("--plan",)):
        ran = higgs("batch", "books", "-o", "audio", *more)
        assert ran.exit_code == 2 and "sede" in ran.stderr


def test_a_format_that_is_none_is_said_once(higgs: CommandLine) -> None:
    for name in ("one.txt", "two.txt"):
        higgs.write(f"books/{name}", "This is a line of it.\n")
    ran = higgs("batch", "books", "-o", "audio", "--format", "xyz")
    assert ran.exit_code == 2 and ran.stderr.count("xyz") == 1


def test_what_failed_is_named_with_the_command_for_another_take(higgs: CommandLine) -> None:
    higgs.write("books/emma.txt", "This line is good.\n\nThis line is cursed.\n\nThis one is good.")
    higgs.write("books/lamp/1.txt", "All of it is good.")
    higgs.write("books/lamp/2.txt", "This chapter is cursed.")
    higgs.synthesizer.mishap = lambda chunk, attempt: "silent" if "cursed" in chunk.text else None
    options = ("--chunk", "speaker", "--cast", "NARRATOR=marigold")
    ran = higgs("batch", "books", "-o", "audio", *options)
    assert ran.exit_code == 1
    lines = ran.stderr.splitlines()
    assert any(line.startswith("emma: failed: #") for line in lines), ran.stderr
    assert any(line.startswith("lamp, 2: failed: #1") for line in lines)
    commands = [line.partition(": higgs ")[2] for line in lines if "new takes" in line]
    assert len(commands) == 2
    higgs.synthesizer = FakeSynthesizer()
    for command in commands:
        assert higgs(*command.split()).exit_code == 0
    assert all("cursed" in text for text in higgs.synthesizer.chunks_spoken)
    assert len(higgs.synthesizer.chunks_spoken) == 2
    event = json.loads(
        higgs("batch", "books", "-o", "audio", "--json", *options).stdout.splitlines()[-1]
    )
    assert all(book["exceptions"] == [] for book in event["books"])


def test_sheets_and_pages_lie_beside_each_audio(higgs: CommandLine) -> None:
    higgs.write("books/emma.txt", "This is a line of it.\n")
    higgs.write("books/lamp/1.txt", "This is a line of it.\n")
    assert higgs("batch", "books", "-o", "audio", "--findings", "--report").exit_code == 0
    for name in ("emma.csv", "emma.html", "lamp/1.csv", "lamp/1.html"):
        assert (higgs.folder / "audio" / name).stat().st_size


def test_a_setting_that_is_mistyped_in_a_list_is_shown_with_its_line(higgs: CommandLine) -> None:
    higgs.write("books/one.txt", "This is a line of it.\n")
    higgs.write("books/books.yaml", "books:\n  - script: one.txt\n    sede: 3\n")
    ran = higgs("batch", "books/books.yaml", "-o", "audio")
    assert ran.exit_code == 2 and "line 3" in ran.stderr and "sede: 3" in ran.stderr
    assert "did you mean `seed`?" in ran.stderr
