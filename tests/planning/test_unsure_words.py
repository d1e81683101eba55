"""What is not sure stands on a list, and what a rule has settled does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from higgs_cli.app import main
from higgs_cli.planning.lexicon_draft import lexicon_draft
from higgs_cli.planning.unsure_words import unsure_words
from higgs_cli.wording.lexicon import Lexicon, Pronunciation, read_lexicon
from higgs_cli.wording.lexicon_file import grown_lexicon
from tests.book_files import epub
from tests.planning.planning_fixtures import planned

BOOK = """\
In 1871 Mr. Zebulonqe met the FBI agent at 7.45 a.m.

Then Zebulonqe’s brother read Правда to Mary, and Xqv. was there in fig. of it.

THE END OF IT
"""


def listed(source: str, lexicon: Lexicon | None = None) -> list[tuple[str, str, int, int]]:
    plan = planned(source, expands=True, lexicon=lexicon)
    return [(each.kind, each.word, each.count, each.line_number) for each in unsure_words(plan)]


def test_what_is_not_sure_is_listed_with_count_and_first_line() -> None:
    assert listed(BOOK) == [
        ("abbreviation", "Xqv", 1, 3),
        ("abbreviation", "fig", 1, 3),
        ("capitals", "FBI", 1, 1),
        ("alphabet", "Правда", 1, 3),
        ("name", "Zebulonqe", 2, 1),
    ]


def test_what_the_lexicon_settles_is_not_listed() -> None:
    lexicon = Lexicon((Pronunciation("FBI", "F B I", True), Pronunciation("Zebulonqe", "Zeb")))
    assert [word for _, word, _, _ in listed(BOOK, lexicon)] == ["Xqv", "fig", "Правда"]


def test_figures_that_are_left_are_listed() -> None:
    plan = planned("He had 45 of them.", expands=False)
    assert [(each.kind, each.word) for each in unsure_words(plan)] == [("figures", "45")]


def test_the_list_becomes_a_lexicon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    Path("book.txt").write_text(BOOK, encoding="utf-8")
    assert main(["plan", "book.txt", "--words-to", "words.yaml"]) == 0
    assert "name\tZebulonqe\t2\t1" in capsys.readouterr().out
    drafted = Path("words.yaml").read_text(encoding="utf-8")
    assert read_lexicon(Path("words.yaml")).entries == ()
    Path("words.yaml").write_text(drafted.replace("  # - {", "  - {"), encoding="utf-8")
    entries = {entry.word: entry.replacement for entry in read_lexicon(Path("words.yaml")).entries}
    assert entries["FBI"] == "F B I" and entries["Zebulonqe"] == "Zebulonqe"
    assert main(["plan", "book.txt", "--lexicon", "words.yaml", "--words"]) == 0
    assert "no word is in doubt" in capsys.readouterr().out
    capsys.readouterr()
    assert main(["plan", "book.txt", "--words-to", "words.yaml"]) == 2
    refused = capsys.readouterr().err
    assert "is there already" in refused and "--overwrite" not in refused


def test_the_drafted_lexicon_changes_nothing_until_it_is_edited(tmp_path: Path) -> None:
    source = "CHAPTER I.\n\nThe FBI paid 10 fr. to fr. Zebulonqe."
    path = tmp_path / "words.yaml"
    path.write_text(lexicon_draft(unsure_words(planned(source))), encoding="utf-8")
    plans = (planned(source, expands=True, lexicon=each) for each in (None, read_lexicon(path)))
    before, after = ([chunk.text for chunk in plan.chunks] for plan in plans)
    assert before == after


def test_words_can_be_added_to_a_drafted_lexicon(tmp_path: Path) -> None:
    path = tmp_path / "words.yaml"
    path.write_text(lexicon_draft(unsure_words(planned(BOOK))), encoding="utf-8")
    grown_lexicon(path, [Pronunciation("Ann", "Anne")]).write()
    assert [entry.word for entry in read_lexicon(path).entries] == ["Ann"]


def test_the_first_place_in_a_book_is_its_chapter_and_paragraph(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("lxml", reason="books need lxml")
    monkeypatch.chdir(tmp_path)
    bodies = ("<h2>One</h2><p>Text.</p>", "<h2>Two</h2><p>Text.</p><p>To Zebulonqe.</p>")
    pages = dict(zip(("a.xhtml", "b.xhtml"), bodies, strict=True))
    Path("book.epub").write_bytes(epub(pages))
    assert main(["plan", "book.epub", "--words-to", "words.yaml"]) == 0
    assert "name\tZebulonqe\t1\t2:2" in capsys.readouterr().out
    assert "# name, 2:2\n" in Path("words.yaml").read_text(encoding="utf-8")
