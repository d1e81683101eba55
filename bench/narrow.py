"""Weights of one byte beside weights of two: the same load, the same shape, round by round.

`agrees`: the codes of the narrow step are those of a full pass of the same narrow network.
"""

from __future__ import annotations

import statistics
import warnings
from dataclasses import replace
from typing import Any

from bench.deadline import Deadline
from bench.gpu_checks import TOLERANCE, worst_regret
from bench.lane_speed import LaneBench, Load
from bench.rig import Rig
from bench.roofline import Roofline
from bench.shapes import SHAPES
from bench.workload import silenced
from model.config import ModelConfig
from model.language_model import LanguageModel
from model.narrow_rows import NarrowFormat
from model.packed_weights import active_weights
from model.quantized_weights import quantize_layers
from model.random_model import random_model


def narrow_beside_wide(rig: Rig, deadline: Deadline) -> dict[str, Any]:
    """One lane in fp8 first, then more lanes, then int8, as time allows."""
    figures: dict[str, Any] = {}
    for narrow in (NarrowFormat.FP8, NarrowFormat.INT8):
        if figures and not deadline.holds(deadline.spent / len(figures)):
            break
        model = _narrow_model(rig, narrow)
        name = narrow.name.lower()
        for lanes in rig.scale.narrow_lanes:
            if figures and not deadline.holds(deadline.spent / len(figures)):
                break
            figures[f"{name}, {lanes} lanes"] = _beside(rig, model, lanes, deadline)
    return figures


def _beside(rig: Rig, model: LanguageModel, lanes: int, deadline: Deadline) -> dict[str, Any]:
    """Both engines in turn, so that a slow moment of the machine is one of both."""
    scale = rig.scale
    load = Load(lanes, scale.shared, scale.text, scale.frames)
    with warnings.catch_warnings(record=True) as said:  # a kernel that is left out says so
        warnings.simplefilter("always", RuntimeWarning)
        benches = LaneBench(model, load), LaneBench(rig.model, load)
    seconds: tuple[list[float], list[float]] = ([], [])
    for one in benches:
        one.speak()
    for number in range(scale.rounds):
        if number and not deadline.holds(2 * (seconds[0][-1] + seconds[1][-1])):
            break
        for one, spent in zip(benches, seconds, strict=True):
            spent.append(one.speak()[0])
    steps = load.frames + rig.model.config.codebook_count
    ours, wide = (statistics.median(one) / steps for one in seconds)
    roofline = narrow_roofline(rig.roofline)
    figures = {
        "step_ms": round(ours * 1000, 4),
        "step_ms_rounds": [round(one / steps * 1000, 4) for one in seconds[0]],
        "wide_step_ms": round(wide * 1000, 4),
        "ratio": round(wide / ours, 3),
        "share_of_roofline": round(roofline.share(load, ours), 4),
        "agrees": worst_regret(model, scale, lanes) <= TOLERANCE[rig.dtype],
    }
    return figures | ({"warnings": [str(one.message) for one in said]} if said else {})


def narrow_roofline(wide: Roofline) -> Roofline:
    """One byte for each weight of the layers; the head stays as it is."""
    return replace(wide, weight_bytes=_mean_bytes(wide.config, wide.weight_bytes))


def _mean_bytes(config: ModelConfig, head_bytes: float) -> float:
    active, head = active_weights(config), config.hidden_size * config.audio_row_count
    return (active - head + head * head_bytes) / active


def _narrow_model(rig: Rig, narrow: NarrowFormat) -> LanguageModel:
    model = random_model(SHAPES[rig.shape], 0, rig.device, rig.dtype, False)
    quantize_layers(model.network, narrow)
    return silenced(model)
