"""How busy a device is while lanes decode, and which calls of the host wait for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile

from bench.lane_speed import LaneBench, Load, settle
from bench.rig import Rig

WAITING_CALLS = frozenset(
    {
        "cudaDeviceSynchronize",
        "cudaStreamSynchronize",
        "cudaEventSynchronize",
        "cudaMemcpy",
    }
)


def device_use(rig: Rig, load: Load) -> dict[str, Any]:
    """A profile from the end of the prefill to the last take."""
    if rig.device.type != "cuda":
        return {"skipped": "needs a CUDA device"}
    bench = LaneBench(rig.model, load)
    bench.speak()
    profiler = profile(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA])
    context = bench.engine._context
    lane_prompt, begun = context.prepare, []

    def then_watch(lanes: Any) -> Any:
        refused = lane_prompt(lanes)
        if lanes and not begun:
            begun.append(True)
            profiler.start()
        return refused

    context.prepare = then_watch  # type: ignore[method-assign]
    bench.speak()
    settle(rig.device)
    profiler.stop()
    figures = figures_of(profiler.events(), load.frames + rig.model.config.codebook_count)
    return figures | {"stepped_with": str(bench.engine.step_description)}


def figures_of(events: Iterable[Any], steps: int) -> dict[str, Any]:
    """From what a profiler saw of so many steps."""
    spans, waits, by_kernel = [], Counter[str](), Counter[str]()
    for event in events:
        if event.device_type == torch.autograd.DeviceType.CUDA:
            span = event.time_range
            spans.append((span.start, span.end))
            by_kernel[event.name[:60]] += span.end - span.start
        elif event.name in WAITING_CALLS:
            waits[event.name] += 1
    busy, window = covered(spans)
    return {
        "busy_share": round(busy / window, 4) if window else None,
        "busy_ms_per_step": round(busy / steps / 1000, 4),
        "kernels_per_step": round(len(spans) / steps, 1),
        "waits": dict(waits),
        "waits_per_step": round(sum(waits.values()) / steps, 3),
        "slowest_kernels_ms_per_step": {
            name: round(spent / steps / 1000, 4) for name, spent in by_kernel.most_common(12)
        },
    }


def covered(spans: Iterable[tuple[float, float]]) -> tuple[float, float]:
    """How much of the time from the first start to the last end lies in a span, and that time."""
    busy, first, end = 0.0, None, 0.0
    for start, stop in sorted(spans):
        if first is None:
            first = end = start
        busy += max(0.0, stop - max(start, end))
        end = max(end, stop)
    return busy, 0.0 if first is None else end - first
