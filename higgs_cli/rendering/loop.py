"""The loop: reuse what is stored, speak what is missing, check, retry, keep, report.

Every take is on the disk before its lane gets the answer, so that a process that dies at any point
loses only what its lanes were in the middle of. Takes are checked and stored in other threads while
the lanes go on; all that is decided is decided in this one, in order of speaking.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import chain

from higgs_cli.checks.checker import CheckedChunk, TakeChecker
from higgs_cli.errors import GenerationFailedError, MemoryExhaustedError
from higgs_cli.planning.plan import Run
from higgs_cli.progress import ChunkProgress, Progress
from higgs_cli.rendering.run_order import RunsToSpeak, voice_runs
from higgs_cli.rendering.watchdog import watched
from higgs_cli.speech.protocol import (
    Accept,
    Answer,
    BurstSpoken,
    ChunkFailed,
    GiveUp,
    LanesIdle,
    LanesParked,
    NothingYet,
    Retry,
    Sampling,
    Speech,
    SpeechEvent,
    SpeechRun,
    SpokenChunk,
    Synthesizer,
)
from higgs_cli.stopping import checkpoint
from higgs_cli.takes.generated_voice import voice_lines
from higgs_cli.takes.kept_sounds import KeptSounds
from higgs_cli.takes.ledger import ChunkState, Ledger
from higgs_cli.takes.settled import SpokenChapter
from higgs_cli.takes.take import Slate, TakeRecord, Verdict
from higgs_cli.takes.voice_bank import GeneratedVoice, VoiceBank, generated_voice_of, voice_take

KEEPING_SECONDS = 2.0
"""A render that is stopped finishes checking what its lanes have spoken for so long at most."""


SILENT_SECONDS_LIMIT = 600.0
"""A model that says nothing at all for this long hangs."""

TOO_FAST = "too fast for its voice: words may be missing"

RunSource = Callable[[], Iterable[SpeechRun | NothingYet] | None]
"""The runs that are still to be spoken; None where none is."""


def speak_missing(
    ledger: Ledger,
    synthesizer: Synthesizer,
    sampling: Sampling,
    progress: Progress,
    sounds: KeptSounds,
    silent_seconds_limit: float = SILENT_SECONDS_LIMIT,
) -> Iterator[SpokenChapter]:
    """Bring every chunk to a settled state, or raise what stands in the way.

    Each chapter comes out as soon as all of it is settled, also by the rate of its voices: what is
    too fast for its voice is spoken again when the voice's norm stands. The sound that was found
    good is kept in `sounds`.
    """
    speaking = _Speaking(ledger, synthesizer, sampling, progress, sounds, silent_seconds_limit)
    return speaking.chapters()


class _Speaking:
    """The loop over one ledger, and what it remembers on the way."""

    def __init__(
        self,
        ledger: Ledger,
        synthesizer: Synthesizer,
        sampling: Sampling,
        progress: Progress,
        sounds: KeptSounds,
        silent_seconds_limit: float,
    ) -> None:
        self.plan = ledger.plan
        self.ledger = ledger
        self.fresh_keys: set[str] = set()
        self._store = ledger.store
        self.synthesizer = synthesizer
        self.sounds = sounds
        self._sampling = sampling
        self._progress = progress
        self._silent_seconds_limit = silent_seconds_limit
        self._bank = VoiceBank(ledger.plan, ledger.store, synthesizer)
        self._numbers = {chunk.key: chunk.number for chunk in ledger.plan.chunks}
        self._voice_lines = voice_lines(ledger.plan)
        self._lane_count = synthesizer.description.lane_count
        self._in_flight: set[int] = set()
        self._outcome_count = 0
        self._open: dict[int, set[int]] = {}
        """The runs of each chapter that may still be spoken; one that came out is not in it."""
        self._source: RunsToSpeak | None = None

    def chapters(self) -> Iterator[SpokenChapter]:
        """See `speak_missing`."""
        self._begin()
        try:
            yield from self._finished_chapters()
            yield from self._generate_voices()
            yield from self._speak_until_settled(self._runs_to_speak)
            yield from self._finished_chapters()  # those whose last attempts were lost
        finally:
            self._progress.end()

    def _finished_chapters(self) -> Iterator[SpokenChapter]:
        """Those that have become whole since the last look."""
        for chapter in [chapter for chapter, runs in self._open.items() if not runs]:
            if runs := self._open_runs(chapter):
                self._open[chapter] = runs  # under strict context a later key may change
                continue
            del self._open[chapter]
            yield self.ledger.settled_chapter(chapter, self.fresh_keys)

    def _open_runs(self, chapter: int) -> set[int]:
        runs = (self.plan.run_of[chunk.number] for chunk in self.plan.chunks_by_chapter[chapter])
        return {run.number for run in runs if not self._is_done(run)}

    def _is_done(self, run: Run) -> bool:
        return self.ledger.is_judged(run) and not self.ledger.unsettled(run)

    def _settle(self, number: int) -> None:
        """A chunk was settled, and by that perhaps its run, or the norm that others wait for."""
        judged = self.ledger.judge_rates([number])
        for run in judged:
            again = self.ledger.unsettled(run)
            if again and self._source is not None:
                self._source.add(run)
            for other in again:
                at = self._progress_of(other, self.ledger.state(other).next_attempt or 0)
                self._progress.retried(at, TOO_FAST)
        for run in (*judged, self.plan.run_of[number]):
            if self._is_done(run):
                self._open.get(run.chapter, set()).discard(run.number)

    def _begin(self) -> None:
        self.ledger.judge_rates()
        missing = [
            chunk for chunk in self.plan.chunks if not self.ledger.state(chunk.number).is_settled
        ]
        self._open = {chapter: self._open_runs(chapter) for chapter in self.plan.chunks_by_chapter}
        self._tell_damage()
        self._progress.begin(
            chunk_count=len(self.plan.chunks),
            stored_count=len(self.plan.chunks) - len(missing),
            speech_seconds=sum(chunk.seconds for chunk in missing),
        )

    # -- generated voices ---------------------------------------------------------------------

    def _generate_voices(self) -> Iterator[SpokenChapter]:
        """Give every speaker without a recording a voice, by a line spoken without one."""
        known = {speaker: self._stored_voice(speaker) for speaker in self._voice_lines}
        wanted = {
            speaker: number
            for speaker, number in self._voice_lines.items()
            if known[speaker] is None or self._is_lost(number, known[speaker])
        }
        yield from self._speak_until_settled(
            lambda: _if_any(voice_runs(self.ledger, self._bank, wanted))
        )
        for speaker, voice in known.items():
            if voice is not None:
                self._bank.adopt(speaker, voice)
            else:
                self._keep_as_voice(speaker, self._voice_lines[speaker])

    def _stored_voice(self, speaker: str) -> GeneratedVoice | None:
        stored = self.ledger.generated_voice(speaker)
        return None if stored is None else generated_voice_of(stored)

    def _is_lost(self, number: int, voice: GeneratedVoice | None) -> bool:
        """Whether the take a voice was made of is to be spoken again: as then, without a voice."""
        state = self.ledger.state(number)
        return voice is not None and voice.take_name == f"{state.key}.{state.next_attempt}"

    def _keep_as_voice(self, speaker: str, number: int) -> None:
        state = self.ledger.state(number)
        take = self._store.take(state.key, state.best.attempt) if state.best else None
        if take is None or not state.is_used:
            self._progress.note(f"no usable take to make a voice from for {speaker}")
            return
        key, text = self.ledger.voice_key(speaker), self.plan.chunks[number].text
        recipe = {"text": text, "take": take.record.name}
        self._store.add_voice(key, voice_take(key, recipe, take.codes))
        self._bank.adopt(speaker, GeneratedVoice(take.record.name, text, take.codes))

    # -- speaking --------------------------------------------------------------------------

    def _runs_to_speak(self) -> RunsToSpeak | None:
        source = RunsToSpeak(self.ledger, self._bank)
        self._source = None if source.is_empty else source
        return self._source

    def _speak_until_settled(self, wanted: RunSource) -> Iterator[SpokenChapter]:
        """Speak, and after trouble speak what is left, until nothing is or nothing helps."""
        while (runs := wanted()) is not None:
            self._in_flight.clear()
            outcomes = self._outcome_count
            try:
                yield from self._listen(
                    self.synthesizer.speak(runs, self._sampling, self.plan.seed, self._lane_count)
                )
            except MemoryExhaustedError as error:
                self._use_fewer_lanes(error)
            except GenerationFailedError as error:
                self._lose_in_flight(error.message)
            else:
                yield from self._finished_chapters()
                if self._outcome_count == outcomes:
                    raise GenerationFailedError("the model stopped without speaking everything")

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
        for number in sorted(self._in_flight):
            self._lose(number, reason)

    def _listen(self, speech: Speech) -> Iterator[SpokenChapter]:
        with TakeChecker(self.synthesizer, self.sounds, self._store) as checker:
            try:
                for event in watched(speech, self._silent_seconds_limit):
                    checkpoint()
                    self._take_in(event, checker)
                    self._answer_checked(speech, checker)
                    yield from self._finished_chapters()
            except BaseException:
                self._keep_spoken(checker)
                raise

    def _answer_checked(self, speech: Speech, checker: TakeChecker) -> None:
        for checked in checker.finished():
            speech.answer(checked.spoken, self._answer(checked))

    def _take_in(self, event: SpeechEvent, checker: TakeChecker) -> None:
        if isinstance(event, BurstSpoken):
            for begun in event.begun:
                number = self._numbers[begun.chunk_key]
                self._in_flight.add(number)
                self._progress.speaking(self._progress_of(number, begun.attempt))
        elif isinstance(event, SpokenChunk):
            number = self._numbers[event.chunk_key]
            checker.give(event, self.plan.chunks[number], self._slate(number, event))
        elif isinstance(event, LanesParked):
            checker.wait()
        elif isinstance(event, LanesIdle) and self._source is not None:
            self._source.close()
        elif isinstance(event, ChunkFailed):
            self._lose(self._numbers[event.chunk_key], event.reason)

    def _keep_spoken(self, checker: TakeChecker) -> None:
        """The speaking has ended early: what was spoken is kept all the same.

        What stands in the way of that is the smaller trouble, and not told.
        """
        with suppress(Exception):
            for checked in checker.rest(KEEPING_SECONDS):
                self._answer(checked)

    def _answer(self, checked: CheckedChunk) -> Answer:
        """The take is stored: say how the lane goes on."""
        spoken = checked.spoken
        number = self._numbers[spoken.chunk_key]
        self._in_flight.discard(number)
        state = self.ledger.state(number)
        if not state.is_settled and checked.take is not None:
            self._store.note(checked.take)
            self._outcome_count += 1
            self.fresh_keys.add(spoken.chunk_key)
            state = self.ledger.refresh(number)
            self._report(number, checked.take.record, state)
            if state.is_settled:
                self._settle(number)
        if state.next_attempt == spoken.attempt + 1:
            return Retry()
        best = state.best
        if best is None or not state.is_used:
            return GiveUp()
        if best.attempt == spoken.attempt:
            return Accept()
        take = self._store.take(state.key, best.attempt)
        return Accept(take.codes) if take is not None else GiveUp()

    def _slate(self, number: int, spoken: SpokenChunk) -> Slate | None:
        """What the take is to be stored as; None for one that nobody wants any more.

        What it has heard is settled, and so is all that its key follows from: none of that can
        change until it is answered.
        """
        state = self.ledger.state(number)
        if state.is_settled:
            return None
        heard = (self.ledger.state(self._numbers[key]).best for key in spoken.heard_keys)
        names = tuple(best.name for best in heard if best is not None)
        return Slate(state.key, self.ledger.recipe(number), names)

    def _report(self, number: int, record: TakeRecord, state: ChunkState) -> None:
        at = self._progress_of(number, record.attempt)
        if not state.is_settled:
            failed = [each for each in record.findings if each.verdict is Verdict.FAIL]
            reason = failed[0].detail if failed else "another take was requested"
            self._progress.retried(at, reason)
            return
        used = state.best or record
        seconds = used.frame_count / self.synthesizer.description.frame_rate
        self._progress.spoken(at, seconds, used.verdict.value)

    def _lose(self, number: int, reason: str) -> None:
        self._outcome_count += 1
        self._in_flight.discard(number)
        at = self._progress_of(number, self.ledger.state(number).next_attempt or 0)
        state = self.ledger.lose_attempt(number, reason)
        if state.is_settled:
            self._settle(number)
            self._progress.spoken(at, 0.0, Verdict.FAIL.value)
        else:
            self._progress.retried(at, reason)

    def _progress_of(self, number: int, attempt: int) -> ChunkProgress:
        chunk = self.plan.chunks[number]
        return ChunkProgress(number, chunk.speaker, chunk.line_number, attempt)

    def _tell_damage(self) -> None:
        for name in self._store.damaged:
            self._progress.note(f"damaged take {name} will be spoken again")
        self._store.damaged.clear()


def _if_any(runs: Iterator[SpeechRun]) -> Iterator[SpeechRun] | None:
    """The same runs, or None when there is none."""
    first = next(runs, None)
    return None if first is None else chain([first], runs)
