"""Plan, Run, Chunk: everything that will be spoken, before a model is opened.

    Plan ── chunks, in the order of the script (and of the finished audio)
        └── runs: which chunks are spoken one after another in one context

A chunk's key says what decides its sound as far as that is known here; what only the model knows
(its own and the codec's fingerprint, the precision) is added by `keys.take_key`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

from higgs_cli.casting.cast import Cast
from higgs_cli.script.document import CREDITS, Script
from higgs_cli.script.source_text import Piece

PauseKind = Literal["start", "sentence", "paragraph", "turn", "scene", "chapter", "written"]

FRAMES_PER_SECOND = 25


@dataclass(frozen=True)
class Pause:
    """How long to wait before a chunk, and why."""

    kind: PauseKind
    seconds: float


@dataclass(frozen=True)
class Chunk:
    """The text of one generation: whole sentences of one speaker under a budget."""

    number: int
    """From 0, in the order of the script."""
    key: str
    """SHA-256 of `recipe`, in hex: stable under edits elsewhere, unique within the plan."""
    recipe: Mapping[str, str]
    """The named parts of the key: text, speaker, voice, scene, sampling, seed, occurrence."""
    seed: int
    """Of the chunk's own noise: from the plan's seed and the key. 63 bits."""
    chapter: int
    scene: int
    turns: tuple[int, ...]
    """The numbers of the turns that it speaks, whole or in part."""
    speaker: str
    mood: str | None
    text: str
    """What the model is given to say."""
    pieces: tuple[Piece, ...]
    """The same text with its places in the source."""
    line_number: int
    last_line_number: int
    pause: Pause
    """The silence before it."""
    seconds: float
    """Estimated length of the speech, as the model speaks it."""
    frame_budget: int
    """Beyond this the take never ends by itself and is stopped."""
    minimum_frames: int
    """Before this the take may not end."""
    place: str = ""
    """Its first paragraph, as `3:14`; empty where a manifest of before does not say it."""
    last_place: str = ""
    emphasis: tuple[tuple[int, int], ...] = ()
    """The parts `[start, end)` of its text that are set in italics or bold."""

    @property
    def is_credits(self) -> bool:
        """Is it said besides the script's own words?"""
        return self.place.startswith(CREDITS)

    def opening(self) -> Chunk:
        """The same as the first of a file: only a pause that was written stays."""
        is_written = self.pause.kind == "written"
        return self if is_written else replace(self, pause=Pause("start", 0.0))

    @property
    def replacements(self) -> tuple[Piece, ...]:
        """What is said otherwise than it is written."""
        quiet = {None, "space", "punctuation", "closing", "parenthesis"}
        return tuple(piece for piece in self.pieces if piece.rule not in quiet)


@dataclass(frozen=True)
class Run:
    """Chunks spoken one after another in one context, each hearing what was said before."""

    number: int
    chapter: int
    scene: int
    speakers: tuple[str, ...]
    """One in a solo run; all of the cast that speak in an ensemble."""
    chunks: tuple[int, ...]
    """Numbers of chunks, in order."""
    mood: str | None = None
    """Of a solo run: which of the voice's references its prefix holds."""


@dataclass(frozen=True)
class Coverage:
    """Where the words of the source are."""

    spoken_words: int
    left_words: int
    """Words in tags, comments, links and the like, which nobody reads out."""
    left_parts: Mapping[str, int]
    """How many parts are not read out, by kind."""
    credit_words: int = 0
    """Words of credits that are spoken: they are not of the source, and in none of the counts."""


@dataclass(frozen=True)
class Plan:
    """All that will be spoken, by whom, in which contexts and with which pauses."""

    script: Script
    cast: Cast
    scene_text: str | None
    """What the system message says of the room and the manner."""
    language: str
    seed: int
    chunks: tuple[Chunk, ...]
    runs: tuple[Run, ...]
    warnings: tuple[str, ...] = field(default=())
    """What the user should know before anything is rendered."""
    coverage: Coverage | None = None
    """The proof that each word is spoken once; None where a manifest stands for the script."""

    @cached_property
    def run_of(self) -> Mapping[int, Run]:
        """The run of each chunk, by the chunk's number."""
        return {number: run for run in self.runs for number in run.chunks}

    @cached_property
    def chunks_by_chapter(self) -> Mapping[int, tuple[Chunk, ...]]:
        """The chunks of each chapter that says anything, by its number, in order."""
        found: dict[int, list[Chunk]] = {}
        for chunk in self.chunks:
            found.setdefault(chunk.chapter, []).append(chunk)
        return {number: tuple(chunks) for number, chunks in found.items()}

    @cached_property
    def speaker_seconds(self) -> Mapping[str, float]:
        """How long each speaker is heard."""
        found: dict[str, list[float]] = {}
        for chunk in self.chunks:
            found.setdefault(chunk.speaker, []).append(self.heard_seconds(chunk))
        return {speaker: sum(seconds) for speaker, seconds in found.items()}

    def chunks_of(self, run: Run) -> tuple[Chunk, ...]:
        return tuple(self.chunks[number] for number in run.chunks)

    def heard_seconds(self, chunk: Chunk) -> float:
        """Estimated length of a chunk as it is mastered, at the pace of its speaker."""
        return chunk.seconds / self.cast.member(chunk.speaker).pace

    @property
    def speech_seconds(self) -> float:
        """As it is spoken."""
        return sum(chunk.seconds for chunk in self.chunks)

    @property
    def audio_seconds(self) -> float:
        """Speech and pauses together, as they are heard."""
        return sum(self.heard_seconds(chunk) + chunk.pause.seconds for chunk in self.chunks)
