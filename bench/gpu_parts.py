"""The parts of the GPU benchmark, G1 to G9: each measures one thing and says it as plain figures.

What the engine cannot do yet has no part here.
"""

from __future__ import annotations

import gc
import statistics
from collections.abc import Sequence

from bench.book import Book, BookLoad, BookSpeaker, random_codec
from bench.deadline import Deadline
from bench.device_costs import step_products
from bench.gpu_checks import same_codes_in_any_company, same_logits_at_every_width
from bench.gpu_profile import device_use
from bench.lane_speed import LaneBench, LaneSpeed, Load
from bench.packed import prefill_rates
from bench.quantized import quantized_contexts_beside_plain, quantized_weights_beside_plain
from bench.rig import Figures, Part, Rig
from bench.roofline import product_flops
from bench.workload import FRAME_RATE, chunk_lengths, prefix_of, text_of
from model.runs.prompt import joined


def hardware(rig: Rig, deadline: Deadline) -> Figures:
    """What the roofline of every other part is drawn with, and products of a decode step."""
    scale, shapes = rig.scale, step_products(rig.config)
    products = {
        f"{name}, {rows} rows": product_flops(rig.device, rig.dtype, rows, *shape) / 1e12
        for name, shape in shapes.items()
        for rows in scale.product_rows
    }
    return {
        "copy_TB_per_s": round(rig.roofline.bytes_per_second / 1e12, 4),
        "product_TFLOP_per_s": round(rig.roofline.flops / 1e12, 3),
        "step_products_TFLOP_per_s": {name: round(one, 3) for name, one in products.items()},
        "active_GB": round(rig.roofline.step_bytes / 1e9, 4),
    }


def one_lane(rig: Rig, deadline: Deadline) -> Figures:
    """G1: latency of one lane, beside `generate` at batch 1."""
    scale = rig.scale
    load = Load(1, scale.shared, scale.text, scale.frames)
    ours = LaneBench(rig.model, load).measure(scale.rounds, Deadline(deadline.left / 2))
    figures = _with_roofline(rig, ours)
    theirs = _transformers_seconds(rig, load, scale.transformers_frames, deadline)
    return figures | _beside(theirs, ours.step_seconds)


def quantized_weights(rig: Rig, deadline: Deadline) -> Figures:
    """G2: the load of G1 with weights in fp8, beside the rig's own, and some more lanes."""
    return quantized_weights_beside_plain(rig, deadline)


def quantized_contexts(rig: Rig, deadline: Deadline) -> Figures:
    """The load of G3, shorter, with keys and values in one byte each, beside the rig's own."""
    return quantized_contexts_beside_plain(rig, deadline)


def many_lanes(rig: Rig, deadline: Deadline) -> Figures:
    """G3: decoding alone, a shared voice prefix and short texts."""
    scale = rig.scale
    load = Load(scale.book_lanes, scale.shared, scale.text, scale.book_frames)
    return _with_roofline(rig, LaneBench(rig.model, load).measure(scale.rounds, deadline))


def lane_sweep(rig: Rig, deadline: Deadline) -> Figures:
    """How a step grows with lanes."""
    scale = rig.scale
    loads = [Load(n, scale.shared, scale.text, scale.sweep_frames) for n in scale.lane_counts]
    return _sweep(rig, loads, deadline)


