"""All layers of one decode step as one compiled function: columns in, logits out.

```
codes ─► sum of rows ─► [ norm ─► qkv ─► rotate ─► write ─► attend ─► out (+)
                          norm ─► gate│up ─► silu * ─► down (+) ] per layer ─► norm ─► head
```

No torch, no allocation, no lock of the interpreter while it runs, and no sum that would depend on
how many lanes there are.
"""

from typing import Any, NamedTuple

import numpy as np

from model.step.cpu.lane_attention import attend
from model.step.cpu.lane_math import gate, inner, normalise, part, rotate
from model.step.cpu.strip_linear import LinearMaps, LinearScratch, apply_map, linear_scratch

MAPS_PER_LAYER = 4
"""In order: query-key-value, out, gate-up, down. The audio head is the last map of all."""


class StackWeights(NamedTuple):
    """What a step reads besides the linear maps."""

    table: np.ndarray
    """`[codebooks * rows, hidden]` float32."""
    norms: np.ndarray
    """`[2 * layers + 1, hidden]` float32: before attention, before the MLP, …, at the end."""
    slots: np.ndarray
    """`[layers]` int64: the cache slot of each layer audio passes through."""
    cosines: np.ndarray
    """`[positions, head dim / 2]` float32."""
    sines: np.ndarray


class StackShape(NamedTuple):
    """Numbers a step needs."""

    head_count: int
    kv_head_count: int
    head_dim: int
    intermediate_size: int
    rows_per_codebook: int
    embedding_scale: float
    norm_eps: float


class StackScratch(NamedTuple):
    """Buffers of all lanes, overwritten by every step; a lane that steps has a row."""

    hidden: np.ndarray
    """`[rows, hidden]`."""
    map_inputs: np.ndarray
    """`[rows, …]`: what goes into a map."""
    map_outputs: np.ndarray
    """`[rows, …]`: what comes out of one."""
    logits: np.ndarray
    """`[rows, padded audio rows]`."""
    scores: np.ndarray
    """`[positions]`."""
    linear: LinearScratch


class StackModel(NamedTuple):
    """All a step needs but the lanes and their cache."""

    maps: LinearMaps
    weights: StackWeights
    shape: StackShape
    scratch: StackScratch


class StackCache(NamedTuple):
    """`[slots, lanes, kv heads, positions, head dim]` float32, both."""

    keys: np.ndarray
    values: np.ndarray


def stack_scratch(
    shape: StackShape, maps: LinearMaps, hidden_size: int, lane_count: int, position_count: int
) -> StackScratch:
    """Born once, for as many lanes and positions as the cache has."""
    inputs = max(hidden_size, shape.head_count * shape.head_dim, shape.intermediate_size)
    linear = linear_scratch(maps, lane_count)
    widest = linear.integers.shape[1]
    return StackScratch(
        hidden=np.zeros((lane_count, hidden_size), np.float32),
        map_inputs=np.zeros((lane_count, inputs), np.float32),
        map_outputs=np.zeros((lane_count, widest), np.float32),
        logits=np.zeros((lane_count, widest), np.float32),
        scores=np.zeros(position_count, np.float32),
        linear=linear,
    )


@part()
def stack_logits(
    lanes: np.ndarray, columns: np.ndarray, positions: np.ndarray, cache: Any, model: Any
) -> None:
    """Feed the columns of `lanes` at their positions; logits in `model.scratch.logits`, row by row.

    `columns` `[all lanes, codebooks]` and `positions` `[all lanes]` are read at `lanes` only.
    """
    scratch, slots = model.scratch, model.weights.slots
    for row in range(len(lanes)):
        _embed(columns[lanes[row]], model.weights.table, model.shape, scratch.hidden[row])
    for layer in range(len(slots)):
        _attention(layer, lanes, positions, cache, model)
        _feed_forward(layer, len(lanes), model)
    _norm(2 * len(slots), len(lanes), model)
    last = len(model.maps.places) - 1
    apply_map(model.maps, last, scratch.map_inputs, len(lanes), scratch.linear, scratch.logits)


@part()
def _embed(codes: np.ndarray, table: np.ndarray, shape: Any, hidden: np.ndarray) -> None:
    hidden[:] = np.float32(0.0)
    for codebook in range(len(codes)):
        row = table[codebook * shape.rows_per_codebook + codes[codebook]]
        for i in range(len(hidden)):
            hidden[i] += row[i]
    for i in range(len(hidden)):
        hidden[i] *= np.float32(shape.embedding_scale)


@inner()
def _norm(number: int, rows: int, model: Any) -> None:
    weight, scratch = model.weights.norms[number], model.scratch
    for row in range(rows):
        normalise(scratch.hidden[row], weight, model.shape.norm_eps, scratch.map_inputs[row])


@part()
def _attention(
    layer: int, lanes: np.ndarray, positions: np.ndarray, cache: Any, model: Any
) -> None:
    shape, scratch, first = model.shape, model.scratch, layer * MAPS_PER_LAYER
    slot = model.weights.slots[layer]
    query_size = shape.head_count * shape.head_dim
    _norm(2 * layer, len(lanes), model)
    apply_map(
        model.maps, first, scratch.map_inputs, len(lanes), scratch.linear, scratch.map_outputs
    )
    for row in range(len(lanes)):
        lane, states = lanes[row], scratch.map_outputs[row]
        position = positions[lane]
        keys, values = cache.keys[slot, lane], cache.values[slot, lane]
        _write(states, position, keys, values, model)
        queries, length = states[:query_size], position + 1
        attend(queries, keys, values, length, scratch.scores, scratch.map_inputs[row])
    apply_map(
        model.maps, first + 1, scratch.map_inputs, len(lanes), scratch.linear, scratch.map_outputs
    )
    _add(len(lanes), scratch)


@inner()
def _write(
    states: np.ndarray, position: int, keys: np.ndarray, values: np.ndarray, model: Any
) -> None:
    """Rotate queries and keys of a row, and write keys and values into the lane's cache."""
    shape, weights = model.shape, model.weights
    key_at = shape.head_count * shape.head_dim
    value_at = key_at + shape.kv_head_count * shape.head_dim
    rotate(states[:value_at], shape.head_dim, weights.cosines[position], weights.sines[position])
    for head in range(shape.kv_head_count):
        for i in range(shape.head_dim):
            keys[head, position, i] = states[key_at + head * shape.head_dim + i]
            values[head, position, i] = states[value_at + head * shape.head_dim + i]


@part()
def _feed_forward(layer: int, rows: int, model: Any) -> None:
    scratch, first = model.scratch, layer * MAPS_PER_LAYER
    _norm(2 * layer + 1, rows, model)
    apply_map(model.maps, first + 2, scratch.map_inputs, rows, scratch.linear, scratch.map_outputs)
    for row in range(rows):
        gate(scratch.map_outputs[row], model.shape.intermediate_size, scratch.map_inputs[row])
    apply_map(model.maps, first + 3, scratch.map_inputs, rows, scratch.linear, scratch.map_outputs)
    _add(rows, scratch)


@part()
def _add(rows: int, scratch: Any) -> None:
    for row in range(rows):
        for i in range(scratch.hidden.shape[1]):
            scratch.hidden[row, i] += scratch.map_outputs[row, i]
