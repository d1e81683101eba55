"""What the lanes remember between two steps, as tensors, and the step from logits to columns.

Everything is written in place, so that a captured graph can replay it; nothing here waits for the
device. Lanes that do not speak are computed too, and not changed. A lane stops by itself with the
last column of its stream, so that a step may follow before anybody has looked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from model.codes.noise import Purpose, uniforms
from model.codes.sampling import (
    SAMPLING_NUMBERS,
    LaneSampling,
    draw_codes,
    is_repeated,
    redraw,
)
from model.codes.stopping import OPEN, close_stream, masked_logits
from model.config.config import ModelConfig
from model.errors import GenerationError
from model.hardware.device import sent
from model.lanes.lane_changes import StreamOpening
from model.runs.engine_settings import ClosingRule
from model.runs.sampling_settings import MOST_REPEAT_WINDOW, Sampling

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NO_CODE = -1
_CODE_BYTES = 8


@dataclass(frozen=True, eq=False)
class Drawn:
    """The result of one step for all lanes, in one stretch of memory: one copy takes it to the
    host."""

    memory: Tensor
    """uint8 `[… bytes]`; the others are views of it."""
    columns: Tensor
    """int64 `[…, lanes, codebooks]`."""
    is_closed: Tensor
    """bool `[…, lanes]`."""
    is_finite: Tensor

    @staticmethod
    def empty(lane_count: int, codebook_count: int, device: torch.device | str) -> Drawn:
        size = lane_count * (codebook_count * _CODE_BYTES + 2)
        memory = torch.zeros(-(-size // _CODE_BYTES) * _CODE_BYTES, dtype=torch.uint8)
        return Drawn.within(memory.to(device), lane_count, codebook_count)

    @staticmethod
    def within(memory: Tensor, lane_count: int, codebook_count: int) -> Drawn:
        """The parts of one step's memory, or of several steps' `[steps, bytes]`."""
        flags = lane_count * codebook_count * _CODE_BYTES
        columns = memory[..., :flags].view(torch.int64)
        is_closed, is_finite = (
            memory[..., start : start + lane_count].view(torch.bool)
            for start in (flags, flags + lane_count)
        )
        shape = (lane_count, codebook_count)
        return Drawn(memory, columns.unflatten(-1, shape), is_closed, is_finite)

    def parts_of(
        self, memory: Tensor
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.bool_]]:
        """The same parts of copies on the host `[steps, bytes]`: columns, closed, finite."""
        lane_count, codebook_count = self.columns.shape
        rows, flags = memory.numpy(), lane_count * codebook_count * _CODE_BYTES
        columns = rows[:, :flags].view(np.int64).reshape(-1, lane_count, codebook_count)
        is_closed = rows[:, flags : flags + lane_count].view(np.bool_)
        is_finite = rows[:, flags + lane_count : flags + 2 * lane_count].view(np.bool_)
        return columns, is_closed, is_finite


class LaneState:
    """One row per lane. Whoever steps may read and write all of it; shapes are `[lanes, …]`."""

    def __init__(
        self, config: ModelConfig, lane_count: int, rule: ClosingRule, device: torch.device
    ) -> None:
        if not config.uses_delay_pattern:
            raise GenerationError(
                "this checkpoint was trained without the delay pattern: it cannot be spoken with"
            )
        self.config = config
        self.rule = rule
        self.may_look = torch.device(device).type == "cpu"
        """The host may look at a value in the middle of a step: it costs nothing on a CPU."""

        def zeros(*shape: int, dtype: torch.dtype = torch.int64) -> Tensor:
            return torch.zeros(lane_count, *shape, dtype=dtype, device=device)

        self.drawn = Drawn.empty(lane_count, config.codebook_count, device)
        """The result of the latest step; the next three are views of it."""
        self.columns = self.drawn.columns
        """The column drawn last, specials included: the next one to feed."""
        self.is_closed = self.drawn.is_closed
        """The column drawn last is the last of its stream."""
        self.is_finite = self.drawn.is_finite
        """False where the logits held NaN or infinity; the column drawn last is worthless."""
        self.positions = zeros()
        """Where the column drawn last is fed: the length of the lane's cache."""
        self.is_speaking = zeros(dtype=torch.bool)
        self.column_index = zeros()
        """Of the column to draw next; the opening column, never drawn, is 0."""
        self.countdown = zeros()
        """The closing rule's memory (see `stopping.py`)."""
        self.noise_keys = zeros()
        self.minimum_frames = zeros()
        self.column_limit = zeros()
        """The lane stops with the column of this index, closed or not: its cache ends there."""
        self.history = zeros(MOST_REPEAT_WINDOW, config.codebook_count)
        """The latest codes of the chunk, column j in row j modulo the lane's window; else -1."""
        self.sampling = LaneSampling(lane_count, config.rows_per_codebook, device)

    def begin(
        self,
        lane: int,
        position: int,
        noise_key: int,
        minimum_frames: int,
        sampling: Sampling,
        column_limit: int = OPEN,
    ) -> None:
        """Open a stream in one lane."""
        opening = StreamOpening(position, noise_key, minimum_frames, sampling, column_limit)
        self.change({lane: opening}, {})

    def rest(self, lane: int, position: int) -> None:
        """Close or park a lane; `position` is a place of its cache that may be overwritten."""
        self.change({}, {lane: position})

    def change(self, openings: Mapping[int, StreamOpening], resting: Mapping[int, int]) -> None:
        """Lanes that open a stream, and lanes that rest at a position; each lane once."""
        opened = list(openings.values())
        table = np.zeros((5 + SAMPLING_NUMBERS, len(opened) + len(resting)), dtype=np.int64)
        table[0] = [*openings, *resting]
        table[1] = [*(one.position for one in opened), *resting.values()]
        if opened:
            begun = table[2:, : len(opened)]
            begun[0] = [one.noise_key for one in opened]
            begun[1] = [one.minimum_frames for one in opened]
            begun[2] = [one.column_limit for one in opened]
            settings = {lane: one.sampling for lane, one in openings.items()}
            self.sampling.note(settings, begun[3:])
        sent_table = sent(torch.from_numpy(table), self.positions.device)
        self.positions.index_copy_(0, sent_table[0], sent_table[1])
        self.is_speaking.index_fill_(0, sent_table[0, len(opened) :], False)
        if opened:
            self._open(sent_table[0, : len(opened)], sent_table[2:, : len(opened)])

    def _open(self, lanes: Tensor, begun: Tensor) -> None:
        """The rows of these lanes become those of streams that were not drawn from yet."""
        for state, number in (
            (self.columns, self.config.stream_bos_id),
            (self.is_speaking, True),
            (self.column_index, 1),
            (self.countdown, OPEN),
            (self.history, _NO_CODE),
        ):
            state.index_fill_(0, lanes, number)
        self.noise_keys.index_copy_(0, lanes, begun[0])
        self.minimum_frames.index_copy_(0, lanes, begun[1])
        self.column_limit.index_copy_(0, lanes, begun[2])
        self.sampling.write(lanes, begun[3:])

    def move(self, source: int, target: int) -> None:
        """Put a lane into the row of one that rests; its own row rests from then on."""
        for one in self.remembered():
            one[target] = one[source]
        self.sampling.move(source, target)
        self.rest(source, 0)

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Whatever steps do meanwhile, afterwards all lanes are as they were."""
        tensors = self.remembered()
        copies = [one.clone() for one in tensors]
        try:
            yield
        finally:
            for one, copy in zip(tensors, copies, strict=True):
                one.copy_(copy)

    def remembered(self) -> list[Tensor]:
        """Everything there is of a lane but its sampling settings."""
        return [one for one in vars(self).values() if isinstance(one, Tensor)]

    @torch.inference_mode()
    def draw(self, logits: Tensor) -> None:
        """Choose the next columns of the first lanes from `logits` `[lanes, codebooks, rows]`,
        float32, and advance those that speak."""
        width = len(logits)
        self.is_finite[:width] = _is_finite(logits)
        drawn = self.choose_codes(logits)
        index, countdown = self.column_index[:width], self.countdown[:width]
        columns, countdown, self.is_closed[:width] = close_stream(
            self.rule, drawn, index, countdown, self._bos, self._eos
        )
        self._remember(columns)
        self._advance(columns, countdown)

    def choose_codes(self, logits: Tensor) -> Tensor:
        """A code for every codebook, int64 `[lanes, codebooks]`, whether its stream is open or not;
        nothing is changed."""
        width = len(logits)
        if self.rule is ClosingRule.FIRST_CODEBOOK:
            index, minimum = self.column_index[:width], self.minimum_frames[:width]
            logits = masked_logits(logits, index, minimum, self._bos, self._eos)
        drawn = draw_codes(logits, self._noise(width, Purpose.DRAW), self.sampling)
        repeated = is_repeated(drawn, self.history[:width], self.sampling)
        if not self.may_look or repeated.any():
            again = redraw(logits, self._noise(width, Purpose.REDRAW))
            drawn = torch.where(repeated, again, drawn)
        return drawn

    @property
    def _bos(self) -> int:
        return self.config.stream_bos_id

    @property
    def _eos(self) -> int:
        return self.config.stream_eos_id

    def _noise(self, width: int, purpose: Purpose) -> Tensor:
        keys, frames = self.noise_keys[:width], self.column_index[:width]
        return uniforms(keys, frames, self.config.codebook_count, purpose)

    def _remember(self, columns: Tensor) -> None:
        width, codebook_count = columns.shape
        place = self.column_index[:width] % self.sampling.repeat_window[:width]
        place = place[:, None, None].expand(-1, 1, codebook_count)
        codes = columns.masked_fill(columns >= self.config.codebook_size, _NO_CODE)
        self.history[:width].scatter_(1, place, codes[:, None])

    def _advance(self, columns: Tensor, countdown: Tensor) -> None:
        width = len(columns)
        speaks = self.is_speaking[:width]
        self.columns[:width] = torch.where(speaks[:, None], columns, self.columns[:width])
        self.countdown[:width] = torch.where(speaks, countdown, self.countdown[:width])
        self.positions[:width] += speaks
        has_ended = self.is_closed[:width] | ~self.is_finite[:width]
        has_ended |= self.column_index[:width] >= self.column_limit[:width]
        self.column_index[:width] += speaks
        self.is_speaking[:width] = speaks & ~has_ended


def _is_finite(logits: Tensor) -> Tensor:
    """A sum of finite numbers is finite here: logits are small. One pass, no look from the host."""
    return logits.sum(dim=(1, 2)).isfinite()
