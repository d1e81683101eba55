"""Samples that were prepared for another model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from model.errors import CheckpointError
from model.training.sample_fit import refuse_foreign_samples
from model.training.samples import Mel
from model.training.shards import write_shard
from tests.model.tiny import TOWER
from tests.model.training_fixtures import SINGER, songs

WITH_TOWER = replace(SINGER, whisper=TOWER)


def write(folder: Path, mel_bins: int = 0, mel_frames: int = 4, **tensors: Any) -> Path:
    """A shard of songs, the first of them with other tensors or with a sound."""
    first, *others = songs(5, seed=1)
    if mel_bins:
        tower_mask = torch.zeros(len(first), dtype=torch.bool)
        mels = (Mel(torch.zeros(mel_bins, mel_frames), mel_frames),)
        first = replace(first, tower_mask=tower_mask, mels=mels)
    path = folder / "samples-0.safetensors"
    write_shard(path, [replace(first, **tensors), *others])
    return path


def test_samples_of_the_model_itself_are_taken(tmp_path: Path) -> None:
    refuse_foreign_samples([write(tmp_path)], SINGER)
    refuse_foreign_samples([write(tmp_path, TOWER.mel_bins, TOWER.mel_frame_count)], WITH_TOWER)


def test_samples_without_any_recording_are_taken(tmp_path: Path) -> None:
    ids = torch.arange(5)
    words = replace(
        songs(1, seed=1)[0],
        ids=ids,
        text_labels=ids,
        audio_mask=torch.zeros(5, dtype=torch.bool),
        codes=torch.zeros(2, 0, dtype=torch.long),
        clips=(),
    )
    write_shard(tmp_path / "samples-0.safetensors", [words])
    refuse_foreign_samples([tmp_path / "samples-0.safetensors"], SINGER)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"codebook_count": 3}, "it has 2 codebooks, the model 3"),
        (
            {"vocab_size": 29, "audio_out_bos_id": 24, "pad_id": 0},
            "it has the id 29, the model's go from 0 to 28",
        ),
        (
            {"audio_out_id": 20, "audio_in_id": None},
            "its codes stand at the id 28, the model's at 20",
        ),
        (
            {"rows_per_codebook": 8, "stream_bos_id": 6, "stream_eos_id": 7},
            "it has the code 9, the model's go from 0 to 7",
        ),
        (
            {"rows_per_codebook": 12, "stream_bos_id": 10, "stream_eos_id": 11},
            "its streams begin with 8, the model's with 10",
        ),
    ],
)
def test_samples_of_another_model_are_named_with_what_is_wrong(
    change: dict[str, Any], message: str, tmp_path: Path
) -> None:
    path = write(tmp_path)
    with pytest.raises(CheckpointError, match=message) as refusal:
        refuse_foreign_samples([path], replace(SINGER, **change))
    assert str(refusal.value).startswith(f"{path}: prepared for another model: ")
    assert str(refusal.value).endswith("prepare the samples again with the model that is trained")


def test_ids_and_codes_below_zero_are_refused(tmp_path: Path) -> None:
    first = songs(5, seed=1)[0]
    for name in ("ids", "text_labels"):
        values = first.ids.clone()
        values[0] = -3
        with pytest.raises(CheckpointError, match="it has the id -3"):
            refuse_foreign_samples([write(tmp_path, **{name: values})], SINGER)
    with pytest.raises(CheckpointError, match="it has the code -9"):
        refuse_foreign_samples([write(tmp_path, codes=-first.codes)], SINGER)


def test_sounds_for_another_tower_or_for_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="for an audio tower, the model has none"):
        refuse_foreign_samples([write(tmp_path, TOWER.mel_bins)], SINGER)
    with pytest.raises(CheckpointError, match="not in the 16 mel bins"):
        refuse_foreign_samples([write(tmp_path, 80)], WITH_TOWER)
    with pytest.raises(CheckpointError, match="longer than the 100 frames"):
        refuse_foreign_samples([write(tmp_path, TOWER.mel_bins, 101)], WITH_TOWER)
