"""The codec's layers under the names its weights are stored by; tensors in, tensors out.

Every piece is differentiable, so that training uses the very network that ships. The speech model
is absent until `build_speech_model` puts it there: decoding does not need it.

    samples ─► acoustic_encoder ─┐
       └─► speech model ─► encoder_semantic ─► fc ─► quantizer ─► fc2 ─► acoustic_decoder ─► samples
                                                        └─► fc1 ─► decoder_semantic (training)
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from tokenizer.codec.acoustic import AcousticDecoder, AcousticEncoder
from tokenizer.codec.config import CodecConfig
from tokenizer.codec.quantizer import ResidualQuantizer
from tokenizer.codec.resampling import SincResampler
from tokenizer.codec.semantic import (
    SemanticDecoder,
    SemanticEncoder,
    build_speech_model,
    speech_features,
)
from tokenizer.errors import CodecError


class CodecNetwork(nn.Module):
    """All layers; see `Codec` for the door that checks what goes in."""

    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        self.config = config
        self.acoustic_encoder = AcousticEncoder(config.acoustic)
        self.acoustic_decoder = AcousticDecoder(config.acoustic)
        self.encoder_semantic = SemanticEncoder(config)
        self.decoder_semantic = SemanticDecoder(config)
        self.semantic_model: nn.Module | None = None
        width = config.quantizer_width
        self.fc = nn.Linear(width, width)
        self.fc1 = nn.Linear(width, config.speech_model.hidden_size)
        self.fc2 = nn.Linear(width, config.acoustic.latent_size)
        self.quantizer = ResidualQuantizer(config)
        # No parameters, no buffers: the stored names stay those of the checkpoint.
        self.to_speech_rate = SincResampler(config.sample_rate, config.semantic_sample_rate)

    def build_speech_model(self) -> nn.Module:
        """Put the speech model in its place (random weights), and return it."""
        self.semantic_model = build_speech_model(self.config.speech_model)
        return self.semantic_model

    def speech_features(self, samples: Tensor) -> Tensor:
        """[lanes, 1, samples] -> the speech model's view [lanes, hidden, frames], no gradient."""
        if self.semantic_model is None:
            raise CodecError("the speech model has not been built")
        with torch.no_grad():
            at_speech_rate = self.to_speech_rate(samples[:, 0])
            return speech_features(self.semantic_model, at_speech_rate, self.config.semantic_stride)

    def encode_latent(self, samples: Tensor, features: Tensor | None = None) -> Tensor:
        """[lanes, 1, samples] -> [lanes, width, frames], before quantization.

        `features` may bring speech features worked out earlier. Both halves must count the same
        frames, as they do of whole frames, whatever the rounding of their layers.
        """
        if features is None:
            features = self.speech_features(samples)
        semantic = self.encoder_semantic(features)
        acoustic = self.acoustic_encoder(samples)
        if acoustic.shape[-1] != semantic.shape[-1]:
            raise CodecError(
                f"{samples.shape[-1]} samples make {acoustic.shape[-1]} acoustic but "
                f"{semantic.shape[-1]} semantic frames: pad them to whole frames"
            )
        fused = torch.cat([acoustic, semantic], dim=1)
        return self.fc(fused.transpose(1, 2)).transpose(1, 2)

    def quantize(self, latent: Tensor, codebook_count: int | None = None) -> Tensor:
        """[lanes, width, frames] -> codes [lanes, codebooks, frames]."""
        return self.quantizer.encode(latent, codebook_count)

    def dequantize(self, codes: Tensor) -> Tensor:
        """Codes [lanes, codebooks, frames] -> [lanes, width, frames]."""
        return self.quantizer.decode(codes)

    def decode_latent(self, latent: Tensor) -> Tensor:
        """[lanes, width, frames], quantized or not, -> [lanes, 1, frames * hop]."""
        return self.acoustic_decoder(self.to_acoustic(latent))

    def to_acoustic(self, latent: Tensor) -> Tensor:
        """[lanes, width, frames] -> what the acoustic decoder takes, [lanes, latent, frames]."""
        return self.fc2(latent.transpose(1, 2)).transpose(1, 2)

    def reconstruct_features(self, latent: Tensor) -> Tensor:
        """The speech features the latent still tells of: a training target only."""
        return self.decoder_semantic(self.fc1(latent.transpose(1, 2)).transpose(1, 2))
