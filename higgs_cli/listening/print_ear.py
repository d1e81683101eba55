"""A speaker print as a listener: one print for each sound, all of a pack heard together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from higgs_cli.audio.clip import AudioClip
from higgs_cli.listening.print_judge import BatchPrintJudge, open_print
from higgs_cli.listening.voice_print import VoicePrint

LEAST_SECONDS = 1.0
"""Of sound: in less nobody can be told."""


class PrintEar:
    """Whatever print its path is."""

    def __init__(self, judge: BatchPrintJudge) -> None:
        self._judge = judge

    def hear(self, sounds: Sequence[AudioClip]) -> list[VoicePrint | None]:
        """None of a moment."""
        told = [at for at, clip in enumerate(sounds) if clip.duration_seconds >= LEAST_SECONDS]
        found: list[VoicePrint | None] = [None] * len(sounds)
        for at, values in zip(
            told, self._judge.prints_of([sounds[at] for at in told]), strict=True
        ):
            found[at] = VoicePrint(tuple(map(float, values)))
        return found


def open_listener(settings: Mapping[str, str]) -> PrintEar:
    """`path`: a file of GE2E weights or a folder of WavLM."""
    return PrintEar(open_print(Path(settings["path"])))
