"""Recordings at 16 kHz become the padded mel pieces the Whisper tower listens to.

    samples ──► pieces of at most 30 s ──► silence up to 30 s ──► power spectra every 10 ms
            ──► mel bands ──► log10, floored 8 decades below the loudest ──► (x + 4) / 4

A longer recording is cut before its spectra are taken, so every piece stands for itself.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from model.config.config import WhisperConfig
from model.errors import ModelError
from model.network.whisper_tower import pooled_length

SAMPLE_RATE = 16_000
HOP_SAMPLES = 160
WINDOW_SAMPLES = 400
TOP_FREQUENCY = 8_000.0


@dataclass(frozen=True, eq=False)
class MelPieces:
    """The input of the tower, clip after clip, long clips in several pieces."""

    mel: Tensor
    """`[pieces, mel bins, frames]`, float32."""
    frame_counts: tuple[int, ...]
    """Frames of each piece that are sound; the rest is padding."""

    @property
    def position_counts(self) -> tuple[int, ...]:
        """Positions each piece takes in the sequence: 25 a second."""
        return tuple(max(pooled_length(count), 0) for count in self.frame_counts)


def mel_pieces(clips: Sequence[Tensor], config: WhisperConfig) -> MelPieces:
    """Mono clips `[samples]` at 16 kHz; none at all is a batch of zero pieces."""
    limit = config.mel_frame_count * HOP_SAMPLES
    pieces: list[Tensor] = []
    for clip in clips:
        if clip.dim() != 1 or len(clip) == 0:
            raise ModelError(f"a clip must be [samples], not {list(clip.shape)}")
        if not clip.is_floating_point():
            raise ModelError(f"samples must be floats between -1 and 1, not {clip.dtype}")
        pieces.extend(clip.float().split(limit))
    counts = tuple(math.ceil(len(piece) / HOP_SAMPLES) for piece in pieces)
    if not pieces:
        return MelPieces(torch.zeros(0, config.mel_bins, config.mel_frame_count), counts)
    padded = [torch.nn.functional.pad(piece, (0, limit - len(piece))) for piece in pieces]
    return MelPieces(_log_mel(torch.stack(padded), config.mel_bins), counts)


def _log_mel(samples: Tensor, bin_count: int) -> Tensor:
    window = torch.hann_window(WINDOW_SAMPLES, device=samples.device)
    spectra = torch.stft(samples, WINDOW_SAMPLES, HOP_SAMPLES, window=window, return_complex=True)
    power = spectra[..., :-1].abs().square()
    mel = mel_filters(bin_count).to(samples.device) @ power
    loudness = mel.clamp(min=1e-10).log10()
    loudest = loudness.amax(dim=(1, 2), keepdim=True)
    return (torch.maximum(loudness, loudest - 8.0) + 4.0) / 4.0


def mel_filters(bin_count: int) -> Tensor:
    """Triangles of equal area on Slaney's mel scale, `[mel bins, spectrum bins]`."""
    top = _to_mel(torch.tensor(TOP_FREQUENCY, dtype=torch.float64))
    corners = _to_hertz(torch.linspace(0, float(top), bin_count + 2, dtype=torch.float64))
    spectrum = torch.linspace(0, SAMPLE_RATE / 2, WINDOW_SAMPLES // 2 + 1, dtype=torch.float64)
    low, middle, high = corners[:-2, None], corners[1:-1, None], corners[2:, None]
    rising = (spectrum - low) / (middle - low)
    falling = (high - spectrum) / (high - middle)
    triangles = torch.minimum(rising, falling).clamp(min=0)
    return (triangles * 2.0 / (high - low)).float()


_LINEAR_TOP_HERTZ = 1000.0
_LINEAR_TOP_MEL = 15.0
_LOG_STEP = math.log(6.4) / 27.0


def _to_mel(hertz: Tensor) -> Tensor:
    """Linear up to 1 kHz, logarithmic above."""
    linear = hertz * _LINEAR_TOP_MEL / _LINEAR_TOP_HERTZ
    above = (hertz.clamp(min=_LINEAR_TOP_HERTZ) / _LINEAR_TOP_HERTZ).log() / _LOG_STEP
    return torch.where(hertz < _LINEAR_TOP_HERTZ, linear, _LINEAR_TOP_MEL + above)


def _to_hertz(mel: Tensor) -> Tensor:
    linear = mel * _LINEAR_TOP_HERTZ / _LINEAR_TOP_MEL
    above = _LINEAR_TOP_HERTZ * ((mel - _LINEAR_TOP_MEL) * _LOG_STEP).exp()
    return torch.where(mel < _LINEAR_TOP_MEL, linear, above)
