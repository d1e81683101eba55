"""Books in plain text and Markdown, as Project Gutenberg, pandoc and Obsidian write them."""
# ruff: noqa: E501 - pages of a book are long lines

from __future__ import annotations

from pathlib import Path

import pytest

from higgs_cli.app import main
from higgs_cli.errors import ScriptError
from higgs_cli.planning.left_out import left_out_parts
from higgs_cli.script.document import Script
from higgs_cli.script.reader import parse_script, read_script
from higgs_cli.script.titles import is_number_alone, number_alone
from higgs_cli.settings.views import Reading

WRAPPED = "\n\n".join(
    "The miller went down to the river before the sun was up and stood\n"
    "there for a good while, as he did on every morning of the year, and\n"
    "looked at the water and at the far bank."
    for _ in range(6)
)
"""Enough lines to tell how wide a file is wrapped."""


def told(source: str, name: str = "book.txt", **reading: object) -> list[str]:
    return [turn.text.text for turn in parse(source, name, **reading).turns]


def parse(source: str, name: str = "book.txt", **reading: object) -> Script:
    return parse_script(name, source, Reading(**reading))  # type: ignore[arg-type]


def titles(source: str, name: str = "book.txt") -> list[str]:
    return [chapter.title for chapter in parse(source, name).chapters]


def left_out(read: Script) -> set[str]:
    return {part.kind for part in left_out_parts(read)}


# plain text


def test_lines_indented_alike_are_one_paragraph() -> None:
    source = (
        "He wrote:\n\n    Come at once, for the mill\n    is on fire and\n    nobody is here.\n"
    )
    assert told(source) == [
        "He wrote:",
        "Come at once, for the mill is on fire and nobody is here.",
    ]


def test_more_indent_begins_a_paragraph_unless_the_sentence_goes_on() -> None:
    assert told("  One is here.\nIt goes on.\n  Two is here.") == [
        "One is here. It goes on.",
        "Two is here.",
    ]
    assert told("1. one that goes\n   on and on") == ["1. one that goes on and on"]


def test_verse_is_one_block_whose_lines_are_kept() -> None:
    poem = (
        "  The lamp is low upon the stair\n  And no one knows that I was there,\n  For I am gone."
    )
    assert told(f"{WRAPPED}\n\n{poem}\n")[-1] == (
        "The lamp is low upon the stair, And no one knows that I was there, For I am gone."
    )


def test_wrapped_prose_is_never_verse() -> None:
    assert all(", looked" not in text for text in told(WRAPPED))


@pytest.mark.parametrize(
    "title",
    ["STAVE I", "VOLUME I", "SCENE I. A Room", "THE FIRST ACT", "BOOK THE SECOND", "Letter 4"],
)
def test_titles_of_parts_chapters_and_scenes_are_headings(title: str) -> None:
    source = f"{title}\n\nText one.\n\n{title}\n\nText two.\n"
    assert titles(source) == [title, title]


@pytest.mark.parametrize(
    "line", ["Part of the way home.", "Book a table for two.", "Act now, he said."]
)
def test_sentences_are_no_titles(line: str) -> None:
    assert titles(f"{line}\n\nText one.\n\n{line}\n\nText two.\n") == [""]


def test_a_number_alone_is_figures_or_a_true_numeral() -> None:
    numbers = ("7", "12.", "XII", "iv.", "XIIII", "Chapter 3", "LETTER IV:", "Kapitel 9")
    assert all(is_number_alone(each) for each in numbers)
    assert not any(is_number_alone(each) for each in ("Civil", "DIM", "MILD", "12345", "The 7", ""))
    assert [number_alone(each) for each in ("XIIII", "7.", "DC", "iv")] == [14, 7, None, None]


def test_numbers_alone_that_count_on_are_headings() -> None:
    numerals = "".join(f"{n}\n\nText of it is here.\n\n" for n in ("I", "II.", "III", "IV"))
    assert titles(numerals) == ["I", "II.", "III", "IV"]
    assert titles("1\n\nText.\n\n2\n\nText.\n") == ["1", "2"]
    assert titles("7\n\nText.\n\n3\n\nText.\n") == [""]


