"""Runs parts of a measurement one after another and reports each as a line of JSON.

Started by `bench.part_runs`, which starts another one for the parts that are left if this one dies
or will not end: a fault of the device takes a whole process with it.
"""

from __future__ import annotations

import argparse
import gc
import importlib.metadata
import json
import sys
import time
import traceback
import warnings
from functools import partial
from typing import Any

import torch

from bench.deadline import Deadline
from bench.interpreter import interpret_kernels
from bench.measurement import TINY
from bench.rig import REAL, SMALL, Part, Rig

_TINY_SHAPE = "T"
_LIBRARIES = ("torch", "triton", "transformers", "numpy")
_MOST_WARNINGS = 8


def main() -> None:
    options = _options()
    began = time.monotonic()
    if options.device == "cpu":
        interpret_kernels()
    scale = SMALL if options.shape == TINY else REAL
    shape = _TINY_SHAPE if options.shape == TINY else options.shape
    torch.set_num_threads(options.threads)
    parts, rig = _parts(), Rig(shape, options.device, getattr(torch, options.dtype), scale)
    say("ready", {"seconds": round(time.monotonic() - began, 2), "about": _about()})
    for wanted in options.parts.split(","):
        name, _, seconds = wanted.partition("=")
        say("begin", {"part": name})
        rig.told, rig.say = {}, partial(_tell, name)
        say("end", {"part": name, **_outcome(rig, parts[name], float(seconds))})
        _clear(rig)  # where a kernel has failed, this ends the process: what failed is told already


def _parts() -> dict[str, Part]:
    """Where kernels are interpreted, that is decided before any of them is loaded."""
    from bench import contact_parts, gpu_parts

    tables = (gpu_parts.PARTS, contact_parts.PARTS)
    return {name: part for table in tables for name, (part, _) in table.items()}


def _about() -> dict[str, Any]:
    from bench.results import machine

    versions = {}
    for name in _LIBRARIES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = "missing"
    return {"machine": machine(), "python": sys.version.split()[0], "versions": versions}


def _tell(part: str, figures: dict[str, Any]) -> None:
    say("figures", {"part": part, "figures": figures})


def say(event: str, content: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps({"event": event, **content}) + "\n")
    sys.stdout.flush()


def _outcome(rig: Rig, part: Part, seconds: float) -> dict[str, Any]:
    """A part's figures, or what went wrong with it, with everything that was warned of."""
    began = time.monotonic()
    outcome: dict[str, Any] = {}
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("default")
        try:
            rig.told |= part(rig, Deadline(seconds))
        except Exception as problem:
            last = traceback.extract_tb(problem.__traceback__)[-1]
            where = f"{last.name}, line {last.lineno}"
            outcome = {"failure": f"{type(problem).__name__}: {str(problem)[:300]} ({where})"}
    if rig.told:
        outcome["figures"] = rig.told
    if warned:
        outcome["warnings"] = _words(warned)
    if rig.device.type == "cuda":
        outcome["peak_GB"] = round(torch.cuda.max_memory_allocated() / 1e9, 2)
    return outcome | {"seconds": round(time.monotonic() - began, 2)}


def _clear(rig: Rig) -> None:
    """The next part finds the memory of the device free."""
    gc.collect()
    if rig.device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()


def _words(warned: list[warnings.WarningMessage]) -> list[str]:
    said = dict.fromkeys(f"{one.category.__name__}: {str(one.message)[:200]}" for one in warned)
    return list(said)[:_MOST_WARNINGS]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--shape", required=True)
    parser.add_argument("--device", required=True)
    parser.add_argument("--dtype", required=True)
    parser.add_argument("--parts", required=True)
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    main()
