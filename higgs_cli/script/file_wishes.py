"""What a book wants of its files: a sample for shops, and how quiet they begin and end.

sample: true                              the first words of the first chapter
sample: {chapter: 3, seconds: 180}        or {place: "3:14", seconds: 180}
room tone: {head: 0.75, tail: 3, level: -70}
"""

from __future__ import annotations

from dataclasses import dataclass, field

from higgs_cli.files.strict_yaml import Node

LONGEST_SAMPLE_SECONDS = 300.0
SHORTEST_SAMPLE_SECONDS = 10.0
MOST_CHAPTERS = 1_000_000
LONGEST_ROOM_SECONDS = 10.0
QUIETEST_DB, LOUDEST_DB = -90.0, -60.0


@dataclass(frozen=True)
class SampleWish:
    """Where a sample begins, and how long it may be."""

    chapter: int | None = None
    """From 1, as a person counts; None where a place is named, or nothing is."""
    place: str | None = None
    seconds: float = LONGEST_SAMPLE_SECONDS
    node: Node | None = field(default=None, compare=False, repr=False)
    """Where it is written, for errors."""
    is_wanted: bool = True


@dataclass(frozen=True)
class RoomWish:
    """What takes the place of a delivery's; None where the delivery decides."""

    head: float | None = None
    tail: float | None = None
    level: float | None = None


def sample_in(node: Node) -> SampleWish:
    """`true`, `false`, or a table."""
    if isinstance(node.value, bool):
        return SampleWish(node=node, is_wanted=node.value)
    parts = node.known_entries("sample", ("chapter", "place", "seconds"))
    if "chapter" in parts and "place" in parts:
        raise node.refusal("sample: a chapter and a place are two beginnings", "name one of them")
    low, high = SHORTEST_SAMPLE_SECONDS, LONGEST_SAMPLE_SECONDS
    chapter = parts["chapter"].number("chapter", 1, MOST_CHAPTERS) if "chapter" in parts else None
    if chapter is not None and chapter != int(chapter):
        raise parts["chapter"].refusal("chapter must be a whole number")
    return SampleWish(
        None if chapter is None else int(chapter),
        parts["place"].text("place") if "place" in parts else None,
        parts["seconds"].number("seconds", low, high) if "seconds" in parts else high,
        node,
    )


def room_in(node: Node) -> RoomWish:
    parts = node.known_entries("room tone", ("head", "tail", "level"))
    return RoomWish(
        _number(parts, "head", 0.0, LONGEST_ROOM_SECONDS),
        _number(parts, "tail", 0.0, LONGEST_ROOM_SECONDS),
        _number(parts, "level", QUIETEST_DB, LOUDEST_DB),
    )


def _number(parts: dict[str, Node], name: str, low: float, high: float) -> float | None:
    return parts[name].number(name, low, high) if name in parts else None
