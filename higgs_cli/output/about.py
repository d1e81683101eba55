"""A book as its files describe it, and what each of them says of itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from higgs_cli.output.formats.labels import ChapterMark, Labels, Picture
from higgs_cli.planning.plan import Plan
from higgs_cli.script.about import BookTexts
from higgs_cli.script.document import Chapter
from higgs_cli.script.file_wishes import SampleWish


@dataclass(frozen=True)
class AboutBook(BookTexts):
    """What is known of it."""

    title: str = ""
    cover: Picture | None = None
    sample: SampleWish | None = None
    """Which part of it shops are given, where its files say so."""


@dataclass(frozen=True)
class Track:
    """A chapter that is a file of its own."""

    chapter: Chapter
    number: int
    """From 1, of the chapters that say anything, and credits."""
    count: int
    chapter_number: int
    """The same without credits."""

    @property
    def title(self) -> str:
        return title_of(self.chapter, self.chapter_number)


def tracks_of(plan: Plan) -> tuple[Track, ...]:
    """The chapters that say anything, in order."""
    spoken = [each for each in plan.script.chapters if each.number in plan.chunks_by_chapter]
    own = list(accumulate(each.credits is None for each in spoken))
    return tuple(
        Track(each, at, len(spoken), own[at - 1]) for at, each in enumerate(spoken, start=1)
    )


def title_of(chapter: Chapter, number: int) -> str:
    """As players show it; one without a heading is numbered."""
    return chapter.title or f"Chapter {number}"


def marks_of(
    plan: Plan, times: Mapping[int, tuple[float, float]], duration_seconds: float
) -> tuple[ChapterMark, ...]:
    """The chapters of one file, from its first moment to its last; `times` are the chunks'."""
    tracks = tracks_of(plan)
    if len(tracks) == 1 and not tracks[0].chapter.title:
        return ()  # a book in one piece
    first = [plan.chunks_by_chapter[each.chapter.number][0].number for each in tracks]
    starts = [0.0, *(times[number][0] for number in first[1:])]
    ends = [*starts[1:], duration_seconds]
    return tuple(
        ChapterMark(track.title, start, end)
        for track, start, end in zip(tracks, starts, ends, strict=True)
    )


def book_labels(about: AboutBook, chapters: Sequence[ChapterMark]) -> Labels:
    """Of a file that holds the whole book."""
    return _labels(about, about.title, tuple(chapters), None)


def chapter_labels(about: AboutBook, track: Track) -> Labels:
    """Of a file that holds one chapter."""
    return _labels(about, track.title, (), (track.number, track.count))


def _labels(
    about: AboutBook,
    title: str,
    chapters: tuple[ChapterMark, ...],
    track: tuple[int, int] | None,
) -> Labels:
    return Labels(
        **{**about.texts, "title": title},
        book=about.title,
        track=track,
        chapters=chapters,
        cover=about.cover,
    )
