"""The stored takes of a place: which there are, which one is used, and how each sounds.

manifest ─► plan, keys ─► store: takes of these chunks ─► kept sound, or decoded now
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from higgs_cli.errors import UsageError
from higgs_cli.jobs.repeated_job import job_from_manifest
from higgs_cli.output.manifest.earlier import EarlierRender, JudgedTake
from higgs_cli.output.manifest.opened import manifest_beside
from higgs_cli.output.manifest.read import judged_in, moments_of
from higgs_cli.planning.places import chunk_place, chunks_at, spans_of
from higgs_cli.planning.plan import Chunk
from higgs_cli.settings.views import ModelChoice
from higgs_cli.takes.store import TakeStore

if TYPE_CHECKING:
    from higgs_cli.audio.clip import AudioClip
    from higgs_cli.speech.protocol import Synthesizer
    from higgs_cli.takes.take import TakeRecord


@dataclass(frozen=True)
class PlaceTake:
    """One take of a chunk."""

    chunk: Chunk
    number: int
    """From 1, as `--choose` counts."""
    is_used: bool
    """Is it the one that is heard in the audio?"""
    record: TakeRecord
    judged: JudgedTake
    """What is said of it: of the one that is used by the manifest, so by the gates too."""

    @property
    def name(self) -> str:
        return f"{chunk_place(self.chunk.number)} take {self.number}"


@dataclass(frozen=True)
class PlaceTakes:
    """All takes that were asked for, and how they are made to sound."""

    takes: tuple[PlaceTake, ...]
    store: TakeStore
    model: ModelChoice

    def clips(self, open_speech: Callable[[ModelChoice], Synthesizer]) -> Mapping[str, AudioClip]:
        """The sound of each take, as it was spoken, by its name."""
        from higgs_cli.audio.clip import AudioClip
        from higgs_cli.takes.kept_sounds import sounds_of

        speech = open_speech(self.model)
        rate, sounds = speech.description.sample_rate, sounds_of(self.store.sounds, speech)
        found = {}
        for each in self.takes:
            take = self.store.take(each.record.key, each.record.attempt)
            if take is None:
                raise UsageError(f"{each.name} is damaged", hint="higgs verify names what is")
            found[each.name] = AudioClip(sounds.of(take.codes), rate)
        return found


def takes_at(
    output: Path, place: str, number: int | None, given: Mapping[str, object]
) -> PlaceTakes:
    """The takes of a place of a finished output; `number`: only this take of each chunk."""
    manifest = manifest_beside(output)
    if not manifest.is_file():
        raise UsageError(
            f"{output}: no manifest lies beside it",
            hint="name the audio as -o named it; of a file a chapter, too",
        )
    job = job_from_manifest(manifest, None, given)
    earlier, folder = job.earlier, job.store_folder
    assert earlier is not None and folder is not None
    store = TakeStore(folder)
    if not store.exists:
        raise UsageError(f"{folder} is not a take store", hint="name it with --store")
    chunks = chunks_at(earlier.plan, spans_of(place, "PLACE"), "PLACE", _times(manifest, earlier))
    judged = judged_in(manifest)
    takes = [take for chunk in chunks for take in _takes(chunk, earlier, store, judged)]
    chosen = tuple(take for take in takes if number in (None, take.number))
    if not chosen:
        there = ", ".join(str(take.number) for take in takes) or "none"
        raise UsageError(f"{place}: there is no take {number or 'stored'}; stored: {there}")
    return PlaceTakes(chosen, store, job.choices.model)


def _times(manifest: Path, earlier: EarlierRender) -> Mapping[int, tuple[float, float]]:
    moments = moments_of(manifest)
    return {
        chunk.number: moments[chunk.key] for chunk in earlier.plan.chunks if chunk.key in moments
    }


def _takes(
    chunk: Chunk, earlier: EarlierRender, store: TakeStore, judged: Mapping[str, JudgedTake]
) -> list[PlaceTake]:
    used = earlier.takes.takes.get(chunk.number)
    if used is None:
        return []
    found = []
    for record in store.records(used.key):
        is_used = record.attempt == used.attempt
        alone = JudgedTake(record.verdict, tuple(record.findings))
        said = judged.get(chunk.key, alone) if is_used else alone
        found.append(PlaceTake(chunk, record.attempt + 1, is_used, record, said))
    return found
