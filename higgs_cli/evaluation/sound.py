"""Something to be judged: known by its content, and loaded only if somebody has to listen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from higgs_cli.audio.clip import AudioClip
from higgs_cli.evaluation.recordings import read_recording
from higgs_cli.files.fingerprint import bytes_fingerprint
from higgs_cli.takes.kept_sounds import codes_digest

if TYPE_CHECKING:
    from higgs_cli.speech.protocol import Codes, Synthesizer


class Sound:
    """A clip that is loaded when it is first heard, and held until it is let go."""

    def __init__(self, content: str, load: Callable[[], AudioClip]) -> None:
        self.content = content
        self._load = load
        self._clip: AudioClip | None = None

    @property
    def clip(self) -> AudioClip:
        if self._clip is None:
            self._clip = self._load()
        return self._clip

    def let_go(self) -> None:
        """A book of clips is more than a machine holds."""
        self._clip = None


def recorded_sound(path: Path) -> Sound:
    """A recording, by its bytes."""
    return Sound(f"file:{bytes_fingerprint(path)}", lambda: read_recording(path))


def spoken_sound(codes: Codes, synthesizer: Synthesizer) -> Sound:
    """Codes sound alike wherever this codec decodes them."""
    it = synthesizer.description
    content = f"codes:{it.codec_fingerprint}:{codes_digest(codes)}"
    return Sound(content, lambda: AudioClip(synthesizer.decode(codes), it.sample_rate))
