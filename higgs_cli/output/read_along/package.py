"""The package of a book of ours: what is in it, in which order, and what it says of itself."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from higgs_cli.output.about import AboutBook
from higgs_cli.output.formats.labels import SYNTHETIC
from higgs_cli.output.read_along.overlay import ACTIVE_CLASS, clock_value
from higgs_cli.output.read_along.pages import page, safe

MODIFIED = "1980-01-01T00:00:00Z"
"""Nothing in a file of ours depends on the hour."""
FOLDER = "OEBPS"
CONTAINER_XML = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">'
    f'<rootfiles><rootfile full-path="{FOLDER}/package.opf" '
    'media-type="application/oebps-package+xml"/></rootfiles></container>\n'
).encode()


@dataclass(frozen=True)
class PublishedChapter:
    """A chapter in the package: its page, its overlay, its audio."""

    title: str
    page: str
    overlay: str
    audio: str
    duration_seconds: float


def package_opf(
    about: AboutBook,
    language: str,
    parts: Sequence[PublishedChapter],
    audio_type: str,
    cover: str | None,
) -> bytes:
    """All of it; the same book is called the same by its identifier."""
    named = "\n".join([about.title, about.author or "", *(part.title for part in parts)])
    identifier = uuid.UUID(bytes=hashlib.sha256(named.encode()).digest()[:16], version=4)
    items = [
        '<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>',
        '<item id="styles" href="styles.css" media-type="text/css"/>',
    ]
    if cover:
        kind = "image/png" if cover.endswith(".png") else "image/jpeg"
        items.append(
            f'<item id="cover" href="{cover}" media-type="{kind}" properties="cover-image"/>'
        )
    for number, part in enumerate(parts, start=1):
        items += [
            f'<item id="page{number}" href="{part.page}" media-type="application/xhtml+xml" '
            f'media-overlay="overlay{number}"/>',
            f'<item id="overlay{number}" href="{part.overlay}" media-type="application/smil+xml"/>',
            f'<item id="audio{number}" href="{part.audio}" media-type="{audio_type}"/>',
        ]
    spine = "".join(f'<itemref idref="page{number}"/>' for number in range(1, len(parts) + 1))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id" '
        f'xml:lang="{safe(language)}">\n<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f'<dc:identifier id="id">urn:uuid:{identifier}</dc:identifier>'
        f"<dc:title>{safe(about.title) or 'Untitled'}</dc:title>"
        f"<dc:language>{safe(language)}</dc:language>{_about(about)}"
        f'<meta property="dcterms:modified">{MODIFIED}</meta>{overlay_metadata(about, parts)}'
        "</metadata>\n<manifest>" + "\n".join(items) + "</manifest>\n"
        f"<spine>{spine}</spine></package>\n"
    ).encode()


def overlay_metadata(about: AboutBook, parts: Sequence[PublishedChapter]) -> str:
    """How long each overlay and all of them are, who narrates, and how what is heard is shown."""
    lengths = "".join(
        f'<meta property="media:duration" refines="#overlay{number}">'
        f"{clock_value(part.duration_seconds)}</meta>"
        for number, part in enumerate(parts, start=1)
    )
    total = clock_value(sum(part.duration_seconds for part in parts))
    return (
        f'{lengths}<meta property="media:duration">{total}</meta>'
        f'<meta property="media:active-class">{ACTIVE_CLASS}</meta>'
        f'<meta property="media:narrator">{safe(narrator_of(about))}</meta>'
    )


def narrator_of(about: AboutBook) -> str:
    """Who is named, or what is true."""
    return about.narrator or SYNTHETIC.removesuffix(".")


def nav_page(about: AboutBook, language: str, parts: Sequence[PublishedChapter]) -> bytes:
    """The table of contents."""
    lines = "".join(f'<li><a href="{part.page}">{safe(part.title)}</a></li>' for part in parts)
    title = about.title or "Contents"
    body = f'<nav epub:type="toc" id="toc"><h1>{safe(title)}</h1><ol>{lines}</ol></nav>\n'
    return page(title, language, body)


def _about(about: AboutBook) -> str:
    author = f"<dc:creator>{safe(about.author)}</dc:creator>" if about.author else ""
    said = (
        f"<dc:description>{safe(about.description)}</dc:description>" if about.description else ""
    )
    year = f"<dc:date>{about.year:04}</dc:date>" if about.year else ""
    return f"{author}{said}{year}<dc:rights>{SYNTHETIC}</dc:rights>"