def test_capitals_alone_are_headings_below_two_blank_lines() -> None:
    source = "\n\nTHE MILL\n\nText one.\n\n\nTHE RIVER\n\nText two.\n\nHELP!\n\nNo.\n"
    assert titles(source) == ["THE MILL", "THE RIVER"]


def test_a_title_stands_under_its_number() -> None:
    source = "".join(f"CHAPTER {n}\n\nThe Letter {n}\n\nText.\n\n" for n in ("I", "II"))
    assert titles(source) == ["CHAPTER I: The Letter I", "CHAPTER II: The Letter II"]


def test_chapters_keep_the_part_that_they_are_in() -> None:
    source = "".join(
        f"PART {p}\n\nChapter 1\n\nText.\n\nChapter 2\n\nText.\n\n" for p in ("I", "II")
    )
    assert titles(source) == [
        "PART I, Chapter 1",
        "PART I, Chapter 2",
        "PART II, Chapter 1",
        "PART II, Chapter 2",
    ]


def test_words_parted_at_line_ends_are_whole_again() -> None:
    source = (
        "A wonderful mill, and a won-\nderful, well-known miller, well-\nknown, old-\nfashioned."
    )
    assert told(source) == [
        "A wonderful mill, and a wonderful, well-known miller, well-known, old-fashioned."
    ]


def test_bullets_are_no_words() -> None:
    assert told("• one\n• two\n\n- three\n- four\n") == ["one", "two", "three", "four"]


def test_italics_of_plain_text_stay_known() -> None:
    read = parse("It was _not_ he.")
    assert [turn.text.text for turn in read.turns] == ["It was not he."]
    assert [read.source[start:end] for start, end in read.emphasis] == ["not"]


# Project Gutenberg

GUTENBERG = f"""The Project Gutenberg EBook of The Mill, by Ann Lee

This eBook is for the use of anyone anywhere at no cost.

Title: The Mill

Author: Ann Lee

Release Date: May 1, 2001 [EBook #123]

Language: English

*** START OF THIS PROJECT GUTENBERG EBOOK THE MILL ***

Produced by Somebody

[Transcriber's Note: Errors are kept.

As they were.]

THE MILL

CONTENTS

  CHAPTER I. The Letter . . . . 3
  CHAPTER II. The Ferry . . . . 9


CHAPTER I. The Letter

[Illustration: The mill]

{WRAPPED}

It stood there.[1] He said "Sic" [he did]. {{12}}

[Footnote 1: As it does now.]

CHAPTER II. The Ferry

It went.


INDEX

mill, 3

*** END OF THIS PROJECT GUTENBERG EBOOK THE MILL ***

Section 1. General Terms
"""


