"""The table of contents of an EPUB: the navigation page of EPUB 3, the NCX of EPUB 2."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from higgs_cli.script.archive import inner_path
from higgs_cli.script.html_meaning import TYPES, tag_of, type_names
from higgs_cli.script.xml_tree import Element, words_of

MOST_LINKS = 20_000
MOST_LETTERS = 300


@dataclass(frozen=True)
class Link:
    """A line of the contents and where it leads."""

    title: str
    depth: int
    file: str
    fragment: str


def nav_links(root: Element, file: str) -> list[Link]:
    """The links of `<nav epub:type="toc">`, each as deep as its list lies in others."""
    nav = _nav(root, "toc")
    found: list[Link] = []
    for link in nav.iter("{*}a") if nav is not None else ():
        place = inner_path(file, link.get("href") or "")
        title = _title(link)
        if place and title and len(found) < MOST_LINKS:
            depth = sum(tag_of(each) == "ol" for each in link.iterancestors()) - 1
            found.append(Link(title, max(0, depth), *place))
    return found


def landmark_kinds(root: Element, file: str) -> dict[str, str]:
    """Files that landmarks say nobody reads, and why."""
    nav = _nav(root, "landmarks")
    found: dict[str, str] = {}
    for link in nav.iter("{*}a") if nav is not None else ():
        place = inner_path(file, link.get("href") or "")
        why = next((TYPES[name] for name in type_names(link) if name in TYPES), None)
        if place and why and not place[1]:
            found[place[0]] = why
    return found


def ncx_links(root: Element, file: str) -> list[Link]:
    """The points of an NCX."""
    return list(_points(root, file))


def _points(root: Element, file: str) -> Iterator[Link]:
    for point in root.iter("{*}navPoint"):
        content = next((each for each in point if tag_of(each) == "content"), None)
        label = next((each for each in point if tag_of(each) == "navlabel"), None)
        place = inner_path(file, content.get("src") or "") if content is not None else None
        title = _title(label) if label is not None else ""
        if place and title:
            depth = sum(tag_of(each) == "navpoint" for each in point.iterancestors())
            yield Link(title, depth, *place)


def _nav(root: Element, kind: str) -> Element | None:
    return next((nav for nav in root.iter("{*}nav") if kind in type_names(nav)), None)


def _title(element: Element) -> str:
    return words_of(element)[:MOST_LETTERS]
