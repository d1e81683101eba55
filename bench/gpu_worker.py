"""Runs parts of the GPU benchmark one after another and reports each as a line of JSON.

Started by `bench.gpu`, which starts another one for the parts that are left if this one dies or
will not end: a fault of the device takes a whole process with it.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
import traceback
from typing import Any

import torch

from bench.deadline import Deadline
from bench.gpu_parts import PARTS
from bench.rig import REAL, SMALL, Rig

TINY = "tiny"
_TINY_SHAPE = "T"


def main() -> None:
    options = _options()
    began = time.monotonic()
    scale = SMALL if options.shape == TINY else REAL
    shape = _TINY_SHAPE if options.shape == TINY else options.shape
    torch.set_num_threads(options.threads)
    rig = Rig(shape, options.device, getattr(torch, options.dtype), scale)
    say("ready", {"seconds": round(time.monotonic() - began, 2)})
    for name in options.parts.split(","):
        say("begin", {"part": name})
        say("end", {"part": name, **_outcome(rig, name, options.budget)})


def say(event: str, content: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps({"event": event, **content}) + "\n")
    sys.stdout.flush()


def _outcome(rig: Rig, name: str, budget: float) -> dict[str, Any]:
    """A part's figures, or what went wrong with it; `budget` scales its seconds."""
    part, seconds = PARTS[name]
    began = time.monotonic()
    outcome: dict[str, Any]
    try:
        outcome = {"figures": part(rig, Deadline(seconds * budget))}
    except Exception as problem:
        last = traceback.extract_tb(problem.__traceback__)[-1]
        where = f"{last.name}, line {last.lineno}"
        outcome = {"failure": f"{type(problem).__name__}: {str(problem)[:300]} ({where})"}
    gc.collect()
    if rig.device.type == "cuda":
        outcome["peak_GB"] = round(torch.cuda.max_memory_allocated() / 1e9, 2)
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    return outcome | {"seconds": round(time.monotonic() - began, 2)}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--shape", required=True)
    parser.add_argument("--device", required=True)
    parser.add_argument("--dtype", required=True)
    parser.add_argument("--parts", required=True)
    parser.add_argument("--budget", type=float, default=1.0)
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    main()
