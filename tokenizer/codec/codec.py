"""The codec's door: sound to codes, codes to sound, everything checked on the way in.

    codec = load_codec("path/to/codec")
    codes = codec.encode(samples, sample_rate)      # [codebooks, frames]
    samples = codec.decode(codes)                   # [frames * hop]

Arithmetic is float32 throughout. A recording is encoded as it is, as the original does, and makes
as many frames as there (`CodecConfig.frame_count`); silence fills it up to whole frames only where
its last, begun frame would count in one half of the codec and not in the other (119 to 631 samples
of 960). Decoding works where the libraries that read recordings are not installed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import cast

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from tokenizer.codec.checkpoint import CodecCheckpoint, empty_network
from tokenizer.codec.config import CodecConfig, read_codec_config
from tokenizer.codec.config_writer import codec_config_values
from tokenizer.codec.fast.window_decoder import WindowDecoder, WindowSettings
from tokenizer.codec.full_float32 import full_float32
from tokenizer.codec.network import CodecNetwork
from tokenizer.codec.stream import DecodeStream, PreparedDecoder
from tokenizer.errors import CodecDeviceError, CodecError

# Pieces of a decode on a CPU: long enough to amortise the weights, short enough for its caches.
PIECE_FRAMES = 100
# A clip is encoded in one piece up to here; beyond, in windows that overlap by their contexts.
ONE_PIECE_SECONDS = 60.0
ENCODE_WINDOW_SECONDS = 30.0
ENCODE_CONTEXT_SECONDS = 2.0


def load_codec(path: str | Path, device: str | torch.device = "cpu") -> Codec:
    """The codec of a folder with `config.json` and `model.safetensors`, ready to decode.

    What encoding needs is read from the same files when it is first asked for.
    """
    target = _usable_device(device)
    folder = Path(path)
    config = read_codec_config(folder)
    checkpoint = CodecCheckpoint(folder)
    network = empty_network(config)
    checkpoint.check(network)
    checkpoint.load_decoding(network)
    return Codec(network, target, checkpoint)


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
        from tokenizer.recordings.waveform import to_mono

        mono = to_mono(samples, sample_rate, self.sample_rate)
        return torch.cat(list(self.encode_blocks([mono.numpy()])), dim=1)

    def encode_blocks(self, blocks: Iterable[np.ndarray]) -> Iterator[Tensor]:
        """Codes of a recording that comes in blocks at the codec's own rate, as they are made.

        Up to a minute is encoded in one piece. The speech model attends to all it is given, so a
        longer recording is read through windows of half a minute, each with two seconds of what
        lies around it: bounded memory, and codes as alike as makes no difference to the ear.
        """
        window, context = self._frames(ENCODE_WINDOW_SECONDS), self._frames(ENCODE_CONTEXT_SECONDS)
        threshold = self._frames(ONE_PIECE_SECONDS) * self.hop_length
        held, left, sizes = np.zeros(0, np.float32), 0, window * self.hop_length
        for block in blocks:
            held = np.concatenate([held, block])
            while len(held) > threshold:
                yield self._encode_piece(held[:sizes])[:, left : window - context]
                held = held[(window - 2 * context) * self.hop_length :]
                left, threshold = context, sizes + context * self.hop_length
        yield self._encode_piece(held)[:, left:]

    def decode(self, codes: Tensor | np.ndarray) -> Tensor:
        """Codes [codebooks, frames] -> float32 samples [frames * hop]."""
        pieces = list(self.decode_pieces(codes))
        return torch.cat(pieces) if pieces else torch.zeros(0)

    def decode_pieces(self, codes: Tensor | np.ndarray) -> Iterator[Tensor]:
        """The same, piece by piece, in memory that does not grow with the clip."""
        stream = self.stream()
        for piece in self.checked_codes(codes).split(PIECE_FRAMES, dim=1):
            yield stream.push(piece)
        yield stream.finish()

    def stream(self) -> ClipStream:
        """For codes that arrive frame by frame."""
        return ClipStream(self, self._decoder.stream())

    def decode_batch(
        self, clips: Sequence[Tensor | np.ndarray], *, together: bool | None = None
    ) -> list[Tensor]:
        """Several clips of any lengths; each as if it were decoded alone.

        `together` cuts them into windows of one length that share batches: the default wherever
        that is faster, which a CPU is not. Clips of fewer codebooks are decoded one by one.
        """
        if together is None:
            together = self.device.type != "cpu"
        if not together:
            return [self.decode(clip) for clip in clips]
        checked = [self.checked_codes(clip, torch.device("cpu")) for clip in clips]
        if any(len(clip) < self.codebook_count for clip in checked):
            return [self.decode(clip) for clip in checked]
        return self._window_decoder.decode(checked)

    def read_all(self) -> int:
        """Read what lazy loading has left unread, so that every tensor has been checked."""
        self._load_encoding()
        return len(self.network.state_dict())

    def checked_codes(
        self, codes: Tensor | np.ndarray, device: torch.device | None = None
    ) -> Tensor:
        """The codes as int64 on a device, the codec's own if none is named, or an error that says
        what is wrong with them."""
        if isinstance(codes, np.ndarray):
            codes = torch.from_numpy(np.ascontiguousarray(codes))
        if not isinstance(codes, Tensor):
            raise CodecError(f"codes must be a tensor or an array, not {type(codes).__name__}")
        if codes.dim() != 2 or not 1 <= codes.shape[0] <= self.codebook_count:
            raise CodecError(
                f"codes must be [{self.codebook_count} codebooks, frames], not {list(codes.shape)}"
            )
        if codes.is_floating_point() or codes.is_complex() or codes.dtype == torch.bool:
            raise CodecError(f"codes must be whole numbers, not {codes.dtype}")
        whole = codes.to(torch.int64)
        if whole.numel() and not 0 <= int(whole.min()) <= int(whole.max()) < self.codebook_size:
            raise CodecError(
                f"codes must lie in 0..{self.codebook_size - 1}, "
                f"found {int(whole.min())}..{int(whole.max())}"
            )
        return whole.to(device or self.device)

    def fingerprint(self) -> str:
        """Names what codes mean: the configuration and every codebook, in 16 hex digits."""
        return self._fingerprint({})

    def is_named(self, fingerprint: str) -> bool:
        """Whether a fingerprint is this codec's.

        Earlier releases hashed `mask_time_prob` too, where a `config.json` had it.
        """
        return fingerprint in (self.fingerprint(), self._fingerprint({"mask_time_prob": 0.0}))

    def _fingerprint(self, of_speech_model: dict[str, float]) -> str:
        values = codec_config_values(self.config)
        speech = dict(cast("dict[str, object]", values["semantic_model_config"]))
        del speech["mask_time_prob"]
        values["semantic_model_config"] = speech | of_speech_model
        digest = hashlib.sha256(json.dumps(values, sort_keys=True).encode())
        for name, values in self.network.quantizer.state_dict().items():
            if name.endswith("codebook.embed"):
                digest.update(values.float().cpu().numpy().tobytes())
        return digest.hexdigest()[:16]

    @cached_property
    def _decoder(self) -> PreparedDecoder:
        return PreparedDecoder(self.network)

    @cached_property
    def _window_decoder(self) -> WindowDecoder:
        return WindowDecoder(self.network, WindowSettings(fuses=self.device.type == "cuda"))

    def _frames(self, seconds: float) -> int:
        return round(seconds * self.sample_rate / self.hop_length)

    def _encode_piece(self, samples: np.ndarray) -> Tensor:
        """One piece [samples] -> [codebooks, frames].

        Filled up on the right where the two halves would count different frames: there the
        original moves the sound of one half against the other.
        """
        self._load_encoding()
        count = self.config.frame_count(len(samples))
        if not count:
            return torch.zeros((self.codebook_count, 0), dtype=torch.int64)
        is_even = self.config.acoustic.frame_count(len(samples)) == count
        padding = 0 if is_even else -len(samples) % self.hop_length
        filled = functional.pad(torch.from_numpy(samples), (0, padding))
        with torch.inference_mode(), full_float32(self.device):
            latent = self.network.encode_latent(filled[None, None].to(self.device))
            codes = self.network.quantize(latent)[0].cpu()
        return codes[:, :count]

    def _load_encoding(self) -> None:
        if self._unread is not None:
            self._unread.load_encoding(self.network)
            self._unread = None
            _move(self.network, self.device)


def _usable_device(name: str | torch.device) -> torch.device:
    """A device that is here and can hold the codec."""
    try:
        device = torch.device(name)
        torch.zeros(1).to(device).cpu()
    # CUDA, Metal and the rest each complain in their own way of not being there.
    except (RuntimeError, AssertionError, TypeError, NotImplementedError) as problem:
        reason = (str(problem).splitlines() or ["no reason given"])[0]
        raise CodecDeviceError(
            f"device {str(name)!r} cannot be used: {reason}", hint="use the device cpu"
        ) from None
    return device


def _move(network: CodecNetwork, device: torch.device) -> None:
    """To the device, but for what is not there yet."""
    for module in network.modules():
        own = [*module.parameters(recurse=False), *module.buffers(recurse=False)]
        if own and not any(value.is_meta for value in own):
            module.to(device)


class ClipStream:
    """One clip whose frames arrive one after another."""

    def __init__(self, codec: Codec, stream: DecodeStream) -> None:
        self._codec = codec
        self._stream = stream

    def push(self, codes: Tensor | np.ndarray) -> Tensor:
        """Codes [codebooks, frames] -> the samples that are settled by now, perhaps none."""
        checked = self._codec.checked_codes(codes)
        with torch.inference_mode(), full_float32(self._codec.device):
            return self._stream.push(checked[None])[0].cpu()

    def finish(self) -> Tensor:
        """The samples still owed: about ten frames of them."""
        with torch.inference_mode(), full_float32(self._codec.device):
            return self._stream.finish()[0].cpu()
