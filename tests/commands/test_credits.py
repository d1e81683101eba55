"""Spoken credits: before and after the book, in chapters of their own, no words of the source."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.fakes import FakeSynthesizer
from tests.helpers import CommandLine

SCRIPT = """---
title: The Lamp
author: [Ann Hale, Bo Ray]
year: 1921
---
# The first night

It was a dark night, and the lamp burned low.

# A storm

The wind rose in the evening. Nobody slept until the morning came.

# The morning

All was still.
"""
BOOK = """narrator: Marigold
credits:
  opening: "{title}, by {author}. Read by {narrator}."
  closing: "This was {title}, of {year}."
"""


@pytest.fixture
def higgs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path.parent / "cache"))
    command = CommandLine(tmp_path, monkeypatch, capsys)
    command.write("book.txt", SCRIPT)
    command.write("book.yaml", BOOK)
    return command


def manifest(higgs: CommandLine, name: str = "book.json") -> dict[str, Any]:
    return dict(json.loads((higgs.folder / name).read_text()))


def test_credits_are_chapters_of_their_own_in_plan_and_manifest(higgs: CommandLine) -> None:
    ran = higgs("plan", "book.txt")
    assert ran.exit_code == 0, ran.stderr
    assert "3 chapters" in ran.stdout and "credits: 16 words" in ran.stdout
    planned = json.loads(higgs("plan", "book.txt", "--json").stdout)
    assert [(each["number"], each["title"]) for each in planned["chapters"]] == [
        (None, "Opening Credits"),
        (1, "The first night"),
        (2, "A storm"),
        (3, "The morning"),
        (None, "Closing Credits"),
    ]
    assert higgs("render", "book.txt").exit_code == 0
    said = manifest(higgs)
    assert [each["title"] for each in said["chapters"]][::4] == [
        "Opening Credits",
        "Closing Credits",
    ]
    first, last = said["chunks"][0], said["chunks"][-1]
    assert first["text"] == "The Lamp, by Ann Hale, Bo Ray. Read by Marigold."
    assert last["text"] == "This was The Lamp, of nineteen twenty-one."
    assert (first["place"], last["place"]) == ("credits:opening", "credits:closing")
    assert first["speaker"] == "NARRATOR"
    assert said["chunks"][1]["pause"] == {"kind": "chapter", "seconds": 2.5}, "a pause behind it"
    assert last["pause"] == {"kind": "chapter", "seconds": 2.5}, "and one before it"
    assert "nothing has changed" in higgs("render", "book.txt").stderr


def test_credits_move_no_key_no_place_and_no_word_of_the_book(higgs: CommandLine) -> None:
    with_credits = json.loads(higgs("plan", "book.txt", "--json").stdout)
    (higgs.folder / "book.yaml").unlink()
    without = json.loads(higgs("plan", "book.txt", "--json").stdout)
    own = with_credits["chunks"][1:-1]
    for name in ("key", "line", "place", "text"):
        assert [each[name] for each in own] == [each[name] for each in without["chunks"]]
    counted = {**with_credits["coverage"], "credit_words": 0}
    assert counted == without["coverage"], "the proof counts the words of the source alone"


def test_what_was_rendered_without_credits_is_not_spoken_again_for_them(higgs: CommandLine) -> None:
    (higgs.folder / "book.yaml").unlink()
    assert higgs("render", "book.txt").exit_code == 0
    higgs.write("book.yaml", BOOK)
    higgs.synthesizer = FakeSynthesizer()
    assert higgs("render", "book.txt").exit_code == 0
    assert len(higgs.synthesizer.chunks_spoken) == 2


def test_places_chapters_and_retakes_know_credits(higgs: CommandLine) -> None:
    assert higgs("render", "book.txt").exit_code == 0
    for place, count in (("credits", 2), ("credits:closing", 1), ("#1", 1), ("1:1", 1)):
        higgs.synthesizer = FakeSynthesizer()
        ran = higgs("render", "book.txt", "--retake", place)
        assert ran.exit_code == 0, ran.stderr
        assert len(higgs.synthesizer.chunks_spoken) == count, place
    higgs.synthesizer = FakeSynthesizer()
    ran = higgs("render", "--from", "book.json", "--retake", "credits:opening")
    assert ran.exit_code == 0 and len(higgs.synthesizer.chunks_spoken) == 1
    some = json.loads(higgs("plan", "book.txt", "--chapters", "1-2", "--json").stdout)
    assert [each["place"] for each in some["chunks"]] == ["1:0", "1:1", "2:0", "2:1"]
    some = json.loads(higgs("plan", "book.txt", "--chapters", "3,credits", "--json").stdout)
    assert [each["place"] for each in some["chunks"]] == [
        "credits:opening",
        "3:0",
        "3:1",
        "credits:closing",
    ]
    refused = higgs("plan", "book.txt", "--chapters", "4")
    assert refused.exit_code == 2 and "1 to 3" in refused.stderr, "credits are no fourth chapter"
    last_line = SCRIPT.count("\n") + 1
    refused = higgs("render", "book.txt", "--retake", str(last_line))
    assert refused.exit_code == 2, "they stand on no line"


def test_of_credits_alone_there_is_no_sample_and_no_page(higgs: CommandLine) -> None:
    pytest.importorskip("av")
    for arguments in (("-o", "a.wav", "--sample"), ("-o", "a.epub")):
        ran = higgs("render", "book.txt", "--chapters", "credits", *arguments)
        assert ran.exit_code == 2 and "Traceback" not in ran.stderr, ran.stderr
    assert higgs("render", "book.txt", "--chapters", "credits", "-o", "a.wav").exit_code == 0


def test_where_there_are_no_credits_their_place_is_refused(higgs: CommandLine) -> None:
    (higgs.folder / "book.yaml").unlink()
    for option in ("--retake", "--chapters"):
        ran = higgs("render", "book.txt", option, "credits")
        assert ran.exit_code == 2 and "rendered without credits" in ran.stderr


@pytest.mark.parametrize(
    ("credits", "said"),
    [
        ("{opening: 'By {autor}.'}", "did you mean {author}?"),
        ("{opening: 'By {publisher}.'}", "known: {title}, {author}"),
        ("{opening: 'Of {series}.'}", "nothing says the series of this book"),
        ("{opening: 'By {author.'}", "a brace has no other half"),
        ("{voice: ANN}", 'unknown key "voice" in credits'),
        ("{speaker: ANN}", "credits say nothing"),
        ("true", "credits must be a table"),
    ],
)
def test_a_mistake_in_credits_is_one_line_with_its_place(
    higgs: CommandLine, credits: str, said: str
) -> None:
    higgs.write("book.yaml", f"narrator: Marigold\ncredits: {credits}\n")
    ran = higgs("plan", "book.txt")
    assert ran.exit_code == 2 and said in ran.stderr
    assert "book.yaml, line 2" in ran.stderr and "Traceback" not in ran.stderr


def test_a_header_may_have_credits_and_name_who_says_them(higgs: CommandLine) -> None:
    (higgs.folder / "book.yaml").unlink()
    header = "---\ntitle: Talk\ncredits: {opening: 'This is {title}.', speaker: Ben}\n---\n"
    higgs.write("talk.txt", f"{header}Ann: Who is there?\nBen: Nobody.\n")
    ran = higgs("plan", "talk.txt", "--json", "--cast", "Ann=marigold", "--cast", "Ben=fergus")
    assert ran.exit_code == 0, ran.stderr
    first = json.loads(ran.stdout)["chunks"][0]
    assert (first["speaker"], first["text"]) == ("Ben", "This is Talk.")
    higgs.write("talk.txt", f"{header.replace('Ben', 'narrator')}Ann: Who is there?\n")
    ran = higgs("plan", "talk.txt", "--cast", "Ann=marigold")
    assert ran.exit_code == 2 and "NARRATOR" in ran.stderr, "who says credits is cast like others"


def test_positions_of_a_cast_are_those_of_the_book(higgs: CommandLine) -> None:
    higgs.write("talk.txt", "[SPEAKER0] Who is there?\n\n[SPEAKER1] Nobody.\n")
    higgs.write("book.yaml", "credits: {opening: 'This is {title}.'}\n")
    voices = "marigold,fergus,juniper"
    planned = json.loads(higgs("plan", "talk.txt", "--ref-audio", voices, "--json").stdout)
    assert [(each["speaker"], each["voice"]) for each in planned["cast"]] == [
        ("SPEAKER0", "marigold"),
        ("SPEAKER1", "fergus"),
        ("NARRATOR", "juniper"),
    ]


def test_each_line_of_credits_is_a_paragraph(higgs: CommandLine) -> None:
    higgs.write("book.yaml", "credits:\n  opening: |\n    {title}.\n\n    By {author}.\n")
    planned = json.loads(higgs("plan", "book.txt", "--chunk", "speaker", "--json").stdout)
    opening = [each for each in planned["chunks"] if each["place"] == "credits:opening"]
    assert " ".join(each["text"] for each in opening) == "The Lamp. By Ann Hale, Bo Ray."


def test_with_a_file_a_chapter_credits_are_files_with_subtitles(higgs: CommandLine) -> None:
    ran = higgs("render", "book.txt", "--per-chapter", "--subtitles", "srt")
    assert ran.exit_code == 0, ran.stderr
    names = sorted(path.name for path in higgs.folder.glob("*.wav"))
    assert names == [
        "book-01-opening-credits.wav",
        "book-02-the-first-night.wav",
        "book-03-a-storm.wav",
        "book-04-the-morning.wav",
        "book-05-closing-credits.wav",
    ]
    said = (higgs.folder / "book-05-closing-credits.srt").read_text()
    assert "This was The Lamp, of 1921." in said, "in the words that were written"
    assert higgs("verify", "book.json").exit_code == 0
    assert (
        "nothing has changed"
        in higgs("render", "book.txt", "--per-chapter", "--subtitles", "srt").stderr
    )
    again = higgs("render", "--from", "book.json", "--loudness", "-20")
    assert again.exit_code == 0, again.stderr


def test_a_read_along_neither_shows_nor_plays_credits(higgs: CommandLine) -> None:
    pytest.importorskip("av")
    ran = higgs("render", "book.txt", "-o", "book.epub", "-o", "book.wav", "--subtitles", "srt")
    assert ran.exit_code == 0, ran.stderr
    said = manifest(higgs)
    times = [(each["start_seconds"], each["end_seconds"]) for each in said["chunks"]]
    with zipfile.ZipFile(higgs.folder / "book.epub") as book:
        pages = "".join(
            book.read(name).decode() for name in book.namelist() if name.endswith(".xhtml")
        )
        sounds = [name for name in book.namelist() if name.endswith(".m4a")]
    assert "This was" not in pages and "Credits" not in pages and "dark night" in pages
    assert len(sounds) == 3
    whole, read = said["other_audio"][0]["duration_seconds"], said["audio"]["duration_seconds"]
    assert read == pytest.approx(times[-1][0] - times[1][0], abs=0.01) and read < whole
    srt = (higgs.folder / "book.srt").read_text()
    assert "Read by Marigold" in srt and "This was The Lamp" in srt


def test_a_folder_of_chapters_is_one_book_with_credits_at_its_ends(higgs: CommandLine) -> None:
    for number in (1, 2, 3):
        higgs.write(f"books/lamp/{number}.txt", f"It was night number {number}.\n")
    described = f"title: The Lamp\nauthor: Ann Hale\nyear: 1921\nsample: true\n{BOOK}"
    higgs.write("books/lamp/book.yaml", described)
    ran = higgs("batch", "books", "-o", "audio")
    assert ran.exit_code == 0, ran.stderr
    said = {
        path.stem: [each["place"] for each in json.loads(path.read_text())["chunks"]]
        for path in (higgs.folder / "audio").rglob("[123].json")
    }
    assert said == {
        "1": ["credits:opening", "1:1"],
        "2": ["1:1"],
        "3": ["1:1", "credits:closing"],
    }
    samples = [path.name for path in (higgs.folder / "audio").rglob("*.sample.*")]
    assert samples == ["1.sample.wav"]
