"""A small cloning list in a folder, and listeners who hear what they are told to."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soundfile

from higgs_cli.audio.clip import AudioClip
from higgs_cli.listening.word_errors import plain_words

RATE = 24_000
LINES = ("It rains today.", "Go home now.", "Who is there?")


def tone(path: Path, hertz: float, seconds: float = 1.5) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = 0.2 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)
    soundfile.write(path, samples, RATE)


def write_list(folder: Path, *, with_truth: bool = False) -> Path:
    """Three items, each with a prompt of its own."""
    lines = []
    for number, text in enumerate(LINES):
        tone(folder / f"prompt-wavs/{number}.wav", 200.0 + 50 * number)
        truth = f"|wavs/{number}.wav" if with_truth else ""
        if with_truth:
            tone(folder / f"wavs/{number}.wav", 300.0 + 50 * number)
        lines.append(
            f"item-{number}|This is prompt {number}.|prompt-wavs/{number}.wav|{text}{truth}"
        )
    path = folder / "meta.lst"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@dataclass
class Listener:
    """Hears the same in everything, and counts how often; may be interrupted."""

    hears: str = "it rains"
    stops_at: int | None = None
    count: int = field(default=0)

    def words_of(self, clip: AudioClip) -> str:
        if self.count == self.stops_at:
            raise KeyboardInterrupt
        self.count += 1
        return self.hears

    def plain(self, text: str) -> tuple[str, ...]:
        return plain_words(text)
