"""Is a take spoken by its voice, as far as a speaker print can tell?

No likeness is right or wrong for all voices: how alike two takes of one speaker are, two others
may be too. So the norm is each voice's own: the middle of its first takes in the plan's order, and
how far they lie from it (on a logarithm). A print is the mean of what sounds from moment to moment:
of a line half as long it lies twice as far out, and so distances are those of a line of one second.
A take is somebody else's where it lies farther out than takes of this voice do, or nearer to the
recording of another voice of the cast than to its own. Pure functions of a chunk, the print of its
take, and the norm of its voice.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TypeAlias

from higgs_cli.listening.voice_print import VoicePrint
from higgs_cli.planning.plan import Chunk
from higgs_cli.takes.take import Finding, Verdict

VOICE_CHECK = "voice"
LEAST_SECONDS = 1.0
"""Prints of what is shorter say nothing."""
LEAST_TAKES = 8
"""With fewer of a voice, they say too little of what is usual."""
FAR_OUT = 4.0
"""In usual spreads: a first take beyond is no part of what is usual."""
DOUBT_ABOVE = 3.1
"""Of good takes one in a thousand, as normally distributed ones are."""
RETRY_ABOVE = 4.0
"""Of good takes one in thirty thousand."""
USUAL_DISTANCE = 0.2
"""Of a take of one second from the middle of its voice: of mini and of clean speech
(`bench.gates`)."""
USUAL_SPREAD = 0.28
"""Of its logarithm."""
USUAL_WEIGHT = 40
"""It counts for so many takes beside a voice's own: a spread of twenty alone says little."""
SPREAD_OF_MEDIAN = 1.4826
"""The median deviation of a normal distribution, in its standard deviations."""
VARIANCE_OF_MEDIAN = math.pi / 2
"""Of so many takes, times their number: how surely the median of a few is what is usual."""
CLEARLY_NEARER = 0.05
"""To the recording of another voice than to one's own voice, in likeness."""
LEAST_DISTANCE = 1e-6


@dataclass(frozen=True)
class VoiceNorm:
    """What is usual for one voice."""

    centre: VoicePrint | None
    """The middle of its takes; None where too few were heard."""
    reference: VoicePrint | None = None
    """Its recording, where it has one."""
    distance: float = USUAL_DISTANCE
    """How far a take of one second is from their middle."""
    spread: float = USUAL_SPREAD
    """Of the logarithm, and of how surely so few takes tell it."""

    def excess(self, voice_print: VoicePrint, seconds: float) -> float:
        """How many spreads a take of this length is farther out than usual; 0 where nothing is
        usual yet."""
        if self.centre is None:
            return 0.0
        usual = self.usual_distance(seconds)
        return math.log(_distance(voice_print, self.centre) / usual) / self.spread

    def usual_distance(self, seconds: float) -> float:
        return self.distance / max(LEAST_SECONDS, seconds)

    def likeness(self, voice_print: VoicePrint) -> float | None:
        """To the voice: its middle or its recording, whichever is nearer."""
        known = [each for each in (self.centre, self.reference) if each is not None]
        return max((each.likeness(voice_print) for each in known), default=None)


USUAL_VOICE = VoiceNorm(None)
"""Of a voice that says too little of itself, and has no recording."""


def is_told_by_print(chunk: Chunk) -> bool:
    """Whether the print of its takes says anything."""
    return chunk.seconds >= LEAST_SECONDS


def voice_norm(
    sample: Sequence[tuple[Chunk, VoicePrint]], reference: VoicePrint | None
) -> VoiceNorm:
    """Of one voice: its recording, where it has one, and the prints of its first takes."""
    kept = _alike([(each, chunk.seconds) for chunk, each in sample if is_told_by_print(chunk)])
    if len(kept) < LEAST_TAKES:
        return VoiceNorm(None, reference)
    distances = _distances_from_the_rest(kept)
    own, usual = len(kept) * _spread(distances) ** 2, USUAL_WEIGHT * USUAL_SPREAD**2
    spread = math.sqrt((own + usual) / (len(kept) + USUAL_WEIGHT))
    unsure = math.sqrt(1 + VARIANCE_OF_MEDIAN / len(kept))
    return VoiceNorm(_middle(kept), reference, median(distances), unsure * spread)


