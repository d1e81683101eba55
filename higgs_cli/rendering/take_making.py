"""From what a lane spoke to a take: decoded, checked, measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from higgs_cli.errors import AudioTokenizationError
from higgs_cli.planning.plan import Chunk
from higgs_cli.rendering.synthesizer import SpokenChunk, Synthesizer
from higgs_cli.rendering.take import Finding, Levels, Take, TakeRecord, Verdict

if TYPE_CHECKING:
    from higgs_cli.rendering.synthesizer import Samples


def make_take(
    spoken: SpokenChunk,
    chunk: Chunk,
    key: str,
    recipe: Mapping[str, str],
    heard: tuple[str, ...],
    synthesizer: Synthesizer,
) -> Take:
    """Judge one attempt; a take that cannot even be decoded is one that failed."""
    findings, levels = _judged(spoken, chunk, synthesizer)
    record = TakeRecord(
        key=key,
        attempt=spoken.attempt,
        recipe=recipe,
        heard=heard,
        frame_count=int(spoken.codes.shape[1]),
        ending=spoken.ending.value,
        findings=findings,
        levels=levels,
    )
    return Take(record, spoken.codes)


def _judged(
    spoken: SpokenChunk, chunk: Chunk, synthesizer: Synthesizer
) -> tuple[tuple[Finding, ...], Levels]:
    from higgs_cli.audio_clip import AudioClip
    from higgs_cli.rendering.take_checks import Evidence, check_take

    nothing = Levels(0.0, 0.0, 0)
    if not spoken.codes.shape[1]:
        return (Finding("silent", Verdict.FAIL, "it ended before it began"),), nothing
    try:
        samples = synthesizer.decode(spoken.codes)
    except AudioTokenizationError as error:
        return (Finding("unspoken", Verdict.FAIL, error.message),), nothing
    clip = AudioClip(samples, synthesizer.description.sample_rate)
    evidence = Evidence(
        clip, spoken.codes, spoken.ending, chunk.seconds, synthesizer.description.frame_rate
    )
    findings = check_take(evidence)
    return findings, _levels(samples, clip.sample_rate)


def _levels(samples: Samples, sample_rate: int) -> Levels:
    import numpy as np

    from higgs_cli.audio_clip import AudioClip, peak
    from higgs_cli.loudness import measure

    if not np.isfinite(samples).all():
        return Levels(0.0, 0.0, 0)
    power = measure(AudioClip(samples, sample_rate))
    return Levels(peak(samples), power.power_sum, power.block_count)
