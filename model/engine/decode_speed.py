"""How fast a language model decodes on this machine, and how fast its memory would let it."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch

from model.checkpoint.language_model import LanguageModel
from model.codes.delay_pattern import delayed
from model.engine.engine import Engine
from model.errors import GenerationError
from model.hardware.quantized_rows import QuantizedFormat
from model.runs.engine_settings import GPU_BURST_STEPS, EngineSettings, StepKind
from model.runs.events import Accept, BurstSpoken, ChunkFailed, SpokenChunk
from model.runs.prompt import Prompt
from model.runs.run import ChunkRequest, RunRequest
from model.step.audio_weights import active_weights

REFERENCE_FRAMES = 125
"""Five seconds of reference, as a voice has."""
_COPY_BYTES = 1 << 28
_GPU_COPY_BYTES = 1 << 31
_GPU_COPIES = 10
_RANDOM_BYTES = 1 << 22
_COPY_ROUNDS = 5


@dataclass(frozen=True)
class DecodeSpeed:
    """Of lanes that all speak at once."""

    lane_count: int
    step_seconds: float
    """Of one frame of every lane, once all are prefilled."""
    prefill_seconds: float
    """Until the first frame of all lanes."""
    step: str
    """What it was made of."""
    warnings: tuple[str, ...] = ()
    """What was left out, and why."""

    def times_real_time(self, frame_rate: float) -> float:
        return self.lane_count / (self.step_seconds * frame_rate)


@dataclass(frozen=True)
class ToldBurst:
    """When a burst was told of, and how many frames came with it."""

    told_at: float
    frame_count: int


def measure_decoding(
    language_model: LanguageModel,
    lane_count: int,
    frame_count: int,
    exact: bool,
    int8: bool,
    quantized_keys: QuantizedFormat | None = None,
    step: StepKind = StepKind.FASTEST,
) -> DecodeSpeed:
    """Let every lane speak `frame_count` frames; takes cannot end before."""
    if frame_count < 2:
        raise GenerationError("a speed needs two frames at least")
    config = language_model.config
    burst = burst_steps(language_model, frame_count)
    prefix = _prefix(language_model)
    prompt = Prompt((config.audio_out_bos_id,))
    chunk = ChunkRequest("chunk", prompt, frame_count, minimum_frames=frame_count)
    settings = EngineSettings(
        lane_count=lane_count,
        position_count=len(prefix.ids) + frame_count + 2 * config.codebook_count + 8,
        exact=exact,
        int8=int8,
        quantized_keys=quantized_keys,
        step=step,
        burst_steps=burst,
        silence_frames=0,
        loop_frames=0,
    )
    engine = Engine(language_model, settings)
    runs = [RunRequest(f"run {lane}", prefix, (chunk,), (), lane) for lane in range(lane_count)]
    _spoken(engine, runs[:1])  # compiles what is compiled once
    began = time.perf_counter()
    bursts = _spoken(engine, runs)
    seconds = statistics.median(whole_burst_seconds(bursts, burst * lane_count))
    made_of = engine.step_description
    return DecodeSpeed(
        lane_count,
        seconds / burst,
        bursts[0].told_at - began,
        str(made_of),
        tuple(made_of.warnings),
    )


def burst_steps(language_model: LanguageModel, frame_count: int) -> int:
    """How many steps to begin at a time: what the engine would, if that leaves two bursts."""
    if language_model.device.type == "cpu":
        return 1
    return max(1, min(GPU_BURST_STEPS, (frame_count - 1) // 2))


def whole_burst_seconds(bursts: Sequence[ToldBurst], whole: int) -> list[float]:
    """What each burst took in which all lanes spoke with every step: `whole` frames. The first and
    the last that are told of may have begun before the first frame, or end after the last."""
    return [
        later.told_at - one.told_at for one, later in pairwise(bursts) if later.frame_count == whole
    ]


def memory_bound_seconds(
    language_model: LanguageModel, bytes_per_second: float, int8: bool
) -> float:
    """What one step takes if reading its weights once were all: the least there can be."""
    config = language_model.config
    if not int8:
        return active_weights(config) * language_model.dtype.itemsize / bytes_per_second
    head = config.hidden_size * config.audio_row_count
    return (active_weights(config) + head) / bytes_per_second


def measure_copying(device: torch.device) -> float:
    """Bytes per second that the memory of a device gives and takes, the best of some rounds. Random
    bytes, more than any cache holds, and several copies to a look at the clock: waiting for a
    device takes as long as copying many bytes."""
    is_gpu = device.type == "cuda"
    size, copies = (_GPU_COPY_BYTES, _GPU_COPIES) if is_gpu else (_COPY_BYTES, 1)
    block = torch.randint(256, (_RANDOM_BYTES,), dtype=torch.uint8, device=device)
    source = block.repeat(size // _RANDOM_BYTES)
    target = torch.empty_like(source)
    best = 0.0
    for _ in range(_COPY_ROUNDS):
        began = time.perf_counter()
        for _ in range(copies):
            target.copy_(source)
        if is_gpu:
            torch.cuda.synchronize(device)
        best = max(best, 2 * size * copies / (time.perf_counter() - began))
    return best


def _spoken(engine: Engine, runs: list[RunRequest]) -> list[ToldBurst]:
    """The bursts that brought frames."""
    bursts: list[ToldBurst] = []
    for event in engine.generate(runs):
        if isinstance(event, BurstSpoken) and event.frame_count:
            bursts.append(ToldBurst(time.perf_counter(), event.frame_count))
        elif isinstance(event, SpokenChunk):
            engine.answer(event, Accept())
        elif isinstance(event, ChunkFailed):
            raise GenerationError(event.reason)
    return bursts


def _prefix(language_model: LanguageModel) -> Prompt:
    config = language_model.config
    generator = torch.Generator().manual_seed(0)
    shape = (config.codebook_count, REFERENCE_FRAMES)
    codes = torch.randint(0, config.codebook_size, shape, generator=generator)
    columns = delayed(codes, config.stream_bos_id, config.stream_eos_id)
    ids = (config.audio_out_bos_id, *[config.audio_out_id] * columns.shape[1])
    return Prompt(ids, columns)
