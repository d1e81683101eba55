"""Plain text and Markdown books: paragraphs, chapters, and what is not read aloud."""

from __future__ import annotations

from pathlib import Path

import pytest

from higgs_cli.errors import FormatError, HiggsError, UsageError
from higgs_cli.script.reader import parse_script, read_script
from higgs_cli.settings.views import Reading


def paragraphs(source: str, name: str = "book.txt") -> list[str]:
    return [turn.text.text for turn in parse_script(name, source).turns]


def chapters(source: str, name: str = "book.txt") -> list[tuple[str, int]]:
    return [(part.title, len(part.turns)) for part in parse_script(name, source).chapters]


def test_notes_that_stand_line_by_line_are_notes_each(tmp_path: Path) -> None:
    path = tmp_path / "book.md"
    path.write_text("One[^1] and two[^b].\n\n[^1]: The first.\n[^b]: The second,\nlonger.\n")
    read = read_script(str(path), Reading(notes="inline"))
    told = [turn.text.text for turn in read.turns]
    assert told == ["One and two.", "The first.", "The second, longer."]


def test_wrapped_lines_are_one_paragraph() -> None:
    assert paragraphs("One line\nand the next.\n\nAnother.") == [
        "One line and the next.",
        "Another.",
    ]


def test_chinese_lines_join_without_a_space() -> None:
    assert paragraphs("清晨，海面\n还有薄雾。\n\n　　第二段。") == [
        "清晨，海面还有薄雾。",
        "第二段。",
    ]


def test_an_indented_line_begins_a_paragraph_of_plain_text() -> None:
    assert paragraphs("    First one.\nGoes on.\n    Second one.") == [
        "First one. Goes on.",
        "Second one.",
    ]


@pytest.mark.parametrize(
    "title", ["Chapter 3", "CHAPTER ONE. The Letter", "Part II", "Prologue", "第三章 归来"]
)
def test_titles_between_blank_lines_are_chapters(title: str) -> None:
    source = f"{title}\n\nText one.\n\n{title} again\n\nText two.\n"
    assert [name for name, _ in chapters(source)] == [title, f"{title} again"]


def test_a_title_in_the_middle_of_text_is_text() -> None:
    assert chapters("He read\nChapter 3\nand slept.") == [("", 1)]


def test_underlined_titles_are_chapters() -> None:
    assert chapters("One\n===\n\nText.\n\nTwo\n===\n\nText.\n") == [("One", 2), ("Two", 2)]
    markdown = chapters("One\n---\n\nText.\n\nTwo\n---\n\nText.\n", "book.md")
    assert markdown == [("One", 2), ("Two", 2)]


def test_a_rule_below_a_line_of_plain_text_parts_scenes() -> None:
    script = parse_script("book.txt", "He left.\n---\nShe stayed.")
    assert [turn.scene for turn in script.turns] == [0, 1]


def test_the_title_of_a_book_is_not_its_only_chapter() -> None:
    source = "# Book\n\n## One\n\nA.\n\n### Part\n\nB.\n\n## Two\n\nC.\n"
    assert chapters(source, "book.md") == [("One", 5), ("Two", 2)]


def test_parts_do_not_swallow_chapters() -> None:
    source = "# Part 1\n\n## A\n\nx.\n\n## B\n\nx.\n\n# Part 2\n\n## C\n\nx.\n\n## D\n\nx.\n"
    titles = [title for title, _ in chapters(source, "book.md")]
    assert titles == ["Part 1, A", "Part 1, B", "Part 2, C", "Part 2, D"]


