"""The publisher's own book, page by page, with sentences marked and overlays added.

Pages, styles and pictures stay; pages gain identities and one more style, the package the overlays,
the audio and how long they are.
"""

from __future__ import annotations

import posixpath
import zipfile
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

from higgs_cli.errors import FormatError, HiggsError
from higgs_cli.files.plain_file import read_plain
from higgs_cli.output.read_along.book_parts import AUDIO_TYPE, BookParts
from higgs_cli.output.read_along.container import Container
from higgs_cli.output.read_along.marking import BODY, XHTML, Stretch, marked
from higgs_cli.output.read_along.overlay import ACTIVE_CLASS, Clip, clock_value, length_of, smil
from higgs_cli.output.read_along.package import narrator_of
from higgs_cli.output.read_along.second_edition import (
    OPF,
    can_be_raised,
    navigation_page,
    raise_package,
    raise_page,
)
from higgs_cli.output.read_along.sentences import Sentence, begun_parts
from higgs_cli.script.archive import inner_path
from higgs_cli.script.decoding import MAXIMUM_BYTES
from higgs_cli.script.epub import EpubPage, OpenedEpub, opened_epub
from higgs_cli.script.extraction import Trace

OUR_FOLDER = "read-along"
"""Beside the package: nothing of the publisher's lies there."""
NAVIGATION = "contents.xhtml"
MOST_COPIED_BYTES = 1 << 31
NOT_COPIED = ("mimetype", "META-INF/signatures.xml")
STYLE = f".{ACTIVE_CLASS} {{ background-color: #ffe08a; color: #000; }}\n"


@dataclass
class _Marked:
    """What of a page is heard."""

    page: EpubPage
    body_identity: str
    clips: list[Clip] = field(default_factory=list)


@dataclass(frozen=True)
class PublishersBook:
    """An EPUB that a plan was made of."""

    data: bytes
    opened: OpenedEpub

    @property
    def is_second(self) -> bool:
        """An EPUB 2: its pages and its package are raised to the third edition."""
        return str(self.opened.package.get("version") or "").startswith("2")

    @property
    def folder(self) -> str:
        """Where the package lies."""
        return posixpath.dirname(self.opened.package_name)

    def name(self, name: str) -> str:
        """A file of ours within the archive."""
        return posixpath.join(self.folder, OUR_FOLDER, name)


def publishers_book(path: str, source: str) -> PublishersBook | None:
    """The book that this source was taken from, if it lies there as it was, and is an EPUB 3 or
    can be made one."""
    if Path(path).suffix.lower() != ".epub":
        return None
    try:
        data = read_plain(Path(path), MAXIMUM_BYTES)
        opened = opened_epub(data, path)
    except (OSError, HiggsError):
        return None
    is_third = str(opened.package.get("version") or "").startswith("3")
    is_free = not any(f"/{OUR_FOLDER}/" in f"/{page.name}" for page in opened.pages)
    if opened.source != source or not is_free or not (is_third or can_be_raised(opened)):
        return None
    return PublishersBook(data, opened)


def write_publishers_pages(container: Container, book: PublishersBook, parts: BookParts) -> None:
    """Everything but the audio, which lies there already."""
    marked_pages = [each for each in _marked_pages(book, parts) if each.clips]
    written = book.opened.pages if book.is_second else [each.page for each in marked_pages]
    changed = {page.name: _page_bytes(book, page) for page in written}
    for number, each in enumerate(marked_pages, start=1):
        overlay = book.name(f"page{number}.smil")
        page = posixpath.relpath(each.page.name, posixpath.dirname(overlay))
        container.add(overlay, smil(page, each.body_identity, each.clips, parts.known_by))
    container.add(book.name("style.css"), STYLE.encode())
    if book.is_second:
        title = parts.about.title or parts.plan.script.path
        name = book.name(NAVIGATION)
        page_of_contents = navigation_page(book.opened, name, title, parts.plan.language)
        container.add(name, page_of_contents)
    changed[book.opened.package_name] = _package_bytes(book, marked_pages, parts)
    _copy(book, changed, container)


def _marked_pages(book: PublishersBook, parts: BookParts) -> list[_Marked]:
    """Each page with its clips, in order; sentences are marked from the last to the first."""
    places = _places(book, parts)
    pages = {
        each.root: _Marked(each, _body_identity(each.root))
        for each in book.opened.pages
        if each.root.tag == f"{{{XHTML}}}html"
    }
    heard: list[tuple[_Marked, Sentence, str, float]] = []
    for sentence, root, stretches in reversed(places):
        if root not in pages:
            continue
        begun = begun_parts(sentence, marked(sentence.identity, stretches))
        heard += [(pages[root], sentence, name, start) for name, start in reversed(begun)]
    _with_clips(list(reversed(heard)), parts)
    return list(pages.values())


def _places(
    book: PublishersBook, parts: BookParts
) -> list[tuple[Sentence, Any, Sequence[Stretch]]]:
    """Every sentence that stands in a page, with the page and its stretches there."""
    traces = book.opened.traces
    starts = [trace.start for trace in traces]
    found: list[tuple[Sentence, Any, Sequence[Stretch]]] = []
    for chapter in parts.chapters:
        for sentence in chapter.sentences:
            start, end = sentence.source
            first = max(0, bisect_right(starts, start) - 1)
            stretches: list[Stretch] = []
            for trace in _from(traces, first, end):
                begin, stop = max(start, trace.start), min(end, trace.end)
                if begin < stop and parts.plan.script.source[begin:stop].strip():
                    stretches.append(Stretch(trace, begin, stop))
            if stretches:
                root = _root_of(stretches[0])
                own = [each for each in stretches if _root_of(each) is root]
                found.append((sentence, root, own))
    return found


