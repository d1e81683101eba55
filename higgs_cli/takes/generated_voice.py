"""Generated voices: a speaker without a recording is given one, made of their own first good line.

The line is spoken alone, from a description or from nothing; its take becomes the reference of all
that speaker says afterwards, so that one character keeps one voice. It is kept in the store under
how it was made, not under its words: it survives a retake or an edit of the line.
"""

from __future__ import annotations

from collections.abc import Mapping

from higgs_cli.planning.keys import digest
from higgs_cli.planning.plan import Chunk, Plan

GOOD_REFERENCE_SECONDS = 4.0
"""A reference shorter than this carries too little of a voice, when there is a longer line."""

OF_THE_LINE = frozenset({"text", "occurrence", "mood"})


def voice_lines(plan: Plan) -> dict[str, int]:
    """For each speaker without a recording, the number of the chunk their voice is made of."""
    spoken: dict[str, list[Chunk]] = {}
    for chunk in plan.chunks:
        if plan.cast.member(chunk.speaker).voice.is_generated:
            spoken.setdefault(chunk.speaker, []).append(chunk)
    return {speaker: _reference_line(chunks).number for speaker, chunks in spoken.items()}


def generated_voice_key(recipe: Mapping[str, str]) -> str:
    """Names a generated voice by its take's recipe, less what belongs to the line alone."""
    return digest({name: part for name, part in recipe.items() if name not in OF_THE_LINE})


def _reference_line(chunks: list[Chunk]) -> Chunk:
    for chunk in chunks:
        if chunk.seconds >= GOOD_REFERENCE_SECONDS:
            return chunk
    return max(chunks, key=lambda chunk: chunk.seconds)
