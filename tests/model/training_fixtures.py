"""A language a tiny model can learn in seconds: each word is sung as two frames of its code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from higgs_cli.files.strict_settings import read_settings
from model.codes.delay_pattern import delayed
from model.config.config import ModelConfig, RopeConfig
from model.config.writer import flat_config
from model.training.lm_settings import LmSettings
from model.training.samples import IGNORED, ClipSpan, TrainingSample
from model.training.shards import write_shard

SINGER = ModelConfig(
    vocab_size=32,
    hidden_size=32,
    intermediate_size=64,
    layer_count=2,
    head_count=2,
    kv_head_count=2,
    head_dim=16,
    rms_norm_eps=1e-5,
    rope=RopeConfig(theta=10000.0, scaling=None),
    initializer_range=0.05,
    codebook_count=2,
    rows_per_codebook=10,
    stream_bos_id=8,
    stream_eos_id=9,
    audio_out_id=28,
    audio_out_bos_id=29,
    audio_in_id=27,
    audio_eos_id=26,
    pad_id=30,
    bos_id=1,
    eos_ids=(25,),
    dual_ffn_layers=(0, 1),
)
WORDS = 6
FRAMES_PER_WORD = 2


def song(words: list[int], sung: list[int] | None = None) -> TrainingSample:
    """A user's words, and the assistant singing them (or, to deceive, other ones)."""
    config = SINGER
    codes = torch.tensor(sung if sung is not None else words).repeat_interleave(FRAMES_PER_WORD)
    codes = torch.stack([codes, (codes + 1) % 8])
    columns = delayed(codes, config.stream_bos_id, config.stream_eos_id)
    count = columns.shape[1]
    asked = [1, *(10 + word for word in words), config.audio_out_bos_id]
    ids = torch.tensor([*asked, *[config.audio_out_id] * count, 26, 25])
    labels = torch.full_like(ids, IGNORED)
    labels[-2:] = ids[-2:]
    labels[len(asked) - 1] = config.audio_out_bos_id
    spans = (ClipSpan(count, is_learned=True),)
    return TrainingSample(ids, labels, ids == config.audio_out_id, columns, spans)


def songs(count: int, seed: int, deceiving: bool = False) -> list[TrainingSample]:
    generator = torch.Generator().manual_seed(seed)
    made = []
    for _ in range(count):
        length = int(torch.randint(2, 6, (), generator=generator))
        words = _draw(length, generator).tolist()
        sung = _draw(length, generator).tolist() if deceiving else None
        made.append(song(words, sung))
    return made


def _draw(length: int, generator: torch.Generator) -> Tensor:
    return torch.randint(0, WORDS, (length,), generator=generator)


def write_start(folder: Path) -> Path:
    """A model folder without weights, with something beside its configuration."""
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(flat_config(SINGER, "float32")))
    (folder / "tokenizer.json").write_text("{}")
    return folder


def settings_for(tmp_path: Path, **changes: Any) -> LmSettings:
    """A small run over songs; the data and the start are written once."""
    samples = tmp_path / "samples"
    if not samples.exists():
        samples.mkdir()
        for number in range(2):
            write_shard(samples / f"samples-{number:05d}.safetensors", songs(150, seed=number))
        write_start(tmp_path / "start")
    values = {
        "samples": "samples",
        "start": "start",
        "out": "out",
        "steps": 6,
        "batch_positions": 512,
        "learning_rate": 0.01,
        "warmup_steps": 2,
        "device": "cpu",
        **changes,
    }
    return read_settings(LmSettings, values, tmp_path / "run.yaml")
