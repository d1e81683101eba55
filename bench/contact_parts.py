"""The parts of the first contact, in order: what is right, what things cost, how near the goals.

The goals are measured by the parts of `bench.gpu`, with less time for each.
"""

from __future__ import annotations

from importlib.util import find_spec

from bench import gpu_parts
from bench.buckets import every_bucket, trial_of
from bench.card_tests import card_tests
from bench.deadline import Deadline
from bench.device_costs import device_costs
from bench.forced_logits import beside_transformers
from bench.rig import Figures, Part, Rig, three_digits
from model.hardware.quantized_rows import QuantizedFormat

_NO_TRITON = {"skipped": "triton is not installed"}


def kernels(rig: Rig, deadline: Deadline) -> Figures:
    """The error of the worst lane of each kernel beside its plain twin, at every bucket, in caches
    of an engine's strides: the binaries that will run."""
    if find_spec("triton") is None:
        return _NO_TRITON
    from model.step.gpu.agreement import (
        disagreement,
        product_disagreement,
        skinny_disagreement,
        worst_error,
    )

    said: dict[str, str | None] = {}
    formats = list(QuantizedFormat) if rig.device.type == "cuda" else []  # interpreted for minutes
    for keys in (None, *formats):
        name = "keys as they are" if keys is None else f"{keys.name.lower()} keys"
        said[name] = disagreement(rig.config, rig.device, rig.dtype, keys)
        rig.tell({"verdicts": said})
        said[f"{name}, own products"] = skinny_disagreement(rig.config, rig.device, rig.dtype, keys)
        rig.tell({"verdicts": said})
    for weights in formats:
        problem = product_disagreement(rig.config, rig.device, rig.dtype, weights)
        said[f"{weights.name.lower()} weights"] = problem
        rig.tell({"verdicts": said})
    errors = {}
    for width in sorted(rig.scale.lane_counts):
        trial = trial_of(rig.scale, width)
        error = worst_error(rig.config, rig.device, rig.dtype, None, trial)
        errors[width] = three_digits(error)
        rig.tell({"worst_lane_by_lanes": errors})
    return {"agrees": not any(said.values())}


def buckets(rig: Rig, deadline: Deadline) -> Figures:
    """Every bucket beside plain logits, replayed bit for bit, in milliseconds."""
    return _NO_TRITON if find_spec("triton") is None else every_bucket(rig, deadline)


PARTS: dict[str, tuple[Part, float]] = {
    "tests": (card_tests, 60),
    "kernels": (kernels, 25),
    "transformers": (beside_transformers, 35),
    "buckets": (buckets, 50),
    "costs": (device_costs, 45),
    **{
        name: (gpu_parts.PARTS[name][0], seconds)
        for name, seconds in {
            "G1 one lane": 35.0,
            "G3 many lanes": 25.0,
            "G7 codec": 20.0,
            "G4 book": 60.0,
            "G6 use of the device": 20.0,
            "G8 packed prefill": 15.0,
            "G9 exactness": 40.0,
        }.items()
    },
}
"""The seconds are each part's budget, 430 in all; each begins a process besides, some 8 seconds."""
