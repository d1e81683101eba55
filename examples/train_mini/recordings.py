"""The corpus as training reads it: memory-mapped, cropped by seed, never copied whole."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

SAMPLES_PER_LABEL = 240


@dataclass(frozen=True)
class Line:
    """One utterance of one part: where it lies, who says it, what is said."""

    part: int
    at: int
    samples: int
    speaker: str
    text: str


def all_parts(folder: Path) -> list[int]:
    """The parts a corpus folder has."""
    return sorted(int(path.stem) for path in folder.glob("*.jsonl"))


class Recordings:
    """All finished parts of a corpus folder, in order."""

    def __init__(self, folder: Path, parts: tuple[int, ...]) -> None:
        self.pcm, self.labels, self.lines = {}, {}, []
        for part in parts:
            self.pcm[part] = np.memmap(folder / f"{part}.pcm", np.int16, mode="r")
            self.labels[part] = np.memmap(folder / f"{part}.phones", np.uint8, mode="r")
            for row in (folder / f"{part}.jsonl").read_text(encoding="utf-8").splitlines():
                self.lines.append(Line(part, **json.loads(row)))

    def samples(self, line: Line) -> Tensor:
        """[samples] float in -1 to 1."""
        pcm = self.pcm[line.part][line.at : line.at + line.samples]
        return torch.from_numpy(pcm.astype(np.float32) / 32767)

    def phones(self, line: Line) -> Tensor:
        """[samples / 240] phone numbers, one per 10 ms."""
        start, stop = line.at // SAMPLES_PER_LABEL, (line.at + line.samples) // SAMPLES_PER_LABEL
        return torch.from_numpy(self.labels[line.part][start:stop].astype(np.int64))

    def crops(self, source: torch.Generator, count: int, seconds: float) -> tuple[Tensor, Tensor]:
        """`count` random stretches: samples [count, 1, n] and phones [count, n / 240].

        Cut from the parts as they lie, so a crop may run over the join of two utterances.
        """
        ticks = round(seconds * 100)
        samples, phones = [], []
        for _ in range(count):
            part = list(self.pcm)[int(torch.randint(len(self.pcm), (), generator=source))]
            room = len(self.labels[part]) - ticks - 1
            tick = int(torch.randint(room, (), generator=source))
            at = tick * SAMPLES_PER_LABEL
            pcm = self.pcm[part][at : at + ticks * SAMPLES_PER_LABEL]
            samples.append(torch.from_numpy(pcm.astype(np.float32) / 32767))
            phones.append(torch.from_numpy(self.labels[part][tick : tick + ticks].astype(np.int64)))
        return torch.stack(samples)[:, None], torch.stack(phones)
