"""Draw and advance all lanes by two kernels; the plain twin is `LaneState.draw`, by our rule."""

from __future__ import annotations

from math import gcd

import torch
import triton
from torch import Tensor

from model.codes.stopping import OPEN
from model.lanes.lane_tensors import LaneState
from model.step.gpu.draw_kernel import advance_kernel, draw_kernel

_LOADED_TOGETHER = 8
"""Logits in 16 bytes: of 2 bytes each, and of 4 more than enough."""


class FusedDraw:
    """Two launches for all lanes and codebooks of a step. Numbers are read from the lane state on
    the device, so that a recorded launch serves whoever speaks; any list of candidates is as
    fast."""

    def __init__(self, state: LaneState) -> None:
        self._state = state
        self._drawn = torch.zeros_like(state.columns)
        self._is_sound = torch.zeros_like(state.columns, dtype=torch.bool)

    def draw(self, logits: Tensor) -> None:
        """As `LaneState.draw`, from `[lanes, codebooks, rows]`, contiguous, in any format."""
        state, config = self._state, self._state.config
        self.choose_codes(logits)
        advance_kernel[(len(logits),)](
            self._drawn,
            self._is_sound,
            state.columns,
            state.is_closed,
            state.is_finite,
            state.positions,
            state.is_speaking,
            state.column_index,
            state.countdown,
            state.column_limit,
            state.sampling.repeat_window,
            state.history,
            codebooks=config.codebook_count,
            codebook_block=triton.next_power_of_2(config.codebook_count),
            codebook_size=config.codebook_size,
            history_rows=state.history.shape[1],
            stream_bos_id=config.stream_bos_id,
            stream_eos_id=config.stream_eos_id,
            open_countdown=OPEN,
            num_warps=1,
        )

    def choose_codes(self, logits: Tensor) -> Tensor:
        """As `LaneState.choose_codes`; overwritten by the next draw."""
        state, sampling, config = self._state, self._state.sampling, self._state.config
        lanes, codebooks, rows = logits.shape
        alignment = gcd(_LOADED_TOGETHER, codebooks * rows)
        of_lane = state.history.shape[1] * codebooks
        draw_kernel[(lanes, codebooks)](
            logits,
            self._drawn,
            self._is_sound,
            state.noise_keys,
            state.column_index,
            state.minimum_frames,
            state.history,
            sampling.temperature,
            sampling.is_greedy,
            sampling.top_k,
            sampling.top_p,
            sampling.repeat_limit,
            codebooks=codebooks,
            rows=rows,
            alignment=alignment,
            row_bits=(rows + alignment - 2).bit_length(),
            history_rows=state.history.shape[1],
            history_block=triton.next_power_of_2(of_lane),
            stream_bos_id=config.stream_bos_id,
            stream_eos_id=config.stream_eos_id,
        )
        return self._drawn[:lanes]
