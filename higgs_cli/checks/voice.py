"""Is a take spoken by its voice, as far as a speaker print can tell?

Pure functions of a chunk, the print of its take, and the norm of its voice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from higgs_cli.listening.voice_print import VoicePrint
from higgs_cli.planning.plan import Chunk
from higgs_cli.takes.take import Finding

VOICE_CHECK = "voice"
LEAST_SECONDS = 3.0


@dataclass(frozen=True)
class VoiceNorm:
    """What is usual for one voice."""

    centre: VoicePrint | None


USUAL_VOICE = VoiceNorm(None)
"""Of a voice that says too little of itself, and has no recording."""


def is_told_by_print(chunk: Chunk) -> bool:
    """Whether the print of its takes says anything."""
    return chunk.seconds >= LEAST_SECONDS


def voice_norm(sample: Sequence[VoicePrint], reference: VoicePrint | None) -> VoiceNorm:
    """Of one voice: its recording, where it has one, and the prints of its first takes."""
    return USUAL_VOICE


def voice_finding(
    chunk: Chunk,
    voice_print: VoicePrint,
    norm: VoiceNorm,
    others: Mapping[str, VoicePrint] | None = None,
) -> Finding | None:
    """What is to be said of a take's voice; None of a good one. `others`: the recordings of the
    other voices of this cast, by speaker."""
    return None
