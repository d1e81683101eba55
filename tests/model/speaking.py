"""Runs with random prompts for small models, and ways to collect what an engine says to them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import torch

from model.checkpoint.language_model import LanguageModel
from model.codes.delay_pattern import delayed
from model.config.config import ModelConfig
from model.engine.engine import Engine
from model.runs.engine_settings import EngineSettings
from model.runs.events import Accept, Answer, BurstSpoken, SpeechEvent, SpokenChunk
from model.runs.prompt import Prompt
from model.runs.run import ChunkRequest, RunRequest
from model.runs.sampling_settings import Sampling
from tests.model.tiny import random_prompt

CLOSING = (140, 141)


def prefix(config: ModelConfig, seed: int, text: int = 9, frames: int = 4) -> Prompt:
    """A system message with one reference of `frames` frames."""
    ids, _ = random_prompt(config, text, frames + config.codebook_count + 1, seed=seed)
    generator = torch.Generator().manual_seed(seed)
    shape = (config.codebook_count, frames)
    codes = torch.randint(0, config.codebook_size, shape, generator=generator)
    columns = delayed(codes, config.stream_bos_id, config.stream_eos_id)
    return Prompt(tuple(ids.tolist()), columns)


def chunk(
    config: ModelConfig,
    key: str,
    seed: int,
    budget: int = 24,
    minimum: int = 0,
    stored: np.ndarray | None = None,
) -> ChunkRequest:
    ids, _ = random_prompt(config, 4 + seed % 5, 0, seed=seed)
    prompt = Prompt((*ids.tolist(), config.audio_out_bos_id))
    return ChunkRequest(key, prompt, budget, minimum, stored_codes=stored)


def run(
    config: ModelConfig,
    seed: int,
    chunk_count: int = 3,
    stored: dict[str, np.ndarray] | None = None,
    sampling: Sampling | None = None,
    context_chunks: int = 2,
    minimum: int = 3,
) -> RunRequest:
    """A run whose everything follows from its seed; chunks are named c0, c1, …"""
    chunks = []
    for place in range(chunk_count):
        key = f"c{place}"
        codes = (stored or {}).get(key)
        budget = 12 + (seed * 7 + place * 5) % 20
        chunks.append(chunk(config, key, seed * 100 + place, budget, minimum, codes))
    return RunRequest(
        key=f"run {seed}",
        prefix=prefix(config, seed % 2),
        chunks=tuple(chunks),
        closing=CLOSING,
        seed=seed,
        sampling=sampling or Sampling(top_k=12),
        context_chunks=context_chunks,
    )


def engine(language_model: LanguageModel, lanes: int = 3, **settings: object) -> Engine:
    """An engine whose stall detectors are off: random models do little but stall."""
    chosen = {"position_count": 512, "silence_frames": 0, "loop_frames": 0} | settings
    return Engine(language_model, EngineSettings(lane_count=lanes, **chosen))  # type: ignore[arg-type]


def accept(take: SpokenChunk) -> Answer:
    return Accept()


def speak(
    engine: Engine, runs: Iterable[RunRequest], decide: Callable[[SpokenChunk], Answer] = accept
) -> list[SpeechEvent]:
    """Every event, each take answered at once."""
    events = []
    for event in engine.generate(runs):
        events.append(event)
        if isinstance(event, SpokenChunk):
            engine.answer(event, decide(event))
    return events


def tensor(codes: np.ndarray) -> torch.Tensor:
    """Codes of a take, int64."""
    return torch.tensor(codes, dtype=torch.int64)


def frames(event: SpeechEvent) -> list[tuple[str, str, int, int, list[int]]]:
    """Each frame of a burst: its run, chunk and attempt, its index, its codes."""
    if not isinstance(event, BurstSpoken):
        return []
    return [
        (part.run_key, part.chunk_key, part.attempt, part.first_frame + place, codes)
        for part in event.frames
        for place, codes in enumerate(part.codes.T.tolist())
    ]


def takes(events: Iterable[SpeechEvent]) -> dict[tuple[str, str], SpokenChunk]:
    """The last take of every chunk."""
    return {(one.run_key, one.chunk_key): one for one in events if isinstance(one, SpokenChunk)}


def codes_by_chunk(events: Iterable[SpeechEvent]) -> dict[tuple[str, str], list[list[int]]]:
    """Comparable codes of the last take of every chunk."""
    return {key: take.codes.tolist() for key, take in takes(events).items()}
