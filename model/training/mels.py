"""What the audio tower is fed: mel frames of a recording, as Whisper's own extractor makes them."""

from __future__ import annotations

import torch
from torch import Tensor

from model.errors import ModelError

SAMPLE_RATE = 16000
HOP_SAMPLES = 160


class WhisperMels:
    """Log-mel frames, 100 a second."""

    def __init__(self, mel_bins: int) -> None:
        from transformers import WhisperFeatureExtractor

        self._extractor = WhisperFeatureExtractor(feature_size=mel_bins)

    def of(self, samples: Tensor, sample_rate: int) -> Tensor:
        """At most 30 s of mono samples to `[mel bins, frames]`, the padding cut away again."""
        import soxr

        sound = soxr.resample(samples.numpy(), sample_rate, SAMPLE_RATE)
        if len(sound) > self._extractor.n_samples:
            raise ModelError(f"the tower hears at most {self._extractor.chunk_length} s at once")
        features = self._extractor(sound, sampling_rate=SAMPLE_RATE).input_features[0]
        return torch.as_tensor(features)[:, : len(sound) // HOP_SAMPLES]
