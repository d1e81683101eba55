"""XML and HTML from strangers as trees: no entities, no network, no DTD, bounded depth.

The library is `lxml`, of the extra `books`; without it, a book is one clear line.
"""

from __future__ import annotations

import codecs
import re
from html.entities import html5
from typing import TYPE_CHECKING, Any

from higgs_cli.errors import FormatError, UsageError

if TYPE_CHECKING:
    from lxml.etree import _Element as Element
else:
    Element = Any

DOCTYPE = re.compile(
    r"\s*+(?:<!--(?:[^-]|-(?!->))*+-->\s*+)*+"
    r"<!DOCTYPE(?:[^\[>]|\[(?:[^\]\"']|\"[^\"]*+\"|'[^']*+')*+\])*+>",
    re.IGNORECASE,
)
"""Before the root, where it is; entities that it declares are never looked at."""
DECLARATION = re.compile(r"\s*<\?xml[^>]*?\?>")
DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.-]{1,40})["']""")
DECLARED_IN_HTML = re.compile(
    rb"""<meta[^>]{0,200}?charset\s*=\s*["']?([\w-]{1,40})""", re.IGNORECASE
)
ENTITY = re.compile(r"&([A-Za-z][A-Za-z0-9]{1,31});")
NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
OWN_ENTITIES = {"amp", "lt", "gt", "quot", "apos"}
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def xml_tree(data: bytes, what: str) -> Element:
    """The root of an XML file; `what` names it in errors."""
    etree = _etree()
    root = _parsed(etree, _xml_text(data, what))
    if root is None:
        raise FormatError(f"{what}: not well-formed XML")
    return root


def xhtml_tree(data: bytes, what: str) -> Element:
    """The root of a chapter: as XML where it is, mended like HTML where it is not."""
    etree = _etree()
    text = _xml_text(data, what)
    root = _parsed(etree, text)
    return root if root is not None else _mended(text, what)


def html_tree(data: bytes, what: str, encoding: str | None = None) -> Element:
    """The root of an HTML file."""
    return _mended(_decoded(data, what, encoding, DECLARED_IN_HTML), what)


def words_of(element: Element) -> str:
    """All text in an element, on one line."""
    return " ".join("".join(element.itertext()).split())


def _mended(text: str, what: str) -> Element:
    etree = _etree()
    text = NOT_XML.sub("", _without_prologue(text))
    parser = etree.HTMLParser(
        no_network=True, remove_pis=True, remove_comments=True, huge_tree=False, encoding="utf-8"
    )
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), parser)
    except (etree.LxmlError, ValueError):
        root = None
    if root is None:
        raise FormatError(f"{what}: nothing in it is text")
    if any(error.type_name == "ERR_RESOURCE_LIMIT" for error in parser.error_log):
        # What stands deeper would be lost without a word.
        raise FormatError(f"{what}: nested too deeply to be a book")
    return root


def _etree() -> Any:
    try:
        from lxml import etree
    except ImportError:
        raise UsageError(
            "books in EPUB, DOCX and HTML need the package lxml",
            hint='pip install "higgs[books]", or pip install lxml',
        ) from None
    return etree


def _parsed(etree: Any, text: str) -> Element | None:
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        recover=False,
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
        encoding="utf-8",
    )
    try:
        root: Element | None = etree.fromstring(text.encode("utf-8", "replace"), parser)
    except (etree.LxmlError, ValueError):
        return None
    return root


def _xml_text(data: bytes, what: str) -> str:
    """Without declaration, DOCTYPE and named entities: what is left needs no DTD."""
    text = _decoded(data, what, None, DECLARED)
    text = _without_prologue(text)
    return NOT_XML.sub("", ENTITY.sub(_character, text))


def _without_prologue(text: str) -> str:
    declaration = DECLARATION.match(text)
    begin = declaration.end() if declaration else 0
    doctype = DOCTYPE.match(text, begin)
    return text[doctype.end() if doctype else begin :]


def _character(match: re.Match[str]) -> str:
    if match[1] in OWN_ENTITIES:
        return match[0]
    return html5.get(match[1] + ";", "")


def _decoded(data: bytes, what: str, encoding: str | None, declared: re.Pattern[bytes]) -> str:
    for mark, codec in MARKS:
        if data.startswith(mark):
            encoding = encoding or codec
    found = declared.search(data[:2048])
    name = encoding or (found[1].decode("ascii", "replace") if found else "utf-8")
    for codec in dict.fromkeys((name, "utf-8", "cp1252")):
        try:
            text = data.decode(codec)
        except (LookupError, UnicodeError, ValueError):
            continue
        if isinstance(text, str):
            return text
    raise FormatError(f"{what}: not a text in {name}")
