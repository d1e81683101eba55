"""Draw codes from logits: temperature, top-k, top-p, repetition-aware redraw, greedy.

Pure functions over all lanes and codebooks at once, without a look at the values from the host.
A lane's draw never depends on its neighbours: every sum over candidates is a running sum, whose
bits do not change when more lanes want a longer list of candidates.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import torch

from model.runs.sampling_settings import Sampling

if TYPE_CHECKING:
    from numpy.typing import NDArray

SAMPLING_NUMBERS = 6
"""Of a lane: two fractions, as the bits of float64, and four whole numbers."""
_NEVER = 1 << 30


class LaneSampling:
    """Sampling settings as tensors, one entry per lane, written in place."""

    def __init__(self, lane_count: int, row_count: int, device: torch.device | str) -> None:
        def column(dtype: torch.dtype, *shape: int) -> torch.Tensor:
            return torch.ones(lane_count, *shape, dtype=dtype, device=device)

        self.temperature = column(torch.float32, 1, 1)
        """1 where the lane is greedy."""
        self.is_greedy = column(torch.bool, 1)
        self.top_k = column(torch.int64, 1, 1)
        self.top_p = column(torch.float32, 1, 1)
        self.repeat_window = column(torch.int64)
        """At least 1."""
        self.repeat_limit = column(torch.int64, 1)
        """More than any window where the redraw is off."""
        self._row_count = row_count
        self._candidate_counts = [1] * lane_count

    def set(self, lane: int, settings: Sampling) -> None:
        """Of one lane."""
        numbers = np.zeros((SAMPLING_NUMBERS, 1), dtype=np.int64)
        self.note({lane: settings}, numbers)
        device = self.top_k.device
        self.write(torch.tensor([lane], device=device), torch.from_numpy(numbers).to(device))

    def note(self, settings: Mapping[int, Sampling], numbers: NDArray[np.int64]) -> None:
        """Note `[SAMPLING_NUMBERS, lanes]` what `write` takes to the lanes."""
        fractions = numbers[:2].view(np.float64)
        for place, (lane, one) in enumerate(settings.items()):
            candidate_count = min(one.top_k or self._row_count, self._row_count)
            redraws = one.repeat_window > 0 and one.temperature > 0
            fractions[:, place] = (one.temperature or 1.0, one.top_p)
            numbers[2:, place] = (
                one.temperature == 0,
                candidate_count,
                max(one.repeat_window, 1),
                one.repeat_limit if redraws else _NEVER,
            )
            self._candidate_counts[lane] = candidate_count

    def write(self, lanes: torch.Tensor, numbers: torch.Tensor) -> None:
        """What `note` has noted of these lanes, on their device."""
        fractions = numbers[:2].view(torch.float64)
        for state, row in (
            (self.temperature, fractions[0]),
            (self.top_p, fractions[1]),
            (self.is_greedy, numbers[2]),
            (self.top_k, numbers[3]),
            (self.repeat_window, numbers[4]),
            (self.repeat_limit, numbers[5]),
        ):
            state.index_copy_(0, lanes, row.to(state.dtype).view(-1, *state.shape[1:]))

    def move(self, source: int, target: int) -> None:
        """Let one lane have the settings of another."""
        for one in vars(self).values():
            if isinstance(one, torch.Tensor):
                one[target] = one[source]
        self._candidate_counts[target] = self._candidate_counts[source]

    @property
    def candidate_count(self) -> int:
        """The longest list of candidates any lane asks for."""
        return max(self._candidate_counts)


def draw_codes(logits: torch.Tensor, noise: torch.Tensor, sampling: LaneSampling) -> torch.Tensor:
    """One code per codebook, int64 `[lanes, codebooks]`, for the first lanes of `sampling`.

    `logits` `[lanes, codebooks, rows]` float32, `noise` `[lanes, codebooks]` in [0, 1).
    """
    width = len(logits)
    rows = _highest_rows(logits, sampling.candidate_count)
    values = logits.gather(-1, rows)
    weights = torch.exp((values - values[..., :1]) / sampling.temperature[:width])
    rank = torch.arange(sampling.candidate_count, device=logits.device)
    weights = weights.masked_fill(rank >= sampling.top_k[:width], 0.0)
    running = weights.cumsum(dim=-1)
    is_kept = (running - weights) < sampling.top_p[:width] * running[..., -1:]
    kept_total = running.masked_fill(~is_kept, 0.0).amax(dim=-1, keepdim=True)
    chosen = _position(running, kept_total, noise).masked_fill(sampling.is_greedy[:width], 0)
    return rows.gather(-1, chosen[..., None])[..., 0]


def is_repeated(drawn: torch.Tensor, history: torch.Tensor, sampling: LaneSampling) -> torch.Tensor:
    """Which draws `[lanes, codebooks]` were drawn too often lately and must be drawn again.

    `history` `[lanes, window, codebooks]` holds the latest codes of this chunk in any order, and
    a number that is no code where it is still empty.
    """
    counts = (history == drawn[:, None, :]).sum(dim=1)
    return counts >= sampling.repeat_limit[: len(drawn)]


def redraw(logits: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
    """A draw from the raw logits: no temperature, no top-k, no top-p. It is final."""
    weights = torch.exp(logits - logits.amax(dim=-1, keepdim=True))
    running = weights.cumsum(dim=-1)
    return _position(running, running[..., -1:], noise)


def _highest_rows(logits: torch.Tensor, count: int) -> torch.Tensor:
    """The `count` highest rows, highest first, equal ones in the order of rows.

    Of equals `topk` promises nothing: it would choose by `count`, hence by what neighbours want.
    So rows are ranked by whole numbers of which no two are equal: logit above, row below.
    """
    last = logits.shape[-1] - 1
    bits = logits.view(torch.int32)
    order = (bits ^ ((bits >> 31) & 0x7FFFFFFF)).to(torch.int64) << 32
    ranks = order | torch.arange(last, -1, -1, device=logits.device)
    return last - (ranks.topk(count, dim=-1).values & 0xFFFFFFFF)


def _position(running: torch.Tensor, total: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
    """Where a running sum `[lanes, codebooks, candidates]` first exceeds `noise` of its total.

    Strictly below the total, so that a candidate without weight is never chosen.
    """
    target = torch.minimum(
        noise[..., None] * total, torch.nextafter(total, torch.zeros_like(total))
    )
    return (running <= target).sum(dim=-1)
