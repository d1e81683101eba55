"""What the acoustic half of the mini latent says: the spectrum of a frame, its pitch and its voicing.

An encoder that must invent its own latent together with a decoder needs many hours. Here the latent is given:
principal components of four log-mel steps, and the pitch, so the encoder learns by plain regression, the
decoder learns beside it from the very same numbers, and the codes are final after minutes.
"""

from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional

from tokenizer.codec.network import CodecNetwork
from tokenizer.training.spectral import mel_filterbank

SAMPLE_RATE, HOP, STEPS = 24_000, 240, 4
WINDOW, MELS = 512, 24
FLOOR = 3e-5  # -90 dB: the second and third formants lie about 40 dB below the first
PITCH_SIZE = 4
LATENT = 64
LOWEST_HERTZ, HIGHEST_HERTZ = 60, 420
MIDDLE_LOG_PITCH = 7.1  # log2 of about 137 Hz
PITCH_WEIGHT, VOICING_WEIGHT = 5.0, 2.0


def log_mel(samples: Tensor) -> Tensor:
    """[lanes, samples] in whole frames -> [lanes, frames, steps * mels]."""
    window = torch.hann_window(WINDOW)
    # Each 10 ms step is seen through a window around its own middle.
    padded = functional.pad(samples, (WINDOW // 2 - HOP // 2, WINDOW // 2 - HOP // 2))
    spectrum = torch.stft(padded, WINDOW, HOP, window=window, center=False, return_complex=True)
    magnitude = spectrum.abs() * (4 / WINDOW)
    mel = (mel_filterbank(SAMPLE_RATE, WINDOW, MELS) @ magnitude + FLOOR).log10()
    return mel.transpose(1, 2).unflatten(1, (-1, STEPS)).flatten(2)


def pitch(samples: Tensor) -> Tensor:
    """[lanes, samples] -> [lanes, frames, 4]: pitch and voicing in both halves of each frame."""
    low_rate, half, reach = SAMPLE_RATE // 4, HOP // 2, 400
    slow = functional.avg_pool1d(samples[:, None], 4)[:, 0]
    padded = functional.pad(slow, (reach // 2 - half // 2, reach // 2 - half // 2))
    pieces = padded.unfold(-1, reach, half)
    pieces = pieces - pieces.mean(-1, keepdim=True)
    spectrum = torch.fft.rfft(pieces * torch.hann_window(reach), n=1024)
    correlation = torch.fft.irfft(spectrum.abs().square(), n=1024)
    fade = torch.fft.irfft(torch.fft.rfft(torch.hann_window(reach), n=1024).abs().square(), n=1024)
    first, last = low_rate // HIGHEST_HERTZ, low_rate // LOWEST_HERTZ
    normal = (
        correlation[..., first:last] / fade[first:last] * fade[0] / (correlation[..., :1] + 1e-3)
    )
    strength, lag = (normal * torch.linspace(1.0, 0.8, last - first)).max(dim=-1)
    voicing = ((strength - 0.35) / 0.4).clamp(0, 1)
    octave = torch.log2(low_rate / (lag + first).float()) - MIDDLE_LOG_PITCH
    both = torch.stack([octave * voicing * PITCH_WEIGHT, voicing * VOICING_WEIGHT], dim=-1)
    return both.unflatten(1, (-1, 2)).flatten(2)


@dataclass(frozen=True)
class AcousticTarget:
    """Mean and principal directions of the log-mel steps."""

    mean: Tensor
    directions: Tensor

    @classmethod
    def fitted(cls, samples: Tensor) -> "AcousticTarget":
        """Principal components of [lanes, samples] of real speech."""
        points = log_mel(samples).flatten(0, 1)
        mean = points.mean(0)
        _, _, directions = torch.linalg.svd(points - mean, full_matrices=False)
        return cls(mean, directions[: LATENT - PITCH_SIZE].contiguous())

    def __call__(self, samples: Tensor) -> Tensor:
        """[lanes, 1, samples] -> [lanes, 64, frames]."""
        spectrum = (log_mel(samples[:, 0]) - self.mean) @ self.directions.t()
        return torch.cat([spectrum, pitch(samples[:, 0])], dim=-1).transpose(1, 2)

    def save(self, path: Path) -> None:
        save_file({"mean": self.mean, "directions": self.directions}, path)

    @classmethod
    def read(cls, path: Path) -> "AcousticTarget":
        return cls(**load_file(path))


@torch.no_grad()
def given_latent(network: CodecNetwork, target: AcousticTarget, samples: Tensor) -> Tensor:
    """[lanes, 1, samples] -> the latent as it should be, unquantized: [lanes, width, frames]."""
    return torch.cat([target(samples), network.speech_features(samples)], dim=1)
