"""A read-along: what is shown is what is heard, and the publisher's book stays the publisher's."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import subprocess
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from tests.helpers import CommandLine
from tests.output.overlays import clips, seconds
from tests.output.publisher_epub import FILES, SECOND, publishers_epub

pytest.importorskip("av", reason="PyAV, which encodes the audio, is not installed")

SCRIPT = (
    "---\ntitle: The Lamp\nauthor: A. Writer\n---\n\n"
    "# One\n\nDr. Lee paid $5 for it. Then he left at once; nobody saw him go.\n\nNo.\n\n"
    "# Two\n\nThe <end> & all of it was told here.\n"
)
EPUB = "{http://www.idpf.org/2007/ops}"


@pytest.fixture
def higgs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path.parent / "cache"))
    higgs = CommandLine(tmp_path, monkeypatch, capsys)
    higgs.write("book.md", SCRIPT)
    (tmp_path / "lamp.epub").write_bytes(publishers_epub())
    return higgs


def told(higgs: CommandLine, *argv: str) -> zipfile.ZipFile:
    ran = higgs("render", *argv, "-o", "told.epub")
    assert ran.exit_code == 0, ran.stderr
    return zipfile.ZipFile(higgs.folder / "told.epub")


def words_of(root: Any, identity: str) -> str:
    (element,) = root.xpath(f"//*[@id='{identity}']")
    return " ".join("".join(element.itertext()).split())


def test_every_sentence_of_a_page_is_heard_in_order_without_a_gap(higgs: CommandLine) -> None:
    archive = told(higgs, "book.md")
    page = etree.fromstring(archive.read("OEBPS/chapter1.xhtml"))
    heard = clips(archive, "OEBPS/chapter1.smil")
    assert [words_of(page, each[0]) for each in heard] == [
        "One",
        "Dr. Lee paid $5 for it.",
        "Then he left at once; nobody saw him go.",
        "No.",
    ]
    assert heard[0][2] == 0.0
    assert all(a[3] == b[2] for a, b in itertools.pairwise(heard))
    import av

    with av.open(BytesIO(archive.read("OEBPS/01.m4a"))) as audio:
        assert abs(audio.duration / 1e6 - heard[-1][3]) < 0.1


def test_the_archive_begins_with_its_type_and_has_no_dates(higgs: CommandLine) -> None:
    archive = told(higgs, "book.md")
    first = archive.infolist()[0]
    assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
    assert {each.date_time for each in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    data = (higgs.folder / "told.epub").read_bytes()
    assert data[30:58] == b"mimetypeapplication/epub+zip"
    (higgs.folder / "told.epub").unlink()
    told(higgs, "book.md")
    assert (higgs.folder / "told.epub").read_bytes() == data


def test_the_package_says_how_long_it_is_and_how_it_is_shown(higgs: CommandLine) -> None:
    archive = told(higgs, "book.md")
    package = etree.fromstring(archive.read("OEBPS/package.opf"))
    said = [(each.get("property"), each.text) for each in package.iter("{*}meta")]
    lengths = [seconds(value) for name, value in said if name == "media:duration"]
    assert abs(sum(lengths[:-1]) - lengths[-1]) < 1e-6
    styles = archive.read("OEBPS/styles.css").decode()
    active = dict(said)["media:active-class"]
    assert f".{active} " in styles and dict(said)["media:narrator"]


def test_several_speakers_are_named_and_their_names_are_not_heard(higgs: CommandLine) -> None:
    higgs.write("talk.txt", "[SPEAKER0] One thing.\n[SPEAKER1] Another thing follows.\n")
    archive = told(higgs, "talk.txt")
    page = archive.read("OEBPS/chapter1.xhtml").decode()
    assert '<span class="speaker">SPEAKER1</span>: <span id="hg1-2">Another' in page


def test_a_publishers_pages_stay_and_only_gain_identities(higgs: CommandLine) -> None:
    archive = told(higgs, "lamp.epub")
    for name, data in FILES.items():
        plain = data if isinstance(data, bytes) else data.encode()
        if not name.startswith(("OPS/text", "OPS/package")):
            assert archive.read(name) == plain, name
    for name in ("OPS/text/one.xhtml", "OPS/text/two.xhtml"):
        before, after = (
            etree.fromstring(data) for data in (FILES[name].encode(), archive.read(name))
        )  # type: ignore[union-attr]
        for span in list(after.xpath("//*[starts-with(@id, 'hg')]")):
            if span.tag.endswith("body"):
                del span.attrib["id"]
            else:
                unwrap(span)
        for link in after.xpath("//*[contains(@href, 'read-along')]"):
            link.getparent().remove(link)
        assert etree.tostring(after, method="c14n") == etree.tostring(before, method="c14n")


def unwrap(span: Any) -> None:
    """Its content in its place."""
    parent, at = span.getparent(), span.getparent().index(span)
    before, last = span.getprevious(), span[-1] if len(span) else None
    if last is None:
        text = (span.text or "") + (span.tail or "")
    else:
        last.tail, text = (last.tail or "") + (span.tail or ""), span.text or ""
    for child in reversed(list(span)):
        parent.insert(at, child)
    if before is None:
        parent.text = (parent.text or "") + text
    else:
        before.tail = (before.tail or "") + text
    span.tail = None
    parent.remove(span)


def test_a_sentence_is_marked_whole_across_the_publishers_own_marks(higgs: CommandLine) -> None:
    archive = told(higgs, "lamp.epub")
    page = etree.fromstring(archive.read("OPS/text/one.xhtml"))
    heard = clips(archive, "OPS/read-along/page1.smil")
    said = [words_of(page, each[0]) for each in heard]
    assert "He was very tired." in said and "Dr. Lee paid $5, and left1 at once." in said
    assert "All of it." in said and "And more." in said
    assert "A note that nobody reads." not in " ".join(said)
    assert all(a[3] == b[2] for a, b in itertools.pairwise(heard))


def test_an_epub_2_becomes_an_epub_3_with_the_publishers_pages(higgs: CommandLine) -> None:
    (higgs.folder / "old.epub").write_bytes(publishers_epub(SECOND))
    archive = told(higgs, "old.epub")
    package = etree.fromstring(archive.read("OPS/package.opf"))
    assert package.get("version") == "3.0"
    said = {each.get("property"): each.text for each in package.iter("{*}meta")}
    assert said["role"] == "aut" and said["file-as"] == "Writer, A." and said["dcterms:modified"]
    assert not [name for each in package.iter() for name in each.attrib if name.startswith("{")]
    assert len(list(package.iter("{*}date"))) == 1
    (nav,) = package.xpath("//*[@properties='nav']")
    contents = archive.read(f"OPS/{nav.get('href')}").decode()
    assert '<a href="../text/caf%C3%A9.xhtml">One</a><ol><li>' in contents
    page = archive.read("OPS/text/café.xhtml").decode()
    assert "<!DOCTYPE html>" in page and "http-equiv" not in page
    assert '<p style="text-align: center;"><a id="old"/>' in page
    second = archive.read("OPS/text/two.xhtml").decode()
    assert '<span style="font-size: larger;">' in second and "monospace" in second
    heard = clips(archive, "OPS/read-along/page2.smil")
    root = etree.fromstring(second.encode())
    assert all(begin < end for _, _, begin, end in heard)
    assert [words_of(root, each[0]) for each in heard] == ["Two", "Then", "it", "was", "over"]
    assert "<tt" not in second and "<big" not in second
    assert archive.read("OPS/styles/book.css") == FILES["OPS/styles/book.css"].encode()  # type: ignore[union-attr]
    heard = clips(archive, "OPS/read-along/page1.smil")
    root = etree.fromstring(page.encode())
    assert "He was very tired." in [words_of(root, each[0]) for each in heard]
    assert b'src="../text/caf%C3%A9.xhtml#' in archive.read("OPS/read-along/page1.smil")


@pytest.mark.parametrize("way", ["no identifier", "pages that are not XHTML"])
def test_an_epub_2_that_cannot_be_raised_is_told_in_pages_of_ours(
    higgs: CommandLine, way: str
) -> None:
    package = str(SECOND["OPS/package.opf"])
    broken = (
        package.replace('unique-identifier="uid"', "")
        if way == "no identifier"
        else package.replace(
            '%A9.xhtml" media-type="application/xhtml+xml"', '%A9.xhtml" media-type="text/html"'
        )
    )
    assert broken != package
    (higgs.folder / "old.epub").write_bytes(publishers_epub({**SECOND, "OPS/package.opf": broken}))
    assert "OEBPS/chapter1.xhtml" in told(higgs, "old.epub").namelist()


def test_from_a_manifest_the_same_words_are_shown(higgs: CommandLine) -> None:
    assert higgs("render", "book.md", "-o", "book.wav").exit_code == 0
    archive = told(higgs, "--from", "book.json")
    assert "Dr. Lee paid $5 for it." in archive.read("OEBPS/chapter1.xhtml").decode()


def test_a_file_a_chapter_is_no_read_along(higgs: CommandLine) -> None:
    ran = higgs("render", "book.md", "-o", "told.epub", "--per-chapter")
    assert ran.exit_code == 2 and "whole book" in ran.stderr


@pytest.mark.slow
@pytest.mark.parametrize("source", ["book.md", "lamp.epub", "old.epub"])
def test_epubcheck_finds_nothing(higgs: CommandLine, source: str) -> None:
    """`EPUBCHECK` names its jar; else the program epubcheck of the system is asked."""
    jar, program = os.environ.get("EPUBCHECK"), shutil.which("epubcheck")
    if not (jar and shutil.which("java")) and not program:
        pytest.skip("epubcheck is not installed (EPUBCHECK names its jar)")
    (higgs.folder / "old.epub").write_bytes(publishers_epub(SECOND))
    told(higgs, source)
    command = ["java", "-jar", str(jar)] if jar else [str(program)]
    ran = subprocess.run(
        [*command, "told.epub"], cwd=higgs.folder, capture_output=True, text=True, timeout=240
    )
    assert ran.returncode == 0 and "0 errors / 0 warnings" in ran.stdout, ran.stdout + ran.stderr


def test_pages_of_ours_show_titles_lists_and_italics(higgs: CommandLine) -> None:
    higgs.write(
        "own.md",
        "# One\n\nHe was *very* glad.\n\n- bread\n- tea\n\n## Next\n\nNo.\n\n# Two\n\nSo.\n",
    )
    page = told(higgs, "own.md").read("OEBPS/chapter1.xhtml").decode()
    plain = re.sub(r"</?span[^>]*>", "", page)
    assert "<h2>One</h2>" in plain and "<h3>Next</h3>" in plain
    assert "<p>He was <em>very</em> glad.</p>" in plain
    assert "<p>bread</p>\n<p>tea</p>" in plain


def test_a_title_that_nobody_says_is_shown_and_a_pause_names_nobody_again(
    higgs: CommandLine,
) -> None:
    higgs.write("talk.txt", "# The Door\n\n[SPEAKER0] Come. [pause 1] In.\n[SPEAKER1] Thank you.\n")
    page = told(higgs, "talk.txt").read("OEBPS/chapter1.xhtml").decode()
    assert "<h2>The Door</h2>" in page
    assert page.count(">SPEAKER0<") == 1
