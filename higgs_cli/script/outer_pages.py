"""What stands on the first and the last pages and nobody reads: rights, printers, other books."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from higgs_cli.script.manuscript import Block
from higgs_cli.script.titles import is_number_alone, title_level

NOTICE = re.compile(
    r"[ \t_*]*(?:©|\(c\)|copyright\b[ ,:]*(?:©|\(c\)|\d{4}|by\b|renewed|in\b)|all rights reserved"
    r"|(?:e-?)?isbn\b|library of congress|no part of this (?:book|publication|work)"
    r"|(?:first |re)?published(?: by| in| at|,|:? +\d{4})"
    r"|(?:first|second|third) (?:edition|printing)"
    r"|printed (?:and bound )?(?:in|by|at)\b"
    r"|the (?:moral )?rights? of\b|this is a work of fiction)",
    re.IGNORECASE,
)
"""How a notice of rights begins, or one of its lines."""
MATTER = re.compile(
    r"©|\(c\)|copyright|\brights?\b|\bisbn\b|publi(?:sh|c)|\bprint|\beditions?\b|permission|reproduc"
    r"|library|congress|catalog|\bpress\b|\bltd\b|\binc\b|\bcompany\b|\bauthor|fiction|coinciden"
    r"|trade ?mark|\bbound\b|typeset|\bcover\b|www\.|^\W*[\d\W]+$",
    re.IGNORECASE,
)
"""What each sentence of such a notice speaks of."""
SENTENCE = re.compile(r"(?<=[.!?;])\s+")
RUNNING = re.compile(r"[.!?…][\"'”’)\]_*]*\s*$")
LEAST_RUNNING_WORDS = 8
LEAST_SENTENCE_WORDS = 4
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
LONG_NOTICE = 400


def rights(
    blocks: Sequence[Block], texts: Sequence[str], first: int, last: int
) -> Iterator[tuple[int, int, str]]:
    """Notices of rights before the text begins, and who printed it behind its end."""
    for index in (*_front(blocks, texts, first, last), *_back(blocks, texts, first, last)):
        if _is_read(blocks[index]) and is_notice(texts[index]):
            yield index, index + 1, "copyright"


def is_notice(text: str) -> bool:
    """Does a block speak of rights and printers, and of nothing else?"""
    lines = [line for line in text.split("\n") if line.strip()]
    if len(text) >= LONG_RIGHTS or not lines:
        return False
    is_list = all(len(line) < SHORT for line in lines) and len(text) < LONG_NOTICE
    begins = NOTICE.match(text) is not None
    if not begins and not (is_list and len(lines) > 1 and any(map(NOTICE.match, lines))):
        return False
    sentences = [part for part in SENTENCE.split(text) if part]
    return all(
        MATTER.search(part) or len(part.split()) < LEAST_SENTENCE_WORDS for part in sentences
    )


def _front(blocks: Sequence[Block], texts: Sequence[str], first: int, last: int) -> range:
    """What stands before the first chapter, or else before two paragraphs of running text."""
    pages = range(first, min(first + FRONT_BLOCKS, last))
    for index in pages:
        title = texts[index].strip(" _*\n")
        is_title = title_level(title) is not None or is_number_alone(title)
        if blocks[index].kind == "heading" and is_title and blocks[index].left_out is None:
            return range(first, index)
    in_a_row = 0
    for index in pages:
        in_a_row = in_a_row + 1 if _is_running(blocks[index], texts[index]) else 0
        if in_a_row > 1 or (in_a_row and len(texts[index]) > LONG_NOTICE):
            return range(first, index + 1 - in_a_row)
    return pages


def _back(blocks: Sequence[Block], texts: Sequence[str], first: int, last: int) -> range:
    """What stands behind the last paragraph of running text."""
    begin = last
    while begin > max(first, last - BACK_BLOCKS):
        if _is_running(blocks[begin - 1], texts[begin - 1]):
            return range(begin, last)
        begin -= 1
    return range(last, last)


def _is_read(block: Block) -> bool:
    return block.left_out is None and block.kind not in ("heading", "break")


def _is_running(block: Block, text: str) -> bool:
    """A paragraph of sentences that are read, and no notice?"""
    is_long = len(text.split()) >= LEAST_RUNNING_WORDS and RUNNING.search(text) is not None
    return is_long and _is_read(block) and not is_notice(text)


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
