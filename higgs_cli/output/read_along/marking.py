"""Identities put into a page of a publisher's, which stays as it is otherwise.

    <p>He was <em>very</em> tired. Then …      the words of a sentence, wherever they stand
    <p><span id="hg1-7">He was <em>very</em> tired.</span> <span …

Where a sentence begins and ends on one level it is one span; else each stretch of it is one.
Sentences are marked from the last to the first, so that places before them stay what they were.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from higgs_cli.script.extraction import Trace

XHTML = "http://www.w3.org/1999/xhtml"
BODY = f"{{{XHTML}}}body"
WITHIN_WORDS = ("span", "em", "i", "b", "strong", "a", "small", "cite", "q", "sub", "sup", "u", "s",
                "abbr", "dfn", "mark", "code", "bdi", "bdo", "br", "img", "var", "kbd")  # fmt: skip
"""Elements that may stand in a span."""


@dataclass(frozen=True)
class Stretch:
    """A part of one text node that belongs to a sentence."""

    trace: Trace
    start: int
    """In the source."""
    end: int


@dataclass(frozen=True)
class _Edge:
    """A place in the content of an element: in a text, or before or behind a child."""

    holder: Any
    child: Any
    """The child behind which the text stands; None for the text before the first child."""
    offset: int
    """In that text."""


def marked(identity: str, stretches: Sequence[Stretch]) -> list[tuple[str, int]]:
    """Put a sentence's identity into the page: each that it took, and where in the source that
    begins."""
    if len(stretches) > 1 and _wrapped_whole(identity, stretches):
        return [(identity, stretches[0].start)]
    names = [identity if not at else f"{identity}-{at}" for at in range(len(stretches))]
    for name, stretch in reversed(list(zip(names, stretches, strict=True))):
        begin, end = _edges(stretch)
        _wrap(name, begin, end)
    return [(name, stretch.start) for name, stretch in zip(names, stretches, strict=True)]


def _edges(stretch: Stretch) -> tuple[_Edge, _Edge]:
    trace = stretch.trace
    first, last = trace.offset(stretch.start), trace.offset_behind(stretch.end)
    element: Any = trace.element
    holder, child = (element.getparent(), element) if trace.is_tail else (element, None)
    return _Edge(holder, child, first), _Edge(holder, child, last)


def _wrapped_whole(identity: str, stretches: Sequence[Stretch]) -> bool:
    """One span around all of it, if its ends can be brought to one level."""
    begin, end = _edges(stretches[0])[0], _edges(stretches[-1])[1]
    above = set(_above(begin.holder))
    common = next((each for each in _above(end.holder) if each in above), None)
    lifted_begin, lifted_end = _lifted(begin, common, True), _lifted(end, common, False)
    if lifted_begin is None or lifted_end is None:
        return False
    between = _children_between(lifted_begin, lifted_end)
    if not all(_may_stand_in_a_span(each) for each in between):
        return False
    _wrap(identity, lifted_begin, lifted_end)
    return True


def _above(element: Any) -> list[Any]:
    return [element, *element.iterancestors()]


def _lifted(edge: _Edge, common: Any, is_begin: bool) -> _Edge | None:
    """The same place on the level of `common`, where nothing but blanks lies between."""
    while edge.holder is not common:
        if edge.holder.getparent() is None or not _is_at_edge(edge, is_begin):
            return None
        holder = edge.holder
        if is_begin:
            before = holder.getprevious()
            parent = holder.getparent()
            text = (parent.text if before is None else before.tail) or ""
            edge = _Edge(parent, before, len(text))
        else:
            edge = _Edge(holder.getparent(), holder, 0)
    return edge


def _is_at_edge(edge: _Edge, is_begin: bool) -> bool:
    """Is there nothing in the holder before, or behind, the place?"""
    text = (edge.holder.text if edge.child is None else edge.child.tail) or ""
    if is_begin:
        return edge.child is None and not text[: edge.offset].strip()
    is_last = len(edge.holder) == 0 if edge.child is None else edge.child.getnext() is None
    return is_last and not text[edge.offset :].strip()


def _children_between(begin: _Edge, end: _Edge) -> list[Any]:
    """The children that lie wholly between two places of one holder."""
    children = list(begin.holder)
    first = 0 if begin.child is None else children.index(begin.child) + 1
    last = 0 if end.child is None else children.index(end.child) + 1
    return children[first:last]


def _may_stand_in_a_span(element: Any) -> bool:
    names = [each.tag.rpartition("}")[2] for each in element.iter() if isinstance(each.tag, str)]
    return all(name in WITHIN_WORDS for name in names)


def _wrap(identity: str, begin: _Edge, end: _Edge) -> None:
    """A span from one place to another of the same holder."""
    holder, inside = begin.holder, _children_between(begin, end)
    span = holder.makeelement(f"{{{XHTML}}}span", {"id": identity})
    text = (holder.text if begin.child is None else begin.child.tail) or ""
    if inside:
        last = inside[-1].tail or ""
        span.text, behind = text[begin.offset :], last[end.offset :]
        inside[-1].tail = last[: end.offset]
    else:
        span.text, behind = text[begin.offset : end.offset], text[end.offset :]
    before = text[: begin.offset]
    if begin.child is None:
        holder.text = before
        holder.insert(0, span)
    else:
        begin.child.tail = before
        holder.insert(holder.index(begin.child) + 1, span)
    for child in inside:
        span.append(child)
    span.tail = behind
