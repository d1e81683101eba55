"""A speaker print as a listener: each take by itself, as long as there is enough of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from higgs_cli.audio.clip import AudioClip
from higgs_cli.listening.speaker_print import SpeakerPrint
from higgs_cli.listening.voice_print import VoicePrint

LEAST_SECONDS = 1.0
"""In less nobody is known."""


class PrintEar:
    """The network of a file of weights."""

    def __init__(self, path: Path) -> None:
        self._network = SpeakerPrint(path)

    def hear(self, sounds: Sequence[AudioClip]) -> list[VoicePrint | None]:
        return [
            self._print(clip) if clip.duration_seconds >= LEAST_SECONDS else None for clip in sounds
        ]

    def _print(self, clip: AudioClip) -> VoicePrint:
        return VoicePrint(tuple(map(float, self._network.print_of(clip))))


def open_listener(settings: Mapping[str, str]) -> PrintEar:
    return PrintEar(Path(settings["path"]))
