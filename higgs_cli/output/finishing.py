"""From settled takes to files: gains, joins, the audio, subtitles, and the manifest last."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from higgs_cli.audio.clip import AudioClip
from higgs_cli.audio.loudness import BlockPower
from higgs_cli.errors import TakesFailedError
from higgs_cli.mastering.master import Performance, Target, performed
from higgs_cli.mastering.stitching import Part
from higgs_cli.mastering.voice_gain import LineLevel, uneven_lines, voice_gains
from higgs_cli.output.formats.write import write_audio
from higgs_cli.output.manifest.write import AudioFacts, manifest_of, write_manifest
from higgs_cli.output.outcome import ChunkOutcome, failed
from higgs_cli.output.subtitles import cues_of, write_srt, write_vtt
from higgs_cli.planning.plan import Chunk, Plan
from higgs_cli.progress import Progress
from higgs_cli.rendering.loop import Rendering
from higgs_cli.settings.table import Settings
from higgs_cli.takes.kept_sounds import codes_digest
from higgs_cli.takes.store import TakeStore

if TYPE_CHECKING:
    from higgs_cli.speech.protocol import Codes


@dataclass(frozen=True)
class Finished:
    """What was written, and what became of each chunk."""

    outcomes: tuple[ChunkOutcome, ...]
    files: tuple[Path, ...]
    duration_seconds: float


def finish(
    rendering: Rendering, store: TakeStore, settings: Settings, output: Path, progress: Progress
) -> Finished:
    """Write every file of a render whose chunks are settled."""
    finisher = _Finisher(rendering, store, settings, output)
    if settings.strict and not finisher.is_whole:
        return finisher.refused()
    progress.stage(f"Mastering {output.name}")
    return finisher.finished()


class _Finisher:
    def __init__(
        self, rendering: Rendering, store: TakeStore, settings: Settings, output: Path
    ) -> None:
        self._rendering = rendering
        self._store = store
        self._settings = settings
        self._output = output
        self._digests: dict[int, str] = {}
        levels = list(self._line_levels())
        self._gains = voice_gains(levels)
        self._uneven = uneven_lines(levels)

    @property
    def _plan(self) -> Plan:
        return self._rendering.plan

    @property
    def is_whole(self) -> bool:
        return not failed(self._outcomes({}))

    def refused(self) -> Finished:
        """Strict: no audio, but a manifest that says what failed."""
        outcomes = self._outcomes({})
        self._write_manifest(outcomes, None)
        return Finished(outcomes, (self._manifest_path,), 0.0)

    def finished(self) -> Finished:
        spool = self._store.spool()
        target = Target(self._settings.loudness, self._settings.true_peak)
        sample_rate = self._rendering.synthesizer.description.sample_rate
        with performed(self._parts(), sample_rate, target, spool) as performance:
            audio = write_audio(self._output, performance, self._settings.sample_format)
            outcomes = self._outcomes(_times(performance))
        subtitles = self._write_subtitles(outcomes)
        self._write_manifest(outcomes, audio)
        files = (self._output, *subtitles, self._manifest_path)
        return Finished(outcomes, files, performance.duration_seconds)

    # -- levels and parts ------------------------------------------------------------------

    def _line_levels(self) -> Iterator[LineLevel]:
        for chunk in self._plan.chunks:
            state = self._rendering.ledger.state(chunk.number)
            if state.best is not None and state.is_heard:
                levels = state.best.levels
                power = BlockPower(levels.block_power_sum, levels.block_count)
                yield LineLevel(chunk.number, self._voice_of(chunk), power)

    def _voice_of(self, chunk: Chunk) -> str:
        """What is levelled as one: a speaker in one mood keeps the level of that mood."""
        return f"{chunk.speaker}/{chunk.mood or ''}"

    def _parts(self) -> Iterator[Part]:
        synthesizer, chunks = self._rendering.synthesizer, self._plan.chunks
        sample_rate = synthesizer.description.sample_rate
        decoder = synthesizer.side_decoder()
        sounds = self._rendering.sounds.in_order(map(self._codes, chunks), decoder)
        for chunk, samples in zip(chunks, sounds, strict=True):
            own_gain = self._plan.cast.member(chunk.speaker).voice.gain_db
            yield Part(
                chunk_number=chunk.number,
                pause_seconds=chunk.pause.seconds,
                clip=None if samples is None else AudioClip(samples, sample_rate),
                gain_db=self._gains.get(self._voice_of(chunk), 0.0) + own_gain,
                silence_seconds=chunk.seconds,
            )

    def _codes(self, chunk: Chunk) -> Codes | None:
        """The take that is heard, or None where silence is to stand."""
        state = self._rendering.ledger.state(chunk.number)
        if state.best is None or not state.is_heard:
            return None
        take = self._store.take(state.key, state.best.attempt)
        if take is None:
            raise TakesFailedError(
                f"the take of line {chunk.line_number} was damaged while it was being used",
                hint="start the same command again: only that line will be spoken",
            )
        self._digests[chunk.number] = codes_digest(take.codes)
        return take.codes

    # -- what is written -------------------------------------------------------------------

    def _outcomes(self, times: Mapping[int, tuple[float, float]]) -> tuple[ChunkOutcome, ...]:
        return tuple(self._outcome(chunk, times) for chunk in self._plan.chunks)

    def _outcome(self, chunk: Chunk, times: Mapping[int, tuple[float, float]]) -> ChunkOutcome:
        ledger = self._rendering.ledger
        state = ledger.state(chunk.number)
        start, end = times.get(chunk.number, (0.0, 0.0))
        return ChunkOutcome(
            chunk=chunk,
            key=state.key,
            take=state.best,
            codes_sha256=self._digests.get(chunk.number),
            is_heard=state.is_heard,
            has_other_context=ledger.has_other_context(chunk.number),
            loss=ledger.loss(chunk.number),
            start_seconds=start,
            end_seconds=end,
            level_offset_db=self._uneven.get(chunk.number),
        )

    def _write_subtitles(self, outcomes: Sequence[ChunkOutcome]) -> list[Path]:
        wanted = self._settings.subtitles
        name_speakers = len(self._plan.cast.members) > 1
        written = []
        if wanted in ("srt", "both"):
            written.append(self._output.with_suffix(".srt"))
            write_srt(written[-1], cues_of(outcomes), name_speakers)
        if wanted in ("vtt", "both"):
            written.append(self._output.with_suffix(".vtt"))
            write_vtt(written[-1], cues_of(outcomes), name_speakers)
        return written

    @property
    def _manifest_path(self) -> Path:
        return self._output.with_suffix(".json")

    def _write_manifest(self, outcomes: Sequence[ChunkOutcome], audio: AudioFacts | None) -> None:
        store = Path(os.path.relpath(self._store.folder, self._output.parent))
        description = self._rendering.synthesizer.description
        manifest = manifest_of(
            self._plan,
            self._settings,
            description,
            outcomes,
            audio,
            store,
            self._rendering.minted_takes,
        )
        write_manifest(self._manifest_path, manifest)


def _times(performance: Performance) -> dict[int, tuple[float, float]]:
    rate = performance.sample_rate
    return {
        place.chunk_number: (place.start / rate, place.end / rate) for place in performance.places
    }
