"""`higgs bench`: how fast this machine speaks with this checkpoint, and how long a book takes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from higgs_cli.console import out
from higgs_cli.errors import ModelLoadError
from higgs_cli.options import JsonOption, with_settings
from higgs_cli.settings import Settings

if TYPE_CHECKING:
    from model.decode_speed import DecodeSpeed
    from model.language_model import LanguageModel
    from tokenizer.codec import Codec

EPILOG = """Examples: higgs bench · higgs bench --int8 · higgs bench --lanes 32 --seconds 8.
Times real time is seconds of speech per second. The bound is what reading the weights once per
step would allow at the memory speed measured here; more lanes share that reading."""
BOOK_HOURS = 10
CPU_LANES = 8
GPU_LANES = 64


@with_settings("model")
def bench(
    settings: Settings,
    seconds: Annotated[float, typer.Option(min=0.2, max=60, help="Of speech per lane.")] = 4.0,
    int8: Annotated[
        bool, typer.Option("--int8", help="Decode in int8: a small model on a CPU.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Measure how fast this machine speaks."""
    out.mode = "json" if as_json else "human"
    from higgs_cli.rendering.checkpoints import find_checkpoint

    checkpoint = find_checkpoint(settings)
    with _explained(checkpoint.name):
        from model.decode_speed import measure_copying, measure_decoding, memory_bound_seconds
        from model.device import choose_device
        from model.language_model import load_model
        from tokenizer.codec import load_codec
        from tokenizer.decode_speed import measure_codec

        choice = choose_device(settings.device, settings.dtype)
        out.say(f"{checkpoint.name} on {choice.device}: {choice.reason}")
        model = load_model(checkpoint.model_folder, choice.device, choice.dtype)
        codec = load_codec(checkpoint.codec_folder, choice.device)
        exact = choice.device.type == "cpu"
        many = settings.lanes or (CPU_LANES if exact else GPU_LANES)
        frames = max(2, round(seconds * codec.frame_rate))
        speeds = [measure_decoding(model, n, frames, exact, int8) for n in sorted({1, many})]
        bound = memory_bound_seconds(model, measure_copying(choice.device), int8)
        decoding = measure_codec(codec, frames)
    report = _report(model, codec, speeds, bound, decoding)
    if as_json:
        out.document(report)
    else:
        _show(report)


def _report(
    model: LanguageModel, codec: Codec, speeds: list[DecodeSpeed], bound: float, decoding: float
) -> dict[str, object]:
    """Rates are times real time; a book's takes are spoken and decoded one after the other."""
    rates = [one.times_real_time(codec.frame_rate) for one in speeds]
    slowest = BOOK_HOURS * 3600 * (1 / rates[-1] + 1 / decoding)
    return {
        "device": str(model.device),
        "precision": str(model.dtype).removeprefix("torch."),
        "decoding": [
            {
                "lanes": one.lane_count,
                "step_ms": round(one.step_seconds * 1000, 3),
                "times_real_time": round(rate, 1),
                "share_of_bound": round(bound / one.step_seconds, 3),
                "first_frame_ms": round(one.prefill_seconds * 1000, 1),
            }
            for one, rate in zip(speeds, rates, strict=True)
        ],
        "codec_times_real_time": round(decoding, 1),
        "book_hours": BOOK_HOURS,
        "book_minutes": round(slowest / 60, 1),
    }


def _show(report: dict[str, object]) -> None:
    decoding = report["decoding"]
    assert isinstance(decoding, list)
    rows = [
        (
            str(one["lanes"]),
            f"{one['step_ms']:.2f}",
            f"{one['times_real_time']:.1f}",
            f"{one['share_of_bound']:.0%}",
            f"{one['first_frame_ms']:.0f}",
        )
        for one in decoding
    ]
    out.table(("lanes", "ms per step", "x real time", "of bound", "first frame, ms"), rows)
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
