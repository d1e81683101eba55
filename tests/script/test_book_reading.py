"""EPUB, HTML, DOCX and PDF: what is read, what is left out and why, and where each word stands."""
# ruff: noqa: E501 - pages of a book are long lines

from __future__ import annotations

from pathlib import Path

import pytest

from higgs_cli.app import main
from higgs_cli.errors import FormatError, ScriptError, UsageError
from higgs_cli.planning.left_out import left_out_parts
from higgs_cli.script.document import Script
from higgs_cli.script.reader import read_script
from higgs_cli.settings.views import Reading
from tests.book_files import docx_files, epub, epub_files, page, paragraph, pdf, run, zipped

pytest.importorskip("lxml", reason="books need lxml")

NAV = '<li><a href="{}">{}</a></li>'


def script(folder: Path, data: bytes, name: str = "book.epub", **reading: object) -> Script:
    (folder / name).write_bytes(data)
    return read_script(str(folder / name), Reading(**reading))  # type: ignore[arg-type]


def told(read: Script) -> list[str]:
    return [turn.text.text for turn in read.turns]


def left_out(read: Script) -> dict[str, int]:
    return {part.kind: part.words for part in left_out_parts(read)}


def titles(read: Script) -> list[str]:
    return [chapter.title for chapter in read.chapters]


def test_blocks_never_run_together_and_inline_words_do(tmp_path: Path) -> None:
    body = "<h2>One</h2><div>Loose text<p>A <b>b</b>old c<i>at</i>.</p>behind</div><p>a<br/>b</p>"
    read = script(tmp_path, page(body).encode(), "page.html")
    assert told(read) == ["One", "Loose text", "A bold cat.", "behind", "a, b"]


def test_styles_and_scripts_of_a_page_are_no_words(tmp_path: Path) -> None:
    body = "<style>p {color: red}</style><script>var a;</script>so<svg><text>no</text></svg> on"
    assert told(script(tmp_path, page(body).encode(), "page.html")) == ["so on"]


def test_contents_of_an_epub_name_its_chapters(tmp_path: Path) -> None:
    nav = NAV.format("a.xhtml", "I: The Letter") + NAV.format("b.xhtml", "II: The Ferry")
    pages = {
        "a.xhtml": "<h2>I</h2><h3>The Letter</h3><p>Text one.</p>",
        "b.xhtml": "<h2>II</h2><h3>The Ferry</h3><p>Text two.</p>",
    }
    read = script(tmp_path, epub(pages, nav=nav))
    assert titles(read) == ["I: The Letter", "II: The Ferry"]
    assert told(read) == ["I", "The Letter", "Text one.", "II", "The Ferry", "Text two."]


def test_parts_stay_in_the_titles_of_their_chapters(tmp_path: Path) -> None:
    chapters = NAV.format("a.xhtml", "Chapter 1") + NAV.format("b.xhtml", "Chapter 2")
    nav = f'<li><a href="p.xhtml">Part Two</a><ol>{chapters}</ol></li>'
    pages = {
        "p.xhtml": "<h1>Part Two</h1>",
        "a.xhtml": "<h2>Chapter 1</h2><p>One.</p>",
        "b.xhtml": "<h2>Chapter 2</h2><p>Two.</p>",
    }
    read = script(tmp_path, epub(pages, nav=nav))
    assert titles(read) == ["Part Two, Chapter 1", "Part Two, Chapter 2"]


def test_sections_of_a_chapter_are_no_chapters(tmp_path: Path) -> None:
    section = '<li><a href="a.xhtml#s">A section</a></li>'
    nav = f'<li><a href="a.xhtml">One</a><ol>{section}</ol></li>' + NAV.format("b.xhtml", "Two")
    pages = {
        "a.xhtml": f"<h1>One</h1><p>{'Many words. ' * 50}</p><h2 id='s'>A section</h2><p>x.</p>",
        "b.xhtml": "<h1>Two</h1><p>Text.</p>",
    }
    assert titles(script(tmp_path, epub(pages, nav=nav))) == ["One", "Two"]


