"""Script and Cast become a Plan: clean, cut, key, group into runs, prove that nothing is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from higgs_cli.casting.cast import Cast
from higgs_cli.errors import ScriptError
from higgs_cli.files.json_stream import MOST_ELEMENTS
from higgs_cli.planning.chunking import Draft, SpokenTurn, chunk_turns, cut_rule
from higgs_cli.planning.coverage import prove_coverage
from higgs_cli.planning.emphasis import Emphasis
from higgs_cli.planning.estimate import measure
from higgs_cli.planning.keys import chunk_seed, digest, voice_parts
from higgs_cli.planning.plan import FRAMES_PER_SECOND, Chunk, Pause, PauseKind, Plan
from higgs_cli.planning.runs import make_runs
from higgs_cli.script.document import CREDITS, Chapter, Script, Turn
from higgs_cli.script.source_text import SourceText
from higgs_cli.settings.views import Pauses, Planning, Sampling
from higgs_cli.wording.cleaning import Cleaning, has_words, model_text, spoken_words
from higgs_cli.wording.lettered import lettered

Line = tuple[str, str, str]
"""Who says what in which mood: chunks that differ in nothing else differ in their occurrence."""


OF_A_SPEAKER = ("sentence", "paragraph", "turn")
"""Pauses that are longer or shorter with those who speak after them."""


@dataclass(frozen=True)
class Staging:
    """What a plan is made of besides the script and the planning."""

    cast: Cast
    scene_text: str | None
    cleaning: Cleaning
    warnings: tuple[str, ...] = ()
    has_sounds: bool = True
    """Does the model speak `[laugh]` and the like? What it leaves out takes no time."""


def make_plan(script: Script, staging: Staging, planning: Planning) -> Plan:
    """Everything that will be spoken, in order, with its keys, its pauses and its contexts."""
    chunks = _Planner(script, staging, planning).chunks()
    if all(chunk.is_credits for chunk in chunks):
        raise ScriptError(f"{script.path}: nothing in it is spoken")
    if len(chunks) > MOST_ELEMENTS:
        told = f"{len(chunks):,} chunks, and a manifest holds {MOST_ELEMENTS:,}"
        raise ScriptError(f"{script.path}: {told}", hint="part it into several scripts")
    plan = Plan(
        script=script,
        cast=staging.cast,
        scene_text=staging.scene_text,
        language=staging.cleaning.language,
        seed=planning.seed,
        chunks=chunks,
        runs=make_runs(chunks, run_chunks=planning.run_chunks, is_ensemble=planning.ensemble),
        warnings=staging.warnings,
    )
    return replace(plan, coverage=prove_coverage(plan))


class _Planner:
    """Numbers the chunks of a script; remembers which lines were said before."""

    def __init__(self, script: Script, staging: Staging, planning: Planning) -> None:
        self.script = script
        self.staging = staging
        self.planning = planning
        self.rule = cut_rule(
            planning.chunk,
            chunk_seconds=planning.chunk_seconds,
            chunk_words=planning.chunk_words,
            chunk_turns=planning.chunk_turns,
            max_seconds=planning.max_seconds,
        )
        self.said: dict[bool, Counter[tuple[Line, int]]] = {False: Counter(), True: Counter()}
        """How often, in the script's own words, and in credits: those move no key of these."""
        self.manners: dict[tuple[str, str], Mapping[str, str]] = {}
        self.line_number_at = script.lines.number_at
        self.emphasis = Emphasis(script.emphasis)
        of_credits = (chapter for chapter in script.chapters if chapter.credits)
        self.credits = frozenset(turn.number for each in of_credits for turn in each.turns)
        headings = [turn for turn in script.turns if turn.is_heading]
        letters = lettered([turn.text.text for turn in headings])
        self.letters = frozenset(headings[place].number for place in letters)

    def chunks(self) -> tuple[Chunk, ...]:
        done: list[Chunk] = []
        before: Draft | None = None
        for chapter in self.script.chapters:
            said_here: Counter[Line] = Counter()
            for draft in chunk_turns(list(self._spoken(chapter)), self.rule):
                pause = self._pause(before, draft, is_first=not said_here)
                done.append(self._chunk(len(done), chapter, draft, pause, said_here))
                before = draft
        return tuple(done)

    def _spoken(self, chapter: Chapter) -> list[SpokenTurn]:
        cleaned = (SpokenTurn(turn, self._words(turn)) for turn in chapter.turns)
        return [spoken for spoken in cleaned if has_words(spoken.text.text)]

    def _words(self, turn: Turn) -> SourceText:
        cleaning, spot = self.staging.cleaning, self.script.spot
        return spoken_words(
            turn.text,
            cleaning,
            spot,
            is_heading=turn.is_heading,
            is_letter=turn.number in self.letters,
            speaker=turn.speaker,
        )

    def _chunk(
        self, number: int, chapter: Chapter, draft: Draft, pause: Pause, said_here: Counter[Line]
    ) -> Chunk:
        text = model_text(draft.text, goes_on=draft.goes_on)
        recipe = self._recipe(draft.first, text.text, said_here)
        key = digest(recipe)
        amount = draft.amount if text.text == draft.text.text else measure(text.text)
        if not self.staging.has_sounds:
            amount = replace(amount, sounds=0)
        return Chunk(
            number=number,
            key=key,
            recipe=recipe,
            seed=chunk_seed(self.planning.seed, key),
            chapter=chapter.number,
            scene=draft.first.scene,
            turns=tuple(turn.number for turn in draft.turns),
            speaker=draft.first.speaker,
            mood=draft.first.mood,
            text=text.text,
            pieces=text.pieces,
            line_number=self.line_number_at(text.start),
            last_line_number=self.line_number_at(max(text.start, text.end - 1)),
            pause=pause,
            seconds=amount.seconds,
            frame_budget=min(amount.frame_budget, self._most_frames),
            minimum_frames=min(amount.minimum_frames, amount.frame_budget // 4),
            place=self.script.place_of_turn(draft.turns[0].number),
            last_place=self.script.place_of_turn(draft.turns[-1].number),
            emphasis=self.emphasis.within(text.pieces),
        )

    @property
    def _most_frames(self) -> int:
        return int(self.planning.max_seconds * FRAMES_PER_SECOND)

    def _recipe(self, turn: Turn, text: str, said_here: Counter[Line]) -> Mapping[str, str]:
        """What decides the sound of these words: see `keys.py`."""
        line, is_credits = (turn.speaker, turn.mood or "", text), turn.number in self.credits
        here = said_here[line]
        said_here[line] += 1
        # An equal line of another chapter needs a key of its own, and must not move this one's.
        said = self.said[is_credits]
        elsewhere = said[line, here]
        said[line, here] += 1
        manner = self._manner(turn.speaker, turn.mood or "")
        occurrence = f"{here}/{elsewhere}"
        return {
            "text": text,
            **manner,
            "occurrence": f"{CREDITS} {occurrence}" if is_credits else occurrence,
        }

    def _manner(self, speaker: str, mood: str) -> Mapping[str, str]:
        """The parts of a recipe that all lines of a speaker in a mood have in common."""
        if (speaker, mood) not in self.manners:
            voice = self.staging.cast.member(speaker).voice
            self.manners[speaker, mood] = {
                "speaker": speaker,
                "mood": mood,
                **voice_parts(voice.content(mood)),
                "scene": self.staging.scene_text or "",
                "sampling": sampling_name(self.planning.sampling),
                "seed": str(self.planning.seed),
                "manner": manner_name(self.planning),
            }
        return self.manners[speaker, mood]

    def _pause(self, before: Draft | None, draft: Draft, *, is_first: bool) -> Pause:
        turn = draft.first
        if before is None:
            return Pause("start", turn.pause_before_seconds or 0.0)
        if draft.is_turn_start and turn.pause_before_seconds is not None:
            return Pause("written", turn.pause_before_seconds)
        if before.goes_on and before.turns[-1] == turn:
            return Pause("sentence", 0.0)  # the same sentence: no pause that its writer did not set
        kind = _pause_kind(before.turns[-1], turn, is_first=is_first)
        scale = self.staging.cast.member(turn.speaker).pause_scale if kind in OF_A_SPEAKER else 1.0
        return Pause(kind, seconds_of(kind, self.planning.pauses) * scale)


def _pause_kind(last: Turn, turn: Turn, *, is_first: bool) -> PauseKind:
    """What lies between two chunks; the first of a chapter follows its chapter's break."""
    if is_first:
        return "chapter"
    if last.scene != turn.scene:
        return "scene"
    if last.speaker != turn.speaker:
        return "turn"
    return "sentence" if last == turn else "paragraph"


def seconds_of(kind: PauseKind, pauses: Pauses) -> float:
    """How long a pause of this kind lasts."""
    seconds: float = getattr(pauses, kind)
    return seconds


def manner_name(planning: Planning) -> str:
    """How speakers share contexts, as one part of a key."""
    return "ensemble" if planning.ensemble else "solo"


def sampling_name(sampling: Sampling) -> str:
    """The sampling settings as one part of a key."""
    rises = sampling.retry_temperature > sampling.temperature
    return (
        f"temperature={sampling.temperature:g} top_p={sampling.top_p:g} top_k={sampling.top_k} "
        f"repeat={sampling.repeat_window}/{sampling.repeat_limit}"
        + (f" retries={sampling.retry_temperature:g}" if rises else "")
    )
