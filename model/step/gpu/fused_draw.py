"""Choose codes by one kernel; the plain twin is `LaneState.choose_codes`, by our closing rule."""

from __future__ import annotations

import torch
import triton
from torch import Tensor

from model.lanes.lane_tensors import LaneState
from model.step.gpu.draw_kernel import draw_kernel


class FusedDraw:
    """One launch for all lanes and codebooks of a step. Numbers are read from the lane state on the
    device, so that a recorded launch serves whoever speaks; any list of candidates is as fast."""

    def __init__(self, state: LaneState) -> None:
        self._state = state

    def __call__(self, logits: Tensor) -> Tensor:
        """`[lanes, codebooks, rows]` float32, contiguous, to int64 `[lanes, codebooks]`."""
        state, sampling, config = self._state, self._state.sampling, self._state.config
        lanes, codebooks, rows = logits.shape
        drawn = torch.empty(lanes, codebooks, dtype=torch.int64, device=logits.device)
        draw_kernel[(lanes, codebooks)](
            logits,
            drawn,
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
            block=triton.next_power_of_2(rows),
            history_rows=state.history.shape[1],
            stream_bos_id=config.stream_bos_id,
            stream_eos_id=config.stream_eos_id,
        )
        return drawn
