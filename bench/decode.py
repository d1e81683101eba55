"""Decode speed against `transformers` `generate`: same random weights, same prompts, in turns.

    python -m bench.decode                       sizes A and B, 1, 8 and 32 lanes, on the CPU
    python -m bench.decode --shape 3B --device cuda --dtype bfloat16

Both sides sample (temperature 1, top-k 50, top-p 0.95, RAS 7/2), prefill the same prompt of words
and a reference, and speak the same number of frames; `workload.py` says why they end. Prefill is
not counted on either side.
"""

from __future__ import annotations

import argparse
import statistics
import time

import torch
from transformers import HiggsAudioV2ForConditionalGeneration

from bench import results
from bench.contest import Outcome, Side, compete
from bench.deadline import Clock
from bench.lane_speed import LaneBench, Load
from bench.shapes import SHAPES
from bench.transformers_reference import TransformersSpeaker, transformers_model
from bench.workload import prefix_of, silenced, text_of
from model.checkpoint.language_model import LanguageModel
from model.checkpoint.random_model import random_model
from model.config.config import ModelConfig
from model.runs.engine_settings import StepKind
from model.runs.prompt import joined

PREFIX_POSITIONS = 185
TEXT_POSITIONS = 10


def main() -> None:
    options = _options()
    device, dtype = torch.device(options.device), getattr(torch, options.dtype)
    rows = []
    for name in options.shape.split(","):
        model = silenced(random_model(SHAPES[name], 0, device, dtype, with_text_head=False))
        reference = transformers_model(model)
        alone = None
        for lanes in map(int, options.lanes.split(",")):
            outcome = compete(
                theirs(reference, model.config, lanes, options),
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


def clock_of(options: argparse.Namespace) -> Clock:
    """Wall time; on a busy machine the CPU time of this process, which others do not lengthen."""
    return time.process_time if options.cpu_time else time.perf_counter


def ours(model: LanguageModel, lanes: int, options: argparse.Namespace) -> Side:
    """Every lane speaks one chunk; the part of the prompt all share is the prefix."""
    load = Load(lanes, PREFIX_POSITIONS, TEXT_POSITIONS, options.frames)
    settings = {"exact": options.exact, "step": StepKind(options.step), "int8": options.int8}
    bench = LaneBench(model, load, clock_of(options), settings)
    return lambda: bench.speak()[0] / (options.frames + model.config.codebook_count)


def theirs(
    reference: HiggsAudioV2ForConditionalGeneration,
    config: ModelConfig,
    lanes: int,
    options: argparse.Namespace,
) -> Side:
    """One batch of the same prompts."""
    whole = joined([prefix_of(config, PREFIX_POSITIONS), text_of(config, TEXT_POSITIONS, 0)])
    speaker = TransformersSpeaker(reference, whole, lanes, clock_of(options))
    return lambda: speaker.step_seconds(options.frames)


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
