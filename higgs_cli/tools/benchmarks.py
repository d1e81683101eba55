"""How fast this machine speaks with a checkpoint, and how long a book takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from higgs_cli.checkpoints.find import find_checkpoint
from higgs_cli.settings.views import ModelChoice
from higgs_cli.speech.higgs.errors import translated
from higgs_cli.speech.higgs.opening import OpenedModel, open_checkpoint
from model.engine.decode_speed import (
    REFERENCE_FRAMES,
    DecodeSpeed,
    measure_copying,
    measure_decoding,
    memory_bound_seconds,
)
from model.placement.sizes import lane_bytes
from tokenizer.codec.decode_speed import measure_codec

BOOK_HOURS = 10
Say = Callable[[str], None]


@dataclass(frozen=True)
class Speeds:
    """What was measured."""

    decoding: list[DecodeSpeed]
    bytes_per_second: float
    """Of the device's memory, to and fro."""
    codec_times_real_time: float


def measure_speed(choice: ModelChoice, seconds: float, say: Say, warn: Say) -> dict[str, object]:
    """The report of a checkpoint that speaks so many seconds in each lane."""
    checkpoint = find_checkpoint(choice)
    opened = open_checkpoint(checkpoint, choice)
    plan = opened.plan
    say(f"{checkpoint.name} on {opened.language_model.device}")
    say(f"memory: {plan.describe()}")
    if plan.warning:
        warn(plan.warning)
    with translated(checkpoint.name):
        return _report(opened, _measured(opened, seconds, choice.codec_dtype))


def book_minutes(speaking_rate: float, codec_rate: float) -> float:
    """Rates are times real time. Takes are decoded beside the speaking, then for the master."""
    return BOOK_HOURS * 60 * (1 / min(speaking_rate, codec_rate) + 1 / codec_rate)


def _measured(opened: OpenedModel, seconds: float, codec_dtype: str) -> Speeds:
    """One lane, and as many as a render would take."""
    model, codec, plan = opened.language_model, opened.codec, opened.plan
    frames = max(2, round(seconds * codec.frame_rate))
    is_int8 = plan.precision.value == "int8"
    decoding = [
        measure_decoding(
            model, lanes, frames, opened.is_exact, is_int8, opened.quantized_keys, opened.step
        )
        for lanes in sorted({1, plan.lane_count})
    ]
    codec_rate = measure_codec(codec, frames, codec_dtype, opened.plain_steps)
    return Speeds(decoding, measure_copying(model.device), codec_rate)


def _report(opened: OpenedModel, speeds: Speeds) -> dict[str, object]:
    """Rates are times real time."""
    codec, plan = opened.codec, opened.plan
    rates = [one.times_real_time(codec.frame_rate) for one in speeds.decoding]
    return {
        "device": str(opened.language_model.device),
        "precision": opened.precision,
        "memory": {
            "placement": plan.placement.value,
            "lanes": plan.lane_count,
            "positions": plan.position_count,
            "needed_gb": round(plan.needed_bytes / 1e9, 2),
            "share_of_free": round(plan.share, 3),
        },
        "memory_gb_per_second": round(speeds.bytes_per_second / 1e9, 1),
        "decoding": [
            {
                "lanes": one.lane_count,
                "step_ms": round(one.step_seconds * 1000, 3),
                "times_real_time": round(rate, 1),
                "share_of_roofline": round(_roofline(opened, speeds, one) / one.step_seconds, 3),
                "first_frame_ms": round(one.prefill_seconds * 1000, 1),
                "step": one.step,
                "left_out": list(one.warnings),
            }
            for one, rate in zip(speeds.decoding, rates, strict=True)
        ],
        "codec_times_real_time": round(speeds.codec_times_real_time, 1),
        "book_hours": BOOK_HOURS,
        "book_minutes": round(book_minutes(rates[-1], speeds.codec_times_real_time), 1),
    }


def _roofline(opened: OpenedModel, speeds: Speeds, one: DecodeSpeed) -> float:
    """Seconds of a step that did nothing but read: the weights once, each lane's keys and values.

    A lane's context is the reference, and at the median half of what it speaks.
    """
    model, precision = opened.language_model, opened.plan.precision
    is_quantized = precision.bits == 8 or precision.value == "int8"
    weights = memory_bound_seconds(model, speeds.bytes_per_second, is_quantized)
    of_lane = lane_bytes(
        model.config,
        REFERENCE_FRAMES,
        precision.value_bytes,
        quantized_keys=opened.quantized_keys is not None,
    )
    return weights + one.lane_count * of_lane / speeds.bytes_per_second
