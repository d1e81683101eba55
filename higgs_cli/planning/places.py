"""Places of a plan, as a person writes them, everywhere alike.

    14         a line of a text file
    #14        a chunk, as the plan numbers them
    3:14       the fourteenth paragraph of chapter 3; 3:0 is its heading
    credits    what is said before and after the book; credits:opening, credits:closing
    0:26:23    a time of the finished audio: it has two colons always

A range has two places of one kind: `20-22`, `#20-22`, `3:14-20`, `0:26:23-0:26:40`.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from math import ceil
from typing import Literal

from higgs_cli.errors import UsageError
from higgs_cli.planning.plan import Chunk, Plan
from higgs_cli.script.document import CREDITS

Kind = Literal["line", "chunk", "paragraph", "time", "credits"]
Position = tuple[int, ...]
"""A line, a chunk counted from 1, a chapter and its paragraph, tenths of a second; for credits, the
opening is 0 and the closing 1."""
Times = Mapping[int, tuple[float, float]]
"""From when to when a chunk sounds in the finished audio, in seconds, by its number; by a number
below 0 one that the plan does not have any more."""

EXAMPLES = "14, 20-22, #14, 3:14 or 0:26:23"
MOST_FIGURES = 18
"""A number with more is nowhere."""
SECOND, MINUTE, HOUR = 10, 600, 36_000
MIDDLE_OF_A_SECOND = 5
"""A time without tenths is one that a player showed while the second went by."""
OF_CREDITS = ("credits:opening", "credits:closing")
WRITTEN: Mapping[Kind, re.Pattern[str]] = {
    "line": re.compile(r"([0-9]+)"),
    "chunk": re.compile(r"#([0-9]+)"),
    "paragraph": re.compile(r"([0-9]{1,18}):([0-9]{1,18})"),
    "time": re.compile(r"([0-9]{1,18}):([0-9]{1,2}):([0-9]{1,2})(?:\.([0-9])[0-9]*)?"),
}


@dataclass(frozen=True)
class Span:
    """From one place to another of its kind, both of them in it."""

    kind: Kind
    first: Position
    last: Position


Spans = tuple[Span, ...]
"""In order, those of one kind apart from one another, however many were asked for."""


def spans_of(text: str, option: str) -> Spans:
    """`14,20-22,#7,3:14` as places."""
    spans: list[Span] = []
    for part in (part.strip() for part in text.split(",")):
        span = _span(part)
        if span is None:
            raise UsageError(f"{option} {text}: {part!r} is not a place", hint=EXAMPLES)
        if span.last < span.first:
            raise UsageError(f"{option} {text}: {part!r} runs backwards", hint="20-22")
        spans.append(span)
    return _apart(spans)


def chunks_at(plan: Plan, spans: Spans, option: str, times: Times | None = None) -> list[Chunk]:
    """The chunks that stand there. A place where nothing is spoken is an error; within a range
    lines may be blank. `times`: where it is known what sounds when."""
    found: set[int] = set()
    for kind in sorted({span.kind for span in spans}):
        asked = [span for span in spans if span.kind == kind]
        extents = _Extents(kind, _extents(plan, kind, asked[0], option, times))
        hit = {number for span in asked for number in extents.within(span)}
        silent = [span for span in asked if not extents.reach(span)]
        if silent:
            raise _nothing_there(plan, extents, silent[0], option)
        if any(number < 0 for number in hit):
            place = written(kind, asked[0].first)
            raise UsageError(
                f"{option} {place}: what is said there is not in {plan.script.path} any more",
                hint="name its line, chunk or paragraph, or render it first",
            )
        found |= hit
    return [chunk for chunk in plan.chunks if chunk.number in found]


def written(kind: Kind, position: Position) -> str:
    """A place as a person writes it."""
    if kind == "credits":
        return OF_CREDITS[position[0]]
    if kind == "time":
        tenths = position[0]
        minutes, seconds = tenths % HOUR // MINUTE, tenths % MINUTE // SECOND
        return f"{tenths // HOUR}:{minutes:02}:{seconds:02}.{tenths % SECOND}"
    return ("#" if kind == "chunk" else "") + ":".join(map(str, position))


def time_place(seconds: float) -> str:
    """`0:26:23.4`, not before it: where something begins."""
    return written("time", (ceil(seconds * SECOND),))


def chunk_place(number: int) -> str:
    """`#14`, by the number from 0."""
    return written("chunk", (number + 1,))


def where(plan: Plan, chunk: Chunk) -> str:
    """Where it stands in the script: its line, or its paragraph where there are no lines to see."""
    script = plan.script
    is_read_here = bool(script.chapters and any(chapter.turns for chapter in script.chapters))
    has_lines = is_read_here and not script.places.labels and not chunk.is_credits
    return f"line {chunk.line_number}" if has_lines or not chunk.place else chunk.place


def _span(part: str) -> Span | None:
    if part == CREDITS:
        return Span("credits", (0,), (1,))
    if part in OF_CREDITS:
        return Span("credits", (OF_CREDITS.index(part),), (OF_CREDITS.index(part),))
    first, dash, last = part.partition("-")
    for kind, pattern in WRITTEN.items():
        if (begin := pattern.fullmatch(first)) is None:
            continue
        start = _position(kind, begin)
        if not dash:
            return Span(kind, start, start)
        if kind in ("chunk", "paragraph") and (short := WRITTEN["line"].fullmatch(last)):
            return Span(kind, start, (*start[:-1], _number(short[1])))
        end = pattern.fullmatch(last)
        return Span(kind, start, _position(kind, end)) if end else None
    return None


def _position(kind: Kind, match: re.Match[str]) -> Position:
    numbers = [_number(each) for each in match.groups() if each is not None]
    if kind != "time":
        return tuple(numbers)
    hours, minutes, seconds, *tenths = numbers
    within = tenths[0] if tenths else MIDDLE_OF_A_SECOND
    return (hours * HOUR + minutes * MINUTE + seconds * SECOND + within,)


def _number(figures: str) -> int:
    return int(figures) if len(figures) <= MOST_FIGURES else 10**MOST_FIGURES


def _apart(spans: Iterable[Span]) -> Spans:
    """The same places, each once, in order."""
    done: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.kind, span.first)):
        if done and done[-1].kind == span.kind and span.first <= done[-1].last:
            before = done.pop()
            span = Span(span.kind, before.first, max(before.last, span.last))
        done.append(span)
    return tuple(done)


Extent = tuple[Position, Position, int]
"""From where to where a chunk reaches, and its number."""


@dataclass(frozen=True)
class _Extents:
    """Where chunks stand, in order of where they begin."""

    kind: Kind
    extents: list[Extent]

    @cached_property
    def begins(self) -> list[Position]:
        return [first for first, _, _ in self.extents]

    @cached_property
    def farthest(self) -> list[Position]:
        """How far those up to here reach, so that it never falls."""
        return list(accumulate((last for _, last, _ in self.extents), max))

    def within(self, span: Span) -> Iterable[int]:
        """The chunks that reach into it."""
        start = bisect_left(self.farthest, span.first)
        for _, last, number in self.extents[start : bisect_right(self.begins, span.last)]:
            if last >= span.first:
                yield number

    def reach(self, span: Span) -> bool:
        return any(True for _ in self.within(span))

    def nearest(self, position: Position) -> Position:
        def distance(extent: Extent) -> Position:
            return tuple(abs(a - b) for a, b in zip(extent[0], position, strict=True))

        return min(self.extents, key=distance)[0]


def _extents(plan: Plan, kind: Kind, asked: Span, option: str, times: Times | None) -> list[Extent]:
    place = f"{option} {written(kind, asked.first)}"
    found: list[Extent]
    if kind == "line":
        if plan.script.places.labels:
            other = "see higgs plan for its paragraphs (3:14) and chunks (#14)"
            raise UsageError(f"{place}: {plan.script.path} has no lines", hint=other)
        own = [c for c in plan.chunks if not c.is_credits]
        found = [((c.line_number,), (c.last_line_number,), c.number) for c in own]
    elif kind == "chunk":
        found = [((c.number + 1,), (c.number + 1,), c.number) for c in plan.chunks]
    elif kind == "credits":
        which = [(OF_CREDITS.index(c.place), c.number) for c in plan.chunks if c.is_credits]
        found = [((at,), (at,), number) for at, number in which]
        if not found:
            raise UsageError(f"{place}: {plan.script.path} is rendered without credits")
    elif kind == "paragraph":
        found = _paragraphs(plan)
        if not found:
            raise UsageError(f"{place}: of this manifest no paragraphs are known", hint="14 or #14")
    elif not times:
        raise UsageError(
            f"{place}: it is not known what sounds when",
            hint="a time is one of audio that was rendered; name a line, a chunk or a paragraph",
        )
    else:
        found = _moments(times)
    return sorted(found)


def _paragraphs(plan: Plan) -> list[Extent]:
    found: list[Extent] = []
    for chunk in plan.chunks:
        ends = [WRITTEN["paragraph"].fullmatch(each) for each in (chunk.place, chunk.last_place)]
        first, last = (_position("paragraph", each) if each else None for each in ends)
        if first and last:
            found.append((first, last, chunk.number))
    return found


def _moments(times: Times) -> list[Extent]:
    """A pause belongs half to what is said before it, half to what comes after."""
    found: list[Extent] = []
    order = sorted(times.items(), key=lambda item: item[1])
    begin = 0
    for index, (number, (_, end)) in enumerate(order):
        following = order[index + 1][1][0] if index + 1 < len(order) else end
        until = max(begin, ceil((end + following) / 2 * SECOND) - 1)
        found.append(((begin,), (until,), number))
        begin = until + 1
    return found


def _nothing_there(plan: Plan, extents: _Extents, span: Span, option: str) -> UsageError:
    kind, place = span.kind, written(span.kind, span.first)
    near = written(kind, extents.nearest(span.first))
    if kind == "line":
        message = f"{option}: nothing is spoken on line {place} of {plan.script.path}"
    else:
        message = f"{option}: nothing is spoken at {place} of {plan.script.path}"
    return UsageError(message, hint=f"the nearest {kind} that is spoken is {near}")
