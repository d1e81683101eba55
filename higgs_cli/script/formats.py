"""What a script's bytes are: by their own first bytes, then by the name of the file."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Literal

from higgs_cli.errors import FormatError

Format = Literal["text", "markdown", "html", "epub", "docx", "pdf"]

MARKDOWN = {".md", ".markdown", ".mdown"}
HTML = {".html", ".htm", ".xhtml"}
ZIP = b"PK\x03\x04"
HTML_START = re.compile(
    rb"\s*+(?:\xef\xbb\xbf)?+\s*+(?:<\?xml[^>]{0,200}\?>\s*+)?+(?:<!--[^>]{0,2000}-->\s*+)*+"
    rb"(?:<!DOCTYPE\s+html|<html[\s>])",
    re.IGNORECASE,
)
FOREIGN = (
    (b"{\\rtf", "RTF"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Word document (.doc)"),
    (b"\x1f\x8b", "compressed with gzip"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"RIFF", "sound"),
    (b"fLaC", "sound"),
    (b"ID3", "sound"),
    (b"OggS", "sound"),
)


def format_of(data: bytes, path: str) -> Format:
    """The format of a file; one that nobody here reads is refused by its own name."""
    if data.startswith(ZIP):
        return _archive(data, path)
    if data[:1024].lstrip().startswith(b"%PDF-"):
        return "pdf"
    if data[60:68] in (b"BOOKMOBI", b"TEXtREAd"):
        raise _refusal(path, "a Kindle or Palm book")
    for start, name in FOREIGN:
        if data.startswith(start):
            raise _refusal(path, name)
    suffix = PurePath(path).suffix.lower()
    if suffix in HTML or HTML_START.match(data[:4096]):
        return "html"
    if suffix in (".epub", ".docx", ".pdf"):
        raise FormatError(
            f"{path}: not what its name says (it does not begin like {suffix[1:].upper()})"
        )
    return "markdown" if suffix in MARKDOWN else "text"


def _archive(data: bytes, path: str) -> Format:
    """An archive, by what is in it."""
    if b"application/epub+zip" in data[:200] or b"META-INF/container.xml" in data:
        return "epub"
    if b"word/document.xml" in data:
        return "docx"
    if b"application/vnd.oasis.opendocument.text" in data[:200]:
        raise _refusal(path, "an OpenDocument text")
    suffix = PurePath(path).suffix.lower()
    if suffix == ".epub":
        return "epub"
    if suffix == ".docx":
        return "docx"
    raise _refusal(path, "an archive that is neither EPUB nor DOCX")


def _refusal(path: str, what: str) -> FormatError:
    return FormatError(
        f"{path}: {what}, which is not read",
        hint="save it as EPUB, DOCX, HTML, Markdown or plain text",
    )
