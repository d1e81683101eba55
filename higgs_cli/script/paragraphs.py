"""Lines of one paragraph become one text; in Chinese and Japanese, without a space between them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from higgs_cli.script.hyphens import Hyphens
from higgs_cli.script.source_text import Piece, SourceText

WIDE = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]")
"""Characters of scripts that put no space between words (Korean does)."""
PAUSED = re.compile(r"[.!?,;:…。！？；，、：—–-][\"'”’»」』）)*_]*$")
"""A line that ends in a pause of its own."""


def as_paragraph(lines: Sequence[SourceText], hyphens: Hyphens | None = None) -> SourceText:
    """The lines one after another; with `hyphens`, words parted at their ends are whole again."""
    pieces: list[Piece] = []
    for line in lines:
        stripped = line.stripped()
        if not stripped:
            continue
        if pieces:
            before = pieces[-1]
            is_wrapped = hyphens.is_wrapped(before.text, stripped.text) if hyphens else None
            if is_wrapped and before.is_written:
                pieces[-1] = before.cut(0, len(before.text) - 1)
            is_wide = WIDE.match(before.text[-1:]) and WIDE.match(stripped.text[0])
            is_tight = is_wide or is_wrapped is not None
            end = pieces[-1].end
            last = before.end if is_wrapped else end
            pieces.append(Piece("" if is_tight else " ", end, last, "space"))
        pieces.extend(stripped.pieces)
    return SourceText(tuple(pieces))


def as_lines(lines: Sequence[SourceText]) -> SourceText:
    """Lines of a verse or cells of a row, each followed by a pause that is no end of a sentence."""
    pieces: list[Piece] = []
    for line in lines:
        stripped = line.stripped()
        if not stripped:
            continue
        if pieces:
            before = pieces[-1]
            pause = " " if PAUSED.search(before.text) else ", "
            pieces.append(Piece(pause, before.end, before.end, "punctuation"))
        pieces.extend(stripped.pieces)
    return SourceText(tuple(pieces))
