"""Weights, then contexts, of one byte a number beside the rig's own: the same load and shape, round
by round.

`agrees`: the codes of a step on quantized weights are those of a full pass of the same quantized
network.
`warnings` are of kernels that were left out: then quantized weights save no time.
"""

from __future__ import annotations

import statistics
import warnings
from dataclasses import dataclass, replace
from typing import Any

from bench.deadline import Deadline
from bench.gpu_checks import TOLERANCE, worst_regret
from bench.lane_speed import LaneBench, Load
from bench.rig import Rig
from bench.roofline import Roofline
from bench.shapes import SHAPES
from bench.workload import silenced
from model.checkpoint.language_model import LanguageModel
from model.checkpoint.random_model import random_model
from model.config.config import ModelConfig
from model.hardware.quantized_rows import ROW_END_BYTES, QuantizedFormat
from model.placement.quantized_weights import quantize_layers
from model.step.audio_weights import active_weights


@dataclass(frozen=True, eq=False)
class LaneChoice:
    """What is set beside the rig's own model, and the least its step could take."""

    model: LanguageModel
    roofline: Roofline
    quantized_keys: QuantizedFormat | None = None


def quantized_weights_beside_plain(rig: Rig, deadline: Deadline) -> dict[str, Any]:
    """One lane in fp8 first, then more lanes, then int8, as time allows."""
    figures: dict[str, Any] = {}
    for number_format in (QuantizedFormat.FP8, QuantizedFormat.INT8):
        if figures and not deadline.holds(deadline.spent / len(figures)):
            break
        model, name = _quantized_model(rig, number_format), number_format.name.lower()
        for lanes in rig.scale.quantized_lanes:
            if figures and not deadline.holds(deadline.spent / len(figures)):
                break
            load = _load(rig, lanes)
            ours = LaneChoice(model, quantized_roofline(rig.roofline))
            found = _beside(rig, load, ours, deadline)
            agrees = worst_regret(model, rig.scale, lanes) <= TOLERANCE[rig.dtype]
            figures[f"{name}, {lanes} lanes"] = found | {"agrees": agrees}
    return figures


def quantized_contexts_beside_plain(rig: Rig, deadline: Deadline) -> dict[str, Any]:
    """Many lanes, whose keys and values are most of what a step reads: in int8, then in fp8."""
    figures: dict[str, Any] = {}
    load = _load(rig, rig.scale.book_lanes)
    for number_format in (QuantizedFormat.INT8, QuantizedFormat.FP8):
        if figures and not deadline.holds(deadline.spent):
            break
        config = rig.model.config
        key_bytes = (config.head_dim + ROW_END_BYTES) / config.head_dim
        roofline = replace(rig.roofline, key_bytes=key_bytes)
        ours = LaneChoice(rig.model, roofline, number_format)
        figures[number_format.name.lower()] = _beside(rig, load, ours, deadline)
    return figures


def _load(rig: Rig, lanes: int) -> Load:
    return Load(lanes, rig.scale.shared, rig.scale.text, rig.scale.frames)


def _beside(rig: Rig, load: Load, ours: LaneChoice, deadline: Deadline) -> dict[str, Any]:
    """Beside the rig's own model in turn, so that whatever slows the machine slows both."""
    with warnings.catch_warnings(record=True) as said:  # a kernel that is left out says so
        warnings.simplefilter("always", RuntimeWarning)
        quantized_bench = LaneBench(
            ours.model, load, settings={"quantized_keys": ours.quantized_keys}
        )
        benches = quantized_bench, LaneBench(rig.model, load)
    seconds: tuple[list[float], list[float]] = ([], [])
    for one in benches:
        one.speak()
    for number in range(rig.scale.rounds):
        if number and not deadline.holds(2 * (seconds[0][-1] + seconds[1][-1])):
            break
        for one, spent in zip(benches, seconds, strict=True):
            spent.append(one.speak()[0])
    steps = load.frames + rig.model.config.codebook_count
    ours_seconds, plain_seconds = (statistics.median(one) / steps for one in seconds)
    figures = {
        "step_ms": round(ours_seconds * 1000, 4),
        "step_ms_rounds": [round(one / steps * 1000, 4) for one in seconds[0]],
        "plain_step_ms": round(plain_seconds * 1000, 4),
        "ratio": round(plain_seconds / ours_seconds, 3),
        "share_of_roofline": round(ours.roofline.share(load, ours_seconds), 4),
        "stepped_with": str(quantized_bench.engine.step_description),
    }
    return figures | ({"warnings": [str(one.message) for one in said]} if said else {})


def quantized_roofline(plain: Roofline) -> Roofline:
    """One byte for each weight of the layers; the head stays as it is."""
    return replace(plain, weight_bytes=_mean_bytes(plain.config, plain.weight_bytes))


def _mean_bytes(config: ModelConfig, head_bytes: float) -> float:
    active, head = active_weights(config), config.hidden_size * config.audio_row_count
    return (active - head + head * head_bytes) / active


def _quantized_model(rig: Rig, number_format: QuantizedFormat) -> LanguageModel:
    model = random_model(SHAPES[rig.shape], 0, rig.device, rig.dtype, False)
    quantize_layers(model.network, number_format)
    return silenced(model)
