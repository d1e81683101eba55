"""The codec's door: sound to codes, codes to sound, everything checked on the way in.

    codec = load_codec("path/to/codec")
    codes = codec.encode(samples, sample_rate)      # [codebooks, frames]
    samples = codec.decode(codes)                   # [frames * hop]

Arithmetic is float32 throughout. Encoding pads the sound to whole frames, on the right.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from tokenizer.codec_checkpoint import CodecCheckpoint, empty_network
from tokenizer.codec_config import CodecConfig, codec_config_values, read_codec_config
from tokenizer.codec_network import CodecNetwork
from tokenizer.errors import CodecError
from tokenizer.waveform import to_mono


def load_codec(path: str | Path, device: str | torch.device = "cpu") -> Codec:
    """The codec of a folder with `config.json` and `model.safetensors`, ready to decode.

    What encoding needs is read from the same files when it is first asked for.
    """
    folder = Path(path)
    config = read_codec_config(folder)
    checkpoint = CodecCheckpoint(folder)
    network = empty_network(config)
    checkpoint.check(network)
    checkpoint.load_decoding(network)
    return Codec(network, torch.device(device), checkpoint)


class Codec:
    """A codec on a device. Not for several threads at once: encoding loads lazily."""

    def __init__(
        self,
        network: CodecNetwork,
        device: torch.device | None = None,
        unread: CodecCheckpoint | None = None,
    ) -> None:
        self.network = network
        self.device = device or torch.device("cpu")
        self._unread = unread
        _move(network, self.device)

    @property
    def config(self) -> CodecConfig:
        return self.network.config

    @property
    def sample_rate(self) -> int:
        return self.config.sample_rate

    @property
    def frame_rate(self) -> int:
        return self.config.frame_rate

    @property
    def hop_length(self) -> int:
        return self.config.hop_length

    @property
    def codebook_count(self) -> int:
        return self.config.codebook_count

    @property
    def codebook_size(self) -> int:
        return self.config.codebook_size

    def encode(self, samples: Tensor | np.ndarray, sample_rate: int) -> Tensor:
        """[samples] or [channels, samples] at any rate -> codes [codebooks, frames], int64."""
        mono = to_mono(samples, sample_rate, self.sample_rate)
        padding = -len(mono) % self.hop_length
        whole = functional.pad(mono, (0, padding))[None, None]
        self._load_encoding()
        with torch.inference_mode():
            latent = self.network.encode_latent(whole.to(self.device))
            return self.network.quantize(latent)[0].cpu()

    def decode(self, codes: Tensor) -> Tensor:
        """Codes [codebooks, frames] -> float32 samples [frames * hop]."""
        checked = self.checked_codes(codes)
        with torch.inference_mode():
            return self._decode_lanes(checked[None])[0]

    def decode_batch(self, clips: Sequence[Tensor]) -> list[Tensor]:
        """Several clips of any lengths; each as if it were decoded alone."""
        return [self.decode(clip) for clip in clips]

    def checked_codes(self, codes: Tensor) -> Tensor:
        """The codes as int64 on the device, or an error that says what is wrong with them."""
        if codes.dim() != 2 or not 1 <= codes.shape[0] <= self.codebook_count:
            raise CodecError(
                f"codes must be [{self.codebook_count} codebooks, frames], not {list(codes.shape)}"
            )
        if codes.is_floating_point() or codes.is_complex() or codes.dtype == torch.bool:
            raise CodecError(f"codes must be whole numbers, not {codes.dtype}")
        if codes.numel() and not 0 <= int(codes.min()) <= int(codes.max()) < self.codebook_size:
            raise CodecError(
                f"codes must lie in 0..{self.codebook_size - 1}, "
                f"found {int(codes.min())}..{int(codes.max())}"
            )
        return codes.to(self.device, torch.int64)

    def fingerprint(self) -> str:
        """Names what codes mean: the configuration and every codebook, in 16 hex digits."""
        digest = hashlib.sha256()
        digest.update(json.dumps(codec_config_values(self.config), sort_keys=True).encode())
        for name, values in self.network.quantizer.state_dict().items():
            if name.endswith("codebook.embed"):
                digest.update(values.float().cpu().numpy().tobytes())
        return digest.hexdigest()[:16]

    def _decode_lanes(self, codes: Tensor) -> Tensor:
        """[lanes, codebooks, frames] -> [lanes, samples] on the CPU."""
        if codes.shape[-1] == 0:
            return torch.zeros(codes.shape[0], 0)
        latent = self.network.dequantize(codes)
        return self.network.decode_latent(latent)[:, 0].cpu()

    def _load_encoding(self) -> None:
        if self._unread is not None:
            self._unread.load_encoding(self.network)
            self._unread = None
            _move(self.network, self.device)


def _move(network: CodecNetwork, device: torch.device) -> None:
    """To the device, but for what is not there yet."""
    for module in network.modules():
        own = [*module.parameters(recurse=False), *module.buffers(recurse=False)]
        if own and not any(value.is_meta for value in own):
            module.to(device)
