"""Script and Cast become a Plan: clean, cut, key, group into runs, prove that nothing is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from higgs_cli.casting.cast import Cast
from higgs_cli.errors import ScriptError
from higgs_cli.planning.chunking import Draft, SpokenTurn, chunk_turns, cut_rule
from higgs_cli.planning.coverage import prove_custody
from higgs_cli.planning.estimate import measure
from higgs_cli.planning.keys import chunk_seed, digest
from higgs_cli.planning.plan import FRAMES_PER_SECOND, Chunk, Pause, Plan
from higgs_cli.planning.runs import make_runs
from higgs_cli.script.document import Chapter, Script, Turn
from higgs_cli.settings.table import Settings
from higgs_cli.wording.cleaning import Cleaning, has_words, model_text, spoken_words


@dataclass(frozen=True)
class Staging:
    """What a plan is made of besides the script and the settings."""

    cast: Cast
    scene_text: str | None
    cleaning: Cleaning
    warnings: tuple[str, ...] = ()


def make_plan(script: Script, staging: Staging, settings: Settings) -> Plan:
    """Everything that will be spoken, in order, with its keys, its pauses and its contexts."""
    chunks = _Planner(script, staging, settings).chunks()
    if not chunks:
        raise ScriptError(f"{script.path}: nothing in it is spoken")
    plan = Plan(
        script=script,
        cast=staging.cast,
        scene_text=staging.scene_text,
        language=staging.cleaning.language,
        seed=settings.seed,
        chunks=chunks,
        runs=make_runs(chunks, run_chunks=settings.run_chunks, is_ensemble=settings.ensemble),
        warnings=staging.warnings,
    )
    prove_custody(plan)
    return plan


class _Planner:
    """Numbers the chunks of a script; remembers which lines were said before."""

    def __init__(self, script: Script, staging: Staging, settings: Settings) -> None:
        self.script = script
        self.staging = staging
        self.settings = settings
        self.rule = cut_rule(
            settings.chunk,
            chunk_seconds=settings.chunk_seconds,
            chunk_words=settings.chunk_words,
            chunk_turns=settings.chunk_turns,
            max_seconds=settings.max_seconds,
        )
        self.said: Counter[str] = Counter()
        self.line_number_at = script.lines.number_at

    def chunks(self) -> tuple[Chunk, ...]:
        done: list[Chunk] = []
        before: Draft | None = None
        for chapter in self.script.chapters:
            said_here: Counter[str] = Counter()
            for draft in chunk_turns(list(self._spoken(chapter)), self.rule):
                pause = self._pause(before, draft, is_first=not said_here)
                done.append(self._chunk(len(done), chapter, draft, pause, said_here))
                before = draft
        return tuple(done)

    def _spoken(self, chapter: Chapter) -> list[SpokenTurn]:
        cleaned = (
            SpokenTurn(turn, spoken_words(turn.text, self.staging.cleaning, self.script.spot))
            for turn in chapter.turns
        )
        return [spoken for spoken in cleaned if has_words(spoken.text.text)]

    def _chunk(
        self, number: int, chapter: Chapter, draft: Draft, pause: Pause, said_here: Counter[str]
    ) -> Chunk:
        text = model_text(draft.text)
        recipe = self._recipe(draft.first, text.text, said_here)
        key = digest(recipe)
        amount = measure(text.text)
        return Chunk(
            number=number,
            key=key,
            recipe=recipe,
            seed=chunk_seed(self.settings.seed, key),
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
        )

    @property
    def _most_frames(self) -> int:
        return int(self.settings.max_seconds * FRAMES_PER_SECOND)

    def _recipe(self, turn: Turn, text: str, said_here: Counter[str]) -> Mapping[str, str]:
        """What decides the sound of these words: see `keys.py`."""
        member = self.staging.cast.member(turn.speaker)
        recipe = {
            "text": text,
            "speaker": turn.speaker,
            "mood": turn.mood or "",
            "voice": member.voice.content(turn.mood),
            "scene": self.staging.scene_text or "",
            "sampling": sampling_name(self.settings),
            "seed": str(self.settings.seed),
            "manner": "ensemble" if self.settings.ensemble else "solo",
        }
        line = digest(recipe)
        here = said_here[line]
        said_here[line] += 1
        # An equal line of another chapter needs a key of its own, and must not move this one's.
        elsewhere = self.said[f"{line}/{here}"]
        self.said[f"{line}/{here}"] += 1
        return {**recipe, "occurrence": f"{here}/{elsewhere}"}

    def _pause(self, before: Draft | None, draft: Draft, *, is_first: bool) -> Pause:
        settings, turn = self.settings, draft.first
        if before is None:
            return Pause("start", turn.pause_before_seconds or 0.0)
        if draft.is_turn_start and turn.pause_before_seconds is not None:
            return Pause("written", turn.pause_before_seconds)
        last = before.turns[-1]
        if is_first:
            return Pause("chapter", settings.pause_chapter)
        if last.scene != turn.scene:
            return Pause("scene", settings.pause_scene)
        if last.speaker != turn.speaker:
            return Pause("turn", settings.pause_turn)
        if last != turn:
            return Pause("paragraph", settings.pause_paragraph)
        return Pause("sentence", settings.pause_sentence)


def sampling_name(settings: Settings) -> str:
    """The sampling settings as one part of a key."""
    bolder = settings.retry_temperature > settings.temperature
    return (
        f"temperature={settings.temperature:g} top_p={settings.top_p:g} top_k={settings.top_k} "
        f"repeat={settings.repeat_window}/{settings.repeat_limit}"
        + (f" retries={settings.retry_temperature:g}" if bolder else "")
    )
