"""What a device charges: for reading its memory, for products of a decode step in both layouts, and
for a node of a recorded step that does next to nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Any

import torch
from torch import Tensor

from bench.deadline import Deadline
from bench.device_clock import recorded, seconds_of
from bench.rig import Rig
from model.config.config import ModelConfig
from model.engine.decode_speed import measure_copying

_READ_BYTES = {"cuda": 1 << 32, "cpu": 1 << 22}
_WEIGHT_BYTES = {"cuda": 1 << 30, "cpu": 1 << 16}
"""More than any cache keeps: each product of a step finds its weights in memory."""
_MOST_WEIGHTS = 28
_NODES = {"cuda": 200, "cpu": 3}
_ROUNDS = {"cuda": 10, "cpu": 1}


def device_costs(rig: Rig, deadline: Deadline) -> dict[str, Any]:
    """Bandwidth, then nodes, then products, each told as it is known."""
    rig.tell({"copy_TB_per_s": round(measure_copying(rig.device) / 1e12, 4)})
    rig.tell({"read_TB_per_s": round(_reading(rig.device) / 1e12, 4)})
    for rows in (min(rig.scale.product_rows), max(rig.scale.product_rows)):
        rig.tell({f"node_us, {rows} rows": _node_costs(rig, rows)})
    left_out = 0
    for name, shape in step_products(rig.config).items():
        if deadline.holds(2.0):
            rig.tell({f"product {name}": _product_costs(rig, *shape)})
        else:
            left_out += 1
    return {"products_left_out": left_out}


def step_products(config: ModelConfig) -> dict[str, tuple[int, int]]:
    """Inputs and outputs."""
    heads = (config.head_count + 2 * config.kv_head_count) * config.head_dim
    return {
        "qkv": (config.hidden_size, heads),
        "out": (config.head_count * config.head_dim, config.hidden_size),
        "gate and up": (config.hidden_size, 2 * config.intermediate_size),
        "down": (config.intermediate_size, config.hidden_size),
        "head": (config.hidden_size, config.audio_row_count),
    }


def _reading(device: torch.device) -> float:
    """Bytes per second of a sum over random numbers."""
    numbers = torch.randn(_READ_BYTES[device.type] // 2, device=device, dtype=torch.bfloat16)
    seconds = seconds_of(numbers.sum, device, _ROUNDS[device.type])
    return numbers.nbytes / seconds


def _node_costs(rig: Rig, rows: int) -> dict[str, float]:
    """Microseconds of one, among many in a row."""
    count = _NODES[rig.device.type]
    found = {}
    for name, node in _nodes(rig, rows):

        def work(node: Callable[[], object] = node) -> None:
            for _ in range(count):
                node()

        again = recorded(work, rig.device)
        seconds = seconds_of(again, rig.device, _ROUNDS[rig.device.type])
        found[name] = round(seconds / count * 1e6, 3)
    return found


def _nodes(rig: Rig, rows: int) -> Iterator[tuple[str, Callable[[], object]]]:
    config, device, dtype = rig.config, rig.device, rig.dtype
    hidden, out = (torch.randn(rows, config.hidden_size, device=device).to(dtype) for _ in "ab")
    square = 1e-3 * torch.randn(config.hidden_size, config.hidden_size, device=device)
    weights = square.to(dtype)
    yield "copy", lambda: out.copy_(hidden)
    yield "add", lambda: torch.add(hidden, 1, out=out)
    yield "product", lambda: torch.mm(hidden, weights, out=out)
    yield "product added", lambda: torch.addmm(hidden, hidden, weights, out=out)
    yield "product added in place", lambda: out.addmm_(hidden, weights)
    if find_spec("triton") is not None:
        yield "kernel of ours", _norm(config, rows, hidden)


def _norm(config: ModelConfig, rows: int, hidden: Tensor) -> Callable[[], object]:
    from model.cache.shared_prefix import SharedPrefixCache
    from model.step.gpu.fused_workspace import FusedWorkspace

    cache = SharedPrefixCache(config, rows, 16, hidden.device, hidden.dtype, 16)
    space, weight = FusedWorkspace(config, cache, rows), torch.ones_like(hidden[0])
    return lambda: space.normed(hidden, weight)


def _product_costs(rig: Rig, inputs: int, outputs: int) -> dict[str, Any]:
    """By number of rows: microseconds, and the speed at which weights are read, in both layouts."""
    size = inputs * outputs * rig.dtype.itemsize
    count = max(1, min(_MOST_WEIGHTS, _WEIGHT_BYTES[rig.device.type] // size))
    shape = (inputs, outputs)
    weights = [torch.randn(shape, device=rig.device).to(rig.dtype) for _ in range(count)]
    turned = [one.t().contiguous().t() for one in weights]
    found: dict[str, Any] = {}
    for rows in rig.scale.costed_rows:
        given = torch.randn(rows, inputs, device=rig.device).to(rig.dtype)
        out = torch.empty(rows, outputs, device=rig.device, dtype=rig.dtype)
        for layout, those in (("[in, out]", weights), ("[out, in]", turned)):

            def work(those: list[Tensor] = those, given: Tensor = given, out: Tensor = out) -> None:
                for one in those:
                    torch.mm(given, one, out=out)

            again = recorded(work, rig.device)
            seconds = seconds_of(again, rig.device, _ROUNDS[rig.device.type]) / count
            found[f"{rows} rows {layout}"] = {
                "us": round(seconds * 1e6, 2),
                "GB_per_s": round(size / seconds / 1e9, 1),
            }
    return found
