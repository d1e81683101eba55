"""Change of sample rate by a windowed sinc, the way the codec was trained: `sinc_interp_hann`.

One filter per output phase: with rates reduced to `old : new`, output sample `i` looks at the
input around `i * old / new` through a sinc cut off just below the lower Nyquist rate and faded
out by a Hann window.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

ZERO_CROSSINGS = 6
ROLLOFF = 0.99


class SincResampler:
    """Resamples [..., samples] from one fixed rate to another; n in, ceil(n * new / old) out."""

    def __init__(self, old_rate: int, new_rate: int) -> None:
        common = math.gcd(old_rate, new_rate)
        self.old = old_rate // common
        self.new = new_rate // common
        self.kernel, self.reach = sinc_kernel(self.old, self.new)

    def __call__(self, samples: Tensor) -> Tensor:
        if self.old == self.new:
            return samples
        kernel = self.kernel.to(samples)
        flat = samples.reshape(-1, 1, samples.shape[-1])
        padded = functional.pad(flat, (self.reach, self.reach + self.old))
        phases = functional.conv1d(padded, kernel, stride=self.old)
        interleaved = phases.transpose(1, 2).reshape(*samples.shape[:-1], -1)
        return interleaved[..., : math.ceil(samples.shape[-1] * self.new / self.old)]


def sinc_kernel(old: int, new: int) -> tuple[Tensor, int]:
    """The filters [phases, 1, taps] for coprime rates, and how far they reach to each side."""
    cutoff = min(old, new) * ROLLOFF
    reach = math.ceil(ZERO_CROSSINGS * old / cutoff)
    # The device is named so that layers laid out on the meta device still get a real filter.
    exact = {"dtype": torch.float64, "device": "cpu"}
    offsets = torch.arange(-reach, reach + old, **exact)[None, None] / old
    phases = torch.arange(0, -new, -1, **exact)[:, None, None] / new
    time = ((phases + offsets) * cutoff).clamp(-ZERO_CROSSINGS, ZERO_CROSSINGS)
    window = torch.cos(time * math.pi / ZERO_CROSSINGS / 2) ** 2
    angle = time * math.pi
    sinc = torch.where(angle == 0, torch.ones_like(angle), angle.sin() / angle)
    return (sinc * window * (cutoff / old)).float(), reach