def test_an_ncx_names_chapters_by_places_in_a_page(tmp_path: Path) -> None:
    point = '<navPoint><navLabel><text>{}</text></navLabel><content src="a.xhtml#{}"/></navPoint>'
    ncx = point.format("One", "x") + point.format("Two", "y")
    pages = {"a.xhtml": '<p id="x">First words.</p><p id="y">Second words.</p>'}
    read = script(tmp_path, epub(pages, ncx=ncx))
    assert [(c.title, len(c.turns)) for c in read.chapters] == [("One", 1), ("Two", 1)]


def test_a_book_is_what_its_bytes_say_whatever_it_is_called(tmp_path: Path) -> None:
    data = epub({"a.xhtml": "<h2>ACT</h2><p>ANN</p><p>It was old.</p>"})
    read = script(tmp_path, data, "book.fountain")
    assert read.form == "prose" and told(read)[-1] == "It was old."


def test_a_page_of_contents_that_calls_itself_nothing_is_left_out(tmp_path: Path) -> None:
    pages = {
        "toc.xhtml": "<h1>Contents</h1><p>I. The Letter 1</p><p>II. The Ferry 9</p>",
        "a.xhtml": "<h2>Chapter I<br/>The Letter</h2><p>Text one.</p>",
        "b.xhtml": "<h2>Chapter II<br/>The Ferry</h2><p>Text two.</p>",
    }
    read = script(tmp_path, epub(pages))
    assert left_out(read) == {"contents": 9}
    assert told(read)[-1] == "Text two." and "Contents" not in told(read)


def test_captions_of_pictures_are_left_out_and_those_of_tables_read(tmp_path: Path) -> None:
    row = "<table><tr><td>Monday</td><td>wet</td></tr></table>"
    body = (
        "<p>It lay there.</p><figure><img src='a.png' alt='A mill'/>"
        "<figcaption>The mill at dusk.</figcaption></figure>"
        "<div class='figcenter'><img src='b.png' alt=''/><p class='caption'>At dawn.</p></div>"
        f"<figure>{row}<figcaption>Table 1. The rain.</figcaption></figure>"
    )
    read = script(tmp_path, page(body).encode(), "page.html")
    assert told(read) == ["It lay there.", "Monday, wet", "Table 1. The rain."]
    assert left_out(read) == {"illustration": 8}
    lines = [("Figure 2. The mill.", "Caption"), ("Table 1. The rain.", "Caption")]
    paragraphs = "".join(paragraph(run(text), named) for text, named in lines)
    document = zipped(docx_files(paragraph(run("So.")) + paragraphs))
    assert told(script(tmp_path, document, "book.docx")) == ["So.", "Table 1. The rain."]


def test_a_chapter_that_the_contents_forgot_is_one_all_the_same(tmp_path: Path) -> None:
    nav = NAV.format("a.xhtml", "One") + NAV.format("c.xhtml", "Three")
    pages = {f"{n}.xhtml": f"<h2>{t}</h2><p>x.</p>" for n, t in zip("abc", ("One", "Two", "Three"), strict=True)}  # fmt: skip
    assert titles(script(tmp_path, epub(pages, nav=nav))) == ["One", "Two", "Three"]


def test_facts_come_from_the_package(tmp_path: Path) -> None:
    metadata = (
        "<dc:title>The Mill</dc:title><dc:creator>Ann Lee</dc:creator><dc:language>en-GB</dc:language>"
        "<dc:description>About it.</dc:description>"
        '<meta property="belongs-to-collection">Mills</meta><meta name="cover" content="c"/>'
    )
    items = '<item id="c" href="c.jpg" media-type="image/jpeg"/>'
    files = epub_files({"a.xhtml": page("<p>Text.</p>")}, metadata=metadata, items=items,
                       extra={"OEBPS/c.jpg": b"picture"})  # fmt: skip
    read = script(tmp_path, zipped(files))
    assert (read.header.title, read.header.author, read.header.language) == (
        "The Mill",
        "Ann Lee",
        "en-GB",
    )
    assert (read.facts.series, read.facts.description) == ("Mills", "About it.")
    assert read.facts.cover and read.facts.cover.data == b"picture"