def context_sweep(rig: Rig, deadline: Deadline) -> Figures:
    """How a step grows with the own positions of its lanes."""
    scale = rig.scale
    loads = [
        Load(scale.context_lanes, scale.shared, own - scale.sweep_frames // 2, scale.sweep_frames)
        for own in scale.contexts
    ]
    return _sweep(rig, loads, deadline)


def book(rig: Rig, deadline: Deadline) -> Figures:
    """G4 and the tax of G7: a book to samples in memory, as long as the time allows, and the same
    book without the codec."""
    scale = rig.scale
    load = BookLoad(scale.book_lanes, scale.shared, scale.text)
    lengths = chunk_lengths(scale.book_minutes, scale.chunk_seconds)
    codec = random_codec(scale.codec_width, rig.device)
    speaker = BookSpeaker(rig.model, codec, load, max(lengths))
    speaker.speak(lengths[-scale.book_lanes :])  # warm up
    pilot = speaker.speak(lengths[:: max(1, len(lengths) // (2 * scale.book_lanes))])
    affordable = pilot.times_real_time * deadline.left * 0.55 * FRAME_RATE
    spoken = _at_most(lengths, affordable)
    whole = speaker.speak(spoken)
    bare = (
        BookSpeaker(rig.model, None, load, max(spoken)).speak(spoken)
        if (deadline.holds(whole.wall))
        else None
    )
    figures = _book_figures(whole, bare, len(spoken), len(lengths))
    return figures | {"stepped_with": str(speaker._engine.step_description)}


def against_transformers(rig: Rig, deadline: Deadline) -> Figures:
    """G5: decoding at our book's lanes beside the batch that `generate` likes best."""
    scale = rig.scale
    load = Load(scale.book_lanes, scale.shared, scale.text, scale.sweep_frames)
    ours = LaneBench(rig.model, load).measure(scale.rounds, Deadline(deadline.left / 3))
    rates = {}
    for lanes in scale.transformers_batches:
        if rates and not deadline.holds(20):
            break
        seconds = _transformers_seconds(
            rig,
            Load(lanes, scale.shared, scale.text, 0),
            scale.transformers_frames // 2,
            deadline,
            1,
        )
        rates[lanes] = lanes / (statistics.median(seconds) * FRAME_RATE)
    return {
        "stepped_with": ours.step,
        "times_real_time": round(ours.times_real_time, 2),
        "transformers_times_real_time": {n: round(rate, 3) for n, rate in rates.items()},
        "ratio_to_their_best": round(ours.times_real_time / max(rates.values()), 2),
        "note": "decoding alone on both sides, no padding or waiting counted against theirs",
    }


def use_of_device(rig: Rig, deadline: Deadline) -> Figures:
    """G6: how busy the device is while lanes decode, and what waits for it."""
    scale = rig.scale
    return device_use(rig, Load(scale.book_lanes, scale.shared, scale.text, scale.sweep_frames))


def codec_alone(rig: Rig, deadline: Deadline) -> Figures:
    """G7: takes of a book's length to samples."""
    from bench.codec_rate import codec_rates

    scale = rig.scale
    codec = random_codec(scale.codec_width, rig.device)
    return codec_rates(codec, scale.codec_clips, scale.book_frames, scale.rounds, deadline)


def packed_prefill(rig: Rig, deadline: Deadline) -> Figures:
    """G8: texts of many runs in one pass, beside one by one."""
    return prefill_rates(rig, deadline)


def exactness(rig: Rig, deadline: Deadline) -> Figures:
    """G9: every width of the fast step against the plain one, and company in exact mode."""
    return {
        "fast": same_logits_at_every_width(rig, Deadline(deadline.left / 2)),
        "exact": same_codes_in_any_company(rig, deadline),
    }


PARTS: dict[str, tuple[Part, float]] = {
    "hardware": (hardware, 15),
    "G1 one lane": (one_lane, 55),
    "G2 quantized weights": (quantized_weights, 45),
    "G3 many lanes": (many_lanes, 45),
    "G8 packed prefill": (packed_prefill, 20),
    "G6 use of the device": (use_of_device, 25),
    "G7 codec": (codec_alone, 30),
    "G4 book": (book, 110),
    "G5 against transformers": (against_transformers, 60),
    "G9 exactness": (exactness, 50),
    "quantized contexts": (quantized_contexts, 25),
    "lanes": (lane_sweep, 35),
    "context": (context_sweep, 25),
}
"""In the order of what matters; the seconds are each part's budget, 540 in all."""


def _sweep(rig: Rig, loads: Sequence[Load], deadline: Deadline) -> Figures:
    rows: list[Figures] = []
    for load in loads:
        if rows and not deadline.holds(2 * deadline.spent / len(rows)):
            break
        rows.append(_with_roofline(rig, LaneBench(rig.model, load).measure(2, deadline)))
        rig.tell({"rows": rows, "left_out": len(loads) - len(rows)})
        gc.collect()  # the caches of the next engine need the room
    rows.sort(key=lambda row: (row["lanes"], row["text"]))
    return {"rows": rows, "left_out": len(loads) - len(rows)}


def _with_roofline(rig: Rig, speed: LaneSpeed) -> Figures:
    share = rig.roofline.share(speed.load, speed.step_seconds)
    return {**speed.figures(), "share_of_roofline": round(share, 4)}


def _transformers_seconds(
    rig: Rig, load: Load, frames: int, deadline: Deadline, rounds: int = 3
) -> list[float]:
    """Of one step of `generate`, round by round after one that warms up."""
    config = rig.model.config
    whole = joined([prefix_of(config, load.shared), text_of(config, load.text, 0)])
    speaker = rig.transformers_speaker(whole, load.lanes)
    speaker.step_seconds(2)
    seconds: list[float] = []
    for _ in range(rounds):
        if seconds and not deadline.holds(2 * seconds[-1] * frames):
            break
        seconds.append(speaker.step_seconds(frames))
    return seconds


def _beside(theirs: Sequence[float], our_seconds: float) -> Figures:
    return {
        "transformers_step_ms": round(statistics.median(theirs) * 1000, 3),
        "transformers_step_ms_rounds": [round(one * 1000, 3) for one in theirs],
        "ratio": round(statistics.median(theirs) / our_seconds, 2),
    }


def _at_most(lengths: Sequence[int], frames: float) -> list[int]:
    """Every n-th chunk, so that the mix of lengths stays that of the book."""
    step = max(1, -(-sum(lengths) // max(1, int(frames))))
    return list(lengths[::step])


def _book_figures(whole: Book, bare: Book | None, spoken: int, chunks: int) -> Figures:
    figures = {
        "speech_s": round(whole.speech, 1),
        "wall_s": round(whole.wall, 3),
        "times_real_time": round(whole.times_real_time, 1),
        "prefill_s": round(whole.prefill, 3),
        "host_s": round(whole.host, 3),
        "waiting_for_codec_s": round(whole.tail, 3),
        "chunks": f"{spoken} of {chunks}",
    }
    if bare is not None:
        figures["without_codec_times_real_time"] = round(bare.times_real_time, 1)
        figures["codec_tax"] = round(whole.wall / bare.wall - 1, 4)
    return figures
