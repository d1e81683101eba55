"""The numbers that Word counts and never writes: `1.`, `b)`, `Chapter 3`."""

from __future__ import annotations

import re

from higgs_cli.script.docx_elements import W, value_of
from higgs_cli.script.romans import roman
from higgs_cli.script.xml_tree import Element

PLACE = re.compile(r"%([1-9])")
DEPTHS = 9
MOST = 3999


class Numbers:
    """Counts the paragraphs of each list."""

    def __init__(self, root: Element | None) -> None:
        self._levels: dict[str, dict[int, tuple[str, str, int]]] = {}
        self._list_of: dict[str, str] = {}
        self._counts: dict[str, list[int]] = {}
        if root is not None:
            self._read(root)

    def _read(self, root: Element) -> None:
        for kind in root.iter(f"{W}abstractNum"):
            levels: dict[int, tuple[str, str, int]] = {}
            for level in kind.iter(f"{W}lvl"):
                depth = _whole(level.get(f"{W}ilvl"), 0)
                style = value_of(level, "numFmt") or "decimal"
                text = value_of(level, "lvlText") or ""
                levels[depth] = (style, text[:60], _whole(value_of(level, "start"), 1))
            self._levels[kind.get(f"{W}abstractNumId") or ""] = levels
        for number in root.iter(f"{W}num"):
            identity = number.get(f"{W}numId") or ""
            self._list_of[identity] = value_of(number, "abstractNumId") or ""

    def next(self, place: tuple[str, int] | None) -> str:
        """The number of the next paragraph of a list, as it is shown; empty for a bullet."""
        if place is None or place[1] >= DEPTHS:
            return ""
        kind, depth = self._list_of.get(place[0], ""), place[1]
        levels = self._levels.get(kind, {})
        if depth not in levels:
            return ""
        counts = self._counts.setdefault(kind, [0] * DEPTHS)
        counts[depth] = counts[depth] + 1 if counts[depth] else levels[depth][2]
        counts[depth + 1 :] = [0] * (DEPTHS - depth - 1)
        style, text, _ = levels[depth]
        if style in ("bullet", "none"):
            return ""

        def shown(match: re.Match[str]) -> str:
            level = int(match[1]) - 1
            return _shown(max(1, counts[level]), levels.get(level, ("decimal", "", 1))[0])

        return PLACE.sub(shown, text).strip()


def _shown(number: int, style: str) -> str:
    if number > MOST or style not in ("lowerLetter", "upperLetter", "lowerRoman", "upperRoman"):
        return str(number)
    if style.endswith("Letter"):
        written = chr(65 + (number - 1) % 26) * ((number - 1) // 26 + 1)
    else:
        written = roman(number)
    return written.lower() if style.startswith("lower") else written


def _whole(written: str | None, otherwise: int) -> int:
    is_whole = written is not None and written.isdecimal() and len(written) < 6
    return int(written) if written is not None and is_whole else otherwise
