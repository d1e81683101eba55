"""The styles of a Word document: which are headings, quotes, contents, notes, and in which list."""

from __future__ import annotations

import re
from dataclasses import dataclass

from higgs_cli.script.docx_elements import W, list_place, value_of
from higgs_cli.script.manuscript import Kind
from higgs_cli.script.xml_tree import Element

HEADING = re.compile(r"(?:heading|überschrift|titre|título|标题) ?(\d)", re.IGNORECASE)
KINDS: tuple[tuple[re.Pattern[str], Kind, str | None], ...] = (
    (
        re.compile(r"toc( heading| ?\d)?|table of (?:figures|contents)", re.IGNORECASE),
        "item",
        "contents",
    ),
    (re.compile(r"index( heading| ?\d)?", re.IGNORECASE), "item", "index"),
    (re.compile(r"bibliography", re.IGNORECASE), "item", "bibliography"),
    (re.compile(r"(?:foot|end)note text", re.IGNORECASE), "note", "note"),
    (re.compile(r"(?:header|footer)", re.IGNORECASE), "paragraph", "running-head"),
    (re.compile(r"(?:intense )?quote|block ?text", re.IGNORECASE), "quote", None),
    (re.compile(r"caption", re.IGNORECASE), "caption", None),
    (re.compile(r"verse|poem|poetry", re.IGNORECASE), "verse", None),
    (re.compile(r"html preformatted|source code|code", re.IGNORECASE), "code", "code"),
)
MOST_BASES = 20


@dataclass(frozen=True)
class Style:
    """What a paragraph of a style is."""

    kind: Kind = "paragraph"
    level: int | None = None
    left_out: str | None = None
    number: tuple[str, int] | None = None
    """The list that its paragraphs count in, and how deep."""


def read_styles(root: Element | None) -> dict[str, Style]:
    """By the names that paragraphs use."""
    named: dict[str, Element] = {}
    for style in root.iter(f"{W}style") if root is not None else ():
        if style.get(f"{W}styleId"):
            named.setdefault(str(style.get(f"{W}styleId")), style)
    return {identity: _style(identity, named) for identity in named}


def _style(identity: str, named: dict[str, Element]) -> Style:
    """Its own name decides; where that says nothing, the style it is based on."""
    for _ in range(MOST_BASES):
        element = named.get(identity)
        if element is None:
            break
        found = _by_name(element)
        if found is not None:
            return found
        identity = value_of(element, "basedOn") or ""
    return Style()


def _by_name(element: Element) -> Style | None:
    name = (value_of(element, "name") or "").strip()
    heading = HEADING.fullmatch(name)
    level = value_of(element, "pPr/outlineLvl")
    numbered = value_of(element, "pPr/numPr/numId"), value_of(element, "pPr/numPr/ilvl")
    number = list_place(*numbered)
    if heading:
        return Style("heading", int(heading[1]), number=number)
    if name.lower() == "title":
        return Style("heading", 0)
    if name.lower() == "subtitle":
        return Style("paragraph")
    for pattern, kind, why in KINDS:
        if pattern.fullmatch(name):
            return Style(kind, None, why, number)
    if level and level.isdecimal() and int(level) < 9:
        return Style("heading", int(level) + 1, number=number)
    return Style(number=number) if number else None
