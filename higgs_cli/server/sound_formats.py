"""The formats that sound is sent in: encoded piece by piece, or with its length in its head.

pcm     16 bits, little-endian, no head       leave while they are spoken
mp3, opus, aac                                leave while they are spoken, by PyAV
wav, flac                                     have their length in their head: sent whole
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

from higgs_cli.errors import HiggsError
from higgs_cli.output.formats.encodings import M4A, MP3, OPUS, Encoding
from higgs_cli.output.formats.labels import Labels
from higgs_cli.output.formats.wav import LARGEST_RIFF_BYTES, encoded, wav_header

if TYPE_CHECKING:
    from higgs_cli.speech.protocol import Samples

MEDIA_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "mp3": "audio/mpeg",
        "opus": "audio/ogg",
        "aac": "audio/aac",
        "flac": "audio/flac",
        "wav": "audio/wav",
        "pcm": "audio/pcm",
    }
)
WITH_LENGTH = frozenset({"wav", "flac"})
"""Say in their head how long they are."""
_AAC = replace(M4A, container="adts", brand=None)
_STREAMED: Mapping[str, Encoding] = MappingProxyType({"mp3": MP3, "opus": OPUS, "aac": _AAC})
_MUXER_OPTIONS: Mapping[str, dict[str, str]] = MappingProxyType(
    {
        "mp3": {"write_xing": "0", "id3v2_version": "0"},
        "opus": {"page_duration": "100000"},
        "aac": {},
    }
)
"""Nothing is written that would have to be gone back to; a page of Opus leaves when it holds
a tenth of a second."""


class SoundEncoder(Protocol):
    """Takes samples in order and gives bytes in order."""

    def push(self, samples: Samples) -> bytes: ...

    def finish(self) -> bytes: ...


def encoder_of(name: str, sample_rate: int) -> SoundEncoder:
    """For sound that leaves while it is spoken; WAV then says that its length is not known."""
    if name in _STREAMED:
        return _Encoded(name, sample_rate)
    if name == "flac":
        return _WholeFlac(sample_rate)
    return _Plain(_open_header(sample_rate) if name == "wav" else b"")


def whole_file(name: str, samples: Samples, sample_rate: int) -> bytes:
    """All of a sound in one of the formats."""
    if name == "wav":
        return wav_header(len(samples), sample_rate, "pcm16") + encoded(samples, "pcm16")
    encoder = encoder_of(name, sample_rate)
    return encoder.push(samples) + encoder.finish()


def _open_header(sample_rate: int) -> bytes:
    """Of a WAV that ends where it ends."""
    header = bytearray(wav_header(0, sample_rate, "pcm16"))
    header[4:8] = header[-4:] = LARGEST_RIFF_BYTES.to_bytes(4, "little")
    return bytes(header)


class _Plain:
    """Samples as they are, behind a head."""

    def __init__(self, head: bytes) -> None:
        self._head = head

    def push(self, samples: Samples) -> bytes:
        head, self._head = self._head, b""
        return head + encoded(samples, "pcm16")

    def finish(self) -> bytes:
        return b""


class _WholeFlac:
    """Kept until the end: its head has the sum of all."""

    def __init__(self, sample_rate: int) -> None:
        self._rate = sample_rate
        self._parts: list[Samples] = []

    def push(self, samples: Samples) -> bytes:
        self._parts.append(samples)
        return b""

    def finish(self) -> bytes:
        import numpy as np
        import soundfile

        from higgs_cli.output.formats.whole_numbers import whole_numbers

        numbers = whole_numbers(np.concatenate(self._parts), "pcm16")
        file = io.BytesIO()
        soundfile.write(file, numbers, self._rate, format="FLAC", subtype="PCM_16")
        return file.getvalue()


class _Encoded:
    """By PyAV, into memory."""

    def __init__(self, name: str, sample_rate: int) -> None:
        import av

        from higgs_cli.output.formats.encoder import Resampled
        from higgs_cli.output.formats.pyav_encoder import PyavEncoder

        encoding = _STREAMED[name]
        self._sink = _Sink()
        rate = encoding.rate_of(sample_rate)
        options = {"fflags": "+bitexact", **_MUXER_OPTIONS[name]}
        self._container: Any = av.open(
            self._sink, "w", format=encoding.container, options=options, buffer_size=4096
        )
        self._encoder = PyavEncoder(self._container, encoding, rate, Labels())
        self._resampled = Resampled(self._encoder, sample_rate, rate, encoding.factor)

    def push(self, samples: Samples) -> bytes:
        self._resampled.write(samples)
        return self._sink.taken()

    def finish(self) -> bytes:
        self._resampled.finish()
        self._resampled.close()
        self._encoder.finish()
        self._container.close()
        return self._sink.taken()


class _Sink:
    """A file that is only written to; what was written is taken away."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


def check_formats() -> None:
    """Refuse to serve what could not be encoded."""
    import importlib.util

    if importlib.util.find_spec("av") is None:
        raise HiggsError(
            "nothing here encodes mp3, opus and aac", hint='pip install "higgs[server]"'
        )
