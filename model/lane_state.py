"""What the lanes remember between two steps, as tensors, and the step from logits to columns.

Everything is written in place, so that a captured graph could replay it; nothing here waits for
the device. Lanes that do not speak are computed along and not changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from model.config import ModelConfig
from model.noise import Purpose, uniforms
from model.requests import ClosingRule, SamplingSettings
from model.sampling import LaneSampling, draw_codes, is_repeated, redraw
from model.stopping import OPEN, close_stream, masked_logits

_NO_CODE = -1


@dataclass(frozen=True, eq=False)
class Drawn:
    """What a step drew for the first lanes; meaningless for lanes that do not speak."""

    columns: Tensor
    """`[lanes, codebooks]`, specials included."""
    is_closed: Tensor
    """`[lanes]`: this was the last column of its stream."""
    is_finite: Tensor
    """`[lanes]`: False where the logits held NaN or infinity; that draw is worthless."""


class LaneState:
    """One row per lane."""

    def __init__(
        self, config: ModelConfig, lane_count: int, rule: ClosingRule, device: torch.device
    ) -> None:
        self._config = config
        self._rule = rule

        def zeros(*shape: int) -> Tensor:
            return torch.zeros(lane_count, *shape, dtype=torch.int64, device=device)

        self.columns = zeros(config.codebook_count)
        """The column to feed next."""
        self.positions = zeros()
        """Where it is fed: the length of the lane's cache."""
        self._column_index = zeros()
        self._countdown = zeros()
        self._noise_keys = zeros()
        self._minimum_frames = zeros()
        self._history = zeros(1, config.codebook_count)
        self._is_speaking = torch.zeros(lane_count, dtype=torch.bool, device=device)
        silent = [SamplingSettings()] * lane_count
        self._sampling = LaneSampling.of(silent, config.rows_per_codebook, device)

    def set_sampling(self, settings: Sequence[SamplingSettings]) -> None:
        """Settings of all lanes. Made anew whenever a lane begins; no stream is under way twice."""
        rows, device = self._config.rows_per_codebook, self.columns.device
        self._sampling = LaneSampling.of(settings, rows, device)
        window = max(max(one.ras_window for one in settings), 1)
        missing = window - self._history.shape[1]
        if missing > 0:
            self._history = torch.nn.functional.pad(
                self._history, (0, 0, 0, missing), value=_NO_CODE
            )

    def begin(self, lane: int, position: int, noise_key: int, minimum_frames: int) -> None:
        """Open a stream: the lane's next input is the opening column, at `position`."""
        self.columns[lane] = self._config.stream_bos_id
        self.positions[lane] = position
        self._column_index[lane] = 1
        self._countdown[lane] = OPEN
        self._noise_keys[lane] = noise_key
        self._minimum_frames[lane] = minimum_frames
        self._history[lane] = _NO_CODE
        self._is_speaking[lane] = True

    def rest(self, lane: int, position: int) -> None:
        """Close or park a lane; `position` is a place of its cache that may be overwritten."""
        self._is_speaking[lane] = False
        self.positions[lane] = position

    @torch.inference_mode()
    def draw(self, logits: Tensor) -> Drawn:
        """Choose the next columns of the first lanes, and advance those that speak.

        `logits` `[lanes, codebooks, rows]`, float32.
        """
        width = len(logits)
        config, sampling = self._config, self._sampling.first(width)
        index, history = self._column_index[:width], self._history[:width]
        bos, eos = config.stream_bos_id, config.stream_eos_id
        if self._rule is ClosingRule.FIRST_CODEBOOK:
            logits = masked_logits(logits, index, self._minimum_frames[:width], bos, eos)
        raw = draw_codes(logits, self._noise(width, Purpose.DRAW), sampling)
        repeated = is_repeated(raw, history, sampling)
        if repeated.device.type != "cpu" or repeated.any():  # looking costs nothing on a CPU
            again = redraw(logits, self._noise(width, Purpose.REDRAW))
            raw = torch.where(repeated, again, raw)
        columns, countdown, is_closed = close_stream(
            self._rule, raw, index, self._countdown[:width], bos, eos
        )
        drawn = Drawn(columns, is_closed, _is_finite(logits))
        self._advance(drawn, countdown, sampling)
        return drawn

    def _noise(self, width: int, purpose: Purpose) -> Tensor:
        keys, frames = self._noise_keys[:width], self._column_index[:width]
        return uniforms(keys, frames, self._config.codebook_count, purpose)

    def _advance(self, drawn: Drawn, countdown: Tensor, sampling: LaneSampling) -> None:
        columns, width = drawn.columns, len(drawn.columns)
        speaks = self._is_speaking[:width]
        is_code = speaks[:, None] & (columns < self._config.codebook_size)
        place = (self._column_index[:width] % sampling.ras_window)[:, None, None]
        place = place.expand(-1, 1, columns.shape[1])
        self._history[:width].scatter_(1, place, columns.masked_fill(~is_code, _NO_CODE)[:, None])
        self.columns[:width] = torch.where(speaks[:, None], columns, self.columns[:width])
        self._countdown[:width] = torch.where(speaks, countdown, self._countdown[:width])
        self.positions[:width] += speaks
        self._column_index[:width] += speaks


def _is_finite(logits: Tensor) -> Tensor:
    """Minus infinity is a mask; NaN and plus infinity show in the largest."""
    return logits.amax(dim=(1, 2)).isfinite()
