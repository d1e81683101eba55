"""The loop: reuse what is stored, speak what is missing, check, retry, keep, report.

Every take is on the disk before its lane gets the answer, so that a process that dies at any point
loses only what its lanes were in the middle of. Takes are checked and stored in other threads while
the lanes go on; all that is decided is decided in this one, in order of speaking.

    part 1  ── runs ──┐                     ┌──► part 1: answer, chapter
    part 2  ── runs ──┼──► lanes ──► takes ─┤    by the key of the run
    part 3  (opened when 1 and 2 have no run to give)

Several ledgers may be spoken together, so that the end of one never leaves lanes idle. None of them
notices: what a take is follows from its own plan and its own run.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, wait
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from itertools import chain
from typing import TypeAlias

from higgs_cli.checks.checker import CheckedChunk, TakeChecker
from higgs_cli.errors import (
    DeviceError,
    GenerationFailedError,
    HearingFailedError,
    HiggsError,
    MemoryExhaustedError,
    ModelLoadError,
    StoppedError,
)
from higgs_cli.progress import Progress
from higgs_cli.rendering.hearing import Listeners
from higgs_cli.rendering.part import Part
from higgs_cli.rendering.watchdog import watched
from higgs_cli.speech.protocol import (
    NOTHING_YET,
    Answer,
    BurstSpoken,
    ChunkFailed,
    GiveUp,
    LanesIdle,
    LanesParked,
    NothingYet,
    Sampling,
    Speech,
    SpeechEvent,
    SpeechRun,
    SpokenChunk,
    Synthesizer,
)
from higgs_cli.stopping import checkpoint
from higgs_cli.takes.kept_sounds import KeptSounds
from higgs_cli.takes.ledger import Ledger
from higgs_cli.takes.settled import SpokenChapter

KEEPING_SECONDS = 2.0
"""A render that is stopped finishes checking what its lanes have spoken for so long at most."""


SILENT_SECONDS_LIMIT = 600.0
"""A model that says nothing at all for this long hangs."""

MOMENT_SECONDS = 0.2
"""How long who waits for an ear does not look for anything else."""

MOST_OPEN = 8
"""Parts that are spoken at the same time: each holds memory, and files of its store."""

OF_ALL = (
    StoppedError,
    MemoryExhaustedError,
    DeviceError,
    GenerationFailedError,
    HearingFailedError,
    ModelLoadError,
)
"""Trouble of the model or the process; any other is that of one part."""


@dataclass(frozen=True)
class ChapterSettled:
    """A chapter of which every chunk is settled; `part.is_whole` after its last one."""

    part: Part
    chapter: SpokenChapter


@dataclass(frozen=True)
class PartBroken:
    """Its own trouble stands in the way of the rest of a part."""

    part: Part
    trouble: HiggsError


LoopEvent = ChapterSettled | PartBroken


def speak_missing(
    ledger: Ledger,
    synthesizer: Synthesizer,
    sampling: Sampling,
    progress: Progress,
    sounds: KeptSounds,
    silent_seconds_limit: float = SILENT_SECONDS_LIMIT,
    listeners: Listeners | None = None,
) -> Iterator[SpokenChapter]:
    """Bring every chunk to a settled state, or raise what stands in the way.

    Each chapter comes out as soon as all of it is settled, also by what is usual for its voices and
    by what `listeners` hear for the ledger's gates: what they refuse is spoken again. The sound
    that was found good is kept in `sounds`.
    """
    part = Part(ledger, synthesizer, sampling, progress, sounds, listeners=listeners)
    events = speak_together([part], synthesizer, progress, silent_seconds_limit)
    try:
        with closing(events):
            for event in events:
                if isinstance(event, PartBroken):
                    raise event.trouble
                yield event.chapter
    finally:
        progress.end()


def speak_together(
    parts: Iterable[Part],
    synthesizer: Synthesizer,
    progress: Progress,
    silent_seconds_limit: float = SILENT_SECONDS_LIMIT,
) -> Generator[LoopEvent]:
    """Bring every chunk of every part to a settled state, as if each were alone.

    Parts are asked for lazily, in order, when those before them have no run to give. Raises what
    stands in the way of all; `progress` is told what concerns all.
    """
    return _Loop(parts, synthesizer, progress, silent_seconds_limit).events()


_Runs: TypeAlias = Iterator[SpeechRun | NothingYet]


class _Loop:
    """The lanes, and the parts that are spoken in them."""

    def __init__(
        self,
        parts: Iterable[Part],
        synthesizer: Synthesizer,
        progress: Progress,
        silent_seconds_limit: float,
    ) -> None:
        self._coming = iter(parts)
        self._open: list[Part] = []
        """Neither whole nor broken."""
        self._synthesizer = synthesizer
        self._progress = progress
        self._silent_seconds_limit = silent_seconds_limit
        self._lane_count = synthesizer.description.lane_count
        self._part_of: dict[str, Part] = {}
        """Whose run it is, by the run's key."""
        self._in_flight: set[tuple[str, str]] = set()
        """Keys of runs and of their chunks."""
        self._is_idle = False
        """Has no lane anything to speak until a further run comes?"""

    def events(self) -> Generator[LoopEvent]:
        """Speak, and after trouble speak what is left, until nothing is or nothing helps."""
        while (runs := (yield from self._runs_if_any())) is not None:
            self._in_flight.clear()
            self._is_idle = False
            before = self._standing()
            try:
                yield from self._listen(self._speech(runs))
            except MemoryExhaustedError as error:
                self._use_fewer_lanes(error)
            except GenerationFailedError as error:
                self._lose_in_flight(error.message)
            else:
                yield from self._settled()
                if self._standing() == before:
                    raise GenerationFailedError("the model stopped without speaking everything")
        yield from self._settled()  # those whose last attempts were lost

    def _speech(self, runs: Iterator[SpeechRun | NothingYet]) -> Speech:
        seed = self._open[0].plan.seed if self._open else 0  # each run has its own besides
        sampling = self._open[0].sampling if self._open else Sampling()
        return self._synthesizer.speak(runs, sampling, seed, self._lane_count)

    def _standing(self) -> list[tuple[Part, int]]:
        """What changes with everything that is achieved."""
        return [(part, part.outcome_count) for part in self._open]

    def _settled(self) -> Iterator[LoopEvent]:
        """What has come to its end since the last look."""
        for part in tuple(self._open):
            if part.trouble is not None:
                self._open.remove(part)
                yield PartBroken(part, part.trouble)
                continue
            for chapter in _own_chapters(part):
                if part.is_whole:
                    self._close(part)
                yield ChapterSettled(part, chapter)

    def _close(self, part: Part) -> None:
        """Nothing of it is spoken any more: nothing of it is kept."""
        self._open.remove(part)
        self._part_of = {key: other for key, other in self._part_of.items() if other is not part}

    # -- runs --------------------------------------------------------------------------------

    def _runs(self) -> Iterator[SpeechRun | NothingYet]:
        """The first part that has a run gives it; a further part is opened when none has.

        Comes to an end also where all lanes are idle and nobody has a run: what was lost on the way
        is asked for again by who begins anew.
        """
        sources = [(part, part.runs()) for part in self._open]
        while True:
            run = self._next_run(sources)
            if run is not None:
                yield run
            elif len(self._open) < MOST_OPEN and (part := next(self._coming, None)) is not None:
                self._open.append(part)
                with _own_trouble(part):
                    part.begin()
                    sources.append((part, part.runs()))
            elif (sources or len(self._open) >= MOST_OPEN) and not self._is_idle:
                yield NOTHING_YET
            else:
                return

    def _next_run(
        self, sources: list[tuple[Part, Iterator[SpeechRun | NothingYet]]]
    ) -> SpeechRun | None:
        for part, source in tuple(sources):
            run: SpeechRun | NothingYet | None = None
            with _own_trouble(part):
                run = None if part.trouble or part.is_whole else next(source, None)
            if run is None:
                sources.remove((part, source))
            elif not isinstance(run, NothingYet):
                self._part_of[run.key] = part
                return run
        return None

    def _runs_if_any(self) -> Generator[LoopEvent, None, _Runs | None]:
        """The runs to speak, or None when there is none. What there is to hear is heard first where
        nothing is to be spoken before: only a run opens the model."""
        runs = self._runs()
        while (first := next(runs, None)) is not None:
            if not (isinstance(first, NothingYet) and self._is_hearing):
                return chain([first], runs)
            self._wait_for_ears()
            yield from self._settled()
        return None

    # -- ears --------------------------------------------------------------------------------

    @property
    def _is_hearing(self) -> bool:
        return any(part.hearing.waiting for part in self._open)

    def _take_in_heard(self) -> None:
        for part in self._open:
            if part.hearing.waiting:
                with _own_trouble(part):
                    part.take_in_heard()

    def _wait_for_ears(self) -> None:
        """Until something was heard, or a moment has passed."""
        checkpoint()
        waiting = [future for part in self._open for future in part.hearing.waiting]
        wait(waiting, timeout=MOMENT_SECONDS, return_when=FIRST_COMPLETED)
        self._take_in_heard()

    # -- trouble -----------------------------------------------------------------------------

    def _use_fewer_lanes(self, error: MemoryExhaustedError) -> None:
        if self._lane_count == 1:
            self._lose_in_flight(error.message)
            return
        self._lane_count = max(1, self._lane_count // 2)
        self._progress.note(f"{error.message}; continuing with {self._lane_count} lanes")

    def _lose_in_flight(self, reason: str) -> None:
        """What was being spoken is counted as a failed attempt, so that trouble has an end."""
        if not self._in_flight:
            raise GenerationFailedError(reason)
        lost = [(self._part_of[run_key], chunk_key) for run_key, chunk_key in self._in_flight]
        lost.sort(key=lambda each: (each[0].name, each[0].number_of(each[1])))
        for part, chunk_key in lost:
            part.lose(chunk_key, reason)

    # -- speaking ----------------------------------------------------------------------------

    def _listen(self, speech: Speech) -> Iterator[LoopEvent]:
        with TakeChecker(self._synthesizer) as checker:
            try:
                for event in watched(speech, self._silent_seconds_limit):
                    checkpoint()
                    self._take_in(event, checker)
                    self._take_in_heard()
                    for checked in checker.finished():
                        speech.answer(checked.spoken, self._answer(checked))
                    yield from self._settled()
            except BaseException:
                self._keep_spoken(checker)
                raise

    def _answer(self, checked: CheckedChunk) -> Answer:
        """The part whose take it is says how the lane goes on."""
        spoken = checked.spoken
        self._in_flight.discard((spoken.run_key, spoken.chunk_key))
        part = self._part_of[spoken.run_key]
        with _own_trouble(part):
            return part.answer(checked)
        return GiveUp()

    def _take_in(self, event: SpeechEvent, checker: TakeChecker) -> None:
        self._is_idle = isinstance(event, LanesIdle) and not self._is_hearing
        if isinstance(event, LanesIdle) and self._is_hearing:
            self._wait_for_ears()
        elif isinstance(event, BurstSpoken):
            for begun in event.begun:
                self._in_flight.add((begun.run_key, begun.chunk_key))
                self._part_of[begun.run_key].begun(begun)
        elif isinstance(event, SpokenChunk):
            part = self._part_of[event.run_key]
            chunk = part.plan.chunks[part.number_of(event.chunk_key)]
            checker.give(event, chunk, part.slate(event), part.shelf, part.ears(event))
        elif isinstance(event, LanesParked):
            checker.wait()
        elif isinstance(event, ChunkFailed):
            self._in_flight.discard((event.run_key, event.chunk_key))
            self._part_of[event.run_key].lose(event.chunk_key, event.reason)

    def _keep_spoken(self, checker: TakeChecker) -> None:
        """The speaking has ended early: what was spoken is kept all the same.

        What stands in the way of that is the smaller trouble, and not told.
        """
        with suppress(Exception):
            for checked in checker.rest(KEEPING_SECONDS):
                self._answer(checked)


@contextmanager
def _own_trouble(part: Part) -> Iterator[None]:
    """What goes wrong in here breaks this part alone, where it can."""
    try:
        yield
    except OF_ALL:
        raise
    except HiggsError as trouble:
        part.trouble = trouble


def _own_chapters(part: Part) -> Iterator[SpokenChapter]:
    """Those that have become whole, one after another."""
    chapters = part.finished_chapters()
    while True:
        chapter = None
        with _own_trouble(part):
            chapter = next(chapters, None)
        if chapter is None:
            return
        yield chapter