def voice_finding(
    chunk: Chunk,
    voice_print: VoicePrint,
    norm: VoiceNorm,
    others: Mapping[str, VoicePrint] | None = None,
) -> Finding | None:
    """What is to be said of a take's voice; None of a good one. `others`: the recordings of the
    other voices of this cast, by speaker."""
    own = norm.likeness(voice_print)
    if own is None or not is_told_by_print(chunk):
        return None
    return _as_another(chunk, voice_print, norm, others or {}) or _as_none(chunk, voice_print, norm)


def _as_another(
    chunk: Chunk, voice_print: VoicePrint, norm: VoiceNorm, others: Mapping[str, VoicePrint]
) -> Finding | None:
    """Nearer to another voice of the cast. Where all takes of a voice are, they are each other's
    middle: then its recording alone tells, and that only lists, as a poor likeness may do it too.
    """
    likenesses = ((other.likeness(voice_print), name) for name, other in others.items())
    likeness, name = max(likenesses, default=(-1.0, ""))
    own = norm.likeness(voice_print) or 0.0
    if likeness > own:
        is_far = norm.excess(voice_print, chunk.seconds) > DOUBT_ABOVE
        is_sure = is_far or likeness - own > CLEARLY_NEARER
        detail = f"sounds more like {name} ({likeness:.2f}) than like {chunk.speaker} ({own:.2f})"
        return _finding(is_sure, detail)
    recorded = norm.reference.likeness(voice_print) if norm.reference is not None else own
    if likeness - recorded > CLEARLY_NEARER:
        detail = f"sounds more like {name} ({likeness:.2f}) than the recording ({recorded:.2f})"
        return _finding(False, f"{detail} of {chunk.speaker}, as other takes do")
    return None


def _as_none(chunk: Chunk, voice_print: VoicePrint, norm: VoiceNorm) -> Finding | None:
    """Farther out than takes of this voice are."""
    if (excess := norm.excess(voice_print, chunk.seconds)) <= DOUBT_ABOVE:
        return None
    own, usual = norm.likeness(voice_print) or 0.0, 1 - norm.usual_distance(chunk.seconds)
    detail = f"sounds unlike {chunk.speaker} ({own:.2f} where {usual:.2f} is usual)"
    return _finding(excess > RETRY_ABOVE, detail)


def _finding(is_sure: bool, detail: str) -> Finding:
    return Finding(VOICE_CHECK, Verdict.FAIL if is_sure else Verdict.INCONCLUSIVE, detail)


_Sized: TypeAlias = tuple[VoicePrint, float]
"""A print, and how long its line is in seconds: so much it counts."""


def _alike(sample: Sequence[_Sized]) -> list[_Sized]:
    """Without those far from the others: a first take may be somebody else's as any other."""
    kept = list(sample)
    for _ in range(2):
        if len(kept) < LEAST_TAKES:
            break
        distances = _distances_from_the_rest(kept)
        farthest = median(distances) * math.exp(FAR_OUT * USUAL_SPREAD)
        kept = [each for each, far in zip(kept, distances, strict=True) if far <= farthest]
    return kept


def _distances_from_the_rest(prints: Sequence[_Sized]) -> list[float]:
    """Of each from the middle of all others, as of one second: nobody is near for being counted
    itself."""
    total = _sums(prints)
    rests = (
        [whole - seconds * own for whole, own in zip(total, each.values, strict=True)]
        for each, seconds in prints
    )
    return [
        seconds * _distance(each, _of_length_one(rest))
        for (each, seconds), rest in zip(prints, rests, strict=True)
    ]


def _distance(one: VoicePrint, other: VoicePrint) -> float:
    return max(LEAST_DISTANCE, 1.0 - one.likeness(other))


def _middle(prints: Sequence[_Sized]) -> VoicePrint:
    return _of_length_one(_sums(prints))


def _sums(prints: Sequence[_Sized]) -> list[float]:
    weighted = ([seconds * value for value in each.values] for each, seconds in prints)
    return [sum(values) for values in zip(*weighted, strict=True)]


def _of_length_one(values: Sequence[float]) -> VoicePrint:
    length = math.sqrt(sum(value * value for value in values)) or 1.0
    return VoicePrint(tuple(value / length for value in values))


def _spread(distances: Sequence[float]) -> float:
    """A standard deviation of the logarithm that a few wild values do not move."""
    logs = [math.log(each) for each in distances]
    middle = median(logs)
    return SPREAD_OF_MEDIAN * median(abs(each - middle) for each in logs)
