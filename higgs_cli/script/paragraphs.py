"""Lines of one paragraph become one text; in Chinese and Japanese, without a space between them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from higgs_cli.script.source_text import Piece, SourceText

WIDE = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]")
"""Characters of scripts that put no space between words (Korean does)."""


def as_paragraph(lines: Sequence[SourceText]) -> SourceText:
    """The lines one after another."""
    pieces: list[Piece] = []
    for line in lines:
        stripped = line.stripped()
        if not stripped:
            continue
        if pieces:
            before = pieces[-1]
            is_tight = WIDE.match(before.text[-1]) and WIDE.match(stripped.text[0])
            pieces.append(Piece("" if is_tight else " ", before.end, before.end, "space"))
        pieces.extend(stripped.pieces)
    return SourceText(tuple(pieces))
