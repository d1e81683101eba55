"""The gates as measures that takes are held to: words, as they were heard; voice, by its print.

Each only joins what it knows of a book to the pure functions of `words.py` and `voice.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from higgs_cli.checks.voice import (
    USUAL_VOICE,
    VOICE_CHECK,
    VoiceNorm,
    is_told_by_print,
    voice_finding,
    voice_norm,
)
from higgs_cli.checks.words import (
    WORDS_CHECK,
    WordsNorm,
    is_told_by_words,
    words_finding,
    words_norm,
)
from higgs_cli.listening.hearing import Hearing
from higgs_cli.listening.voice_print import VoicePrint
from higgs_cli.planning.plan import Chunk
from higgs_cli.takes.measure import Voice
from higgs_cli.takes.take import Finding

LEXICON = "lexicon"
"""The rule of a piece of text that a lexicon put there."""


@dataclass(frozen=True)
class WordsGate:
    """By one recogniser, in one language."""

    listener: str
    listener_name: str
    language: str
    names: frozenset[str] = frozenset()
    """Of who speaks in the book, and what its lexicon respells."""

    name = WORDS_CHECK

    def of_book(self, chunks: Sequence[Chunk]) -> WordsGate:
        named = {word for chunk in chunks for word in chunk.speaker.split()}
        spelled = {
            word
            for chunk in chunks
            for piece in chunk.pieces
            if piece.rule == LEXICON
            for word in piece.text.split()
        }
        return replace(self, names=frozenset(named | spelled))

    def is_told(self, chunk: Chunk) -> bool:
        return is_told_by_words(chunk)

    def norm(self, voice: Voice, sample: Sequence[tuple[Chunk, Hearing]]) -> WordsNorm:
        return words_norm(sample, self.language)

    def finding(self, chunk: Chunk, evidence: Hearing, norm: WordsNorm) -> Finding | None:
        return words_finding(chunk, evidence, norm, self.language, self.names)


@dataclass(frozen=True)
class VoiceGate:
    """By one speaker print; `recordings`: the prints of the voices of a cast."""

    listener: str
    listener_name: str
    recordings: Mapping[Voice, VoicePrint] = field(default_factory=dict)

    name = VOICE_CHECK

    def of_book(self, chunks: Sequence[Chunk]) -> VoiceGate:
        voices = {(chunk.speaker, chunk.mood) for chunk in chunks}
        own = {voice: each for voice, each in self.recordings.items() if voice in voices}
        return replace(self, recordings=own)

    def is_told(self, chunk: Chunk) -> bool:
        return is_told_by_print(chunk)

    def norm(self, voice: Voice, sample: Sequence[tuple[Chunk, VoicePrint]]) -> VoiceNorm:
        recording = self.recordings.get(voice)
        if not sample and recording is None:
            return USUAL_VOICE
        return voice_norm(sample, recording)

    def finding(self, chunk: Chunk, evidence: VoicePrint, norm: VoiceNorm) -> Finding | None:
        others = {
            speaker: each
            for (speaker, _), each in self.recordings.items()
            if speaker != chunk.speaker
        }
        return voice_finding(chunk, evidence, norm, others)
