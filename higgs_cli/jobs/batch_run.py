"""A batch is spoken: through one open model, the lanes filled across books, each mastered beside.

    books ─► read, cast, planned ─► finished before? ─► disk ─► model
          ─► speak_together: the next book is opened when those before it have no run to give
          ─► a book that is whole is mastered and delivered in a thread, while the lanes go on

What goes wrong with one book is its result; the others go on. Only what ends the model or the
process ends all of them, and the same command goes on from there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from time import monotonic
from typing import TYPE_CHECKING

from higgs_cli.errors import DeviceError, GenerationFailedError, HiggsError, StoppedError
from higgs_cli.jobs.batch import BatchBook, BookResult, ReadBook, common_choice, read_book
from higgs_cli.jobs.batch_outlook import figures_of
from higgs_cli.jobs.disk_need import check_room
from higgs_cli.jobs.finishing import as_it_lies
from higgs_cli.jobs.finishing_line import FinishingLine
from higgs_cli.jobs.gates import EarRoom, sources_of
from higgs_cli.jobs.open_book import FinishesElsewhere, OpenBook
from higgs_cli.jobs.speaking import OpenSpeech, get_ready, on_the_cpu, opened, remember_speed
from higgs_cli.progress import BatchProgress, SilentProgress, ended_by_errors
from higgs_cli.stopping import checkpoint, stopping_cleanly

if TYPE_CHECKING:
    from higgs_cli.rendering.part import Part
    from higgs_cli.settings.views import ModelChoice
    from higgs_cli.speech.protocol import Synthesizer


def render_batch(
    books: Sequence[BatchBook], open_speech: OpenSpeech, progress: BatchProgress
) -> list[BookResult]:
    """What became of each book, in their order."""
    with stopping_cleanly(), ended_by_errors(progress):
        run = _BatchRun(open_speech, progress)
        run.read(books)
        choice = common_choice(books)
        if choice is not None:
            run.speak(choice)
        progress.end()
    return [run.results[book] for book in books]


class _BatchRun:
    """The books of one batch, and what has become of them so far."""

    def __init__(self, open_speech: OpenSpeech, progress: BatchProgress) -> None:
        self.results: dict[BatchBook, BookResult] = {}
        self._open_speech = open_speech
        self._progress = progress
        self._waiting: list[ReadBook] = []
        """Read, and not yet what they are to be."""
        self._book_of: dict[Part, OpenBook] = {}
        self._spoken_seconds = 0.0
        self._not_compared: dict[str, None] = {}
        """What is to be said of gates that are not here, once for all books."""

    def read(self, books: Sequence[BatchBook]) -> None:
        """Read and plan; a book with a mistake has failed, one that lies there finished is done."""
        for book in books:
            checkpoint()
            self._progress.became(book.name, "reading")
            try:
                self._read(book)
            except HiggsError as error:
                self._fail(book, error)

    def _read(self, book: BatchBook) -> None:
        read = read_book(book, writes=True)
        for warning in read.warnings:
            self._progress.of_book(book.name).note(warning)
        there = [as_it_lies(script, SilentProgress()) for script in read.scripts]
        reports = tuple(report for report in there if report is not None)
        if len(reports) == len(there):
            self._end(BookResult(book, "unchanged", reports))
            return
        missing = (sources_of(script.job, script.plan).missing for script in read.scripts)
        self._not_compared.update(dict.fromkeys(line for line in missing if line))
        self._waiting.append(read)
        self._progress.became(book.name, "waiting")

    def speak(self, choice: ModelChoice) -> None:
        """Until nothing waits; on the CPU in the end, where that was asked for."""
        if not self._waiting:
            return
        speech = opened(choice, self._open_speech, self._progress)
        for line in self._not_compared:
            self._progress.stage(line)
        self._expect(speech)
        try:
            self._speak_with(speech, choice.device)
        except DeviceError as error:
            try:
                choice = on_the_cpu(choice, speech, error, self._progress)
            except DeviceError as told:
                self._fail_all(told)
                return
            speech = opened(choice, self._open_speech, self._progress)
            self._expect(speech)
            self._speak_with(speech, choice.device)
        except GenerationFailedError as error:
            self._fail_all(error)

    def _expect(self, speech: Synthesizer) -> None:
        """What is to be spoken, and whether there is room for it; then the weights are opened, if
        anything is."""
        figures = [figures_of(book, speech.description.identity) for book in self._waiting]
        for book in figures:
            stored = book.chunk_count - book.missing_count
            self._progress.expect(book.name, book.chunk_count, stored, book.missing_seconds)
        check_room(need for book in figures for need in book.needs if book.missing_count)
        is_settled = not any(book.missing_count for book in figures)
        get_ready(speech, self._progress, is_settled=is_settled)

    def _speak_with(self, speech: Synthesizer, device: str) -> None:
        from higgs_cli.rendering.loop import ChapterSettled, speak_together

        began = monotonic()
        with ExitStack() as at_the_end, self._finishing(speech) as finishing:
            ears = at_the_end.enter_context(EarRoom())
            at_the_end.callback(self._close_all)
            for event in speak_together(self._parts(speech, ears), speech, self._progress):
                book = self._book_of[event.part]
                if not isinstance(event, ChapterSettled):
                    self._break(book, event.trouble)
                else:
                    book.keep(event.chapter)
                    if event.part.is_whole and book.is_whole:
                        self._forget(book)
                        finishing.give(book)
                for result in finishing.finished():
                    self._keep(result)
            remember_speed(speech, device, self._spoken_seconds, monotonic() - began)
            for result in finishing.rest():
                self._keep(result)

    def _finishing(self, speech: Synthesizer) -> FinishingLine:
        """Elsewhere as many at once as there are workers."""
        at_once = speech.worker_count if isinstance(speech, FinishesElsewhere) else 1
        return FinishingLine(self._progress.became, at_once)

    def _parts(self, speech: Synthesizer, ears: EarRoom) -> Iterator[Part]:
        """Each book is opened when its first part is asked for."""
        for place, read in enumerate(tuple(self._waiting)):
            checkpoint()
            try:
                progress = self._progress.of_book(read.name)
                book = OpenBook(read, place, speech, progress, ears)
            except HiggsError as error:
                self._fail(read.asked, error)
                continue
            self._book_of.update(dict.fromkeys(book.parts, book))
            self._progress.became(read.name, "speaking")
            yield from book.parts

    # -- what becomes of a book ------------------------------------------------------------

    def _break(self, book: OpenBook, trouble: HiggsError) -> None:
        """All of it ends with one of its parts."""
        for part in book.parts:
            part.trouble = part.trouble or trouble
        if book.book.asked not in self.results:  # closed at the end: a take may be on its way
            self._fail(book.book.asked, trouble)

    def _forget(self, book: OpenBook) -> None:
        self._spoken_seconds += book.fresh_seconds
        for part in book.parts:
            del self._book_of[part]

    def _close_all(self) -> None:
        for book in set(self._book_of.values()):
            book.close()
        self._book_of.clear()

    def _fail(self, book: BatchBook, trouble: HiggsError) -> None:
        if isinstance(trouble, StoppedError):
            raise trouble
        self._end(BookResult(book, "failed", trouble=trouble))

    def _fail_all(self, trouble: HiggsError) -> None:
        for book in tuple(self._waiting):
            self._fail(book.asked, trouble)

    def _end(self, result: BookResult) -> None:
        self._keep(result)
        self._progress.became(result.name, result.state)

    def _keep(self, result: BookResult) -> None:
        self.results[result.book] = result
        self._waiting = [book for book in self._waiting if book.asked is not result.book]
