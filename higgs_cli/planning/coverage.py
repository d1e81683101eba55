"""Proof of coverage: every word of the source is in the plan, in order, once.

Each chunk says which parts of the source its text stands for. Laid over the source, these parts and
the ones that are known not to be spoken must cover every letter and figure, none twice, in order.
Credits, which lie behind the source, are covered so too, and counted by themselves.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from higgs_cli.errors import HiggsError
from higgs_cli.planning.estimate import WIDE_CHARACTER
from higgs_cli.planning.plan import Coverage, Plan
from higgs_cli.script.source_text import Piece

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
WORD_START = re.compile(r"(?<![^\W_])(?<![^\W_]['’])[^\W_]")
"""Finds where the same words begin, from any place on."""
SPOKEN, UNSPOKEN = 1, 2
APOSTROPHE = re.compile(r"(?<=[^\W_])['’](?=[^\W_])")
BARE, LEFT = re.compile(rb"\x00+"), re.compile(rb"\x02+")
"""Parts of the cover that nothing, or only what is not spoken, lies on."""


class CoverageError(HiggsError):
    """A word of the source would be lost, repeated or moved: a fault of this program."""


def prove_coverage(plan: Plan) -> Coverage:
    """Count the words on both sides, or say which word is not where it belongs."""
    source = plan.script.source
    cover = bytearray(len(source))
    for part in plan.script.unspoken:
        cover[part.start : part.end] = bytes([UNSPOKEN]) * (part.end - part.start)
    own_length, positions = plan.script.own_length, {False: 0, True: 0}
    for chunk in plan.chunks:
        for piece in chunk.pieces:
            is_credits = piece.start > own_length
            if (
                is_credits != chunk.is_credits
                or piece.start < positions[is_credits]
                or not _lay(piece, cover)
            ):
                raise _fault(plan, piece.start, "would be spoken twice, or out of order")
            positions[is_credits] = piece.end
    return counted(plan, cover)


def _lay(piece: Piece, cover: bytearray) -> bool:
    """Mark what a piece speaks; false where something is there already."""
    under = cover[piece.start : piece.end]
    if not any(under):
        cover[piece.start : piece.end] = bytes([SPOKEN]) * len(under)
        return True
    if piece.is_written or SPOKEN in under:
        return False
    # A comment or a mark of emphasis may stand inside what is replaced as a whole.
    cover[piece.start : piece.end] = bytes(value or SPOKEN for value in under)
    return True


def counted(plan: Plan, cover: bytearray) -> Coverage:
    """The words under a cover of SPOKEN and UNSPOKEN: a part at a time, which is one at a time."""
    source = plan.script.source
    if _has_bare_word(source, cover):
        raise _bare_word(plan, cover)
    end, whole = plan.script.own_length, len(source)
    left, left_credits = (
        _count(_left_words(source, cover, *part)) for part in ((0, end), (end, whole))
    )
    spoken = _count(WORD.findall(source, 0, end)) - left
    credits = _count(WORD.findall(source, end, whole)) - left_credits
    kinds = Counter(part.kind for part in plan.script.unspoken if part.start <= end)
    return Coverage(spoken, left, dict(kinds), credits)


def _count(words: Iterable[str]) -> int:
    """In Chinese, each character is a word."""
    return sum(1 if word.isascii() else len(WIDE_CHARACTER.findall(word)) or 1 for word in words)


def _left_words(source: str, cover: bytearray, first: int, last: int) -> Iterator[str]:
    """Words of a part of the source no part of which is spoken."""
    for part in LEFT.finditer(cover, first, last):
        for start in WORD_START.finditer(source, *part.span()):
            word = WORD.match(source, start.start())
            assert word is not None
            if SPOKEN not in cover[word.start() : word.end()]:
                yield word[0]


def _has_bare_word(source: str, cover: bytearray) -> bool:
    """Does any letter or figure, or the apostrophe of a word, lie bare?"""
    for part in BARE.finditer(cover):
        first, last = part.span()
        if WORD.search(source, first, last) or APOSTROPHE.search(source, first, last + 1):
            return True
    return False


def _bare_word(plan: Plan, cover: bytearray) -> CoverageError:
    """The first of them; only a fault of this program pays for looking at each word."""
    for match in WORD.finditer(plan.script.source):
        if 0 in cover[match.start() : match.end()]:
            return _fault(plan, match.start(), f'"{match[0]}" would not be spoken')
    raise AssertionError("a word lies bare, and none is found")


def _fault(plan: Plan, position: int, what: str) -> CoverageError:
    spot = plan.script.spot(position, position + 1)
    return CoverageError(
        f"{spot.path}, {spot.name}: {what}",
        hint="this is a fault of higgs, not of the script; please report it together with the line",
    )
