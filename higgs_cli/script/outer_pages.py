"""What stands on the first and the last pages and nobody reads: rights, printers, other books."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from higgs_cli.script.manuscript import Block

RIGHTS = re.compile(
    r"©|\(c\) ?(?:19|20)\d\d|all rights reserved|\bISBN\b|library of congress|^[ \t]*_?copyright,? "
    r"(?:©|\(c\)|\d{4}|by)|no part of this (?:book|publication)|first published (?:in|by)"
    r"|^[ \t]*printed (?:in|by)\b|published by the penguin",
    re.IGNORECASE | re.MULTILINE,
)
OTHER_BOOKS = re.compile(
    r"(?:(?:also|other|books?|works?|novels|plays|stories|titles|written) ){0,3}by the same author"
    r"|(?:also|other (?:books|works|novels|plays|titles)) by .{1,60}[^.!?]"
    r"|the (?:books|works|novels|plays) of .{1,60}[^.!?]",
    re.IGNORECASE,
)
"""What heads a list of what else can be bought."""
PRICE = re.compile(
    r"\b(?:cloth|paper cover|crown 8vo|demy 8vo|4to|large paper|hand-made paper|boards|post free)\b"
    r"[^.]{0,120}?(?:\d+s\b|\d+d\b|\$\d|\bnet\b)",
    re.IGNORECASE,
)
SHORT = 80
LONG_RIGHTS = 1500
FRONT_BLOCKS = 60
BACK_BLOCKS = 40
LONG_IMPRINT = 200
LONG_NOTICE = 400


def rights(
    blocks: Sequence[Block], texts: Sequence[str], first: int, last: int
) -> Iterator[tuple[int, int, str]]:
    """Notices of rights among the first pages, and who printed it among the last."""
    front = range(first, min(first + FRONT_BLOCKS, last))
    back = [index for index in range(max(first, last - BACK_BLOCKS), last) if index not in front]
    for index in (*front, *back):
        text = texts[index]
        if index in back and len(text) > LONG_IMPRINT:
            continue
        if len(text) < LONG_RIGHTS and blocks[index].kind != "heading" and RIGHTS.search(text):
            yield index, index + 1, "copyright"


def advertisements(
    blocks: Sequence[Block], texts: Sequence[str], first: int, last: int
) -> Iterator[tuple[int, int, str]]:
    """Lists of other books among the first pages, and whatever has a price and a binding there."""
    for index in range(first, min(first + FRONT_BLOCKS, last)):
        if len(texts[index]) > LONG_NOTICE and blocks[index].left_out is None:
            return  # the book has begun
        if blocks[index].left_out or blocks[index].kind == "heading":
            continue
        if PRICE.search(texts[index]):
            yield index, index + 1, "advertisement"
        elif OTHER_BOOKS.fullmatch(texts[index].strip(" _*:\n")):
            end = _list_end(blocks, texts, index + 1, last)
            if end > index + 1:
                yield index, end, "advertisement"


def _list_end(blocks: Sequence[Block], texts: Sequence[str], index: int, last: int) -> int:
    """Behind the prices and the titles of a list: short lines that end no sentence."""
    while index < last and blocks[index].kind not in ("heading", "break"):
        lines = [line.strip() for line in texts[index].split("\n") if line.strip()]
        is_list = all(len(line) < SHORT and line[-1] not in ".!?,;:" for line in lines)
        if not (is_list and len(lines) > 1) and not PRICE.search(texts[index]):
            break
        index += 1
    return index
