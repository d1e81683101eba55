"""Stretches of the new teacher's corpus for the codec, read from its FLAC parts where they lie: a function of seed and step.

Nothing is copied or held: a part of four minutes is 3 MB on disk, and a stretch is found in half a millisecond.
"""

from pathlib import Path

import soundfile
import torch
from torch import Tensor

SAMPLE_RATE = 24_000


class SpokenCrops:
    """`[lanes, 1, samples]` of a step. The same parts, seed and step give the same stretches."""

    def __init__(self, corpus: Path, parts: list[int], lanes: int, length: int, seed: int) -> None:
        if not parts:
            raise SystemExit(f"{corpus}: no parts here")
        self._sounds = [soundfile.SoundFile(corpus / f"{part:04d}.flac") for part in parts]
        self._lanes, self._length, self._seed = lanes, length, seed

    def __call__(self, step: int, process: int = 0) -> Tensor:
        """Where a stretch lies is drawn anew in each step; it may run over the join of two utterances."""
        source = torch.Generator().manual_seed((self._seed * 1_000_003 + step) * 4096 + process)
        picks = torch.randint(len(self._sounds), (self._lanes,), generator=source).tolist()
        return torch.stack([self._stretch(self._sounds[pick], source) for pick in picks])[:, None]

    def _stretch(self, sound: soundfile.SoundFile, source: torch.Generator) -> Tensor:
        room = sound.frames - self._length + 1
        sound.seek(int(torch.randint(room, (), generator=source)))
        return torch.from_numpy(sound.read(self._length, dtype="float32"))