FRAMES = {
    "copyright": '<section epub:type="copyright-page"><p>All rights reserved.</p></section>',
    "contents": '<nav epub:type="toc"><ol><li>One</li></ol></nav>',
    "index": '<section epub:type="index"><p>mill, 3</p></section>',
    "bibliography": '<section role="doc-bibliography"><p>A book.</p></section>',
    "note": '<aside epub:type="footnote"><p>A note.</p></aside>',
    "page-number": '<p>so <span epub:type="pagebreak">12</span>on</p>',
    "illustration": '<p>so <img src="x.png" alt="A mill"/>on</p>',
    "transcriber": '<div class="transnote"><p>Errors are kept.</p></div>',
    "licence": '<div id="pg-header"><p>This eBook is for you.</p></div>',
    "hidden": '<p hidden="hidden">unseen</p>',
}


@pytest.mark.parametrize("kind", FRAMES)
def test_what_nobody_reads_is_left_out_unless_it_is_kept(tmp_path: Path, kind: str) -> None:
    data = epub({"a.xhtml": f"<p>Before.</p>{FRAMES[kind]}<p>Behind.</p>"})
    read = script(tmp_path, data)
    assert list(left_out(read)) == [kind]
    kept = script(tmp_path, data, keep=(kind,))
    assert not left_out(kept)
    assert len(" ".join(told(kept))) > len(" ".join(told(read)))


def test_a_reason_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing is left out as"):
        script(tmp_path, epub({"a.xhtml": "<p>x.</p>"}), keep=("indexes",))


@pytest.mark.parametrize(
    "mark",
    [
        '<a href="notes.xhtml#n7">7</a>',
        "<sup>7</sup>",
        '<sup><a href="#n">7</a></sup>',
        '<a epub:type="noteref" href="#n">*</a>',
        "[7]",
    ],
)
def test_marks_of_notes_never_become_figures(tmp_path: Path, mark: str) -> None:
    read = script(tmp_path, epub({"a.xhtml": f"<p>Built in 1850.{mark} Burned by Burke.</p>"}))
    assert told(read) == ["Built in 1850. Burned by Burke."]
    assert list(left_out(read)) == ["note-mark"]


def test_a_figure_of_a_formula_is_no_note(tmp_path: Path) -> None:
    read = script(
        tmp_path, epub({"a.xhtml": "<p>Some 10<sup>3</sup> of them, <a href='#x'>see 7</a>.</p>"})
    )
    assert told(read) == ["Some 10³ of them, see 7."]


def test_notes_are_silent_or_inline_or_at_the_end(tmp_path: Path) -> None:
    pages = {
        "a.xhtml": '<p>One.<a epub:type="noteref" href="n.xhtml#n1">1</a></p><p>Two.</p>',
        "n.xhtml": '<section epub:type="endnotes"><ol><li id="n1"><p>The note.</p></li></ol></section>',
    }
    data = epub(pages)
    assert told(script(tmp_path, data)) == ["One.", "Two."]
    assert told(script(tmp_path, data, notes="inline")) == ["One.", "The note.", "Two."]
    assert told(script(tmp_path, data, notes="end")) == ["One.", "Two.", "The note."]


def test_no_heading_is_read_twice(tmp_path: Path) -> None:
    pages = {
        "a.xhtml": "<h1>The Mill</h1><p>By Ann Lee.</p>",
        "b.xhtml": "<h1>The Mill</h1><h2>One</h2><h2>One</h2><p>Text.</p>",
    }
    read = script(tmp_path, epub(pages))
    assert told(read) == ["The Mill", "By Ann Lee.", "One", "Text."]
    assert left_out(read) == {"repeated": 3}


def test_pages_beside_the_text_are_left_out(tmp_path: Path) -> None:
    files = epub_files(
        {"a.xhtml": page("<p>Text.</p>"), "b.xhtml": page("<p>An answer.</p>")},
        spine='<itemref idref="p1" linear="no"/><itemref idref="p0"/>',
    )
    read = script(tmp_path, zipped(files))
    assert told(read) == ["Text."]
    assert left_out(read) == {"supplement": 2}


def test_verse_keeps_its_lines_by_a_pause_and_not_by_a_stop(tmp_path: Path) -> None:
    body = '<div class="poem"><span>The lamp is low</span><br/><span>And far, so far,</span><br/><span>the sea.</span></div>'
    assert told(script(tmp_path, epub({"a.xhtml": body}))) == [
        "The lamp is low, And far, so far, the sea."
    ]