def test_markdown_loses_its_marks_and_keeps_its_words() -> None:
    source = (
        "A *very* **long** [link](http://x.y/z) and `code`, ~a~ ![image](i.png)note[^1] "
        "<em>end</em>.\n\n> A quote.\n> Goes on.\n\n- item\n* other\n\n1. First\n\n"
        "```\ncode block\n```\n\n[^1]: A footnote\nthat goes on.\n"
    )
    assert paragraphs(source, "book.md") == [
        "A very long link and code, ~a~ note end.",
        "A quote. Goes on.",
        "item",
        "other",
        "1. First",
    ]
    kinds = {part.kind for part in parse_script("book.md", source).unspoken}
    assert {"markup", "link", "illustration", "note-mark", "note", "code"} <= kinds


def test_headings_of_prose_are_spoken_unless_silenced() -> None:
    assert paragraphs("# One\n\nText.") == ["One", "Text."]
    silent = parse_script("b.txt", "# One\n\nText.", Reading(headings="silent"))
    assert [turn.text.text for turn in silent.turns] == ["Text."]


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("# One  two # #", "One  two #"),
        ("## One ##", "One"),
        ("# One##  ", "One"),
        ("# ##", "#"),
        ("# # a", "# a"),
        ("   #\t One\t#\t", "One"),
    ],
)
def test_what_closes_a_heading_is_no_part_of_it(written: str, title: str) -> None:
    assert chapters(f"{written}\n\nText.") == [(title, 2)]


def test_spans_lead_back_to_the_source() -> None:
    source = "# One\n\nA *very* long\nline.\n"
    script = parse_script("b.md", source)
    for turn in script.turns:
        for piece in turn.text.pieces:
            assert not piece.is_written or source[piece.start : piece.end] == piece.text


@pytest.mark.parametrize(
    ("data", "text", "name"),
    [
        ("Grüße.".encode(), "Grüße.", "UTF-8"),
        ("Grüße.".encode("utf-8-sig"), "Grüße.", "UTF-8 with a byte order mark"),
        ("Grüße.".encode("utf-16"), "Grüße.", "UTF-16"),
        (b"One\r\ntwo.\r\rThree.", "One two.", "UTF-8"),
    ],
)
def test_known_encodings_are_read(tmp_path: Path, data: bytes, text: str, name: str) -> None:
    path = tmp_path / "book.txt"
    path.write_bytes(data)
    script = read_script(str(path), Reading())
    assert next(script.turns).text.text == text
    assert script.encoding == name


@pytest.mark.parametrize(
    ("data", "guess"),
    [
        ("Er sagte: „Grüße aus Köln“".encode("cp1252"), "windows-1252"),
        ("清晨，海面上还有一层薄雾。老人推开木门。".encode("gb18030"), "gb18030"),
        ("これは日本語のテキストです。".encode("shift_jis"), "shift_jis"),
        ("Plain é text".encode("utf-16-le"), "utf-16-le"),
    ],
)
def test_other_encodings_are_refused_by_name(tmp_path: Path, data: bytes, guess: str) -> None:
    path = tmp_path / "book.txt"
    path.write_bytes(data)
    with pytest.raises(FormatError) as caught:
        read_script(str(path), Reading())
    assert guess in str(caught.value.hint) or "zero bytes" in caught.value.message


def test_an_encoding_that_is_named_is_used(tmp_path: Path) -> None:
    path = tmp_path / "book.txt"
    path.write_bytes("Grüße.".encode("cp1252"))
    assert next(read_script(str(path), Reading(encoding="cp1252")).turns).text.text == "Grüße."
    for wrong in ("nonsense", "rot13", "ascii"):
        with pytest.raises(HiggsError):
            read_script(str(path), Reading(encoding=wrong))


def test_a_path_that_does_not_exist_is_an_error_and_never_spoken(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        read_script(str(tmp_path / "missing.txt"), Reading())


@pytest.mark.parametrize("data", [b"", b"\n \n", b"\x00\x00", b"a\x00b"])
def test_empty_and_binary_files_are_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "book.txt"
    path.write_bytes(data)
    with pytest.raises(FormatError):
        read_script(str(path), Reading())


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_script(str(tmp_path), Reading())
