"""Decode speed against `transformers` `generate`: same random weights, same prompts, in turns.

    python -m bench.decode                       sizes A and B, 1, 8 and 32 lanes, on the CPU
    python -m bench.decode --shape 3B --device cuda --dtype bfloat16

Both sides sample (temperature 1, top-k 50, top-p 0.95, RAS 7/2), prefill the same prompt of words
and a reference, and speak the same number of frames. Random weights never end a take by
themselves, so the rows of the specials are silenced in the head and the budget ends it.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

import torch
from transformers import HiggsAudioV2Config, HiggsAudioV2ForConditionalGeneration
from transformers.generation.streamers import BaseStreamer

from bench import results
from bench.contest import Outcome, Side, compete
from bench.shapes import SHAPES
from model.config import ModelConfig
from model.config_writer import flat_config
from model.delay_pattern import delayed
from model.engine import Engine
from model.language_model import LanguageModel
from model.random_model import random_model
from model.requests import (
    Accept,
    ChunkRequest,
    EngineSettings,
    LaneFailure,
    Prompt,
    RunRequest,
    SamplingSettings,
    StepKind,
    Take,
)

TEXT_POSITIONS = 60
REFERENCE_FRAMES = 125
SAMPLING = SamplingSettings(temperature=1.0, top_k=50, top_p=0.95, ras_window=7, ras_repeats=2)


def main() -> None:
    options = _options()
    device, dtype = torch.device(options.device), getattr(torch, options.dtype)
    rows = []
    for name in options.shape.split(","):
        model = silenced(random_model(SHAPES[name], 0, device, dtype, with_text_head=False))
        port = port_of(model)
        alone = None
        for lanes in map(int, options.lanes.split(",")):
            outcome = compete(
                theirs(port, model.config, lanes, options),
                ours(model, lanes, options),
                options.rounds,
                [int(one) for one in options.threads.split(",")],
            )
            alone = outcome if lanes == 1 else alone
            rows.append(_row(name, lanes, outcome, alone))
            print(" | ".join(rows[-1]), flush=True)
    if options.record:
        results.append(_title(options), results.table(HEADER, rows))


HEADER = (
    "size",
    "lanes",
    "transformers, ms per step (threads)",
    "ours, ms per step (threads)",
    "ours, ms per lane-frame",
    "times real time",
    "faster per step, at the same lanes",
    "faster per lane-frame than their one lane",
)


Clock = Callable[[], float]


def clock_of(options: argparse.Namespace) -> Clock:
    """Wall time; on a busy machine the CPU time of this process, which others do not lengthen."""
    return time.process_time if options.cpu_time else time.perf_counter


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


def port_of(model: LanguageModel) -> HiggsAudioV2ForConditionalGeneration:
    """The port around the very same weights."""
    values = flat_config(model.config, str(model.dtype).removeprefix("torch."))
    with model.device:
        config = HiggsAudioV2Config(**values)
        port = HiggsAudioV2ForConditionalGeneration._from_config(config, dtype=model.dtype)
    port.load_state_dict(model.network.state_dict(), assign=True)
    port.config.eos_token_id = port.generation_config.eos_token_id = None
    return port.eval()


def prompt_of(config: ModelConfig) -> Prompt:
    """Words, a reference, words, and the id that opens audio."""
    generator = torch.Generator().manual_seed(1)
    words = torch.randint(0, 1900, (TEXT_POSITIONS,), generator=generator).tolist()
    shape = (config.codebook_count, REFERENCE_FRAMES)
    codes = torch.randint(0, config.codebook_size, shape, generator=generator)
    columns = delayed(codes, config.stream_bos_id, config.stream_eos_id)
    half = len(words) // 2
    placeholders = [config.audio_out_id] * columns.shape[1]
    ids = (*words[:half], *placeholders, *words[half:], config.audio_out_bos_id)
    return Prompt(ids, columns)


def ours(model: LanguageModel, lanes: int, options: argparse.Namespace) -> Side:
    """Every lane speaks one chunk; the part of the prompt all share is the prefix."""
    prompt, frames, now = prompt_of(model.config), options.frames, clock_of(options)
    prefix = Prompt(prompt.ids[:-10], prompt.codes)
    settings = EngineSettings(
        lane_count=lanes,
        position_count=len(prompt.ids) + frames + 2 * model.config.codebook_count + 8,
        exact=options.exact,
        step=StepKind(options.step),
        int8=options.int8,
        stream_frames=True,
        silence_frames=0,
        loop_frames=0,
    )
    engine = Engine(model, settings)
    chunk = ChunkRequest("chunk", Prompt(prompt.ids[-10:]), frames, frames)

    def speak() -> float:
        runs = (
            RunRequest(f"run {lane}", prefix, (chunk,), (), lane, SAMPLING) for lane in range(lanes)
        )
        start = 0.0
        for event in engine.generate(runs):
            assert not isinstance(event, LaneFailure), event
            start = start or now()  # the first frame
            if isinstance(event, Take):
                assert event.codes.shape[1] == frames
                engine.answer(event, Accept())
        return (now() - start) / (frames - 1)

    return speak


def theirs(
    port: HiggsAudioV2ForConditionalGeneration,
    config: ModelConfig,
    lanes: int,
    options: argparse.Namespace,
) -> Side:
    """One batch of the same prompts."""
    prompt, frames, now = prompt_of(config), options.frames, clock_of(options)
    device = port.device
    ids = torch.tensor([prompt.ids] * lanes, device=device)
    assert prompt.codes is not None
    codes = prompt.codes.t().expand(lanes, -1, -1).contiguous().to(device)
    inputs: dict[str, Any] = {
        "input_ids": ids,
        "attention_mask": torch.ones_like(ids),
        "audio_input_ids": codes,
        "audio_input_ids_mask": torch.ones(codes.shape[:2], dtype=torch.bool, device=device),
    }
    port.generation_config.ras_win_len = SAMPLING.ras_window
    port.generation_config.ras_win_max_num_repeat = SAMPLING.ras_repeats
    columns = frames + config.codebook_count

    def speak() -> float:
        watch = Watch(config.codebook_count + 1, now)
        said = port.generate(
            **inputs,
            max_new_tokens=columns,
            streamer=watch,
            do_sample=True,
            temperature=SAMPLING.temperature,
            top_k=SAMPLING.top_k,
            top_p=SAMPLING.top_p,
        )
        assert said.shape[1] == codes.shape[1] + columns
        return (now() - watch.start) / (frames - 1)

    return speak


class Watch(BaseStreamer):
    """Notes when the first frame is complete: with the `column`-th column after the prompt."""

    def __init__(self, column: int, now: Clock) -> None:
        self.start = 0.0
        self._now = now
        self._left = column + 1

    def put(self, value: torch.Tensor) -> None:
        self._left -= 1
        if self._left == 0:
            self.start = self._now()

    def end(self) -> None:
        """Nothing is kept."""


def _row(name: str, lanes: int, outcome: Outcome, alone: Outcome | None) -> list[str]:
    """`alone` is the outcome at one lane, where that was measured."""
    their_ms = statistics.median(outcome.theirs) * 1000
    our_ms = statistics.median(outcome.ours) * 1000
    per_lane = (
        "" if alone is None else f"{statistics.median(alone.theirs) * 1000 * lanes / our_ms:.1f}x"
    )
    return [
        name,
        str(lanes),
        f"{their_ms:.2f} ({outcome.their_threads})",
        f"{our_ms:.2f} ({outcome.our_threads})",
        f"{our_ms / lanes:.3f}",
        f"{lanes * 40 / our_ms:.1f}",
        outcome.spread(),
        per_lane,
    ]


def _title(options: argparse.Namespace) -> str:
    mode = "exact" if options.exact else "fast"
    precision = "int8" if options.int8 else options.dtype
    clock = "CPU time" if options.cpu_time else "wall time"
    return (
        f"Decode, {precision}, {mode} mode, {options.step} step, {options.frames} frames, {clock}"
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--shape", default="A,B", help="A, B, 3B")
    parser.add_argument("--lanes", default="1,8,32")
    parser.add_argument("--frames", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", default="1,2", help="each side takes the best of these")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--exact", action="store_true", help="measure exact mode instead of fast")
    parser.add_argument("--step", default="fastest", help="fastest, torch or plain")
    parser.add_argument("--int8", action="store_true", help="decode with weights in int8")
    parser.add_argument("--cpu-time", action="store_true", help="for a busy machine, one thread")
    parser.add_argument("--record", action="store_true", help="append to RESULTS.md")
    return parser.parse_args()


if __name__ == "__main__":
    main()