def test_a_first_file_of_gutenberg_simply_plans(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mill.txt").write_text(GUTENBERG)
    assert main(["plan", "mill.txt"]) == 0
    shown = capsys.readouterr().out
    assert "left out" in shown and "licence" in shown


def test_the_frame_of_gutenberg_is_left_out_for_named_reasons() -> None:
    read = parse(GUTENBERG)
    assert left_out(read) == {
        "licence",
        "transcriber",
        "contents",
        "illustration",
        "note",
        "note-mark",
        "page-number",
        "index",
    }
    assert [chapter.title for chapter in read.chapters] == [
        "The Mill",
        "CHAPTER I. The Letter",
        "CHAPTER II. The Ferry",
    ]
    words = " ".join(turn.text.text for turn in read.turns)
    assert "It stood there. He said" in words
    assert (read.header.title, read.header.author, read.header.language) == (
        "The Mill",
        "Ann Lee",
        "en",
    )


def test_notes_of_gutenberg_are_read_behind_their_paragraph() -> None:
    words = told(GUTENBERG, notes="inline")
    at = next(i for i, text in enumerate(words) if text.startswith("It stood there."))
    assert "As it does now." in words[at + 1]


def test_an_encoding_that_gutenberg_declares_is_used(tmp_path: Path) -> None:
    path = tmp_path / "mill.txt"
    told = GUTENBERG.replace("Language:", "Character set encoding: ISO-8859-1\n\nLanguage:")
    path.write_bytes(told.replace("It went.", "Grüße.").encode("latin-1"))
    read = read_script(str(path), Reading())
    assert read.encoding == "ISO-8859-1" and "Grüße." in [turn.text.text for turn in read.turns]


def test_in_a_script_of_ones_own_a_misspelled_sound_is_still_a_mistake() -> None:
    with pytest.raises(ScriptError, match="luagh"):
        parse("He came in. [luagh] And left.")
    assert told("He [sic] came in.") == ["He [sic] came in."]


# Markdown


def test_tables_notes_and_fences_of_markdown_are_known() -> None:
    source = (
        "| Name | Age |\n|------|-----|\n| Ann | 31 |\n\nText.[^a]\n\n[^a]: The note\n\n    goes on.\n\n"
        "::: {.box}\nIn it.\n:::\n\n[x]: http://x.y\n\nEnd {#id} &amp; so~~no~~.\n"
    )
    read = parse(source, "book.md")
    assert [turn.text.text for turn in read.turns] == [
        "Name, Age",
        "Ann, 31",
        "Text.",
        "In it.",
        "End & sono.",
    ]
    assert left_out(read) == {"note", "note-mark"}
    assert "The note" in " ".join(told(source, "book.md", notes="inline"))


def test_marks_of_obsidian_are_no_speech() -> None:
    source = (
        "> [!NOTE] Mind\n> the gap.\n\n- [ ] Go home\n- [x] Stay\n\n"
        "It is ==kept== in [[a.md|the log]] and [[Lamp]]. ^line-1\n\n![[map.png]]\n"
    )
    assert told(source, "book.md") == [
        "Mind the gap.",
        "Go home",
        "Stay",
        "It is kept in the log and Lamp.",
    ]


def test_what_is_raised_and_lowered_in_markdown_is_a_power_or_a_formula() -> None:
    source = (
        "H~2~O, x^2^, 10^-3^, the 1^st^ of 10<sup>6</sup> in 1850<sup>7</sup> and a note^4^.\n\n"
        "a ~ b ~ c and a == b == c\n"
    )
    assert told(source, "book.md") == [
        "H2O, x^2, 10^-3, the 1st of 10<sup>6</sup> in 1850 and a note.",
        "a ~ b ~ c and a == b == c",
    ]


def test_authors_of_a_header_may_be_tables_as_pandoc_writes_them() -> None:
    source = "---\nauthor:\n  - name: Jane Roe\n    affiliation: Kew\n  - Bob Poe\n---\nText.\n"
    assert parse(source, "book.md").header.author == "Jane Roe, Bob Poe"
    with pytest.raises(ScriptError, match="author must be a text"):
        parse("---\nauthor: {email: a@b.c}\n---\nText.\n", "book.md")


def test_links_that_are_only_a_number_behind_a_word_are_notes() -> None:
    source = "It was built in 1850.[7](notes.xhtml#n7) It cost £40,000.[12](n.xhtml#n12)\n"
    assert told(source, "book.md") == ["It was built in 1850. It cost £40,000."]


def test_hard_breaks_of_markdown_keep_their_lines() -> None:
    assert told("The lamp\\\nis low  \nand far<br>away.", "book.md") == [
        "The lamp, is low, and far, away."
    ]


def test_lists_and_quotes_may_lie_in_one_another() -> None:
    source = "> quoted\n> on\n>\n> - item\n>   goes on\n\n1. one\n   - two\n"
    assert told(source, "book.md") == ["quoted on", "item goes on", "1. one", "two"]


def test_front_matter_of_other_programs_is_accepted_and_said_once() -> None:
    source = "---\ntitle: The Mill\nauthor: [Ann, Ben]\nlang: en-GB\ntags: [a, b]\ncssclass: x\n---\nText.\n"
    read = parse(source, "book.md")
    assert (read.header.title, read.header.author, read.header.language) == (
        "The Mill",
        "Ann, Ben",
        "en-GB",
    )
    assert read.warnings == ("the header says more than is used here: tags, cssclass",)


def test_a_key_of_ours_that_is_misspelled_is_a_mistake() -> None:
    with pytest.raises(ScriptError, match="titel"):
        parse("---\ntitel: The Mill\n---\nText.\n", "book.md")


def test_pages_of_contents_make_no_chapters() -> None:
    body = "".join(f"## {name}\n\n{'Text of it. ' * 20}\n\n" for name in ("One", "Two", "Epilogue"))
    source = "# Contents\n\n- One\n- Two\n- Epilogue\n\n" + body
    assert titles(source, "book.md") == ["One", "Two", "Epilogue"]


def test_emphasis_in_emphasis_leaves_no_stars() -> None:
    assert told("***Freddy** rushes in.* Thank **you *all***.", "book.md") == [
        "Freddy rushes in. Thank you all."
    ]


# chapters


def chunks(path: Path, *more: str) -> list[str]:
    import json
    from contextlib import redirect_stdout
    from io import StringIO

    held = StringIO()
    with redirect_stdout(held):
        assert main(["plan", str(path), "--json", *more]) == 0
    return [chunk["key"] for chunk in json.loads(held.getvalue())["chunks"]]


def test_some_chapters_have_the_keys_that_they_have_in_the_whole(tmp_path: Path) -> None:
    path = tmp_path / "book.md"
    path.write_text("".join(f"# {n}\n\nThe same words here. Of {n}.\n\n" for n in range(1, 6)))
    whole = chunks(path)
    parts = chunks(path, "--chapters", "1-2,5"), chunks(path, "--chapters", "3,4")
    assert sorted([*parts[0], *parts[1]]) == sorted(whole)
    assert parts[1] == [key for key in whole if key in parts[1]]


@pytest.mark.parametrize("written", ["0", "6", "2-1", "x", "1-", ""])
def test_chapters_that_are_not_there_are_refused(tmp_path: Path, written: str) -> None:
    path = tmp_path / "book.md"
    path.write_text("# 1\n\nOne.\n\n# 2\n\nTwo.\n")
    assert main(["plan", str(path), "--chapters", written]) == 2


def test_errata_of_a_transcriber_and_the_printer_behind_the_text_are_left_out(
    tmp_path: Path,
) -> None:
    story = "".join(f"CHAPTER {number}\n\n{WRAPPED}\n\n\n" for number in ("I", "II"))
    back = "  Printed By\n  Hale & Company\n  London\n\n\nERRATA (noted by transcriber)\n\n"
    back += "First Act:\n  The mill\n    _text has comma_\n"
    path = tmp_path / "book.txt"
    path.write_text(story + back)
    read = read_script(str(path), Reading())
    assert read.chapters[-1].turns[-1].text.text.endswith("the far bank.")
    assert {part.kind for part in left_out_parts(read)} == {"copyright", "transcriber"}


def test_lists_of_other_books_before_the_first_page_are_left_out(tmp_path: Path) -> None:
    front = "_The Plays of Ann Lee_\n\n  Paper cover, 1s 6d; cloth, 2s 6d each\n\n"
    front += "    THE MILL\n    THE FERRY\n    THE LAMP\n\n  * In library form, 4to, cloth,\n    10s net.\n\n"
    path = tmp_path / "book.txt"
    path.write_text(f"{front}London: Hale\n\n\nCHAPTER I\n\nThe plays of Ann Lee bored him.\n")
    read = read_script(str(path), Reading())
    assert [turn.text.text for turn in read.turns] == [
        "London: Hale", "CHAPTER I", "The plays of Ann Lee bored him."
    ]  # fmt: skip
    assert {part.kind for part in left_out_parts(read)} == {"advertisement"}


FRONT = "Copyright 1920 by Ann Lee.\n\nAll rights reserved. Printed in England.\n\n"
BACK = "\nPrinted by Hale & Company, London.\n"


def test_sentences_of_a_story_that_speak_of_rights_are_read() -> None:
    story = [
        "The brass plate read © Hale & Sons, and he went in.",
        '"All rights reserved," thought Ann, "and the lefts as well."',
        "It was first published in 1920, sold well, and was forgotten.",
        "The ISBN was on his arm.",
        "Printed in red, the card lay on the mat.",
    ]
    body = "CHAPTER I\n\nHe went out.\n\n\nCHAPTER II\n\n" + "\n\n".join(story)
    end = "\n\nThen he left the town for good and all.\n"
    read = parse(FRONT + body + end + BACK)
    assert [turn.text.text for turn in read.turns][3:-1] == story
    left = [read.source[part.start : part.end] for part in read.unspoken]
    assert [part for part in left if part.strip()] == [*FRONT.strip().split("\n\n"), BACK.strip()]


def test_notes_of_plain_text_are_left_out_where_the_text_names_them() -> None:
    source = (
        "A song[1] of old [Footnote 7: that\nwas sung].\n\nFOOTNOTES\n\n[1] A song of war,\nlong.\n"
    )
    assert told(source) == ["A song of old."]
    below = "A song[1] of old[2] times.\n\n[1] A song of war,\nlong.\n[2] Very old.\n\nThe end.\n"
    assert told(below) == ["A song of old times.", "The end."]
    inline = ["A song of old times.", "A song of war, long.", "Very old.", "The end."]
    assert told(below, notes="inline") == told(below, "book.md", notes="inline") == inline
    assert told("[1] Go in.\n\n[2] Go out.\n") == ["[1] Go in.", "[2] Go out."]
    assert told("Gone [a very\nold one].\n", brackets="silent") == ["Gone."]


@pytest.mark.parametrize("kind", ["Footnote 1", "Footnote 1 ", "note 1"])
def test_notes_in_a_frame_are_read_without_it(kind: str) -> None:
    source = (
        f"A song[1] of old.\n\nMore.\n\n[{kind}: That was sung.\n\nBy [his] men.]\n\nThe end.\n"
    )
    assert told(source) == ["A song of old.", "More.", "The end."]
    note = ["That was sung.", "By [his] men."]
    assert told(source, notes="inline") == ["A song of old.", *note, "More.", "The end."]
    assert told(source, notes="end") == ["A song of old.", "More.", *note, "The end."]
    short = source.replace(".\n\nBy [his] men", "")
    assert told(short, notes="end") == ["A song of old.", "More.", note[0], "The end."]


def test_what_pandoc_and_browsers_add_to_markdown_is_no_speech() -> None:
    source = "::: {.note}\nInside^[a note].\n:::\n\n<script>\nvar a;\n\nb\n</script>\n\n<style>p {}</style>"
    source += "\n\nFormula: $$E = mc^2$$\n\n<details><summary>Sum</summary>Hidden</details>\n"
    read = parse(source, "book.md")
    assert [turn.text.text for turn in read.turns] == ["Inside.", "Formula:", "Sum, Hidden"]
    assert {"note", "formula"} <= left_out(read)
    coded = "The tag `<script>` opens, `</script>` ends, `<br>` and `a < b*c*` go *on*.\n"
    assert told(coded, "book.md") == ["The tag script opens, /script ends, br and a < b*c* go on."]
    inline = told("Inside^[a note] of it.\n", "book.md", notes="inline")
    assert inline == ["Inside, a note, of it."]


def test_tables_of_pandoc_are_rows_and_no_breaks() -> None:
    source = "Before.\n\n  Town        Mills\n  --------- -------\n  Hale            3\n  New Ferry      12\n\nAfter.\n"
    read = parse(source)
    said = ["Before.", "Town, Mills", "Hale, 3", "New Ferry, 12", "After."]
    assert [turn.text.text for turn in read.turns] == said
    assert {turn.scene for turn in read.turns} == {0}
    assert {turn.scene for turn in parse("One.\n\n- - -\n\nTwo.\n").turns} == {0, 1}
