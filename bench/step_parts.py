"""The parts of a compiled decode step, told by leaving each out of the order it really runs in.

A part repeated alone would find its weights or keys in the nearest cache, which a step never does.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from model.cache.static import StaticCache
from model.checkpoint.language_model import LanguageModel
from model.codes.noise import noise_key
from model.lanes.lane_tensors import LaneState
from model.runs.engine_settings import ClosingRule
from model.runs.sampling_settings import Sampling
from model.step.cpu.decode_stack import MAPS_PER_LAYER
from model.step.cpu.lane_attention import attend
from model.step.cpu.lane_math import compiled
from model.step.cpu.strip_linear import apply_map
from model.step.cpu_step import CompiledStep
from model.step.torch_step import EXACT_KEY_BLOCK, whole_blocks

_TIMES = 20
_ROUNDS = 9


def seconds_of_parts(
    model: LanguageModel, lanes: int, keys: int, int8: bool
) -> list[tuple[str, float]]:
    """CPU seconds of one step of all lanes, part by part."""
    config = model.config
    positions = whole_blocks(keys + _TIMES * (_ROUNDS + 1) + 1, EXACT_KEY_BLOCK)
    cache = StaticCache(config, lanes, positions, model.device, model.dtype)
    cache.keys.normal_()
    cache.values.normal_()
    state = LaneState(config, lanes, ClosingRule.FIRST_CODEBOOK, model.device)
    step = CompiledStep(model, cache, state, int8)
    for lane in range(lanes):
        state.begin(lane, keys, noise_key(0, str(lane), 0), positions, Sampling())
    stack, kv = step._model, step._cache

    def order(maps: bool, attention: bool, head: bool) -> Callable[[], object]:
        return lambda: _order(stack, kv, lanes, keys, _TIMES, maps, attention, head)

    best = _best_in_turns(
        {
            "together": order(True, True, True),
            "no maps": order(False, True, True),
            "no attention": order(True, False, True),
            "no head": order(True, True, False),
            "logits": lambda: [step.logits(lanes) for _ in range(_TIMES)],
            "whole": lambda: [step.step(lanes, 0) for _ in range(_TIMES)],
        }
    )
    parts = {
        "linear maps of the layers": best["together"] - best["no maps"],
        "attention": best["together"] - best["no attention"],
        "head": best["together"] - best["no head"],
    }
    parts["embedding, norms, gates, rotation"] = best["logits"] - sum(parts.values())
    parts["choosing columns"] = best["whole"] - best["logits"]
    return [(name, max(0.0, seconds)) for name, seconds in parts.items()]


def _best_in_turns(works: dict[str, Callable[[], object]]) -> dict[str, float]:
    """CPU seconds of one of the repetitions of each, the least of several rounds in turns."""
    best = dict.fromkeys(works, float("inf"))
    for number in range(_ROUNDS + 1):
        for name, work in works.items():
            began = time.thread_time()
            work()
            if number:  # the first round compiles
                best[name] = min(best[name], (time.thread_time() - began) / _TIMES)
    return best


@compiled()
def _order(
    stack: Any,
    kv: Any,
    lanes: int,
    length: int,
    times: int,
    with_maps: bool,
    with_attention: bool,
    with_head: bool,
) -> None:
    """The heavy parts of so many steps, in the order of a step."""
    scratch, size = stack.scratch, stack.shape.head_count * stack.shape.head_dim
    maps, linear, layers = stack.maps, scratch.linear, len(stack.weights.slots)
    for _ in range(times):
        for layer in range(layers):
            first = layer * MAPS_PER_LAYER
            if with_maps:
                apply_map(maps, first, scratch.map_inputs, lanes, linear, scratch.map_outputs)
            if with_attention:
                for row in range(lanes):
                    queries, mixed = scratch.map_outputs[row][:size], scratch.map_inputs[row]
                    keys, values = kv.keys[layer, row], kv.values[layer, row]
                    attend(queries, keys, values, length, scratch.scores, mixed)
            if with_maps:
                for number in range(1, MAPS_PER_LAYER):
                    apply_map(
                        maps, first + number, scratch.map_inputs, lanes, linear, scratch.map_outputs
                    )
        if with_head:
            apply_map(
                maps, layers * MAPS_PER_LAYER, scratch.map_inputs, lanes, linear, scratch.logits
            )
