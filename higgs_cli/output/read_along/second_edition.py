"""An EPUB 2 becomes an EPUB 3 with the same pages: only that has overlays.

Its package gains what the third edition asks for and loses what that knows no more; pages lose what
XHTML 1.1 had and XHTML 5 has not, where there is another way to say it. What there is none for
(`<font>`, widths of tables) stays: readers show it as ever, `epubcheck` names it.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from html import escape
from typing import Any
from urllib.parse import quote

from higgs_cli.output.read_along.marking import XHTML
from higgs_cli.output.read_along.package import MODIFIED
from higgs_cli.output.read_along.pages import safe
from higgs_cli.script.epub import OpenedEpub
from higgs_cli.script.epub_contents import Link

OPF = "http://www.idpf.org/2007/opf"
DC = "http://purl.org/dc/elements/1.1/"
PAGE_TYPE = "application/xhtml+xml"
REFINING = {"role": {"scheme": "marc:relators"}, "file-as": {}}
"""Attributes of the second edition that are lines of the third, with what these have beside."""
FORGOTTEN = ("required-namespace", "required-modules", "fallback-style")
STYLED = {"align": "text-align", "valign": "vertical-align"}
RENAMED = {
    "acronym": ("abbr", ""),
    "big": ("span", "font-size: larger"),
    "center": ("div", "text-align: center"),
    "strike": ("s", ""),
    "tt": ("span", "font-family: monospace"),
}
"""Elements that there are no more: what says the same, and how it is to look."""
STAY_ALIGNED = ("img", "table", "hr", "object")
"""Where `align` lets text flow around."""


def can_be_raised(opened: OpenedEpub) -> bool:
    """Is it an EPUB 2 whose pages are XHTML, and whose package says everything where it should?"""
    package = opened.package
    metadata = next(package.iter(f"{{{OPF}}}metadata"), None)
    if metadata is None or not str(package.get("version") or "").startswith("2"):
        return False
    identity = package.get("unique-identifier")
    names_itself = any(each.get("id") == identity for each in metadata.iter(f"{{{DC}}}identifier"))
    types = {each.get("id"): each.get("media-type") for each in package.iter(f"{{{OPF}}}item")}
    spine = [types.get(each.get("idref")) for each in package.iter(f"{{{OPF}}}itemref")]
    are_pages = all(page.root.tag == f"{{{XHTML}}}html" for page in opened.pages)
    return bool(names_itself and identity and are_pages and set(spine) == {PAGE_TYPE})


def raise_package(package: Any, navigation: str) -> None:
    """The package as the third edition has it; `navigation`: the nav page, as it names files."""
    package.set("version", "3.0")
    metadata = next(package.iter(f"{{{OPF}}}metadata"))
    manifest = next(package.iter(f"{{{OPF}}}manifest"))
    for tours in list(package.iter(f"{{{OPF}}}tours")):
        tours.getparent().remove(tours)
    _raise_facts(metadata)
    for name in FORGOTTEN:
        for item in manifest:
            item.attrib.pop(name, None)
    _mark_cover(metadata, manifest)
    named = {"id": "hg-nav", "href": navigation, "media-type": PAGE_TYPE, "properties": "nav"}
    manifest.append(manifest.makeelement(f"{{{OPF}}}item", named))


def raise_page(root: Any) -> None:
    """A page without what XHTML 5 no longer knows, shown as before."""
    root.attrib.pop("version", None)
    for meta in list(root.iter(f"{{{XHTML}}}meta")):
        if (meta.get("http-equiv") or "").lower() == "content-type":
            meta.getparent().remove(meta)
    for element in root.iter(f"{{{XHTML}}}*"):
        kind = element.tag.rpartition("}")[2]
        if kind == "a" and (name := element.attrib.pop("name", None)) and not element.get("id"):
            element.set("id", name)
        if kind in RENAMED:
            name, style = RENAMED[kind]
            element.tag = f"{{{XHTML}}}{name}"
            _style(element, style)
        for old, new in STYLED.items():
            if element.get(old) and kind not in STAY_ALIGNED:
                _style(element, f"{new}: {element.attrib.pop(old)}")


def _style(element: Any, style: str) -> None:
    """What the element says itself comes behind, and counts."""
    if style:
        element.set("style", f"{style}; {element.get('style') or ''}".strip())


def navigation_page(opened: OpenedEpub, name: str, title: str, language: str) -> bytes:
    """The contents of its NCX as a page of this name; where there are none, its first page."""
    pages = [page.name for page in opened.pages]
    links = [each for each in opened.links if each.file in pages]
    links = links or [Link(title, 0, pages[0], "")]
    spoken = escape(language, quote=True)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE html>\n'
        f'<html xmlns="{XHTML}" xmlns:epub="http://www.idpf.org/2007/ops" lang="{spoken}" '
        f'xml:lang="{spoken}"><head><title>{safe(title)}</title></head>\n<body>'
        f'<nav epub:type="toc"><h1>{safe(title)}</h1>{"".join(_listed(links, name))}</nav>'
        "</body></html>\n"
    ).encode()


def _listed(links: Sequence[Link], name: str) -> Iterator[str]:
    """Lists within lists, by depth."""
    yield "<ol>"
    at = 0
    while at < len(links):
        end = at + 1
        while end < len(links) and links[end].depth > links[at].depth:
            end += 1
        place = quote(posixpath.relpath(links[at].file, posixpath.dirname(name) or "."))
        place += f"#{quote(links[at].fragment)}" if links[at].fragment else ""
        yield f'<li><a href="{escape(place, quote=True)}">{safe(links[at].title) or "-"}</a>'
        if end > at + 1:
            yield from _listed(links[at + 1 : end], name)
        yield "</li>"
        at = end
    yield "</ol>"


def _raise_facts(metadata: Any) -> None:
    """Attributes become lines of their own; a book has one date."""
    dates = list(metadata.iter(f"{{{DC}}}date"))
    for date in dates[1:]:
        metadata.remove(date)
    for number, element in enumerate(list(metadata)):
        for attribute in [each for each in element.attrib if each.startswith(f"{{{OPF}}}")]:
            value, kind = element.attrib.pop(attribute), attribute.rpartition("}")[2]
            if kind in REFINING and value:
                identity = element.get("id") or f"hg-fact{number}"
                element.set("id", identity)
                refines = {"refines": f"#{identity}", "property": kind, **REFINING[kind]}
                _add_meta(metadata, refines, value)
    _add_meta(metadata, {"property": "dcterms:modified"}, MODIFIED)


def _add_meta(metadata: Any, named: dict[str, str], text: str) -> None:
    meta = metadata.makeelement(f"{{{OPF}}}meta", named)
    meta.text = text
    metadata.append(meta)


def _mark_cover(metadata: Any, manifest: Any) -> None:
    covers = {
        each.get("content")
        for each in metadata.iter(f"{{{OPF}}}meta")
        if each.get("name") == "cover"
    }
    for item in manifest.iter(f"{{{OPF}}}item"):
        if item.get("id") in covers and str(item.get("media-type")).startswith("image/"):
            item.set("properties", "cover-image")
