"""The sentences of a book as they are written, with the time from which each is shown.

    chapter 1   |sentence 1    |sentence 2 |sentence 3       |
    its audio   0.0          2.1         4.0               6.3 = its end

A sentence is shown until the next one of its chapter begins, so that pauses are heard as they are.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from higgs_cli.output.formats.labels import ChapterMark
from higgs_cli.output.heard_chunks import HeardChunks
from higgs_cli.output.heard_times import heard_between
from higgs_cli.output.sketch import Sketch
from higgs_cli.output.word_times import TimedWord
from higgs_cli.output.written_words import Writing, joined
from higgs_cli.planning.plan import Chunk, Plan


@dataclass(frozen=True)
class Sentence:
    """Words of one paragraph and one speaker."""

    identity: str
    chapter: int
    speaker: str
    words: tuple[TimedWord, ...]
    begins_paragraph: bool
    start_seconds: float
    """In the audio of its chapter."""
    end_seconds: float
    is_heading: bool = False
    stressed: frozenset[int] = frozenset()
    """Which of its words are in italics or bold, by their number."""

    @property
    def text(self) -> str:
        return joined([each.word for each in self.words])

    @property
    def source(self) -> tuple[int, int]:
        """Where it stands in the source."""
        return self.words[0].word.start, self.words[-1].word.end


@dataclass(frozen=True)
class ToldChapter:
    """A chapter with its sentences and the length of its audio."""

    number: int
    title: str
    sentences: tuple[Sentence, ...]
    duration_seconds: float


@dataclass(frozen=True)
class _Part:
    """A sentence before the next one is known."""

    chunk: Chunk
    words: tuple[TimedWord, ...]
    begins_paragraph: bool
    is_heading: bool
    stressed: frozenset[int]


@dataclass(frozen=True)
class _Said:
    """The turn that a word is of."""

    turn: int
    is_heading: bool = False
    goes_on: bool = False


def told_chapters(
    plan: Plan,
    times: Mapping[int, tuple[float, float]],
    marks: Sequence[ChapterMark],
    sketch: Sketch | None,
    heard: HeardChunks,
) -> tuple[ToldChapter, ...]:
    """All chapters that say anything; `marks` say where the audio of each begins and ends."""
    writing = Writing(plan)
    chapters = zip(plan.chunks_by_chapter.items(), marks, strict=True)
    return tuple(
        _told(number, mark, list(_parts(writing, chunks, times, sketch, heard)))
        for (number, chunks), mark in chapters
    )


def begun_parts(sentence: Sentence, parts: Sequence[tuple[str, int]]) -> list[tuple[str, float]]:
    """The parts that a page has of a sentence, by name and place, and when each is heard first. Of
    those that begin together, as a stop behind a word in italics does, the longest."""
    ends = [*(at for _, at in parts[1:]), sentence.words[-1].word.end]
    longest: dict[float, tuple[int, str]] = {}
    for (name, at), end in zip(parts, ends, strict=True):
        start = _begins(sentence, at)
        longest[start] = max(longest.get(start, (-1, "")), (end - at, name))
    return [(name, start) for start, (_, name) in longest.items()]


def _begins(sentence: Sentence, position: int) -> float:
    """When a part of a sentence is heard first, in the audio of its chapter."""
    first = sentence.words[0].start_seconds
    for each in sentence.words:
        if each.word.end > position:
            return sentence.start_seconds + max(0.0, each.start_seconds - first)
    return sentence.start_seconds


def _told(number: int, mark: ChapterMark, parts: Sequence[_Part]) -> ToldChapter:
    length = mark.end_seconds - mark.start_seconds
    starts = [part.words[0].start_seconds - mark.start_seconds for part in parts]
    starts = [0.0, *starts[1:]]
    ends = [*starts[1:], length]
    sentences = tuple(
        Sentence(
            f"hg{number + 1}-{at}",
            number,
            part.chunk.speaker,
            part.words,
            part.begins_paragraph,
            start,
            end,
            part.is_heading,
            part.stressed,
        )
        for at, (part, start, end) in enumerate(zip(parts, starts, ends, strict=True), start=1)
    )
    return ToldChapter(number, mark.title, sentences, length)


def _parts(
    writing: Writing,
    chunks: Sequence[Chunk],
    times: Mapping[int, tuple[float, float]],
    sketch: Sketch | None,
    heard: HeardChunks,
) -> Iterator[_Part]:
    """Cut where sentences, turns or chunks end."""
    last: _Said | None = None
    for chunk in chunks:
        start, end = times[chunk.number]
        spans = heard.spans(chunk.number, start)
        words = heard_between(writing.words(chunk), start, end, sketch, spans)
        said_in = list(_said_in(writing.plan, chunk, words))
        first = 0
        for at in range(1, len(words) + 1):
            said = said_in[first]
            if at == len(words) or words[at - 1].word.ends_sentence or said_in[at] != said:
                part = tuple(words[first:at])
                begins = last is None or (said.turn != last.turn and not said.goes_on)
                stressed = _stressed(writing.plan.script.emphasis, part)
                yield _Part(chunk, part, begins, said.is_heading, stressed)
                first, last = at, said


def _said_in(plan: Plan, chunk: Chunk, words: Sequence[TimedWord]) -> Iterator[_Said]:
    """Where in the script each word of a chunk stands."""
    known = plan.script.turns_by_number
    turns = [known[number] for number in chunk.turns if number in known]
    at = 0
    for number, each in enumerate(words):
        if turns:
            while at + 1 < len(turns) and turns[at + 1].text.start <= each.word.start:
                at += 1
            yield _Said(turns[at].number, turns[at].is_heading, turns[at].goes_on)
            continue
        at += bool(number) and _parts_paragraphs(plan, words, number)  # a manifest has no turns
        yield _Said(chunk.turns[min(at, len(chunk.turns) - 1)])


def _parts_paragraphs(plan: Plan, words: Sequence[TimedWord], at: int) -> bool:
    """Does a paragraph, or in a dialogue a line, end before this word?"""
    gap = plan.script.source[words[at - 1].word.end : words[at].word.start]
    return "\n\n" in gap or ("\n" in gap and plan.script.form != "prose")


def _stressed(emphasis: Sequence[tuple[int, int]], words: Sequence[TimedWord]) -> frozenset[int]:
    found = set()
    for number, each in enumerate(words):
        at = bisect_left(emphasis, (each.word.end, 0)) - 1
        if at >= 0 and emphasis[at][1] > each.word.start:
            found.add(number)
    return frozenset(found)
