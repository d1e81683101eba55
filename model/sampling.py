"""Draw codes from logits: temperature, top-k, top-p, repetition-aware redraw, greedy.

Pure functions over all lanes and codebooks at once, without a look at the values from the host.
A lane's draw never depends on its neighbours: every sum over candidates is a running sum, whose
bits do not change when more lanes want a longer list of candidates.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from model.requests import SamplingSettings

_NEVER = 1 << 30


@dataclass(frozen=True, eq=False)
class LaneSampling:
    """Sampling settings as tensors, one entry per lane."""

    temperature: torch.Tensor
    """`[lanes, 1, 1]` float32; 1 where the lane is greedy."""
    is_greedy: torch.Tensor
    """`[lanes, 1]` bool."""
    top_k: torch.Tensor
    """`[lanes, 1, 1]` int64."""
    top_p: torch.Tensor
    """`[lanes, 1, 1]` float32."""
    ras_window: torch.Tensor
    """`[lanes]` int64, at least 1."""
    ras_repeats: torch.Tensor
    """`[lanes, 1]` int64; more than any window where the redraw is off."""
    candidate_count: int
    """The longest list of candidates any lane asks for."""

    def first(self, width: int) -> "LaneSampling":
        """The settings of the first lanes."""
        return LaneSampling(
            temperature=self.temperature[:width],
            is_greedy=self.is_greedy[:width],
            top_k=self.top_k[:width],
            top_p=self.top_p[:width],
            ras_window=self.ras_window[:width],
            ras_repeats=self.ras_repeats[:width],
            candidate_count=self.candidate_count,
        )

    @staticmethod
    def of(
        settings: Sequence[SamplingSettings], row_count: int, device: torch.device | str
    ) -> "LaneSampling":
        """Settings of all lanes, in lane order, for distributions over `row_count` rows."""
        top_k = [min(s.top_k or row_count, row_count) for s in settings]
        redraws = [s.ras_window > 0 and s.temperature > 0 for s in settings]
        repeats = [s.ras_repeats if on else _NEVER for s, on in zip(settings, redraws, strict=True)]

        def column(values: list[float], dtype: torch.dtype, *shape: int) -> torch.Tensor:
            return torch.tensor(values, dtype=dtype, device=device).view(-1, *shape)

        return LaneSampling(
            temperature=column([s.temperature or 1.0 for s in settings], torch.float32, 1, 1),
            is_greedy=column([s.temperature == 0 for s in settings], torch.bool, 1),
            top_k=column(list(top_k), torch.int64, 1, 1),
            top_p=column([s.top_p for s in settings], torch.float32, 1, 1),
            ras_window=column([max(s.ras_window, 1) for s in settings], torch.int64),
            ras_repeats=column(list(repeats), torch.int64, 1),
            candidate_count=max(top_k),
        )


def draw_codes(logits: torch.Tensor, noise: torch.Tensor, sampling: LaneSampling) -> torch.Tensor:
    """One code per codebook, int64 `[lanes, codebooks]`.

    `logits` `[lanes, codebooks, rows]` float32, `noise` `[lanes, codebooks]` in [0, 1).
    """
    values, rows = logits.topk(sampling.candidate_count, dim=-1)
    weights = torch.exp((values - values[..., :1]) / sampling.temperature)
    rank = torch.arange(sampling.candidate_count, device=logits.device)
    weights = weights.masked_fill(rank >= sampling.top_k, 0.0)
    running = weights.cumsum(dim=-1)
    is_kept = (running - weights) < sampling.top_p * running[..., -1:]
    kept_total = running.masked_fill(~is_kept, 0.0).amax(dim=-1, keepdim=True)
    chosen = _position(running, kept_total, noise).masked_fill(sampling.is_greedy, 0)
    return rows.gather(-1, chosen[..., None])[..., 0]


def is_repeated(drawn: torch.Tensor, history: torch.Tensor, sampling: LaneSampling) -> torch.Tensor:
    """Which draws `[lanes, codebooks]` were heard too often lately and must be drawn again.

    `history` `[lanes, window, codebooks]` holds the latest codes of this chunk in any order, and
    a number that is no code where it is still empty.
    """
    heard = (history == drawn[:, None, :]).sum(dim=1)
    return heard >= sampling.ras_repeats


def redraw(logits: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
    """A draw from the raw logits: no temperature, no top-k, no top-p. It is final."""
    weights = torch.exp(logits - logits.amax(dim=-1, keepdim=True))
    running = weights.cumsum(dim=-1)
    return _position(running, running[..., -1:], noise)


def _position(running: torch.Tensor, total: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
    """Where a running sum `[lanes, codebooks, candidates]` first exceeds `noise` of its total.

    Strictly below the total, so that a candidate without weight is never chosen.
    """
    target = torch.minimum(
        noise[..., None] * total, torch.nextafter(total, torch.zeros_like(total))
    )
    return (running <= target).sum(dim=-1)
