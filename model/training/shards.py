"""Files of samples: a few thousand conversations in one safetensors file.

All samples of a shard lie one after another in flat tensors, with offsets saying where each begins;
lengths can be read without touching the rest. Nothing is ever executed on reading.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from model.checkpoint.aside import written_aside
from model.errors import CheckpointError
from model.training.samples import ClipSpan, Mel, TrainingSample

FORMAT = "higgs-samples-1"
SHARD_PATTERN = "samples-*.safetensors"


def write_shard(path: Path, samples: Sequence[TrainingSample]) -> None:
    """Write samples to `path`, under its name only once whole."""
    tensors = {
        "ids": torch.cat([sample.ids for sample in samples]).to(torch.int32),
        "text_labels": torch.cat([sample.text_labels for sample in samples]).to(torch.int32),
        "audio_mask": torch.cat([sample.audio_mask for sample in samples]),
        "codes": torch.cat([sample.codes for sample in samples], dim=1).to(torch.int16),
        "clip_columns": torch.tensor(
            [clip.column_count for sample in samples for clip in sample.clips], dtype=torch.int32
        ),
        "clip_is_learned": torch.tensor(
            [clip.is_learned for sample in samples for clip in sample.clips], dtype=torch.bool
        ),
        "position_offsets": _offsets([len(sample) for sample in samples]),
        "column_offsets": _offsets([sample.codes.shape[1] for sample in samples]),
        "clip_offsets": _offsets([len(sample.clips) for sample in samples]),
        **_tower_tensors(samples),
    }
    whole = {name: value.contiguous() for name, value in tensors.items()}
    with written_aside(path) as aside:
        save_file(whole, aside, _metadata())


def write_shards(folder: Path, samples: Iterable[TrainingSample], per_file: int) -> int:
    """Write samples as they come, `per_file` to a shard; returns how many there were."""
    count = 0
    for number, shard in enumerate(_groups(samples, per_file)):
        write_shard(folder / f"samples-{number:05d}.safetensors", shard)
        count += len(shard)
    return count


class Shard:
    """An open file of samples, read sample by sample."""

    def __init__(self, path: Path) -> None:
        with open_shard(path) as file:
            self._tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118

    def __len__(self) -> int:
        return len(self._tensors["position_offsets"]) - 1

    def __getitem__(self, index: int) -> TrainingSample:
        positions = self._slice("position_offsets", index)
        columns = self._slice("column_offsets", index)
        clips = self._slice("clip_offsets", index)
        return TrainingSample(
            ids=self._tensors["ids"][positions].long(),
            text_labels=self._tensors["text_labels"][positions].long(),
            audio_mask=self._tensors["audio_mask"][positions],
            codes=self._tensors["codes"][:, columns].long(),
            clips=tuple(
                ClipSpan(count, learned)
                for count, learned in zip(
                    self._tensors["clip_columns"][clips].tolist(),
                    self._tensors["clip_is_learned"][clips].tolist(),
                    strict=True,
                )
            ),
            tower_mask=self._tensors["tower_mask"][positions] if self._has_tower else None,
            mels=self._mels(index) if self._has_tower else (),
        )

    @property
    def _has_tower(self) -> bool:
        return "tower_mask" in self._tensors

    def _slice(self, offsets: str, index: int) -> slice:
        start, end = self._tensors[offsets][index : index + 2].tolist()
        return slice(start, end)

    def _mels(self, index: int) -> tuple[Mel, ...]:
        stretches = self._slice("mel_clip_offsets", index)
        return tuple(
            Mel(
                self._tensors["mels"][:, self._slice("mel_frame_offsets", number)].float(),
                int(self._tensors["mel_frame_counts"][number]),
            )
            for number in range(stretches.start, stretches.stop)
        )


def shard_paths(folder: Path) -> list[Path]:
    """The shards of a folder, in order of name."""
    paths = sorted(folder.glob(SHARD_PATTERN))
    if not paths:
        raise CheckpointError(f"{folder}: no prepared samples here (files named {SHARD_PATTERN})")
    return paths


def sample_lengths(path: Path) -> Tensor:
    """How many positions each sample of a shard has, without reading the samples."""
    with open_shard(path) as file:
        return file.get_tensor("position_offsets").diff()


@contextmanager
def open_shard(path: Path) -> Iterator[safe_open]:
    """A file of samples, open for single tensors of it."""
    try:
        with safe_open(path, framework="pt") as file:
            _check_format(path, file.metadata())
            yield file
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{path}: not a file of samples ({error})") from error


def _groups(samples: Iterable[TrainingSample], size: int) -> Iterator[list[TrainingSample]]:
    rest = iter(samples)
    while group := list(islice(rest, size)):
        yield group


def _offsets(lengths: list[int]) -> Tensor:
    return torch.tensor([0, *lengths]).cumsum(0)


def _tower_tensors(samples: Sequence[TrainingSample]) -> dict[str, Tensor]:
    mels = [mel for sample in samples for mel in sample.mels]
    if not mels:
        return {}
    masks = [
        torch.zeros(len(sample), dtype=torch.bool)
        if sample.tower_mask is None
        else sample.tower_mask
        for sample in samples
    ]
    return {
        "tower_mask": torch.cat(masks),
        "mels": torch.cat([mel.frames for mel in mels], dim=1).to(torch.float16),
        "mel_frame_offsets": _offsets([mel.frames.shape[1] for mel in mels]),
        "mel_frame_counts": torch.tensor([mel.frame_count for mel in mels]),
        "mel_clip_offsets": _offsets([len(sample.mels) for sample in samples]),
    }


def _metadata() -> dict[str, str]:
    return {"format": FORMAT}


def _check_format(path: Path, metadata: dict[str, str] | None) -> None:
    if (metadata or {}).get("format") != FORMAT:
        raise CheckpointError(f"{path}: not a file of samples")
