"""Spectral distance of two clips: log-mel and STFT, at several resolutions.

The log has a soft floor of -90 dB of full scale: the second and third formants, and most
consonants, lie 60 to 80 dB below it, and a floor above them leaves the words unlearned.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

MAGNITUDE_FLOOR = 3e-5
WINDOW_LENGTHS = (2048, 1024, 512, 256, 128)


class SpectralDistance(nn.Module):
    """Mean log-mel L1, and mean linear-magnitude L1, over several window lengths."""

    def __init__(
        self,
        sample_rate: int,
        window_lengths: tuple[int, ...] = WINDOW_LENGTHS,
        mel_counts: tuple[int, ...] = (120, 80, 60, 36, 18),
    ) -> None:
        super().__init__()
        self.window_lengths = window_lengths
        for length, count in zip(window_lengths, mel_counts, strict=True):
            self.register_buffer(f"window_{length}", torch.hann_window(length), persistent=False)
            bank = mel_filterbank(sample_rate, length, count)
            self.register_buffer(f"mel_{length}", bank, persistent=False)

    def forward(self, made: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """Two clips [lanes, 1, samples] -> (log-mel distance, linear STFT distance)."""
        mel_distance, linear_distance = made.new_zeros(()), made.new_zeros(())
        for length in self.window_lengths:
            with torch.no_grad():
                wanted = self.magnitude(target[:, 0].float(), length)
                wanted_log = self._log_mel(wanted, length)
            magnitude = self.magnitude(made[:, 0].float(), length)
            log_mel = self._log_mel(magnitude, length)
            mel_distance = mel_distance + functional.l1_loss(log_mel, wanted_log)
            linear_distance = linear_distance + functional.l1_loss(magnitude, wanted)
        count = len(self.window_lengths)
        return mel_distance / count, linear_distance / count

    def magnitude(self, samples: Tensor, length: int) -> Tensor:
        """[lanes, samples] -> [lanes, bins, steps]; a full-scale sine reads 1."""
        window = self._buffer("window", length)
        spectrum = torch.stft(samples, length, length // 4, window=window, return_complex=True)
        power = spectrum.real.square() + spectrum.imag.square()
        return (power + 1e-9).sqrt() * (2 / length * 2)

    def _log_mel(self, magnitude: Tensor, length: int) -> Tensor:
        return (self._buffer("mel", length) @ magnitude + MAGNITUDE_FLOOR).log10()

    def _buffer(self, kind: str, length: int) -> Tensor:
        return self.get_buffer(f"{kind}_{length}")


def mel_filterbank(sample_rate: int, window_length: int, mel_count: int) -> Tensor:
    """Triangles of equal width on the mel scale, each summing to one: [mels, bins]."""
    bins = torch.linspace(0, sample_rate / 2, window_length // 2 + 1)
    top = 2595 * torch.log10(torch.tensor(1 + sample_rate / 2 / 700))
    corners = 700 * (10 ** (torch.linspace(0, float(top), mel_count + 2) / 2595) - 1)
    # No triangle narrower than the bins are apart: it would have no bin.
    width = bins[1].item()
    rising = (bins[None] - corners[:-2, None]) / (corners[1:-1] - corners[:-2]).clamp(min=width)[
        :, None
    ]
    falling = (corners[2:, None] - bins[None]) / (corners[2:] - corners[1:-1]).clamp(min=width)[
        :, None
    ]
    triangles = torch.minimum(rising, falling).clamp(min=0)
    return triangles / triangles.sum(dim=1, keepdim=True).clamp(min=1e-5)