def _from(traces: Sequence[Trace], first: int, end: int) -> Iterator[Trace]:
    """Those from one on that begin before a place."""
    while first < len(traces) and traces[first].start < end:
        yield traces[first]
        first += 1


def _root_of(stretch: Stretch) -> Any:
    element: Any = stretch.trace.element
    return element.getroottree().getroot()


def _with_clips(heard: Sequence[tuple[_Marked, Sentence, str, float]], parts: BookParts) -> None:
    """Each until the next of its chapter, so that nothing between them is passed over."""
    lengths = {chapter.number: chapter.duration_seconds for chapter in parts.chapters}
    for at, (page, sentence, name, start) in enumerate(heard):
        is_first = at == 0 or heard[at - 1][1].chapter != sentence.chapter
        is_last = at + 1 == len(heard) or heard[at + 1][1].chapter != sentence.chapter
        begin = 0.0 if is_first else start
        end = lengths[sentence.chapter] if is_last else heard[at + 1][3]
        audio = posixpath.basename(parts.audio[sentence.chapter])
        page.clips.append(Clip(name, audio, begin, max(begin, end)))


def _body_identity(root: Any) -> str:
    body = next(root.iter(BODY), None)
    if body is None:
        return ""
    if not body.get("id"):
        body.set("id", "hg-body")
    return str(body.get("id"))


def _page_bytes(book: PublishersBook, page: EpubPage) -> bytes:
    from lxml import etree

    if book.is_second:
        raise_page(page.root)
    head = next(page.root.iter(f"{{{XHTML}}}head"), None)
    if head is not None:
        style = posixpath.relpath(book.name("style.css"), posixpath.dirname(page.name) or ".")
        link = {"rel": "stylesheet", "type": "text/css", "href": style}
        head.append(head.makeelement(f"{{{XHTML}}}link", link))
    written: bytes = etree.tostring(
        page.root, encoding="utf-8", xml_declaration=True, doctype="<!DOCTYPE html>"
    )
    return written


def _package_bytes(book: PublishersBook, pages: Sequence[_Marked], parts: BookParts) -> bytes:
    """The package, with what was added; overlays that it had are no longer true."""
    from lxml import etree

    package, name = book.opened.package, book.opened.package_name
    if book.is_second:
        raise_package(package, f"{OUR_FOLDER}/{NAVIGATION}")
    manifest = next(package.iter(f"{{{OPF}}}manifest"))
    metadata = next(package.iter(f"{{{OPF}}}metadata"))
    items = {
        found[0]: item
        for item in manifest
        if isinstance(item.tag, str) and (found := inner_path(name, item.get("href") or ""))
    }
    _forget_overlays(manifest, metadata)
    total = 0.0
    for number, page in enumerate(pages, start=1):
        items[page.page.name].set("media-overlay", f"hg-overlay{number}")
        _add_item(
            manifest, f"hg-overlay{number}", f"{OUR_FOLDER}/page{number}.smil",
            "application/smil+xml",
        )  # fmt: skip
        length = length_of(page.clips)
        total += length
        refines = f"#hg-overlay{number}"
        _add_meta(metadata, "media:duration", clock_value(length), refines)
    for number, audio in enumerate(dict.fromkeys(parts.audio.values()), start=1):
        href = f"{OUR_FOLDER}/{posixpath.basename(audio)}"
        _add_item(manifest, f"hg-audio{number}", href, AUDIO_TYPE)
    _add_item(manifest, "hg-style", f"{OUR_FOLDER}/style.css", "text/css")
    _add_meta(metadata, "media:duration", clock_value(total))
    _add_meta(metadata, "media:active-class", ACTIVE_CLASS)
    _add_meta(metadata, "media:narrator", narrator_of(parts.about))
    written: bytes = etree.tostring(package, encoding="utf-8", xml_declaration=True)
    return written


def _forget_overlays(manifest: Any, metadata: Any) -> None:
    for item in list(manifest):
        if not isinstance(item.tag, str):
            continue
        if item.get("media-type") == "application/smil+xml":
            manifest.remove(item)
        elif item.get("media-overlay"):
            del item.attrib["media-overlay"]
    for meta in list(metadata):
        if isinstance(meta.tag, str) and str(meta.get("property") or "").startswith("media:"):
            metadata.remove(meta)


def _add_item(manifest: Any, identity: str, href: str, kind: str) -> None:
    named = {"id": identity, "href": href, "media-type": kind}
    manifest.append(manifest.makeelement(f"{{{OPF}}}item", named))


def _add_meta(metadata: Any, name: str, value: str, refines: str | None = None) -> None:
    named = {"property": name, **({"refines": refines} if refines else {})}
    meta = metadata.makeelement(f"{{{OPF}}}meta", named)
    meta.text = value
    metadata.append(meta)


def _copy(book: PublishersBook, changed: Mapping[str, bytes], container: Container) -> None:
    """All that the publisher has put in, in its order."""
    left = MOST_COPIED_BYTES
    with zipfile.ZipFile(BytesIO(book.data)) as archive:
        for name in _names(archive):
            data = changed[name] if name in changed else _bounded(archive, name, left)
            left -= len(data)
            container.add(name, data)


def _names(archive: zipfile.ZipFile) -> Iterator[str]:
    for entry in archive.infolist():
        if not entry.is_dir() and entry.filename not in NOT_COPIED:
            yield entry.filename


def _bounded(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    with archive.open(name) as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise FormatError(f"{name} unpacks to too much", hint="the archive is not a book")
    return data
