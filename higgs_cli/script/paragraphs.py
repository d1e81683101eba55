"""Lines of one paragraph become one text; in Chinese and Japanese, without a space between them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from higgs_cli.script.source_text import SourceText, joined

WIDE = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]")
"""Characters of scripts that put no space between words (Korean does)."""


def as_paragraph(lines: Sequence[SourceText]) -> SourceText:
    """The lines one after another."""
    text = SourceText()
    for line in lines:
        stripped = line.stripped()
        if not stripped:
            continue
        tight = text and WIDE.match(text.text[-1]) and WIDE.match(stripped.text[0])
        text = joined([text, stripped], "" if tight else " ")
    return text
