"""Books from strangers: damaged, hostile and endless archives are one clear line, within bounds."""
# ruff: noqa: E501 - pages of a book are long lines

from __future__ import annotations

import io
import random
import resource
import socket
import stat
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from higgs_cli.errors import FormatError, HiggsError
from higgs_cli.script.reader import read_script
from higgs_cli.settings.views import Reading
from tests.book_files import (
    CONTAINER,
    docx_files,
    epub,
    epub_files,
    page,
    paragraph,
    pdf,
    run,
    zipped,
)
from tests.reliability.mutations import SEED, mutated_bytes

pytest.importorskip("lxml", reason="books need lxml")

LONGEST_SECONDS = 2.0
MOST_GROWTH_KIB = 512 << 10
FAST, ALL = 300, 5000

PAGES = {
    "a.xhtml": page(
        '<h1>The Mill</h1><p>It <i>stood</i> by 1850.<a epub:type="noteref" href="b.xhtml#n">1</a></p>'
        "<table><tr><td>Ann</td><td>31</td></tr></table><blockquote>Once.<br/>Twice.</blockquote>"
    ),
    "b.xhtml": page('<section epub:type="endnotes"><p id="n">A note.</p></section>'),
}
NAV = '<li><a href="a.xhtml">One</a></li><li><a href="b.xhtml#n">Two</a></li>'
DOCUMENT = (
    paragraph(run("One"), "Heading1")
    + paragraph(run("Text ", "<w:i/>") + '<w:r><w:footnoteReference w:id="1"/></w:r>', number="1")
    + f"<w:tbl><w:tr><w:tc>{paragraph(run('cell'))}</w:tc></w:tr></w:tbl>"
)
BOOKS: dict[str, dict[str, str | bytes]] = {
    "epub": epub_files(PAGES, nav=NAV),
    "docx": docx_files(DOCUMENT, f'<w:footnote w:id="1">{paragraph(run("Note."))}</w:footnote>'),
}


def refused_or_read(folder: Path, data: bytes, name: str, notes: str = "inline") -> bool:
    """Whether a file could be read; anything but a clear refusal is a failure."""
    (folder / name).write_bytes(data)
    begin = time.process_time()
    try:
        script = read_script(str(folder / name), Reading(notes=notes))
    except HiggsError as error:
        assert len(error.message) < 1000 and "\n" not in error.message, error.message
        return False
    finally:
        assert time.process_time() - begin < LONGEST_SECONDS
    return bool(script.chapters)


def mutants(kind: str, count: int) -> list[bytes]:
    """Bytes of the archive, and bytes of the files in it, cut, doubled and flipped."""
    chance = random.Random(f"{SEED} {kind}")
    whole, made = zipped(BOOKS[kind]), []
    for number in range(count):
        if number % 2:
            made.append(mutated_bytes(whole, chance))
            continue
        name = chance.choice(sorted(BOOKS[kind]))
        inner = BOOKS[kind][name]
        told = inner.encode() if isinstance(inner, str) else inner
        made.append(zipped(BOOKS[kind] | {name: mutated_bytes(told, chance)}))
    return made


@pytest.mark.parametrize("kind", BOOKS)
@pytest.mark.parametrize("count", [FAST, pytest.param(ALL, marks=pytest.mark.slow)])
def test_mutations_of_books_are_read_or_refused(tmp_path: Path, kind: str, count: int) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    read = sum(refused_or_read(tmp_path, data, f"book.{kind}") for data in mutants(kind, count))
    assert 0 < read < count
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MOST_GROWTH_KIB


def test_mutations_of_a_pdf_are_read_or_refused(tmp_path: Path) -> None:
    pytest.importorskip("pypdf", reason="PDF needs pypdf")
    chance = random.Random(SEED)
    whole = pdf([["Chapter 1", "It stood by the river.", "1"]] * 3)
    for _ in range(6):
        refused_or_read(tmp_path, mutated_bytes(whole, chance), "book.pdf")


def entities(levels: int) -> str:
    told = '<!ENTITY a0 "lol">'
    told += "".join(f'<!ENTITY a{i + 1} "{f"&a{i};" * 10}">' for i in range(levels))
    return f"<!DOCTYPE x [{told}]>"


def with_file(name: str, text: str | bytes) -> Callable[[], bytes]:
    return lambda: zipped(BOOKS["epub"] | {name: text})


