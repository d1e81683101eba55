"""How fast prompts are prefilled: many lanes in one pass, beside lane by lane."""

from __future__ import annotations

import statistics
import time
from typing import Any

from bench.deadline import Deadline
from bench.lane_speed import LaneBench, Load, settle
from bench.rig import Rig
from bench.workload import text_of
from model.cache.static import StaticCache
from model.prefill.one_lane import Prefiller

_SINGLE_LANES = 8


def prefill_rates(rig: Rig, deadline: Deadline) -> dict[str, Any]:
    """New positions per second behind a prefix that is at hand; copies of the prefix included."""
    scale, lanes = rig.scale, rig.scale.book_lanes
    load = Load(lanes, scale.shared, scale.text, 2)
    bench = LaneBench(rig.model, load)
    speed = bench.measure(scale.rounds, deadline)
    rate = lanes * scale.text / statistics.median(speed.prefill)
    single = _single_rate(rig)
    return {
        "lanes": lanes,
        "positions_per_lane": scale.text,
        "prefill_ms_rounds": [round(one * 1000, 3) for one in speed.prefill],
        "positions_per_s": round(rate, 1),
        "share_of_roofline": round(rate / rig.roofline.prefill_rate(), 4),
        "one_by_one_positions_per_s": round(single, 1),
        "ratio": round(rate / single, 2),
        "stepped_with": str(bench.engine.step_description),
    }


def _single_rate(rig: Rig) -> float:
    config, scale = rig.model.config, rig.scale
    cache = StaticCache(config, _SINGLE_LANES, scale.text, rig.device, rig.dtype)
    prefiller = Prefiller(rig.model, cache)
    texts = [text_of(config, scale.text, lane) for lane in range(_SINGLE_LANES)]
    seconds = []
    for _ in range(3):
        settle(rig.device)
        began = time.perf_counter()
        for lane, text in enumerate(texts):
            prefiller.prefill(lane, 0, text)
        settle(rig.device)
        seconds.append(time.perf_counter() - began)
    return _SINGLE_LANES * scale.text / min(seconds)
