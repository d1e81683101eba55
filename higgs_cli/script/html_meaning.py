"""What elements of HTML mean for a reader aloud: by name, `epub:type`, `role`, class and id."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice

from higgs_cli.script.manuscript import Kind
from higgs_cli.script.note_marks import BEHIND_A_WORD, may_be_a_note
from higgs_cli.script.xml_tree import Element

EPUB_TYPE = "{http://www.idpf.org/2007/ops}type"

BLOCKS: dict[str, Kind] = {
    "p": "paragraph",
    "div": "paragraph",
    "section": "paragraph",
    "article": "paragraph",
    "main": "paragraph",
    "body": "paragraph",
    "header": "paragraph",
    "footer": "paragraph",
    "aside": "paragraph",
    "nav": "paragraph",
    "figure": "paragraph",
    "address": "verse",
    "hgroup": "paragraph",
    "center": "paragraph",
    "fieldset": "paragraph",
    "details": "paragraph",
    "summary": "paragraph",
    "form": "paragraph",
    "ul": "item",
    "ol": "item",
    "dl": "item",
    "li": "item",
    "dt": "item",
    "dd": "item",
    "blockquote": "quote",
    "table": "row",
    "thead": "row",
    "tbody": "row",
    "tfoot": "row",
    "tr": "row",
    "caption": "caption",
    "figcaption": "caption",
    "pre": "verse",
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), "heading"),
}
"""Elements that begin and end a block, and the kind of what stands in them."""

SKIPPED = {
    "head", "script", "style", "template", "noscript", "iframe", "object", "audio", "video", "svg",
    "button", "select", "textarea", "input", "canvas", "link", "meta",
}  # fmt: skip
"""Elements without words: a page shows their work, not their text."""

EMPHASISED = {
    "em": "emphasis",
    "i": "emphasis",
    "cite": "emphasis",
    "strong": "strong",
    "b": "strong",
}

TYPES = {
    "toc": "contents", "landmarks": "contents", "page-list": "contents", "loi": "contents",
    "lot": "contents", "lov": "contents", "copyright-page": "copyright", "imprint": "copyright",
    "colophon": "copyright", "index": "index", "bibliography": "bibliography",
    "pagebreak": "page-number", "noteref": "note-mark", "backlink": "note-mark",
    "annoref": "note-mark", "footnote": "note", "footnotes": "note", "endnote": "note",
    "endnotes": "note", "rearnote": "note", "rearnotes": "note", "note": "note",
    "halftitlepage": "repeated", "credits": "copyright",
}  # fmt: skip
"""Of `epub:type`, and of `role` without its `doc-`."""

CLASSES = {
    "pagenum": "page-number", "pageno": "page-number", "page-number": "page-number",
    "pagenumber": "page-number", "fnanchor": "note-mark", "noteref": "note-mark",
    "footnote": "note", "footnotes": "note", "endnotes": "note", "transnote": "transcriber",
    "tn": "transcriber", "transcribers-note": "transcriber", "pg-boilerplate": "licence",
    "pgheader": "licence", "toc": "contents", "index": "index", "copyright": "copyright",
    "bibliography": "bibliography",
}  # fmt: skip
PICTURES = {"img", "svg", "picture", "image"}
MOST_PARTS = 64
"""Of a figure, that are looked at."""
IDS = {"pg-header": "licence", "pg-footer": "licence", "pg-start-separator": "licence",
       "pg-end-separator": "licence"}  # fmt: skip
VERSES = {"z3998:verse", "z3998:poem", "z3998:song", "z3998:hymn"}
VERSE_CLASSES = {"poem", "poetry", "verse", "stanza", "poetry-container"}

NOTE_SIGN = re.compile(
    r"[\[({]?(?:\d{1,4}|[a-z]|[*†‡§¶#]{1,4}|[ivxl]{1,6})[\])}]?|↩.?|↑|\[?note(?: \d+)?\]?"
)
NUMBER_SIGN = re.compile(r"[\[({]?(?:\d{1,4}|[*†‡§¶]{1,4})[\])}]?")
HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


def tag_of(element: Element) -> str:
    """The name of an element without its namespace."""
    return str(element.tag).rpartition("}")[2].lower()


def type_names(element: Element) -> list[str]:
    names = (element.get(EPUB_TYPE) or "").split()
    roles = (element.get("role") or "").split()
    return names + [role.removeprefix("doc-") for role in roles if role.startswith("doc-")]


def why_left_out(element: Element) -> str | None:
    """Why nobody reads an element, as far as it says so itself."""
    for name in type_names(element):
        if name in TYPES:
            return TYPES[name]
    for name in _classes(element):
        if name in CLASSES:
            return CLASSES[name]
    if element.get("id") in IDS:
        return IDS[str(element.get("id"))]
    is_caption = tag_of(element) == "figcaption" or "caption" in _classes(element)
    if is_caption and _is_of_a_picture(element):
        return "illustration"
    is_hidden = element.get("hidden") is not None or element.get("aria-hidden") == "true"
    if is_hidden or HIDDEN_STYLE.search(element.get("style") or ""):
        return "hidden"
    return "contents" if tag_of(element) == "nav" else None


def _classes(element: Element) -> list[str]:
    return (element.get("class") or "").lower().split()


def _is_of_a_picture(caption: Element) -> bool:
    """Is it a picture's? A table's is read with it."""
    figure = caption.getparent()
    tags = (
        {tag_of(each) for each in islice(figure.iter("*"), MOST_PARTS)}
        if figure is not None
        else ()
    )
    return bool(PICTURES & set(tags)) and "table" not in tags


def is_verse(element: Element) -> bool:
    names = _classes(element)
    return bool(VERSES & set(type_names(element)) or VERSE_CLASSES & set(names))


def mark_kind(element: Element, tag: str, before: str) -> str | None:
    """What an element inside a block is, if it is no words or stressed ones; `before`: the
    word that it stands behind."""
    why = why_left_out(element)
    if why:
        return why
    if tag in ("rt", "rp"):
        return "hidden"
    if tag == "a" and element.get("href") and _is_note_link(element, before):
        return "note-mark"
    if (
        tag == "sup"
        and may_be_a_note(before, _words(element))
        and NUMBER_SIGN.fullmatch(_words(element))
    ):
        return "note-mark"
    return EMPHASISED.get(tag)


def _is_note_link(element: Element, before: str) -> bool:
    """A link that is only a number or a sign, behind a word: nobody says that."""
    words = _words(element)
    if not NOTE_SIGN.fullmatch(words.lower()):
        return False
    is_raised = any(tag_of(child) == "sup" for child in element) or _is_in_sup(element)
    is_note = is_raised or words[:1] in "[(*†‡§¶↩↑" or "note" in str(element.get("href")).lower()
    return is_note or ("#" in str(element.get("href")) and bool(BEHIND_A_WORD.match(before[-1:])))


def _is_in_sup(element: Element) -> bool:
    parent = element.getparent()
    return parent is not None and tag_of(parent) == "sup"


def _words(element: Element) -> str:
    parts: Iterable[str] = islice(element.itertext(), 8)
    return "".join(parts).strip()[:40]
