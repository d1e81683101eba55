"""What of a source nobody reads, in figures: kind, parts, words, minutes, and where it begins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from higgs_cli.planning.estimate import measure
from higgs_cli.script.document import Script
from higgs_cli.script.manuscript import LEFT_OUT


@dataclass(frozen=True)
class LeftOut:
    """All parts that are left out for one reason."""

    kind: str
    parts: int
    words: int
    seconds: float
    """How long they would be, spoken."""
    place: str
    """Where the first one stands."""

    def document(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "parts": self.parts,
            "words": self.words,
            "seconds": round(self.seconds, 2),
            "first_place": self.place,
        }


def left_out_parts(script: Script) -> tuple[LeftOut, ...]:
    """By reason, the longest first."""
    by_kind: dict[str, list[tuple[int, int]]] = {}
    for part in script.unspoken:
        if part.kind not in LEFT_OUT:
            continue
        spans = by_kind.setdefault(part.kind, [])
        if spans and not script.source[spans[-1][1] : part.start].strip():
            spans[-1] = (spans[-1][0], part.end)
        else:
            spans.append((part.start, part.end))
    found = [_counted(script, kind, spans) for kind, spans in by_kind.items()]
    return tuple(sorted(found, key=lambda part: -part.seconds))


def _counted(script: Script, kind: str, spans: list[tuple[int, int]]) -> LeftOut:
    amounts = [measure(script.source[start:end]) for start, end in spans]
    return LeftOut(
        kind,
        len(spans),
        sum(amount.word_count for amount in amounts),
        sum(amount.seconds for amount in amounts),
        script.spot(spans[0][0]).name,
    )
