"""One ledger that is being spoken: the runs that it still wants, and what becomes of its takes.

Several of them are spoken together (see `loop.py`), and know nothing of one another. Whose store
fails, or whose voices cannot be read, is broken: it wants nothing more, and the others go on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from higgs_cli.checks.checker import CheckedChunk, Shelf
from higgs_cli.errors import HiggsError
from higgs_cli.listening.ears import Ears
from higgs_cli.planning.places import where
from higgs_cli.planning.plan import Run
from higgs_cli.progress import ChunkProgress, Progress
from higgs_cli.rendering.hearing import HearingDesk, Listeners
from higgs_cli.rendering.run_order import RUN, VOICE_OF, RunsToSpeak, voice_runs
from higgs_cli.speech.protocol import (
    NOTHING_YET,
    Accept,
    Answer,
    ChunkBegun,
    GiveUp,
    NothingYet,
    Retry,
    Sampling,
    SpeechRun,
    SpokenChunk,
    Synthesizer,
)
from higgs_cli.takes.generated_voice import voice_lines
from higgs_cli.takes.heard_files import sound_of
from higgs_cli.takes.kept_sounds import KeptSounds
from higgs_cli.takes.ledger import ANOTHER_TAKE, ChunkState, Ledger
from higgs_cli.takes.settled import SpokenChapter
from higgs_cli.takes.take import Slate, TakeRecord, Verdict
from higgs_cli.takes.voice_bank import GeneratedVoice, VoiceBank, generated_voice_of, voice_take


class Part:
    """What its ledger says is missing is spoken, until nothing is or it is broken."""

    def __init__(
        self,
        ledger: Ledger,
        synthesizer: Synthesizer,
        sampling: Sampling,
        progress: Progress,
        sounds: KeptSounds,
        *,
        listeners: Listeners | None = None,
        name: str = "",
        after: Part | None = None,
        bank: VoiceBank | None = None,
    ) -> None:
        """`listeners`: who hears takes for the ledger's gates. `name` tells its runs from those of
        other parts. `after`: a part of the same store, which is spoken first, so that what both say
        is spoken once. `bank`: one of this plan whose recordings do not lie in the store."""
        self.name = name
        self.ledger = ledger
        self.plan = ledger.plan
        self.fresh_keys: set[str] = set()
        self.progress = progress
        self.shelf = Shelf(ledger.store, sounds)
        self.trouble: HiggsError | None = None
        self.outcome_count = 0
        self.sampling = sampling
        self._frame_rate = synthesizer.description.frame_rate
        sample_rate = synthesizer.description.sample_rate
        self.hearing = HearingDesk(ledger, listeners or {}, sounds, sample_rate)
        self._store = ledger.store
        self._after = after
        self._bank = bank or VoiceBank(ledger.plan, ledger.store, synthesizer)
        self._numbers = {chunk.key: chunk.number for chunk in ledger.plan.chunks}
        self._voice_lines = voice_lines(ledger.plan)
        self._has_voices = False
        self._known_voices: dict[str, GeneratedVoice | None] = {}
        self._wanted_lines: dict[str, int] = {}
        """The lines that voices are to be made of, by speaker."""
        self._asked_for: set[int] = set()
        """Lines that voices are made of, and that a lane has been given."""
        self._open: dict[int, set[int]] = {}
        """The runs of each chapter that may still be spoken; one that came out is not in it."""
        self._source: RunsToSpeak | None = None

    @property
    def is_whole(self) -> bool:
        """Whether every chapter has come out, and what was made of its lines is stored."""
        return self._has_voices and not self._open

    def begin(self) -> None:
        """Look at what is stored, and tell."""
        self.ledger.judge()
        missing = [
            chunk for chunk in self.plan.chunks if not self.ledger.state(chunk.number).is_settled
        ]
        self._open = {chapter: self._open_runs(chapter) for chapter in self.plan.chunks_by_chapter}
        self._find_voices()
        self.hearing.ask()
        for name in self._store.damaged:
            self.progress.note(f"damaged take {name} will be spoken again")
        self._store.damaged.clear()
        self.progress.begin(
            chunk_count=len(self.plan.chunks),
            stored_count=len(self.plan.chunks) - len(missing),
            speech_seconds=sum(chunk.seconds for chunk in missing),
        )

    def finished_chapters(self) -> Iterator[SpokenChapter]:
        """Those that have become whole since the last look."""
        self._adopt_voices()
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

    def take_in_heard(self) -> None:
        """What has come back from the ears counts from now on."""
        for numbers in self.hearing.come():
            self.outcome_count += 1
            self._settle(numbers)

    def _settle(self, numbers: Collection[int]) -> None:
        """Chunks were settled or heard, and by that perhaps their runs, or what others wait for."""
        self.hearing.ask(numbers)
        judged = self.ledger.judge(numbers)
        for run in judged:
            again = self.ledger.unsettled(run)
            if again and self._source is not None:
                self._source.add(run)
            for other in again:
                at = self._progress_of(other, self.ledger.state(other).next_attempt or 0)
                self.progress.retried(at, self._why_again(other))
        for run in (*judged, *(self.plan.run_of[number] for number in numbers)):
            if self._is_done(run):
                self._open.get(run.chapter, set()).discard(run.number)

    # -- what is to be spoken --------------------------------------------------------------

    def runs(self) -> Iterator[SpeechRun | NothingYet]:
        """What is missing now, lazily; no run before every speaker has a voice."""
        while self._after is not None and not (self._after.is_whole or self._after.trouble):
            yield NOTHING_YET
        self._asked_for.clear()
        while not self._has_voices:
            yield from self._runs_for_voices()
            self._adopt_voices()
        self._source = RunsToSpeak(self.ledger, self._bank)
        if not self._source.is_empty or self.hearing.waiting:
            yield from map(self._named, self._source)

    def ask_again(self, run_key: str) -> None:
        """Whoever had this run is gone."""
        key = run_key.removeprefix(self.name)
        if key.startswith(VOICE_OF):
            self._asked_for.discard(self._voice_lines[key.removeprefix(VOICE_OF)])
        elif self._source is not None:
            number = int(key.removeprefix(RUN))
            self._source.add(next(run for run in self.plan.runs if run.number == number))

    def _named(self, run: SpeechRun | NothingYet) -> SpeechRun | NothingYet:
        if isinstance(run, NothingYet):
            return run
        key = self.name + run.key
        return replace(run, key=key, sampling=self.sampling, seed=self.plan.seed)

    def _runs_for_voices(self) -> Iterator[SpeechRun | NothingYet]:
        """A line of every speaker without a recording, spoken without a voice; each once, and
        again where it was lost."""
        due = {who: n for who, n in self._wanted_lines.items() if n not in self._asked_for}
        self._asked_for.update(due.values())
        yield from map(self._named, voice_runs(self.ledger, self._bank, due))
        if not self._can_have_voices:
            yield NOTHING_YET

    @property
    def _can_have_voices(self) -> bool:
        return all(self.ledger.state(number).is_settled for number in self._wanted_lines.values())

    def _find_voices(self) -> None:
        """Which are stored, and which lines the others are to be made of."""
        self._known_voices = {speaker: self._stored_voice(speaker) for speaker in self._voice_lines}
        self._wanted_lines = {
            speaker: number
            for speaker, number in self._voice_lines.items()
            if self._known_voices[speaker] is None
            or self._is_lost(number, self._known_voices[speaker])
        }

    def _adopt_voices(self) -> None:
        """As soon as all lines that voices are made of are settled."""
        if self._has_voices or not self._can_have_voices:
            return
        for speaker, voice in self._known_voices.items():
            if voice is not None:
                self._bank.adopt(speaker, voice)
            else:
                self._keep_as_voice(speaker, self._voice_lines[speaker])
        self._has_voices = True

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
            self.progress.note(f"no usable take to make a voice from for {speaker}")
            return
        key, text = self.ledger.voice_key(speaker), self.plan.chunks[number].text
        recipe = {"text": text, "take": take.record.name}
        self._store.add_voice(key, voice_take(key, recipe, take.codes))
        self._bank.adopt(speaker, GeneratedVoice(take.record.name, text, take.codes))

    # -- what becomes of it ----------------------------------------------------------------

    def number_of(self, chunk_key: str) -> int:
        return self._numbers[chunk_key]

    def begun(self, chunk: ChunkBegun) -> None:
        """A lane has begun to speak it."""
        self.progress.speaking(self._progress_of(self._numbers[chunk.chunk_key], chunk.attempt))

    def slate(self, spoken: SpokenChunk) -> Slate | None:
        """What the take is to be stored as; None for one that nobody wants any more.

        What it has heard is settled, and so is all that its key follows from: none of that can
        change until it is answered.
        """
        number = self._numbers[spoken.chunk_key]
        state = self.ledger.state(number)
        if state.is_settled or self.trouble is not None:
            return None
        heard = (self.ledger.state(self._numbers[key]).best for key in spoken.heard_keys)
        names = tuple(best.name for best in heard if best is not None)
        return Slate(state.key, self.ledger.recipe(number), names)

    def ears(self, spoken: SpokenChunk) -> Mapping[str, Ears]:
        """Who is to hear it before its lane goes on: of a chunk whose first takes are there. Those
        are heard beside the speaking."""
        number = self._numbers[spoken.chunk_key]
        is_another = self.ledger.takes.has_first_takes(number)
        return self.hearing.ears_for(number) if is_another else {}

    def answer(self, checked: CheckedChunk) -> Answer:
        """The take is stored: say how the lane goes on."""
        spoken = checked.spoken
        number = self._numbers[spoken.chunk_key]
        if checked.trouble is not None and self.trouble is None:
            self.trouble = checked.trouble
        if self.trouble is not None:
            return GiveUp()
        state = self.ledger.state(number)
        if not state.is_settled and checked.take is not None:
            state = self._note(number, checked)
        if state.next_attempt == spoken.attempt + 1:
            return Retry()
        best = state.best
        if best is None or not state.is_used:
            return GiveUp()
        if best.attempt == spoken.attempt:
            return Accept()
        take = self._store.take(state.key, best.attempt)
        return Accept(take.codes) if take is not None else GiveUp()

    def _note(self, number: int, checked: CheckedChunk) -> ChunkState:
        """A take that was stored counts from now on."""
        assert checked.take is not None
        self._store.note(checked.take)
        for listener, heard in checked.heard.items():
            self._store.heard.keep(listener, (sound_of(checked.take.record),), (heard,))
        self.outcome_count += 1
        self.fresh_keys.add(checked.spoken.chunk_key)
        state = self.ledger.refresh(number)
        self._report(number, checked.take.record, state)
        if state.is_settled:
            self._settle([number])
        return state

    def _report(self, number: int, record: TakeRecord, state: ChunkState) -> None:
        at = self._progress_of(number, record.attempt)
        if not state.is_settled:
            failed = [each for each in record.findings if each.verdict is Verdict.FAIL]
            reason = failed[0].detail if failed else self._why_again(number)
            self.progress.retried(at, reason)
            return
        used = state.best or record
        self.progress.spoken(at, used.frame_count / self._frame_rate, used.verdict.value)

    def _why_again(self, number: int) -> str:
        """Of a chunk with takes that no check of their own speaks against."""
        refusal = self.ledger.refusal(number)
        return f"{refusal.check}: {refusal.detail}" if refusal else ANOTHER_TAKE

    def lose(self, chunk_key: str, reason: str) -> None:
        """An attempt came to nothing that could be stored."""
        number = self._numbers[chunk_key]
        self.outcome_count += 1
        self._asked_for.discard(number)
        at = self._progress_of(number, self.ledger.state(number).next_attempt or 0)
        state = self.ledger.lose_attempt(number, reason)
        if state.is_settled:
            self._settle([number])
            self.progress.spoken(at, 0.0, Verdict.FAIL.value)
        else:
            self.progress.retried(at, reason)

    def _progress_of(self, number: int, attempt: int) -> ChunkProgress:
        chunk = self.plan.chunks[number]
        place = where(self.plan, chunk)
        return ChunkProgress(number, chunk.speaker, chunk.line_number, attempt, place)
