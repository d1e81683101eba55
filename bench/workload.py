"""What is spoken while something is measured: prompts, runs and chunk lengths, all from seeds.

Random weights never end a take, so the rows of the specials are silenced in the head, and a take
is as long as its frame budget.
"""

from __future__ import annotations

import random

import torch

from model.checkpoint.language_model import LanguageModel
from model.codes.delay_pattern import delayed
from model.config.config import ModelConfig
from model.runs.prompt import Prompt
from model.runs.run import ChunkRequest, RunRequest
from model.runs.sampling_settings import Sampling

FRAME_RATE = 25
SAMPLING = Sampling(temperature=1.0, top_k=50, top_p=0.95, repeat_window=7, repeat_limit=2)
_WORDS = 1900
"""Ids below this are words in every shape that is measured."""


def silenced(model: LanguageModel) -> LanguageModel:
    """A head that never says a special: their logits are 0, below the fifty largest."""
    config = model.config
    with torch.no_grad():
        head = model.network.audio_lm_head.weight.view(
            config.codebook_count, -1, config.hidden_size
        )
        head[:, config.stream_bos_id] = 0
        head[:, config.stream_eos_id] = 0
    return model


def prefix_of(config: ModelConfig, position_count: int, seed: int = 1) -> Prompt:
    """Words around a reference that takes two thirds of the positions, as a cloned voice has."""
    frames = max(1, position_count * 2 // 3 - config.codebook_count - 1)
    generator = torch.Generator().manual_seed(seed)
    shape = (config.codebook_count, frames)
    codes = torch.randint(0, config.codebook_size, shape, generator=generator)
    columns = delayed(codes, config.stream_bos_id, config.stream_eos_id)
    words = _words(config, position_count - columns.shape[1], seed)
    half = len(words) // 2
    placeholders = (config.audio_out_id,) * columns.shape[1]
    return Prompt((*words[:half], *placeholders, *words[half:]), columns)


def text_of(config: ModelConfig, position_count: int, seed: int) -> Prompt:
    """The words of one chunk, and the id that opens audio."""
    return Prompt((*_words(config, position_count - 1, seed), config.audio_out_bos_id))


def runs_of(
    config: ModelConfig, prefix: Prompt, text_positions: int, frame_counts: list[int]
) -> list[RunRequest]:
    """One run of one chunk for each length."""
    runs = []
    for number, frames in enumerate(frame_counts):
        text = text_of(config, text_positions, number)
        chunk = ChunkRequest(f"chunk {number}", text, frames, frames)
        runs.append(RunRequest(f"run {number}", prefix, (chunk,), (), number, SAMPLING))
    return runs


def positions_of(
    config: ModelConfig, prefix_positions: int, text_positions: int, frames: int
) -> int:
    """What a lane needs for such a run."""
    return prefix_positions + text_positions + frames + 2 * config.codebook_count + 8


def chunk_lengths(minutes: float, mean_seconds: float) -> list[int]:
    """Frames of each chunk of a book, lognormal, longest first."""
    chance, lengths = random.Random(0), []
    while sum(lengths) < minutes * 60 * FRAME_RATE:
        seconds = mean_seconds * chance.lognormvariate(-0.08, 0.4)
        lengths.append(max(FRAME_RATE, round(seconds * FRAME_RATE)))
    return sorted(lengths, reverse=True)


def _words(config: ModelConfig, count: int, seed: int) -> tuple[int, ...]:
    generator = torch.Generator().manual_seed(seed)
    most = min(_WORDS, min(config.audio_out_id, config.audio_out_bos_id, config.vocab_size))
    return tuple(torch.randint(0, most, (max(count, 0),), generator=generator).tolist())
