"""Is a take spoken by its voice, as far as a speaker print can tell?

No likeness is right or wrong for all voices: how alike two takes of one speaker are, two others
may be too. So the norm is each voice's own: the middle of its first takes in the plan's order, and
how far they lie from it (on a logarithm). A take is somebody else's where it lies farther out than
takes of this voice do, or nearer to the recording of another voice of the cast than to its own.
Pure functions of a chunk, the print of its take, and the norm of its voice.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from higgs_cli.listening.voice_print import VoicePrint
from higgs_cli.planning.plan import Chunk
from higgs_cli.takes.take import Finding, Verdict

VOICE_CHECK = "voice"
LEAST_SECONDS = 3.0
"""Prints of what is shorter are too unlike to be held against what is usual."""
LEAST_COMPARED_SECONDS = 1.0
"""They are still nearer to their own voice than to another."""
LEAST_TAKES = 8
"""With fewer of a voice, they say too little of what is usual."""
FAR_OUT = 4.0
"""In usual spreads: a first take beyond is no part of what is usual."""
RETRY_ABOVE = 4.5
DOUBT_ABOVE = 3.5
USUAL_DISTANCE = 0.036
"""Of a take from the middle of its voice: of mini and of clean speech (`bench.gates`)."""
USUAL_SPREAD = 0.28
"""Of its logarithm."""
USUAL_WEIGHT = 40
"""It counts for so many takes beside a voice's own: a spread of twenty alone says little."""
SPREAD_OF_MEDIAN = 1.4826
"""The median deviation of a normal distribution, in its standard deviations."""
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
    """How far its takes are from their middle."""
    spread: float = USUAL_SPREAD

    def excess(self, voice_print: VoicePrint) -> float:
        """How many spreads a take is farther out than usual; 0 where nothing is usual yet."""
        if self.centre is None:
            return 0.0
        return math.log(_distance(voice_print, self.centre) / self.distance) / self.spread

    def likeness(self, voice_print: VoicePrint) -> float | None:
        """To the voice: its middle or its recording, whichever is nearer."""
        known = [each for each in (self.centre, self.reference) if each is not None]
        return max((each.likeness(voice_print) for each in known), default=None)


USUAL_VOICE = VoiceNorm(None)
"""Of a voice that says too little of itself, and has no recording."""


def is_told_by_print(chunk: Chunk, has_others: bool = False) -> bool:
    """Whether the print of its takes says anything; `has_others`: beside other voices."""
    return chunk.seconds >= (LEAST_COMPARED_SECONDS if has_others else LEAST_SECONDS)


def voice_norm(
    sample: Sequence[tuple[Chunk, VoicePrint]], reference: VoicePrint | None
) -> VoiceNorm:
    """Of one voice: its recording, where it has one, and the prints of its first takes."""
    kept = _alike([each for chunk, each in sample if is_told_by_print(chunk)])
    if len(kept) < LEAST_TAKES:
        return VoiceNorm(None, reference)
    distances = _distances_from_the_rest(kept)
    own, usual = len(kept) * _spread(distances) ** 2, USUAL_WEIGHT * USUAL_SPREAD**2
    spread = math.sqrt((own + usual) / (len(kept) + USUAL_WEIGHT))
    return VoiceNorm(_middle(kept), reference, median(distances), spread)


def voice_finding(
    chunk: Chunk,
    voice_print: VoicePrint,
    norm: VoiceNorm,
    others: Mapping[str, VoicePrint] | None = None,
) -> Finding | None:
    """What is to be said of a take's voice; None of a good one. `others`: the recordings of the
    other voices of this cast, by speaker."""
    own = norm.likeness(voice_print)
    if own is None or not is_told_by_print(chunk, bool(others)):
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
        is_far = is_told_by_print(chunk) and norm.excess(voice_print) > DOUBT_ABOVE
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
    if not is_told_by_print(chunk) or (excess := norm.excess(voice_print)) <= DOUBT_ABOVE:
        return None
    own = norm.likeness(voice_print) or 0.0
    detail = f"sounds unlike {chunk.speaker} ({own:.2f} where {1 - norm.distance:.2f} is usual)"
    return _finding(excess > RETRY_ABOVE, detail)


def _finding(is_sure: bool, detail: str) -> Finding:
    return Finding(VOICE_CHECK, Verdict.FAIL if is_sure else Verdict.INCONCLUSIVE, detail)


def _alike(sample: Sequence[VoicePrint]) -> list[VoicePrint]:
    """Without those far from the others: a first take may be somebody else's as any other."""
    kept = list(sample)
    for _ in range(2):
        if len(kept) < LEAST_TAKES:
            break
        distances = _distances_from_the_rest(kept)
        farthest = median(distances) * math.exp(FAR_OUT * USUAL_SPREAD)
        kept = [each for each, far in zip(kept, distances, strict=True) if far <= farthest]
    return kept


def _distances_from_the_rest(prints: Sequence[VoicePrint]) -> list[float]:
    """Of each from the middle of all others: nobody is near for being counted itself."""
    total = _sums(prints)
    rests = ([whole - own for whole, own in zip(total, p.values, strict=True)] for p in prints)
    return [_distance(each, _of_length_one(rest)) for each, rest in zip(prints, rests, strict=True)]


def _distance(one: VoicePrint, other: VoicePrint) -> float:
    return max(LEAST_DISTANCE, 1.0 - one.likeness(other))


def _middle(prints: Sequence[VoicePrint]) -> VoicePrint:
    return _of_length_one(_sums(prints))


def _sums(prints: Sequence[VoicePrint]) -> list[float]:
    return [sum(each) for each in zip(*(p.values for p in prints), strict=True)]


def _of_length_one(values: Sequence[float]) -> VoicePrint:
    length = math.sqrt(sum(value * value for value in values)) or 1.0
    return VoicePrint(tuple(value / length for value in values))


def _spread(distances: Sequence[float]) -> float:
    """A standard deviation of the logarithm that a few wild values do not move."""
    logs = [math.log(each) for each in distances]
    middle = median(logs)
    return SPREAD_OF_MEDIAN * median(abs(each - middle) for each in logs)