def test_italics_stay_known(tmp_path: Path) -> None:
    read = script(tmp_path, epub({"a.xhtml": "<p>Not <i>him</i>, <em>her</em>.</p>"}))
    assert [read.source[start:end] for start, end in read.emphasis] == ["him", "her"]


def test_cells_of_a_row_are_parted_by_a_pause(tmp_path: Path) -> None:
    body = "<table><tr><td>Name</td><td>Age</td></tr><tr><td/><td>He left.</td><td>31</td></tr></table>"
    assert told(script(tmp_path, epub({"a.xhtml": body}))) == ["Name, Age", "He left. 31"]


def test_brackets_of_a_book_are_words_unless_they_are_frames(tmp_path: Path) -> None:
    data = epub({"a.xhtml": "<p>[Illustration: a mill]</p><p>He [Ann] left. [Pause. He sits.]</p>"})
    assert told(script(tmp_path, data)) == ["He [Ann] left. [Pause. He sits.]"]
    assert "Ann" not in " ".join(told(script(tmp_path, data, brackets="silent")))
    assert len(told(script(tmp_path, data, brackets="text"))) == 2


def test_a_mistake_names_the_file_in_the_archive_and_the_paragraph(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("book.epub").write_bytes(epub({"a.xhtml": "<p>One.</p><p>[luagh] two</p>"}))
    assert main(["plan", "book.epub", "--brackets", "tags"]) == 2
    assert "book.epub, OEBPS/a.xhtml, paragraph 2" in capsys.readouterr().err


def test_a_plan_shows_places_and_what_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    frame = '<section epub:type="index"><p>mill, miller, mills</p></section>'
    pages = {"a.xhtml": "<h2>One</h2><p>A long first text is here.</p><p>And more of it.</p>",
             "b.xhtml": f"<h2>Two</h2><p>Text of two.</p>{frame}"}  # fmt: skip
    Path("book.epub").write_bytes(epub(pages))
    assert main(["plan", "book.epub"]) == 0
    shown = capsys.readouterr().out
    assert "index\t1\t3\t1.2 s\tOEBPS/b.xhtml, paragraph 3" in shown
    assert "\n#3\t2:0\t" in shown and "\n#2\t1:1\t" in shown


def test_entities_of_html_are_characters(tmp_path: Path) -> None:
    assert told(script(tmp_path, epub({"a.xhtml": "<p>caf&eacute;&nbsp;&amp; bar</p>"}))) == [
        "café\xa0& bar"
    ]


def test_a_page_that_is_no_xml_is_mended_like_html(tmp_path: Path) -> None:
    assert told(script(tmp_path, epub({"a.xhtml": "<p>One<br>two<p>three & four"}))) == [
        "One, two",
        "three & four",
    ]


# DOCX


def test_a_document_is_read_with_its_list_numbers_tables_and_changes(tmp_path: Path) -> None:
    body = (
        paragraph(run("The Mill"), "Title")
        + paragraph(run("One 3"), "TOC1")
        + paragraph(run("One"), "Heading1")
        + paragraph(
            run("Was ") + run("very", "<w:i/>") + run(" old.") + run("unseen", "<w:vanish/>")
        )
        + paragraph(run("first"), number="1")
        + paragraph(run("second"), number="1")
        + f"<w:tbl><w:tr><w:tc>{paragraph(run('Ann'))}</w:tc><w:tc>{paragraph(run('31'))}</w:tc></w:tr></w:tbl>"
        + paragraph(f"<w:del>{run('gone')}</w:del><w:ins>{run('there')}</w:ins>")
    )
    read = script(tmp_path, zipped(docx_files(body)), "book.docx")
    assert told(read) == [
        "The Mill",
        "One",
        "Was very old.",
        "1. first",
        "2. second",
        "Ann, 31",
        "there",
    ]
    assert left_out(read) == {"contents": 2, "hidden": 1}
    assert [read.source[start:end] for start, end in read.emphasis] == ["very"]
    assert read.header.author == "Ann Lee"


def test_a_document_without_a_title_in_its_properties_has_the_one_that_it_shows(
    tmp_path: Path,
) -> None:
    body = paragraph(run("The Long Mill"), "Title") + paragraph(run("It was old."))
    read = script(tmp_path, zipped(docx_files(body, title="")), "book.docx")
    assert read.header.title == "The Long Mill"
    assert told(read) == ["The Long Mill", "It was old."]


def test_notes_of_a_document_are_left_out_or_read(tmp_path: Path) -> None:
    body = paragraph(
        run("One") + '<w:r><w:footnoteReference w:id="2"/></w:r>' + run(".")
    ) + paragraph(run("Two."))
    notes = f'<w:footnote w:type="separator" w:id="0"><w:p/></w:footnote><w:footnote w:id="2">{paragraph(run("The note."), "Note")}</w:footnote>'
    data = zipped(docx_files(body, notes))
    assert told(script(tmp_path, data, "book.docx")) == ["One.", "Two."]
    assert told(script(tmp_path, data, "book.docx", notes="inline")) == [
        "One.",
        "The note.",
        "Two.",
    ]


def test_a_dialogue_may_be_written_in_a_document(tmp_path: Path) -> None:
    body = paragraph(run("[SPEAKER0] Who is there?")) + paragraph(run("[SPEAKER1] Nobody."))
    read = script(tmp_path, zipped(docx_files(body)), "talk.docx")
    assert (read.form, read.speakers) == ("dialogue", ("SPEAKER0", "SPEAKER1"))


# PDF


def test_pages_of_a_pdf_become_paragraphs_without_heads_and_numbers(tmp_path: Path) -> None:
    pytest.importorskip("pypdf", reason="PDF needs pypdf")
    said = ("The won-", "derful river ran by the old mill and nobody heard it.",
            "The miller came back late that night and said", "that number {} was gone.")  # fmt: skip
    pages = [["THE MILL", f"Chapter {n}", *(line.format(n) for line in said), "A short end.", "Bye.", str(n)]
             for n in range(1, 5)]  # fmt: skip
    read = script(tmp_path, pdf(pages), "book.pdf")
    assert titles(read) == [f"Chapter {n}" for n in range(1, 5)]
    assert told(read)[1].startswith("The wonderful river ran by")
    assert set(left_out(read)) == {"running-head", "page-number"}


def test_a_pdf_is_read_whole_or_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pypdf", reason="PDF needs pypdf")
    with pytest.raises(FormatError, match="5,001 pages are more than a book has"):
        script(tmp_path, pdf([["x"]] * 5001), "book.pdf")
    answer = {"pages": ["One.", "Two \ud800."], "facts": {}}
    monkeypatch.setattr("higgs_cli.script.pdf._pages", lambda data, path: answer)
    with pytest.raises(FormatError, match="damaged on page 2"):
        script(tmp_path, b"%PDF-1.4", "book.pdf")


# what a file is


@pytest.mark.parametrize(
    ("data", "name", "message"),
    [
        (b"{\\rtf1 x}", "a.txt", "RTF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99), "a.doc", "old Word"),
        (bytes(60) + b"BOOKMOBI" + bytes(20), "a.mobi", "Kindle"),
        (zipped({"a.txt": "x"}), "a.zip", "neither EPUB nor DOCX"),
        (b"only text", "a.epub", "not what its name says"),
        (zipped({"mimetype": "application/vnd.oasis.opendocument.text"}), "a.odt", "OpenDocument"),
    ],
)  # fmt: skip
def test_what_is_not_read_is_refused_by_its_own_name(
    tmp_path: Path, data: bytes, name: str, message: str
) -> None:
    with pytest.raises(FormatError, match=message):
        script(tmp_path, data, name)


def test_a_book_is_known_by_its_content_whatever_it_is_called(tmp_path: Path) -> None:
    read = script(tmp_path, epub({"a.xhtml": "<p>Text.</p>"}), "book.txt")
    assert (told(read), read.encoding) == (["Text."], "EPUB")


@pytest.mark.parametrize(
    ("declared", "language"),
    [("en-GB", "en-GB"), ("en_US", "en_US"), ("de", "de"), ("und", None), ("?", None)],
)
def test_the_language_of_a_file_keeps_its_country(
    tmp_path: Path, declared: str, language: str | None
) -> None:
    metadata = f"<dc:title>x</dc:title><dc:language>{declared}</dc:language>"
    files = epub_files({"a.xhtml": page("<p>Text.</p>")}, metadata=metadata)
    assert script(tmp_path, zipped(files)).header.language == language


def test_a_dialogue_in_html_is_in_the_language_of_its_page(tmp_path: Path) -> None:
    body = "<p>[SPEAKER0] Wer ist da?</p><p>[SPEAKER1] Niemand.</p>"
    data = f'<html lang="de-AT"><body>{body}</body></html>'.encode()
    read = script(tmp_path, data, "talk.html")
    assert (read.form, read.header.language) == ("dialogue", "de-AT")


def test_a_reason_that_does_not_exist_is_refused_in_every_form(tmp_path: Path) -> None:
    body = paragraph(run("[SPEAKER0] Who is there?")) + paragraph(run("[SPEAKER1] Nobody."))
    for data, name in ((zipped(docx_files(body)), "talk.docx"), (b"A: x.\n\nB: y.\n", "talk.txt")):
        with pytest.raises(UsageError, match="nothing is left out as"):
            script(tmp_path, data, name, keep=("indexes",))


def test_a_misspelled_sound_is_refused_in_a_book_as_in_a_text(tmp_path: Path) -> None:
    data = epub({"a.xhtml": "<p>One.</p><p>[luagh] two</p>"})
    with pytest.raises(ScriptError, match="not a sound the model knows") as refused:
        script(tmp_path, data)
    assert refused.value.spot and refused.value.spot.place == "OEBPS/a.xhtml, paragraph 2"
    assert told(script(tmp_path, data, brackets="text")) == ["One.", "[luagh] two"]


def test_nothing_to_say_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ScriptError, match="nothing in it is spoken"):
        script(tmp_path, epub({"a.xhtml": "<p>***</p><hr/>"}))


def test_a_raised_number_behind_a_year_or_money_is_a_note_and_behind_others_a_power(
    tmp_path: Path,
) -> None:
    said = "In 1850 he had £40 and 10⁶ men."
    body = "<p>In 1850<sup>3</sup> he had £40<sup>12</sup> and 10<sup>6</sup> men.</p>"
    assert told(script(tmp_path, page(body).encode(), "page.html")) == [said]
    high = '<w:vertAlign w:val="superscript"/>'
    words = [run("In 1850"), run("3", high), run(" he had £40"), run("12", high), run(" and 10")]
    body = paragraph("".join([*words, run("6", high), run(" men.")]))
    document = zipped(docx_files(body))
    assert told(script(tmp_path, document, "book.docx")) == [said]
    (tmp_path / "book.md").write_text("In 1850³ he had £40¹² and 10⁶ men.\n")
    assert told(read_script(str(tmp_path / "book.md"), Reading())) == [said]


def test_a_raised_number_behind_a_unit_or_a_letter_is_a_power(tmp_path: Path) -> None:
    said = "It holds 30 m³; E=mc²; so it is."
    body = "<p>It holds 30 m<sup>3</sup>; E=mc<sup>2</sup>; so it is<sup>3</sup>.</p>"
    assert told(script(tmp_path, page(body).encode(), "page.html")) == [said]
    high = '<w:vertAlign w:val="superscript"/>'
    words = [run("It holds 30 m"), run("3", high), run("; E=mc"), run("2", high)]
    body = paragraph("".join([*words, run("; so it is"), run("3", high), run(".")]))
    assert told(script(tmp_path, zipped(docx_files(body)), "book.docx")) == [said]


def test_endnotes_without_a_type_are_read_behind_their_paragraphs(tmp_path: Path) -> None:
    text = "<p>It went on and on, until nobody danced or sang at all in that town.</p>"
    back = '<a href="a.xhtml#r">Back</a>'
    pages = {
        "a.xhtml": f"<h2>One</h2><p>A song<a href='n.xhtml#n1'>1</a>.</p>{text}"
        f"<p>A dance<a href='n.xhtml#n2'>2</a>.</p>{text}",
        "n.xhtml": f"<h2>Notes</h2><p id='n1'>1. Of war. {back}</p><p>Long.</p>"
        f"<p><a id='n2'></a>2. Slow. {back}</p>",
    }
    read = told(script(tmp_path, epub(pages), notes="inline"))
    assert [words for words in read if len(words) < 20] == [
        "One", "A song.", "Of war.", "Long.", "A dance.", "Slow."
    ]  # fmt: skip
