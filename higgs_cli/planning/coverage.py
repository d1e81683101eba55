"""Proof of coverage: every word of the source is in the plan, in order, once.

Each chunk says which parts of the source its text stands for. Laid over the source, these parts and
the ones that are known not to be spoken must cover every letter and figure, none twice, in order.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from higgs_cli.errors import HiggsError
from higgs_cli.planning.estimate import WIDE_CHARACTER
from higgs_cli.planning.plan import Plan
from higgs_cli.script.source_text import Piece

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
SPOKEN, UNSPOKEN = 1, 2


@dataclass(frozen=True)
class Coverage:
    """Where the words of the source are."""

    spoken_words: int
    left_words: int
    """Words in tags, comments, links and the like, which nobody reads out."""
    left_parts: Mapping[str, int]
    """How many parts are not read out, by kind."""


class CoverageError(HiggsError):
    """A word of the source would be lost, repeated or moved: a fault of this program."""


def prove_coverage(plan: Plan) -> Coverage:
    """Count the words on both sides, or say which word is not where it belongs."""
    source = plan.script.source
    cover = bytearray(len(source))
    for part in plan.script.unspoken:
        cover[part.start : part.end] = bytes([UNSPOKEN]) * (part.end - part.start)
    position = 0
    for chunk in plan.chunks:
        for piece in chunk.pieces:
            if piece.start < position or not _lay(piece, cover):
                raise _fault(plan, piece.start, "would be spoken twice, or out of order")
            position = piece.end
    return _counted(plan, cover)


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


def _counted(plan: Plan, cover: bytearray) -> Coverage:
    spoken = left = 0
    for match in WORD.finditer(plan.script.source):
        covered = cover[match.start() : match.end()]
        if 0 in covered:
            raise _fault(plan, match.start(), f'"{match[0]}" would not be spoken')
        count = len(WIDE_CHARACTER.findall(match[0])) or 1
        if SPOKEN in covered:
            spoken += count
        else:
            left += count
    kinds = Counter(part.kind for part in plan.script.unspoken)
    return Coverage(spoken, left, dict(kinds))


def _fault(plan: Plan, position: int, what: str) -> CoverageError:
    spot = plan.script.spot(position, position + 1)
    return CoverageError(
        f"{spot.path}, {spot.name}: {what}",
        hint="this is a fault of higgs, not of the script; please report it together with the line",
    )
