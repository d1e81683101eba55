"""When each word of a spoken text is heard: as a render's subtitles by word have it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from higgs_cli.server.spoken_sound import SpokenSound

if TYPE_CHECKING:
    from higgs_cli.output.sketch import Levels

WORD_TIMES = "plan and pauses"
"""How they are known, in the word of a manifest: here nobody listens."""


def word_times(spoken: SpokenSound) -> list[dict[str, Any]]:
    """The words as they are written, in order, with seconds."""
    from higgs_cli.audio.clip import level_envelope
    from higgs_cli.output.sketch import LEVEL_SECONDS
    from higgs_cli.output.word_times import words_between
    from higgs_cli.output.written_words import Writing

    envelope = level_envelope(spoken.samples, round(LEVEL_SECONDS * spoken.sample_rate))
    sound, writing = _SoundLevels(envelope, LEVEL_SECONDS), Writing(spoken.plan)
    return [
        {
            "word": timed.word.text,
            "start": round(timed.start_seconds, 3),
            "end": round(timed.end_seconds, 3),
        }
        for chunk in spoken.chunks
        if chunk.settled.is_used
        for timed in words_between(
            writing.words(chunk.settled.chunk), chunk.start_seconds, chunk.end_seconds, sound
        )
    ]


@dataclass(frozen=True, eq=False)
class _SoundLevels:
    """RMS of stretches of one length."""

    levels: Levels
    stretch_seconds: float

    def levels_between(self, start_seconds: float, end_seconds: float) -> Levels:
        first, last = (round(at / self.stretch_seconds) for at in (start_seconds, end_seconds))
        return self.levels[first:last]
