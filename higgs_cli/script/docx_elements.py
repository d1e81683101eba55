"""Elements of a Word document: their namespace, the values that they hold, places in lists."""

from __future__ import annotations

from higgs_cli.script.xml_tree import Element

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def value_of(element: Element | None, path: str) -> str | None:
    """What the first element at a path such as `pPr/outlineLvl` has for its value."""
    names = "/".join(W + name for name in path.split("/"))
    found = element.find(names) if element is not None else None
    return found.get(f"{W}val") if found is not None else None


def list_place(identity: str | None, depth: str | None) -> tuple[str, int] | None:
    """The list that a paragraph belongs to, and how deep it stands in it."""
    if not identity or identity == "0":
        return None
    depth = depth or "0"
    return identity, int(depth) if depth.isdecimal() and len(depth) < 3 else 0
