"""`higgs bench`: how fast this machine speaks with this checkpoint, and how long a book takes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from higgs_cli.errors import ModelLoadError
from higgs_cli.settings.table import Settings
from higgs_cli.settings.views import choices_of
from higgs_cli.terminal.console import out
from higgs_cli.terminal.options import JsonOption, with_settings

if TYPE_CHECKING:
    from higgs_cli.speech.higgs.opening import OpenedModel
    from model.engine.decode_speed import DecodeSpeed

EPILOG = """Examples: higgs bench · higgs bench --dtype int8 · higgs bench --lanes 32 --seconds 8 ·
higgs bench --memory low. Times real time is seconds of speech per second. The roofline is what
reading weights and contexts once per step would allow at the memory speed measured here; more
lanes share the weights. A book is spoken and checked side by side, and what was not kept
(all but the first 70 minutes) decoded again to master it."""
BOOK_HOURS = 10


@dataclass(frozen=True)
class Speeds:
    """What was measured."""

    decoding: list[DecodeSpeed]
    bytes_per_second: float
    """Of the device's memory, to and fro."""
    codec_times_real_time: float


@with_settings("model")
def bench(
    settings: Settings,
    seconds: Annotated[float, typer.Option(min=0.2, max=60, help="Of speech per lane.")] = 4.0,
    as_json: JsonOption = False,
) -> None:
    """Measure how fast this machine speaks."""
    out.mode = "json" if as_json else "human"
    from higgs_cli.checkpoints.find import find_checkpoint

    choice = choices_of(settings).model
    checkpoint = find_checkpoint(choice)
    with _explained(checkpoint.name):
        from higgs_cli.speech.higgs.opening import open_checkpoint

        opened = open_checkpoint(checkpoint, choice)
        plan = opened.plan
        out.say(f"{checkpoint.name} on {opened.language_model.device}")
        out.say(f"memory: {plan.describe()}")
        if plan.warning:
            out.warn(plan.warning)
        speeds = _measured(opened, seconds, choice.codec_dtype)
        report = _report(opened, speeds)
    if as_json:
        out.document(report)
    else:
        _show(report)


def _measured(opened: OpenedModel, seconds: float, codec_dtype: str) -> Speeds:
    """One lane, and as many as a render would take."""
    from model.engine.decode_speed import measure_copying, measure_decoding
    from tokenizer.codec.decode_speed import measure_codec

    model, codec, plan = opened.language_model, opened.codec, opened.plan
    frames = max(2, round(seconds * codec.frame_rate))
    is_int8 = plan.precision.value == "int8"
    decoding = [
        measure_decoding(
            model, lanes, frames, opened.is_exact, is_int8, opened.narrow_keys, opened.step
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
            }
            for one, rate in zip(speeds.decoding, rates, strict=True)
        ],
        "codec_times_real_time": round(speeds.codec_times_real_time, 1),
        "book_hours": BOOK_HOURS,
        "book_minutes": round(book_minutes(rates[-1], speeds.codec_times_real_time), 1),
    }


def _roofline(opened: OpenedModel, speeds: Speeds, one: DecodeSpeed) -> float:
    """Seconds of a step that did nothing but read: the weights once, each lane's keys and values.

    A lane has heard the reference, and at the median half of what it speaks.
    """
    from model.engine.decode_speed import REFERENCE_FRAMES, memory_bound_seconds
    from model.placement.sizes import lane_bytes

    model, precision = opened.language_model, opened.plan.precision
    is_narrow = precision.bits == 8 or precision.value == "int8"
    weights = memory_bound_seconds(model, speeds.bytes_per_second, is_narrow)
    of_lane = lane_bytes(
        model.config,
        REFERENCE_FRAMES,
        precision.value_bytes,
        narrow_keys=opened.narrow_keys is not None,
    )
    return weights + one.lane_count * of_lane / speeds.bytes_per_second


def book_minutes(speaking_rate: float, codec_rate: float) -> float:
    """Rates are times real time. Takes are decoded beside the speaking, then for the master."""
    return BOOK_HOURS * 60 * (1 / min(speaking_rate, codec_rate) + 1 / codec_rate)


def _show(report: dict[str, object]) -> None:
    decoding = report["decoding"]
    assert isinstance(decoding, list)
    rows = [
        (
            str(one["lanes"]),
            f"{one['step_ms']:.2f}",
            f"{one['times_real_time']:.1f}",
            f"{one['share_of_roofline']:.0%}",
            f"{one['first_frame_ms']:.0f}",
        )
        for one in decoding
    ]
    out.table(("lanes", "ms per step", "x real time", "of roofline", "first frame, ms"), rows)
    out.result(f"codec alone: {report['codec_times_real_time']} times real time")
    out.result(
        f"a book of {report['book_hours']} hours: about {report['book_minutes']} minutes, "
        "without retries, checks and encoding"
    )


@contextmanager
def _explained(name: str) -> Iterator[None]:
    from model.errors import ModelError
    from tokenizer.errors import TokenizerError

    try:
        yield
    except (ModelError, TokenizerError) as error:
        raise ModelLoadError(f"{name}: {error}", hint=getattr(error, "hint", None)) from error
