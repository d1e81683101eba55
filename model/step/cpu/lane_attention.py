"""One lane's attention over the keys it has written, compiled; nothing beyond them is read."""

import numpy as np

from model.step.cpu.lane_math import REASSOCIATE, exponential, inner, part
from model.step.cpu.vector_attention import key_products, mix_values
from model.step.cpu.vector_code import VECTOR


@part()
def attend(
    queries: np.ndarray,
    keys: np.ndarray,
    values: np.ndarray,
    length: int,
    scores: np.ndarray,
    mixed: np.ndarray,
) -> None:
    """Grouped-query attention of one new position.

    queries, mixed `[heads * head dim]`; keys, values `[kv heads, positions, head dim]`, of which
    the first `length` positions are attended to; scores is scratch `[positions]`.
    """
    kv_heads, _, head_dim = keys.shape
    group = len(queries) // (kv_heads * head_dim)
    scale = np.float32(1.0) / np.sqrt(np.float32(head_dim))
    vectors = head_dim // VECTOR
    for head in range(kv_heads * group):
        own = slice(head * head_dim, (head + 1) * head_dim)
        if head_dim % VECTOR == 0:
            key_products(queries[own], keys[head // group], length, vectors, scores)
        else:
            _plain_products(queries[own], keys[head // group], length, scores)
        _soften(scores, length, scale)
        if head_dim % VECTOR == 0:
            mix_values(scores, values[head // group], length, vectors, mixed[own])
        else:
            _plain_mix(scores, values[head // group], length, mixed[own])


@inner(fastmath=REASSOCIATE)
def _plain_products(query: np.ndarray, keys: np.ndarray, length: int, scores: np.ndarray) -> None:
    for position in range(length):
        total = np.float32(0.0)
        for i in range(len(query)):
            total += query[i] * keys[position, i]
        scores[position] = total


@inner(fastmath=REASSOCIATE)
def _plain_mix(weights: np.ndarray, values: np.ndarray, length: int, mixed: np.ndarray) -> None:
    for i in range(len(mixed)):
        mixed[i] = np.float32(0.0)
    for position in range(length):
        for i in range(len(mixed)):
            mixed[i] += weights[position] * values[position, i]


@inner(fastmath={"reassoc", "nsz", "nnan"})
def _highest(scores: np.ndarray, length: int) -> float:
    """The highest score; any score, should one be NaN (its weight will be NaN all the same)."""
    highest = scores[0]
    for position in range(1, length):
        highest = max(highest, scores[position])
    return highest


@inner(fastmath=REASSOCIATE)
def _soften(scores: np.ndarray, length: int, scale: float) -> None:
    """Scores to weights that sum to one."""
    highest, total = _highest(scores, length), np.float32(0.0)
    for position in range(length):
        scores[position] = exponential((scores[position] - highest) * scale)
        total += scores[position]
    inverse = np.float32(1.0) / total
    for position in range(length):
        scores[position] *= inverse
