"""A retail sample: where it begins, and the pause at which it ends.

    chapter  |pause| chunk 4 |pause| chunk 5 |pause| chunk 6 …
    sample      |‥‥‥‥‥‥‥‥‥‥‥‥‥‥‥‥‥‥‥‥‥‥‥‥‥‥‥‥‥‥|          the last pause within its length

It is faded over the pauses around it, and never leaves its chapter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from higgs_cli.audio.clip import level_envelope
from higgs_cli.audio.sound import Sound, WholeSound
from higgs_cli.errors import UsageError
from higgs_cli.output.about import AboutBook, book_labels
from higgs_cli.output.formats.labels import Labels
from higgs_cli.planning.places import chunks_at, spans_of
from higgs_cli.planning.plan import Chunk, Plan
from higgs_cli.script.file_wishes import SampleWish

LEAD_SECONDS, TAIL_SECONDS = 0.25, 0.75
"""Of the pauses around it: over these it is faded, so that no word is."""
CUT_SECONDS = 0.1
"""The fade where a single chunk is longer than the sample may be."""
WINDOW_SECONDS, WINDOWS = 0.01, 20
"""How the quietest place is looked for."""


@dataclass(frozen=True)
class _Extent:
    """In samples."""

    start: int
    end: int
    fade_in: int
    fade_out: int


def first_chunk(plan: Plan, wish: SampleWish) -> Chunk:
    """Where it begins; a place where nothing is spoken is an error that points at the wish."""
    try:
        if wish.place is not None:
            return chunks_at(plan, spans_of(wish.place, "sample"), "sample")[0]
        if wish.chapter is not None:
            return _first_of(plan, wish.chapter)
    except UsageError as error:
        if wish.node is None:
            raise
        raise wish.node.refusal(error.message, error.hint) from None
    own = (chunk for chunk in plan.chunks if not chunk.is_credits)
    if (first := next(own, None)) is None:
        raise UsageError("sample: nothing but credits is spoken", hint="--no-sample")
    return first


def sample_of(
    sound: WholeSound, plan: Plan, wish: SampleWish, times: Mapping[int, tuple[float, float]]
) -> Sound:
    """Cut from the sound of the book, or of its chapter; `times` are those of the chunks in it."""
    first = first_chunk(plan, wish)
    there = [chunk for chunk in plan.chunks if chunk.number in times]
    extent = _extent(sound, there, there.index(first), wish.seconds, times)
    return sound.part(extent.start, extent.end, extent.fade_in, extent.fade_out)


def sample_labels(about: AboutBook) -> Labels:
    return replace(book_labels(about, ()), title=f"{about.title} (sample)")


def _first_of(plan: Plan, number: int) -> Chunk:
    found = plan.chunks_by_chapter.get(number - 1, ())
    if not found or found[0].is_credits:
        hint = "see plan for the chapters, or --no-sample"
        raise UsageError(f"sample: nothing is spoken in chapter {number}", hint=hint)
    return found[0]


def _extent(
    sound: WholeSound,
    chunks: Sequence[Chunk],
    first: int,
    seconds: float,
    times: Mapping[int, tuple[float, float]],
) -> _Extent:
    rate = sound.sample_rate
    begin = times[chunks[first].number][0]
    before = times[chunks[first - 1].number][1] if first else 0.0
    lead = min(LEAD_SECONDS, begin - before)
    start = round((begin - lead) * rate)
    longest = start + round(seconds * rate)
    end = fade = 0
    for at in range(first, len(chunks)):
        if chunks[at].chapter != chunks[first].chapter:
            break
        spoken = times[chunks[at].number][1]
        has_next = at + 1 < len(chunks)
        following = times[chunks[at + 1].number][0] if has_next else sound.sample_count / rate
        tail = min(TAIL_SECONDS, following - spoken)
        until = round((spoken + tail) * rate)
        if until > longest:
            break
        if tail > 0 or not has_next:
            end, fade = until, round(tail * rate)
    if not end:
        end, fade = _quietest(sound, start, longest), round(CUT_SECONDS * rate)
    return _Extent(start, end, round(lead * rate), fade)


def _quietest(sound: WholeSound, start: int, end: int) -> int:
    """The middle of the quietest stretch of the second half."""
    window = round(WINDOW_SECONDS * sound.sample_rate)
    middle = (start + end) // 2
    blocks = sound.part(middle, end).blocks(lambda samples: level_envelope(samples, window))
    levels = np.concatenate([block.content for block in blocks])
    sums = np.convolve(levels, np.ones(WINDOWS), "valid")
    return middle + (int(sums.argmin()) + WINDOWS // 2) * window
