"""EPUB 2 and 3: container, package, spine and table of contents become a manuscript.

META-INF/container.xml ─► package (.opf) ─► spine ─► chapters, in reading order
                                        └─► nav or NCX ─► contents, landmarks
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from higgs_cli.errors import FormatError
from higgs_cli.script.archive import Archive, inner_path
from higgs_cli.script.epub_contents import Link, landmark_kinds, nav_links, ncx_links
from higgs_cli.script.extraction import Extraction, Trace
from higgs_cli.script.html import walk_page
from higgs_cli.script.html_meaning import TYPES, tag_of
from higgs_cli.script.manuscript import ContentsEntry, Cover, Facts, Manuscript
from higgs_cli.script.xml_tree import Element, words_of, xhtml_tree, xml_tree

CONTAINER = "META-INF/container.xml"
ENCRYPTION = "META-INF/encryption.xml"
PAGES = {"application/xhtml+xml", "text/html", "text/x-oeb1-document", "application/xml"}
FONT_SCRAMBLING = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")
MOST_COVER_BYTES = 16 * 1024 * 1024
MOST_PAGES = 10_000
MOST_WORDS_OF_A_FACT = 4000


@dataclass(frozen=True)
class _Item:
    """A file of the package."""

    name: str
    media_type: str
    properties: tuple[str, ...]


@dataclass(frozen=True)
class EpubPage:
    """A page of a book that was opened."""

    name: str
    """Within the archive."""
    root: Element


@dataclass(frozen=True)
class OpenedEpub:
    """A book with its pages as trees, and where in them its text stands."""

    package_name: str
    package: Element
    pages: tuple[EpubPage, ...]
    source: str
    """As `read_epub` has it."""
    traces: tuple[Trace, ...]
    links: tuple[Link, ...]
    """Of its table of contents."""


def read_epub(data: bytes, path: str) -> Manuscript:
    """The whole book."""
    extraction = Extraction(path)
    archive, package, items, links, _ = _walked(data, path, extraction)
    entries = tuple(_entries(links, extraction.anchors, len(extraction.blocks)))
    return extraction.manuscript("EPUB", _facts(archive, package, items), entries)


def opened_epub(data: bytes, path: str) -> OpenedEpub:
    """The same, for who writes into its pages."""
    extraction = Extraction(path, traces=[])
    archive, package, _, links, pages = _walked(data, path, extraction)
    extraction.end()
    name, traces = _package_name(archive), tuple(extraction.traces or ())
    return OpenedEpub(name, package, tuple(pages), extraction.source, traces, tuple(links))


def _walked(
    data: bytes, path: str, extraction: Extraction
) -> tuple[Archive, Element, Mapping[str, _Item], list[Link], list[EpubPage]]:
    """Every page written into the extraction, in order."""
    archive = Archive(data, path)
    _refuse_locked(archive)
    package_name = _package_name(archive)
    package = xml_tree(archive.read(package_name), f"{path}: {package_name}")
    items = dict(_items(package, package_name))
    links, landmarks, contents_file = _contents(archive, package, items, package_name)
    landmarks = {**_guide(package, package_name), **landmarks}
    pages = []
    for item, is_linear in _spine(package, items, path):
        why = landmarks.get(item.name) or (None if is_linear else "supplement")
        why = "contents" if item.name == contents_file else why
        page = xhtml_tree(archive.read(item.name), f"{path}: {item.name}")
        walk_page(page, extraction, item.name, why)
        if extraction.traces is not None:
            pages.append(EpubPage(item.name, page))
    return archive, package, items, links, pages


def _refuse_locked(archive: Archive) -> None:
    """A book under DRM says so in its list of encrypted files; scrambled fonts are harmless."""
    if ENCRYPTION not in archive:
        return
    root = xml_tree(archive.read(ENCRYPTION), f"{archive.path}: {ENCRYPTION}")
    for method in root.iter("{*}EncryptionMethod"):
        if method.get("Algorithm") not in FONT_SCRAMBLING:
            raise FormatError(
                f"{archive.path}: protected against copying, so that it cannot be read"
            )


def _package_name(archive: Archive) -> str:
    if CONTAINER not in archive:
        raise FormatError(f"{archive.path}: not an EPUB ({CONTAINER} is missing)")
    root = xml_tree(archive.read(CONTAINER), f"{archive.path}: {CONTAINER}")
    for rootfile in root.iter("{*}rootfile"):
        found = inner_path("", rootfile.get("full-path") or "")
        if found and found[0] in archive:
            return found[0]
    raise FormatError(f"{archive.path}: not an EPUB (its container names no package)")


def _items(package: Element, package_name: str) -> Iterator[tuple[str, _Item]]:
    for item in package.iter("{*}item"):
        found = inner_path(package_name, item.get("href") or "")
        if found and item.get("id"):
            kinds = tuple((item.get("properties") or "").split())
            yield str(item.get("id")), _Item(found[0], item.get("media-type") or "", kinds)


def _spine(package: Element, items: Mapping[str, _Item], path: str) -> Iterator[tuple[_Item, bool]]:
    """The pages in reading order, each once; those beside the text come last."""
    inside: dict[str, _Item] = {}
    beside: dict[str, _Item] = {}
    for reference in package.iter("{*}itemref"):
        item = items.get(reference.get("idref") or "")
        if item is None or item.media_type not in PAGES:
            continue
        (beside if reference.get("linear") == "no" else inside).setdefault(item.name, item)
    if not inside:
        raise FormatError(f"{path}: its package lists no chapters")
    if len(inside) + len(beside) > MOST_PAGES:
        raise FormatError(f"{path}: more than {MOST_PAGES} chapters")
    yield from ((item, True) for item in inside.values())
    yield from ((item, False) for name, item in beside.items() if name not in inside)


def _contents(
    archive: Archive, package: Element, items: Mapping[str, _Item], package_name: str
) -> tuple[list[Link], dict[str, str], str | None]:
    """The lines of the table of contents, what landmarks say of files, and where it stands."""
    for item in items.values():
        if "nav" in item.properties and item.name in archive:
            root = xhtml_tree(archive.read(item.name), f"{archive.path}: {item.name}")
            return nav_links(root, item.name), landmark_kinds(root, item.name), item.name
    spine = next(package.iter("{*}spine"), None)
    ncx = items.get((spine.get("toc") or "") if spine is not None else "")
    for item in [ncx] if ncx else items.values():
        if item.media_type == "application/x-dtbncx+xml" and item.name in archive:
            root = xhtml_tree(archive.read(item.name), f"{archive.path}: {item.name}")
            return ncx_links(root, item.name), {}, None
    return [], {}, None


def _guide(package: Element, package_name: str) -> dict[str, str]:
    """What the guide of an EPUB 2 says of files."""
    found = {}
    for reference in package.iter("{*}reference"):
        why = TYPES.get(reference.get("type") or "")
        place = inner_path(package_name, reference.get("href") or "")
        if why and place and not place[1]:
            found[place[0]] = why
    return found


def _entries(links: list[Link], anchors: Mapping[str, int], count: int) -> Iterator[ContentsEntry]:
    """The contents as blocks; what leads nowhere is left out."""
    for link in links:
        block = anchors.get(f"{link.file}#{link.fragment}", anchors.get(f"{link.file}#"))
        if block is not None and block < count:
            yield ContentsEntry(link.title, link.depth, block)


def _facts(archive: Archive, package: Element, items: Mapping[str, _Item]) -> Facts:
    named: dict[str, list[str]] = {}
    metadata = next(package.iter("{*}metadata"), None)
    for element in metadata if metadata is not None else ():
        if isinstance(element.tag, str):
            words = words_of(element)[:MOST_WORDS_OF_A_FACT]
            named.setdefault(tag_of(element), []).append(words)
    return Facts(
        title=_first(named, "title"),
        author=_first(named, "creator"),
        language=_first(named, "language"),
        description=_first(named, "description"),
        series=_series(metadata),
        year=_year(_first(named, "date")),
        cover=_cover(archive, metadata, items),
    )


def _first(named: Mapping[str, list[str]], name: str) -> str | None:
    return next((words for words in named.get(name, ()) if words), None)


def _year(date: str | None) -> int | None:
    """A date begins with its year."""
    year = (date or "")[:4]
    return int(year) if len(year) == 4 and year.isascii() and year.isdecimal() else None


def _metas(metadata: Element | None) -> Iterator[tuple[str, str]]:
    for meta in metadata.iter("{*}meta") if metadata is not None else ():
        name = meta.get("property") or meta.get("name")
        if name:
            yield name, (meta.get("content") or meta.text or "").strip()


def _series(metadata: Element | None) -> str | None:
    names = ("belongs-to-collection", "calibre:series")
    return next((words for name, words in _metas(metadata) if name in names and words), None)


def _cover(archive: Archive, metadata: Element | None, items: Mapping[str, _Item]) -> Cover | None:
    named = next((words for name, words in _metas(metadata) if name == "cover"), "")
    for identity, item in items.items():
        is_cover = "cover-image" in item.properties or identity == named
        if not is_cover or not item.media_type.startswith("image/") or item.name not in archive:
            continue
        try:
            data = archive.read(item.name)
        except FormatError:
            return None  # a picture that cannot be had is no reason not to read the book
        return Cover(data, item.media_type) if len(data) <= MOST_COVER_BYTES else None
    return None
