"""The ledger of a render: for each chunk its key, its stored takes, and whether it is settled.

With strict context the key of a chunk also names its context, so it is known only when all before
it in its run is settled: keys are asked for in the order of a run.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from higgs_cli.checkpoints.identity import ModelIdentity
from higgs_cli.listening.hearing import Hearing
from higgs_cli.planning.keys import KnownRecipes, digest, take_recipe
from higgs_cli.planning.plan import Chunk, Plan, Run
from higgs_cli.planning.replanning import is_outdated
from higgs_cli.settings.views import TakeRules
from higgs_cli.takes.choices import Choice
from higgs_cli.takes.generated_voice import generated_voice_key, voice_lines
from higgs_cli.takes.heard_takes import ToHear
from higgs_cli.takes.measure import Measure
from higgs_cli.takes.policy import TakePolicy, best_take
from higgs_cli.takes.retry_budget import BudgetRules
from higgs_cli.takes.run_judge import Books, RunJudge, Verdicts
from higgs_cli.takes.settled import JudgedBy, SettledChunk, SpokenChapter
from higgs_cli.takes.speech_rate import RATE_CHECK, SpeechRate, is_rated
from higgs_cli.takes.store import TakeStore
from higgs_cli.takes.stored_takes import StoredTakes
from higgs_cli.takes.take import Finding, Take, TakeRecord
from higgs_cli.takes.voice_levels import Background, SpeechLevel, Treble, is_measured

ANOTHER_TAKE = "another take was requested"
WHY = {
    RATE_CHECK: "too fast for its voice",
    "words": "words differ from the text",
    "voice": "not in its voice",
}
"""What a plan says of a check; its detail is for a list of single lines."""


@dataclass(frozen=True)
class ChunkState:
    """One chunk as the store has it."""

    key: str
    records: tuple[TakeRecord, ...]
    next_attempt: int | None
    best: TakeRecord | None
    first_best: TakeRecord | None
    """The best by the records alone: what the rest of its run has heard."""

    @property
    def is_settled(self) -> bool:
        return self.next_attempt is None

    @property
    def is_used(self) -> bool:
        """Whether its take goes into contexts and into the audio."""
        return self.best is not None and self.best.is_usable


EarlierChoice = Mapping[int, tuple[str, int]]
"""The take that an earlier render chose for each chunk: its key and attempt, by chunk number."""


class Ledger:
    """What is settled and what is not; reads the store, never speaks."""

    def __init__(
        self,
        plan: Plan,
        store: TakeStore,
        identity: ModelIdentity,
        rules: TakeRules,
        earlier: EarlierChoice | None = None,
        books: Books = (),
        gates: Sequence[Measure] = (),
        lateness: Callable[[], float] = lambda: 0.0,
    ) -> None:
        """`books`: where several are spoken together, of each one the chunks of each chapter, by
        number; `gates`: what takes are held to by what is heard of them; `lateness`: how much
        too late who hears words says that they were heard, in seconds."""
        self.plan = plan
        self.store = store
        self.rules = rules
        self.gates = gates
        self._lateness = lateness
        self._policy = TakePolicy(rules.takes, rules.retries)
        self._identity = identity
        self._earlier = dict(earlier or {})
        self._first_lines = voice_lines(plan)
        self._voice_lines = frozenset(self._first_lines.values())
        self.takes = StoredTakes(store, self._policy, self._key_of, self._only_lists)
        self._states: dict[int, ChunkState] = {}
        self._losses: dict[int, str] = {}
        chapters = plan.chunks_by_chapter.values()
        self.books = books or [[[chunk.number for chunk in chunks] for chunks in chapters]]
        budget = BudgetRules(rules.retry_budget / 100, rules.retries)
        measures: tuple[Measure, ...] = (
            SpeechRate(),
            SpeechLevel(),
            Treble(),
            Background(),
            *gates,
        )
        self._judge = RunJudge(plan, self.books, measures, self.takes, store.heard, budget)

    def state(self, number: int) -> ChunkState:
        if number not in self._states:
            self._states[number] = self._read(number)
        return self._states[number]

    def refresh(self, number: int) -> ChunkState:
        """Read a chunk again, after a take of it was stored; what follows it may have new keys."""
        self._forget(number)
        if self.rules.strict_context:
            run = self.plan.run_of[number]
            for later in run.chunks[run.chunks.index(number) + 1 :]:
                self._forget(later)
        return self.state(number)

    def _forget(self, number: int) -> None:
        self._states.pop(number, None)
        self.takes.forget(number)

    def lose_attempt(self, number: int, reason: str) -> ChunkState:
        """An attempt came to nothing that could be stored: it counts as a failed one."""
        self.takes.lose(number)
        self._losses[number] = reason
        return self.refresh(number)

    def judge(self, numbers: Iterable[int] | None = None) -> list[Run]:
        """The runs that were spoken and may be judged from now on: a take of theirs that is refused
        is one that failed. `numbers`: of which something was spoken or heard since.

        Under strict context other takes would give later lines other keys, and so other norms:
        there, as for the line that a voice was made of, what is found is only listed.
        """
        runs = self.plan.runs
        if numbers is not None:
            found = map(self.plan.run_of.__getitem__, numbers)
            runs = tuple({run.number: run for run in found}.values())
        judged = self._judge.judge(runs)
        for run in judged:
            for number in run.chunks:
                self._states.pop(number, None)
        return judged

    def to_hear(self, numbers: Collection[int] | None = None) -> Iterator[ToHear]:
        """What of these chunks, or of all, is there and was not heard yet."""
        return self._judge.to_hear(range(len(self.plan.chunks)) if numbers is None else numbers)

    def gates_of(self, number: int) -> list[Measure]:
        """Those whose listeners hear takes of this chunk."""
        return self._judge.gates_of(number)

    def hearing(self, number: int, record: TakeRecord | None) -> Hearing | None:
        """What was heard of a take of this chunk, by whoever hears words."""
        return self._judge.hearing(number, record)

    @cached_property
    def late_seconds(self) -> float:
        """How much later than they were said that one says that words were heard."""
        return self._lateness()

    def is_spoken(self, run: Run) -> bool:
        """Whether all of its chunks were spoken once, whatever is wanted of them since."""
        return all(map(self.takes.has_first_takes, run.chunks))

    def is_judged(self, run: Run) -> bool:
        return self._judge.is_judged(run)

    def _only_lists(self, number: int) -> bool:
        return self.rules.strict_context or number in self._voice_lines

    def _key_of(self, number: int) -> str:
        return digest(self.recipe(number))

    def loss(self, number: int) -> str | None:
        """Why the last lost attempt at a chunk came to nothing."""
        return self._losses.get(number)

    @property
    def is_settled(self) -> bool:
        """Whether nothing is to be spoken."""
        self.judge()
        return self.speaks_nothing and all(map(self.is_judged, self.plan.runs))

    @property
    def speaks_nothing(self) -> bool:
        """Whether nothing is to be spoken, as far as is known before the rest is heard."""
        return all(self.state(chunk.number).is_settled for chunk in self.plan.chunks)

    def outdated(self, asked: Collection[int] = ()) -> frozenset[int]:
        """Chunks to be spoken again, these or any others, whose voice is encoded otherwise now."""
        found: set[int] = set()
        for run in self.plan.runs:
            again = [n for n in run.chunks if n in asked or not self.state(n).is_settled]
            if again and self.rules.strict_context:  # what comes after it has another context
                again = list(run.chunks[run.chunks.index(again[0]) :])
            found.update(n for n in again if is_outdated(self.plan.chunks[n]))
        return frozenset(n for n in found if not self._is_locked(n))

    def _is_locked(self, number: int) -> bool:
        return self.store.choice(self.state(number).key).is_locked

    def stores(self, key: str, attempt: int) -> bool:
        return self.store.record(key, attempt) is not None

    def unsettled(self, run: Run) -> list[int]:
        return [number for number in run.chunks if not self.state(number).is_settled]

    def recipe(self, number: int) -> Mapping[str, str]:
        """The named parts of a chunk's take key."""
        recipe = take_recipe(
            self.plan.chunks[number].recipe,
            model=self._identity.model_fingerprint,
            codec=self._identity.codec_fingerprint,
            precision=self._identity.precision,
        )
        if self.rules.strict_context:
            recipe["context"] = ",".join(self.heard_before(number))
        return recipe

    def heard_before(self, number: int) -> tuple[str, ...]:
        """The takes of earlier chunks of its run that are in a chunk's context, as they are now."""
        return _names_of_used(state.best for state in self._earlier_states(number))

    def _earlier_states(self, number: int) -> list[ChunkState]:
        if number in self._voice_lines or not self.rules.context_chunks:
            return []
        run = self.plan.run_of[number]
        return [self.state(other) for other in run.chunks[: run.chunks.index(number)]]

    def why_missing(self, number: int) -> str | None:
        """Why an unsettled chunk is to be spoken, as a person would say it; None for a settled."""
        state = self.state(number)
        if state.is_settled:
            return None
        if (refusal := self.refusal(number)) is not None:
            return WHY.get(refusal.check, refusal.check)
        if state.records:
            return ANOTHER_TAKE
        return self._known_recipes.why_new(self.recipe(number))

    @cached_property
    def _known_recipes(self) -> KnownRecipes:
        return KnownRecipes([record.recipe for record in self.store.all_records()])

    def has_other_context(self, number: int) -> bool:
        """Whether the chunk's take was spoken in another context than its run has now, or had
        before a line of it was spoken again for its rate."""
        best = self.state(number).best
        if best is None or number in self._voice_lines:
            return False
        earlier = self._earlier_states(number)
        now = _names_of_used(state.best for state in earlier)
        first = _names_of_used(state.first_best for state in earlier)
        return not any(_ends_with(names, best.heard) for names in (now, first))

    def refusal(self, number: int) -> Finding | None:
        """What speaks against the last take of a chunk that does not pass, of all that its record
        alone does not say."""
        verdicts = self._verdicts(number, self.takes.records(number))
        found = {at: each for told in verdicts for at, each in told.refusals.items()}
        return found[max(found)] if found else None

    def _read(self, number: int) -> ChunkState:
        key, records = self.takes.key(number), self.takes.records(number)
        choice, lost = self._choice(number, key), self.takes.lost(number)
        verdicts = self._verdicts(number, records)
        wanted = (
            self._policy.next_attempt(records, choice, lost, told.refusals, told.granted)
            for told in verdicts
        )
        following = next((attempt for attempt in wanted if attempt is not None), None)
        best = first_best = best_take(records, choice, verdicts[0].findings)
        if any(told.refusals for told in verdicts) and choice.chosen_attempt is None:
            first_best = best_take(self._policy.first_takes(records, choice), choice)
        return ChunkState(key, records, following, best, first_best)

    def _verdicts(self, number: int, records: Sequence[TakeRecord]) -> list[Verdicts]:
        """Of what decides which takes are spoken and used: nothing that is only listed."""
        if self._only_lists(number):
            return [Verdicts()]
        return self._judge.verdicts(number, records)

    def _choice(self, number: int, key: str) -> Choice:
        """A person's choice, or, when a manifest is rendered, the take that it names: while that
        is a take of this very key, and nobody asked for another."""
        earlier_key, attempt = self._earlier.get(number, ("", 0))
        if earlier_key != key:
            return self.store.choice(key)
        return Choice(attempt, True, attempt)

    def forget_earlier(self, number: int) -> None:
        """Another take of this chunk is wanted than the one that a manifest names."""
        self._earlier.pop(number, None)
        self._forget(number)

    def voice_key(self, speaker: str) -> str:
        """Names the generated voice of a speaker without a recording."""
        return generated_voice_key(self.recipe(self._first_lines[speaker]))

    def generated_voice(self, speaker: str) -> Take | None:
        """The voice of a speaker without a recording, where the store has it."""
        voice = self.store.voice(self.voice_key(speaker))
        is_whole = voice is not None and {"take", "text"} <= voice.record.recipe.keys()
        return voice if is_whole else None

    def voice_takes(self) -> dict[str, str]:
        """The take that each generated voice was made of, by speaker."""
        voices = {speaker: self.generated_voice(speaker) for speaker in self._first_lines}
        return {who: each.record.recipe["take"] for who, each in voices.items() if each}

    @property
    def judged_by(self) -> tuple[JudgedBy, ...]:
        """The gates that takes are held to."""
        named = ((gate.name, gate.listener_name, gate.listener) for gate in self.gates)
        return tuple(JudgedBy(name, who, each) for name, who, each in named if each)

    # -- what was settled, as values -------------------------------------------------------

    def settled_chapter(self, chapter: int, fresh_keys: Collection[str] = ()) -> SpokenChapter:
        """A chapter whose chunks are all settled."""
        chunks = self.plan.chunks_by_chapter[chapter]
        fresh = frozenset(chunk.key for chunk in chunks if chunk.key in fresh_keys)
        return SpokenChapter(chapter, tuple(map(self._settled, chunks)), fresh)

    def _settled(self, chunk: Chunk) -> SettledChunk:
        state = self.state(chunk.number)
        used = [state.best] if state.best else []
        told = self._judge.verdicts(chunk.number, used)[0].findings
        held = [finding for found in told.values() for finding in found]
        return SettledChunk(
            chunk=chunk,
            key=state.key,
            take=state.best,
            is_used=state.is_used,
            has_other_context=self.has_other_context(chunk.number),
            loss=self.loss(chunk.number),
            held=tuple(held),
            is_rated=is_rated(chunk, state.best) and is_measured(chunk, state.best),
            untold=tuple(gate.name for gate in self.gates if not gate.is_told(chunk)),
            hearing=self.hearing(chunk.number, state.best) if state.is_used else None,
            late_seconds=self.late_seconds,
        )


def _names_of_used(takes: Iterable[TakeRecord | None]) -> tuple[str, ...]:
    return tuple(take.name for take in takes if take is not None and take.is_usable)


def _ends_with(names: tuple[str, ...], heard: tuple[str, ...]) -> bool:
    """Whether these were heard, the last of them at least; nothing only where there is nothing."""
    return names[len(names) - len(heard) :] == heard and bool(names) <= bool(heard)
