"""Chapters become files as they are done: each mastered by itself, while others are spoken.

speaking ─► a chapter is settled ─► a thread: mastered, encoded, whole under its name
at the end ─► what each chapter came to, in order
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from higgs_cli.stopping import wait_for
from higgs_cli.threads import OwnsThreads

if TYPE_CHECKING:
    from collections.abc import Mapping

    from higgs_cli.jobs.book import Book
    from higgs_cli.output.delivery import DeliveryPlace
    from higgs_cli.output.file_names import AudioFile
    from higgs_cli.output.manifest.write import AudioFacts, CompanionFacts
    from higgs_cli.output.sketch import Sketch
    from higgs_cli.speech.protocol import SynthesizerDescription
    from higgs_cli.takes.kept_sounds import KeptSounds
    from higgs_cli.takes.settled import SpokenChapter


@dataclass(frozen=True)
class ChapterDone:
    """What a chapter came to."""

    number: int
    times: Mapping[int, tuple[float, float]]
    """Start and end of each chunk in its own file, in seconds."""
    leads: Mapping[int, float]
    """How much was cut off the beginning of each chunk's sound."""
    gains: Mapping[int, float]
    duration_seconds: float
    audio: tuple[AudioFacts, ...]
    sketch: Sketch | None
    extras: tuple[CompanionFacts, ...] = ()
    """The sample, where it is of this chapter."""


class ChapterFiles(OwnsThreads):
    """The files of one book, written by threads; leaving it waits for what has begun."""

    def __init__(self, book: Book, place: DeliveryPlace) -> None:
        from higgs_cli.mastering.workers import MOST_THREADS, cores_at_most
        from higgs_cli.output.file_names import audio_files
        from higgs_cli.takes.chosen_codes import ChosenCodes

        self._book, self._place = book, place
        files = audio_files(place.outputs, book.plan, book.job.choices.delivery)
        self._files = {each.track.chapter.number: each for each in files if each.track}
        self.codes = ChosenCodes(place.store)
        cores = cores_at_most(MOST_THREADS)
        count = min(cores, max(1, len(self._files)))
        self._mastering_threads = max(1, cores // count)
        self._threads = ThreadPoolExecutor(count, "chapters")
        self._begun: dict[int, tuple[object, Future[ChapterDone]]] = {}

    def begin(
        self, chapter: SpokenChapter, description: SynthesizerDescription, sounds: KeptSounds
    ) -> None:
        """Write it in a thread, unless it was begun as it is; raises what broke another off."""
        for _, future in self._begun.values():
            if future.done():
                future.result()
        before = self._begun.get(chapter.number)
        if before is not None:
            if before[0] == _takes(chapter):
                return
            wait([before[1]])  # of the same name: one after the other
        work = self._threads.submit(self._write, chapter, description, sounds)
        self._begun[chapter.number] = (_takes(chapter), work)

    def done(self, chapters: Sequence[SpokenChapter]) -> Iterator[ChapterDone]:
        """All of them, in order; each has been begun."""
        for chapter in chapters:
            future = self._begun[chapter.number][1]
            wait_for(future)
            yield future.result()

    def _write(
        self, chapter: SpokenChapter, description: SynthesizerDescription, sounds: KeptSounds
    ) -> ChapterDone:
        from higgs_cli.jobs.extra_files import extra_files
        from higgs_cli.mastering.book import mastered
        from higgs_cli.output.delivery import write_sound
        from higgs_cli.output.heard_chunks import heard_chunks
        from higgs_cli.takes.settled import SpokenPlan

        plan, choices = self._book.plan, self._book.job.choices
        alone = SpokenPlan(description, (_opening(chapter),), {})
        threads = self._mastering_threads
        with mastered(
            alone, plan.cast, self.codes, sounds, choices.mastering, thread_count=threads
        ) as performance:
            file: AudioFile = self._files[chapter.number]
            times = performance.times
            delivery, seconds = choices.delivery, performance.duration_seconds
            leads, gains = performance.leads, performance.chapter_gains
            heard = heard_chunks(plan, chapter.chunks, leads)
            audio, sketch = write_sound(
                file, performance, times, plan, heard, delivery, self._place
            )
            extras = extra_files(self._book, self._place, performance, chapter.number)
            return ChapterDone(chapter.number, times, leads, gains, seconds, audio, sketch, extras)


def _opening(chapter: SpokenChapter) -> SpokenChapter:
    """As a file begins with it, and not after another chapter."""
    first, *rest = chapter.chunks
    return replace(chapter, chunks=(replace(first, chunk=first.chunk.opening()), *rest))


def _takes(chapter: SpokenChapter) -> object:
    """What its file is made of."""
    return tuple(
        (each.key, each.take.attempt if each.take else None, each.is_used)
        for each in chapter.chunks
    )
