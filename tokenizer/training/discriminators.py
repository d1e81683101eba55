"""Discriminators that learn to tell decoded speech from recorded, on spectrograms of several
resolutions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

LEAK = 0.1


@dataclass(frozen=True)
class DiscriminatorOutput:
    """One discriminator's map of scores, and the hidden layers behind it."""

    scores: Tensor
    features: tuple[Tensor, ...]


class SpectrogramDiscriminators(nn.Module):
    """One small 2-D convolutional discriminator for each window length."""

    def __init__(self, window_lengths: tuple[int, ...] = (1024, 512, 256), width: int = 16) -> None:
        super().__init__()
        self.members = nn.ModuleList(
            SpectrogramDiscriminator(length, width) for length in window_lengths
        )

    def forward(self, samples: Tensor) -> tuple[DiscriminatorOutput, ...]:
        """[lanes, 1, samples] -> an output per discriminator."""
        return tuple(cast(DiscriminatorOutput, member(samples)) for member in self.members)


class SpectrogramDiscriminator(nn.Module):
    """Looks at real and imaginary parts; narrows the frequencies, keeps the steps."""

    def __init__(self, window_length: int, width: int) -> None:
        super().__init__()
        self.window_length = window_length
        self.register_buffer("window", torch.hann_window(window_length), persistent=False)
        shape = {"kernel_size": (5, 3), "stride": (3, 1), "padding": (2, 1)}
        self.layers = nn.ModuleList(
            nn.Conv2d(2 if first else width, width, **shape)
            for first in (True, False, False, False)
        )
        self.last = nn.Conv2d(width, 1, kernel_size=3, padding=1)

    def forward(self, samples: Tensor) -> DiscriminatorOutput:
        hidden, features = self._picture(samples[:, 0].float()), []
        for layer in self.layers:
            hidden = functional.leaky_relu(layer(hidden), LEAK)
            features.append(hidden)
        return DiscriminatorOutput(self.last(hidden), tuple(features))

    def _picture(self, samples: Tensor) -> Tensor:
        """[lanes, samples] -> [lanes, 2, bins, steps], loud and quiet parts brought together."""
        length = self.window_length
        window = self.get_buffer("window")
        spectrum = torch.stft(samples, length, length // 4, window=window, return_complex=True)
        parts = torch.view_as_real(spectrum).permute(0, 3, 1, 2) / length**0.5
        return parts / (parts.square().sum(1, keepdim=True) + 1e-4) ** 0.35


def discriminator_loss(
    real: tuple[DiscriminatorOutput, ...], made: tuple[DiscriminatorOutput, ...]
) -> Tensor:
    """Hinge: real scores above 1, made ones below -1."""
    losses = [
        functional.relu(1 - r.scores).mean() + functional.relu(1 + m.scores).mean()
        for r, m in zip(real, made, strict=True)
    ]
    return torch.stack(losses).mean()


def deceiving_loss(made: tuple[DiscriminatorOutput, ...]) -> Tensor:
    """What the decoder gains by being taken for a recording."""
    return torch.stack([-output.scores.mean() for output in made]).mean()


def feature_matching(
    real: tuple[DiscriminatorOutput, ...], made: tuple[DiscriminatorOutput, ...]
) -> Tensor:
    """How differently the discriminators' hidden layers see both, relative to how much is there."""
    distances = [
        functional.l1_loss(m, r.detach()) / r.detach().abs().mean().clamp(min=1e-4)
        for one, other in zip(real, made, strict=True)
        for r, m in zip(one.features, other.features, strict=True)
    ]
    return torch.stack(distances).mean()
