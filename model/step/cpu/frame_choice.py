"""From logits to the next columns of all lanes, compiled: the twin of `LaneState.draw`.

By our closing rule alone; the others exist for parity with other programs and stay in torch.
"""

from typing import Any, NamedTuple

import numpy as np

from model.step.cpu.lane_draw import (
    DRAW,
    REDRAW,
    draw_row,
    highest_row,
    redraw_row,
    uniform,
)
from model.step.cpu.lane_math import REASSOCIATE, inner, part

_NO_CODE = -1


class LaneRows(NamedTuple):
    """The lane state's tensors as arrays over the same memory; see `lanes/lane_tensors.py`."""

    columns: np.ndarray
    positions: np.ndarray
    is_speaking: np.ndarray
    is_closed: np.ndarray
    is_finite: np.ndarray
    column_index: np.ndarray
    countdown: np.ndarray
    noise_keys: np.ndarray
    """Unsigned here."""
    minimum_frames: np.ndarray
    column_limit: np.ndarray
    history: np.ndarray
    temperature: np.ndarray
    is_greedy: np.ndarray
    top_k: np.ndarray
    top_p: np.ndarray
    repeat_window: np.ndarray
    repeat_limit: np.ndarray


class CodeRange(NamedTuple):
    """What the rows of a codebook mean."""

    rows_per_codebook: int
    stream_bos_id: int
    stream_eos_id: int
    codebook_size: int


@inner()
def choose_column(lane: int, logits: np.ndarray, state: Any, codes: Any, scratch: Any) -> None:
    """Draw, redraw, close and advance one lane; `logits` `[codebooks * rows]` are overwritten."""
    index, rows = state.column_index[lane], codes.rows_per_codebook
    state.is_finite[lane] = _is_finite(logits)
    column = state.columns[lane]
    for codebook in range(len(column)):
        if codebook >= index:
            column[codebook] = codes.stream_bos_id
        elif index >= state.countdown[lane] + codebook:
            column[codebook] = codes.stream_eos_id
        else:
            own = logits[codebook * rows : (codebook + 1) * rows]
            _mask(own, codebook, index <= state.minimum_frames[lane], codes)
            column[codebook] = _draw(lane, codebook, own, state, scratch)
        if codebook == 0 and column[0] == codes.stream_eos_id:
            state.countdown[lane] = min(state.countdown[lane], index)
    state.is_closed[lane] = index >= state.countdown[lane] + len(column) - 1
    place = index % state.repeat_window[lane]
    for codebook in range(len(column)):
        is_code = column[codebook] < codes.codebook_size
        state.history[lane, place, codebook] = column[codebook] if is_code else _NO_CODE
    has_ended = state.is_closed[lane] or index >= state.column_limit[lane]
    state.is_speaking[lane] = state.is_finite[lane] and not has_ended
    state.column_index[lane] += 1
    state.positions[lane] += 1


@part()
def _mask(logits: np.ndarray, codebook: int, is_early: bool, codes: Any) -> None:
    logits[codes.stream_bos_id] = -np.inf
    if codebook > 0 or is_early:
        logits[codes.stream_eos_id] = -np.inf


@part()
def _draw(lane: int, codebook: int, logits: np.ndarray, state: Any, scratch: Any) -> int:
    if state.is_greedy[lane]:
        return highest_row(logits)
    key, index = state.noise_keys[lane], state.column_index[lane]
    noise = uniform(key, index, codebook, DRAW)
    top_k, top_p = state.top_k[lane], state.top_p[lane]
    drawn = draw_row(logits, state.temperature[lane], top_k, top_p, noise, scratch)
    repeats = 0
    for place in range(state.history.shape[1]):
        repeats += 1 if state.history[lane, place, codebook] == drawn else 0
    if repeats >= state.repeat_limit[lane]:
        drawn = redraw_row(logits, uniform(key, index, codebook, REDRAW), scratch)
    return drawn


@inner(fastmath=REASSOCIATE)
def _is_finite(logits: np.ndarray) -> bool:
    taint = np.float32(0.0)
    for i in range(len(logits)):
        taint += logits[i] * np.float32(0.0)
    return taint == np.float32(0.0)
