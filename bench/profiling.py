"""Where the time of one decode step goes, and that of one book, on this CPU.

    python -m bench.profiling step --int8          a compiled step of size A, part by part
    python -m bench.profiling book                 the bundled model speaks a bundled script
    python -m bench.profiling gpu                  the slowest kernels of a step, on CUDA

CPU time of the threads that do the work, so that what else the machine does matters little.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch

from bench import results
from bench.lane_speed import LaneBench, Load, Spent
from bench.rig import REAL, Rig
from bench.shapes import SHAPES
from bench.workload import silenced
from model.checkpoint.random_model import random_model

ROOT = Path(__file__).parent.parent
Rows = list[tuple[str, float]]

BOOK_STAGES = {
    "opening model, codec and voices": "higgs_cli.pipeline.open_higgs",
    "prompts prefilled": "model.prefill.lane_context.LaneContext.prepare",
    "steps (decode)": "model.step.cpu_step.CompiledStep.step",
    "takes decoded (codec)": "tokenizer.codec.fast.threaded_decoder.ThreadedDecoder.decode",
    "takes checked": "higgs_cli.checks.signal.check_take",
    "loudness of takes": "higgs_cli.checks.checker._levels",
    "mastering and writing": "higgs_cli.jobs.finishing.finished",
}
"""What is timed, none of it within another."""


def main() -> None:
    options = _options()
    torch.set_num_threads(1)
    profiles = {"step": step_profile, "book": book_profile, "gpu": gpu_profile}
    title, rows = profiles[options.what](options)
    body = results.table(("part", options.unit, "share"), _shares(rows))
    print(f"{title}\n\n{body}")
    if options.record:
        results.append(title, body)


def step_profile(options: argparse.Namespace) -> tuple[str, Rows]:
    """Milliseconds of one step of all lanes, and of what the engine does between two steps.

    The step's own time is measured in the engine; how it divides, by leaving parts out.
    """
    from bench.step_parts import seconds_of_parts

    model = silenced(random_model(SHAPES[options.shape], 0, "cpu", torch.float32, False))
    load = Load(options.lanes, options.shared, options.keys - options.shared - 10, 20)
    bench = LaneBench(model, load, time.process_time, {"int8": options.int8})
    bench.speak()
    stepping = Spent(bench.engine._step.step, time.process_time)
    bench.engine._step.step = stepping  # type: ignore[method-assign]
    seconds, _ = bench.speak()
    steps = load.frames + model.config.codebook_count
    parts = seconds_of_parts(model, options.lanes, options.keys, options.int8)
    scale = stepping.seconds / steps / sum(one for _, one in parts)
    rows = [(name, one * scale * 1000) for name, one in parts]
    rows.append(("host: engine between steps", (seconds - stepping.seconds) / steps * 1000))
    precision = "int8" if options.int8 else "float32"
    title = (
        f"One decode step, size {options.shape}, {precision}, {options.lanes} lanes, "
        f"{options.keys} keys each, ms of CPU time"
    )
    return title, rows


def book_profile(options: argparse.Namespace) -> tuple[str, Rows]:
    """CPU seconds of `higgs render`, stage by stage, on whatever threads they run."""
    from higgs_cli.app import main as higgs

    script = ROOT / "transcripts" / f"{options.script}.txt"
    began = time.process_time()
    with tempfile.TemporaryDirectory() as folder, stages(BOOK_STAGES) as spent:
        wall = time.perf_counter()
        code = higgs(["render", str(script), "-o", str(Path(folder) / "book.wav"), "--quiet"])
        wall = time.perf_counter() - wall
    if code:
        raise SystemExit(code)
    rows = [(stage, spent[stage]) for stage in BOOK_STAGES]
    whole = time.process_time() - began
    rows.append(("everything else (imports, planning, store)", whole - sum(n for _, n in rows)))
    title = f"higgs render {script.name} with the bundled model, CPU seconds ({wall:.1f} s of wall)"
    return title, rows


def gpu_profile(options: argparse.Namespace) -> tuple[str, Rows]:
    """Milliseconds of the slowest kernels of one step of the 3B shape."""
    from bench.gpu_profile import device_use

    rig = Rig("3B", "cuda", torch.bfloat16, REAL)
    used = device_use(rig, Load(options.lanes, REAL.shared, REAL.text, REAL.sweep_frames))
    slowest = used["slowest_kernels_ms_per_step"]
    rest = used["busy_ms_per_step"] - sum(slowest.values())
    title = (
        f"One decode step on CUDA, 3B, {options.lanes} lanes: kernels, {used['busy_share']} busy"
    )
    return title, [*slowest.items(), ("other kernels", rest)]


@contextmanager
def stages(functions: dict[str, str]) -> Iterator[dict[str, float]]:
    """While this is open, CPU seconds of each function named by its full path add up here."""
    spent: dict[str, float] = defaultdict(float)
    lock = threading.Lock()

    def timed(stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            began = time.thread_time()
            try:
                return function(*arguments, **named)
            finally:
                with lock:
                    spent[stage] += time.thread_time() - began

        return call

    with ExitStack() as patches:
        for stage, path in functions.items():
            watched = patch(path)
            original, _ = watched.get_original()
            patches.enter_context(patch(path, timed(stage, original)))
        yield spent


def _shares(rows: Rows) -> list[list[str]]:
    whole = sum(number for _, number in rows)
    parts = [[name, f"{number:.3f}", f"{number / whole:.1%}"] for name, number in rows]
    return [*parts, ["all", f"{whole:.3f}", ""]]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("what", choices=("step", "book", "gpu"))
    parser.add_argument("--shape", default="A")
    parser.add_argument("--lanes", type=int, default=8)
    parser.add_argument("--keys", type=int, default=300)
    parser.add_argument("--shared", type=int, default=150)
    parser.add_argument("--int8", action="store_true")
    parser.add_argument("--script", default="single_speaker", help="one of transcripts/")
    parser.add_argument("--record", action="store_true", help="append to RESULTS.md")
    options = parser.parse_args()
    options.unit = "s" if options.what == "book" else "ms"
    return options


if __name__ == "__main__":
    main()
