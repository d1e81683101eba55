"""How cost grows: with lanes, with the context of a lane, and with the length of a book.

    python -m bench.scaling --cpu-time --record          size A on this CPU
    python -m bench.scaling --from-json bench/gpu.json   the sweeps of `bench.gpu`

Lanes and contexts are measured with few frames; books of ten minutes to forty hours are simulated
from what was measured (`simulation.py`). Writes a table, and a plot where matplotlib is installed.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from bench import results
from bench.deadline import Deadline
from bench.lane_speed import LaneBench, LaneSpeed, Load
from bench.scaling_plot import plot
from bench.shapes import SHAPES
from bench.simulation import StepCost, book_seconds, fitted, times_real_time
from bench.workload import chunk_lengths, silenced
from model.checkpoint.random_model import random_model

LANES = (1, 2, 4, 8, 16, 32, 64, 128, 256)
CONTEXTS = (250, 500, 1000, 2000, 4000)
BOOK_MINUTES = (10, 30, 60, 180, 600, 1200, 2400)
BOOK_LANES = (8, 32, 128)
CHUNK_SECONDS = 15.0
CODEBOOKS = 8


def main() -> None:
    options = _options()
    if options.from_json:
        measured = from_json(json.loads(options.from_json.read_text(encoding="utf-8")))
        title = "Scaling, from the sweeps of the GPU benchmark"
    else:
        measured, title = measure(options), _title(options)
    cost = fitted(measured[0] + measured[1])
    books = simulated(cost, options.burst)
    body = markdown(*measured, cost, books)
    print(body)
    if options.plot:
        plot(title, *measured, books, options.plot)
    if options.record:
        results.append(title, body)


def measure(options: argparse.Namespace) -> tuple[list[LaneSpeed], list[LaneSpeed]]:
    """By lanes, then by own positions; cut short where the time ends."""
    torch.set_num_threads(1)
    dtype = getattr(torch, options.dtype)
    model = silenced(random_model(SHAPES[options.shape], 0, options.device, dtype, False))
    clock = time.process_time if options.cpu_time else time.perf_counter
    by_lanes = [Load(lanes, options.shared, options.text, options.frames) for lanes in LANES]
    by_context = [
        Load(options.context_lanes, options.shared, own - options.frames // 2, options.frames)
        for own in CONTEXTS
    ]
    speeds: list[list[LaneSpeed]] = [[], []]
    for found, loads in zip(speeds, (by_lanes, by_context), strict=True):
        end = clock() + options.seconds / 2
        for load in loads:
            if clock() > end:
                break
            bench = LaneBench(model, load, clock, {"int8": options.int8})
            found.append(bench.measure(options.rounds, Deadline(options.seconds)))
            print(found[-1].figures(), flush=True)
    return speeds[0], speeds[1]


def from_json(document: dict[str, Any]) -> tuple[list[LaneSpeed], list[LaneSpeed]]:
    """What `bench.gpu` wrote."""
    found = []
    for part in ("lanes", "context"):
        rows = document["parts"][part]["figures"]["rows"]
        found.append([_speed(row) for row in rows])
    return found[0], found[1]


def simulated(cost: StepCost, burst: int) -> dict[int, list[tuple[int, float, float]]]:
    """For each number of lanes: minutes of a book, seconds it takes, times real time."""
    books: dict[int, list[tuple[int, float, float]]] = {}
    for lanes in BOOK_LANES:
        for minutes in BOOK_MINUTES:
            lengths = chunk_lengths(minutes, CHUNK_SECONDS)
            seconds = book_seconds(lengths, lanes, cost, CODEBOOKS, burst)
            rate = times_real_time(lengths, seconds)
            books.setdefault(lanes, []).append((minutes, seconds, rate))
    return books


def markdown(
    by_lanes: Sequence[LaneSpeed],
    by_context: Sequence[LaneSpeed],
    cost: StepCost,
    books: dict[int, list[tuple[int, float, float]]],
) -> str:
    header = ("lanes", "own positions, mean", "ms per step", "ms per lane-frame", "x real time")
    lanes = results.table(header, [_row(one) for one in by_lanes])
    contexts = results.table(header, [_row(one) for one in by_context])
    fit = (
        f"A step costs {cost.fixed * 1e3:.3f} ms + {cost.per_lane * 1e3:.4f} ms per lane + "
        f"{cost.per_key * 1e6:.4f} µs per own position of a lane (the fit is off by at most "
        f"{cost.worst_misfit:.0%}); a prompt of {cost.text} positions "
        f"{cost.per_prompt * 1e3:.2f} ms."
    )
    rows = [
        [f"{minutes / 60:.2g}", *(_book(books[lanes][place]) for lanes in books)]
        for place, minutes in enumerate(BOOK_MINUTES)
    ]
    book = results.table(("hours of speech", *(f"{lanes} lanes" for lanes in books)), rows)
    note = (
        f"Books simulated from that, chunks of {CHUNK_SECONDS:g} s in the mean, longest first: "
        "seconds for speaking alone (times real time)."
    )
    return "\n\n".join(["By lanes:", lanes, "By context:", contexts, fit, note, book])


def _row(speed: LaneSpeed) -> list[str]:
    step = speed.step_seconds * 1000
    return [
        str(speed.load.lanes),
        f"{speed.load.mean_own:.0f}",
        f"{step:.3f}",
        f"{step / speed.load.lanes:.4f}",
        f"{speed.steady_rate:.1f}",
    ]


def _book(one: tuple[int, float, float]) -> str:
    return f"{one[1]:.1f} ({one[2]:.0f})"


def _speed(row: dict[str, Any]) -> LaneSpeed:
    load = Load(row["lanes"], row["shared"], row["text"], row["frames"])
    steps = load.frames + CODEBOOKS
    rounds = tuple(one / 1000 * steps for one in row["step_ms_rounds"])
    return LaneSpeed(load, CODEBOOKS, rounds, (row["prefill_ms"] / 1000,))


def _title(options: argparse.Namespace) -> str:
    precision = "int8" if options.int8 else options.dtype
    clock = "CPU time" if options.cpu_time else "wall time"
    return (
        f"Scaling, size {options.shape}, {precision}, fast mode, {options.device}, "
        f"{options.frames} frames, {clock}"
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--shape", default="A", help="A, B or 3B")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--int8", action="store_true")
    parser.add_argument("--shared", type=int, default=150, help="positions of the voice's prefix")
    parser.add_argument("--text", type=int, default=75, help="positions of a chunk's prompt")
    parser.add_argument("--frames", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--context-lanes", type=int, default=8)
    parser.add_argument("--burst", type=int, default=1, help="steps between two looks; 16 on CUDA")
    parser.add_argument("--seconds", type=float, default=60.0, help="after these nothing begins")
    parser.add_argument("--cpu-time", action="store_true", help="for a busy machine, one thread")
    parser.add_argument("--from-json", type=Path, help="what bench.gpu wrote, instead of measuring")
    parser.add_argument("--plot", type=Path, help="an SVG or PNG to write")
    parser.add_argument("--record", action="store_true", help="append to RESULTS.md")
    return parser.parse_args()


if __name__ == "__main__":
    main()