def entry(name: str, mode: int = 0, flags: int = 0) -> Callable[[], bytes]:
    """The book with one more entry, as it stands in the archive."""

    def made() -> bytes:
        held = io.BytesIO(zipped(BOOKS["epub"]))
        with zipfile.ZipFile(held, "a") as archive:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            archive.writestr(info, "x")
        data = held.getvalue()
        if flags:
            at = data.rindex(b"PK\x01\x02")
            data = data[: at + 8] + bytes([flags]) + data[at + 9 :]
        return data

    return made


def many_entries() -> bytes:
    return zipped(BOOKS["epub"] | {f"x{i}": b"" for i in range(20_001)})


def twice() -> bytes:
    held = io.BytesIO(zipped(BOOKS["epub"]))
    with zipfile.ZipFile(held, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("mimetype", "x")
    return held.getvalue()


def package(text: str) -> Callable[[], bytes]:
    return with_file("OEBPS/book.opf", text)


OPF = str(BOOKS["epub"]["OEBPS/book.opf"])
REFUSED: dict[str, Callable[[], bytes]] = {
    "an entry that leads out": entry("../../evil.txt"),
    "an absolute entry": entry("/etc/evil"),
    "an entry with backslashes": entry("..\\..\\evil"),
    "a link": entry("link", mode=stat.S_IFLNK | 0o777),
    "an encrypted entry": entry("secret", flags=1),
    "too many entries": many_entries,
    "an entry twice": twice,
    "a bomb of one file": with_file("OEBPS/a.xhtml", b"<p>" + b" " * (60 << 20)),
    "a package that leads out": with_file(
        "META-INF/container.xml", CONTAINER.replace("OEBPS/book.opf", "../../etc/passwd")
    ),
    "an absolute package": with_file(
        "META-INF/container.xml", CONTAINER.replace("OEBPS/book.opf", "/etc/passwd")
    ),
    "chapters that lead out": package(OPF.replace('href="a', 'href="..%2f..%2fetc/a').replace('href="b', 'href="http://x/b')),
    "a package of endless depth": package("<a>" * 100_000),
    "a chapter of endless depth": with_file("OEBPS/a.xhtml", page("<div>" * 50_000 + "deep")),
    "a package that is no XML": package("<package"),
    "rights managed": with_file(
        "META-INF/encryption.xml",
        '<encryption><EncryptionMethod Algorithm="http://www.w3.org/aes128-cbc"/></encryption>',
    ),
}  # fmt: skip
HARMLESS: dict[str, Callable[[], bytes]] = {
    "entities in the package": package(entities(9) + OPF.replace("The Mill", "&a9;")),
    "a file of this machine": package(
        '<!DOCTYPE x [<!ENTITY ee SYSTEM "file:///etc/passwd">]>' + OPF.replace("The Mill", "&ee;")
    ),
    "entities in a chapter": with_file(
        "OEBPS/a.xhtml", entities(9) + str(PAGES["a.xhtml"]).replace("The Mill", "&a9; Mill")
    ),
    "an address on the network": with_file(
        "OEBPS/a.xhtml",
        '<!DOCTYPE html PUBLIC "x" "http://example.invalid/x.dtd">' + str(PAGES["a.xhtml"]),
    ),
    "links to anywhere": with_file("OEBPS/b.xhtml", page('<p>x<a href="http://[::1">y</a></p>')),
}


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)


@pytest.mark.parametrize("case", REFUSED)
def test_hostile_archives_are_refused(tmp_path: Path, case: str, offline: None) -> None:
    assert not refused_or_read(tmp_path, REFUSED[case](), "book.epub")
    assert [path.name for path in tmp_path.iterdir()] == ["book.epub"]


@pytest.mark.parametrize("case", HARMLESS)
def test_what_is_hostile_in_xml_has_no_effect(tmp_path: Path, case: str, offline: None) -> None:
    assert refused_or_read(tmp_path, HARMLESS[case](), "book.epub")
    read = read_script(str(tmp_path / "book.epub"), Reading())
    assert "root:" not in read.source and len(read.source) < 200_000
    assert "root:" not in str(read.header.title)


def test_later_versions_of_archives_are_one_line(tmp_path: Path) -> None:
    data = bytearray(epub({"a.xhtml": "<p>x</p>"}))
    at = data.rindex(b"PK\x01\x02")
    data[at + 6] = 167
    with pytest.raises(FormatError, match="damaged archive"):
        (tmp_path / "book.epub").write_bytes(bytes(data))
        read_script(str(tmp_path / "book.epub"), Reading())
