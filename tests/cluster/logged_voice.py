"""A fake model for workers: exact, of a given slowness, and it writes down what it has spoken."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from higgs_cli.speech.protocol import SpeechChunk
from tests.fakes import FakeSynthesizer


@dataclass
class LoggedVoice(FakeSynthesizer):
    """`log` gets a line for each chunk that is begun; a file `hang` beside it stops whoever sees
    it first, one `slow` makes the first worker slow, one `lapses` says of which lines, by their
    ends, the first take lacks a word."""

    log: Path = Path("log")

    def __post_init__(self) -> None:
        self.mishap = self._note

    def _note(self, chunk: SpeechChunk, attempt: int) -> str | None:
        with self.log.open("a") as file:
            file.write(f"{chunk.key} {attempt} {os.getpid()}\n")
        try:
            (self.log.parent / "hang").unlink()
        except FileNotFoundError:
            pass
        else:
            time.sleep(3600)
        slow = self.log.parent / "slow"
        if slow.exists() and int(slow.read_text() or os.getpid()) == os.getpid():
            time.sleep(0.3)
        lapses = self.log.parent / "lapses"
        is_lapse = lapses.exists() and any(map(chunk.text.endswith, lapses.read_text().split()))
        return "dropped" if is_lapse and not attempt else None

    def side_decoder(self) -> LoggedVoice:
        return self

    def decode(self, codes: np.ndarray) -> np.ndarray:
        return super().decode(codes)


def open_voice(folder: str, seconds: float = 0.02, lanes: int = 4) -> LoggedVoice:
    """As a worker calls it."""
    return LoggedVoice(
        lane_count=lanes, seconds_per_chunk=seconds, thread_count=1, log=Path(folder) / "log"
    )


def spoken_in(folder: Path) -> list[tuple[str, str]]:
    """Chunks and attempts, each as often as it was begun."""
    lines = (folder / "log").read_text().splitlines()
    return [(line.split()[0], line.split()[1]) for line in lines]
