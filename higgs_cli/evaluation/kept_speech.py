"""Lines cloned from a recording each, and kept as takes: nothing is spoken twice.

line ─► stored? ─► its codes
          no ─► prompt encoded ─► spoken ─► stored ─► its codes
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from higgs_cli.casting.references import content_of
from higgs_cli.checkpoints.identity import ModelIdentity
from higgs_cli.errors import TakesFailedError
from higgs_cli.evaluation.evaluate import Conditions
from higgs_cli.planning.estimate import measure
from higgs_cli.planning.keys import digest, take_recipe, voice_parts
from higgs_cli.planning.planner import sampling_name
from higgs_cli.speech.protocol import (
    Accept,
    ChunkFailed,
    Ending,
    SpeechChunk,
    SpeechRun,
    SpokenChunk,
    Synthesizer,
    VoiceReference,
)
from higgs_cli.takes.layout import STORE_SUFFIX
from higgs_cli.takes.store import TakeStore
from higgs_cli.takes.take import Levels, Take, TakeRecord
from higgs_cli.takes.voice_bank import voice_take

if TYPE_CHECKING:
    from higgs_cli.speech.protocol import Codes


@dataclass(frozen=True)
class ClonedLine:
    """What is said in the voice of a recording."""

    name: str
    """Unique among all lines; decides the random numbers of the take."""
    text: str
    recording: Path
    transcript: str | None


@dataclass(frozen=True)
class SpokenLine:
    """A line as it was spoken, now or earlier."""

    line: ClonedLine
    codes: Codes
    ended: bool
    """The model closed its speech by itself, within its budget."""
    seconds: float


def recipe_of(
    line: ClonedLine, conditions: Conditions, identity: ModelIdentity
) -> Mapping[str, str]:
    """All that decides how a line sounds: its digest is the key of the take."""
    said = {
        "text": line.text,
        "name": line.name,
        **voice_parts(f"recording:{content_of(line.recording, line.transcript)}"),
        "scene": conditions.scene,
        "sampling": sampling_name(conditions.sampling),
        "seed": str(conditions.seed),
    }
    return take_recipe(
        said,
        model=identity.model_fingerprint,
        codec=identity.codec_fingerprint,
        precision=identity.precision,
    )


@contextmanager
def takes_beside(output: Path | None, doing: str) -> Iterator[TakeStore | None]:
    """The store beside a file of figures, held; None where there is no file to find it again by."""
    if output is None:
        yield None
        return
    store = TakeStore(output.with_suffix(STORE_SUFFIX))
    store.refuse_foreign()
    with store.hold(doing, "wait for it, or name another file with --out"):
        store.open()
        yield store


class KeptSpeech:
    """A model that speaks lines into a store, or without one speaks them all anew."""

    def __init__(
        self, synthesizer: Synthesizer, conditions: Conditions, store: TakeStore | None
    ) -> None:
        self._synthesizer = synthesizer
        self._conditions = conditions
        self._store = store
        if store is not None:
            store.expect(synthesizer.description.codes_form)

    def spoken(self, lines: Sequence[ClonedLine]) -> Iterator[SpokenLine]:
        """All lines: first those that are stored, then each as it is finished."""
        missing: dict[str, ClonedLine] = {}
        recipes: dict[str, Mapping[str, str]] = {}
        identity = self._synthesizer.description.identity
        for line in lines:
            recipe = recipe_of(line, self._conditions, identity)
            key = digest(recipe)
            stored = self._store.take(key, 0) if self._store else None
            if stored is not None:
                yield self._line(line, stored.codes, stored.record.ending)
            else:
                missing[key], recipes[key] = line, recipe
        yield from self._now(missing, recipes)

    def _now(
        self, lines: Mapping[str, ClonedLine], recipes: Mapping[str, Mapping[str, str]]
    ) -> Iterator[SpokenLine]:
        if not lines:
            return
        how = self._conditions
        runs = (self._run(key, line) for key, line in lines.items())
        speech = self._synthesizer.speak(runs, how.sampling, how.seed, how.lane_count)
        for event in speech:
            if isinstance(event, SpokenChunk):
                speech.answer(event, Accept())
                key = event.chunk_key
                self._keep(key, recipes[key], event)
                yield self._line(lines[key], event.codes, event.ending)
            elif isinstance(event, ChunkFailed):
                name = lines[event.chunk_key].name
                raise TakesFailedError(f"{name} cannot be spoken: {event.reason}")

    def _line(self, line: ClonedLine, codes: Codes, ending: str) -> SpokenLine:
        seconds = codes.shape[1] / self._synthesizer.description.frame_rate
        return SpokenLine(line, codes, ending == Ending.ENDED, seconds)

    def _run(self, key: str, line: ClonedLine) -> SpeechRun:
        bounds = measure(line.text)
        chunk = SpeechChunk(key, line.text, bounds.frame_budget, bounds.minimum_frames)
        codes = self._prompt_codes(line.recording)
        heard = VoiceReference("SPEAKER0", transcript=line.transcript, codes=codes)
        return SpeechRun(key, self._conditions.scene, (heard,), (chunk,), context_chunks=0)

    def _prompt_codes(self, recording: Path) -> Codes:
        it = self._synthesizer.description
        recipe = {
            "codec": it.codec_fingerprint,
            **voice_parts(f"recording:{content_of(recording, None)}"),
        }
        key = digest(recipe)
        stored = self._store.voice(key) if self._store else None
        if stored is not None:
            return stored.codes
        codes = self._synthesizer.encode_voice(recording)
        if self._store:
            self._store.add_voice(key, voice_take(key, recipe, codes))
        return codes

    def _keep(self, key: str, recipe: Mapping[str, str], spoken: SpokenChunk) -> None:
        if self._store is None:
            return
        record = TakeRecord(
            key=key,
            attempt=0,
            recipe=recipe,
            heard=(),
            frame_count=int(spoken.codes.shape[1]),
            ending=spoken.ending.value,
            findings=(),
            levels=Levels(0.0, 0.0, 0),  # it is never mastered
        )
        self._store.add(Take(record, spoken.codes))
