"""The recordings a conversation names are read, cut and encoded; what the tower hears is kept.

Paths are taken from the folder of the file that names them. A recording is named in every error.
"""

from __future__ import annotations

import base64
import binascii
import tempfile
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from tokenizer.chatml import AudioContent, AudioSource, ChatSample, Content, Message
from tokenizer.codec import Codec
from tokenizer.errors import PromptError
from tokenizer.waveform import read_waveform


@dataclass(frozen=True, eq=False)
class EncodedSample:
    """A conversation whose recordings have become codes, and the sound of those the tower hears."""

    sample: ChatSample
    heard: tuple[Tensor, ...]
    """Samples at the codec's rate, filled up to whole frames, in order of appearance."""


def encode_recordings(sample: ChatSample, codec: Codec, folder: Path) -> EncodedSample:
    """Every recording as codes; the assistant's own are not heard by the tower."""
    messages: list[Message] = []
    heard: list[Tensor] = []
    for message in sample.messages:
        content: list[Content] = []
        for item in message.content:
            if isinstance(item, AudioSource):
                samples = _samples(item, codec.sample_rate, folder)
                codes = codec.encode(samples, codec.sample_rate)
                content.append(AudioContent(codes))
                if message.role != "assistant":
                    heard.append(_filled(samples, codes.shape[1] * codec.hop_length))
            else:
                content.append(item)
        messages.append(Message(message.role, tuple(content), message.recipient))
    encoded = ChatSample(tuple(messages), sample.start_index, sample.speaker)
    return EncodedSample(encoded, tuple(heard))


def _samples(source: AudioSource, sample_rate: int, folder: Path) -> Tensor:
    """The recording's samples from its offset on, mono at `sample_rate`."""
    if source.path is not None:
        samples, name = read_waveform(folder / source.path, sample_rate), source.path
    else:
        samples, name = _embedded(source.base64 or "", sample_rate), "the embedded recording"
    start = round(source.offset_seconds * sample_rate)
    if start >= len(samples):
        raise PromptError(f"{name} ends before its offset of {source.offset_seconds:g} s")
    if source.duration_seconds is None:
        return samples[start:]
    return samples[start : start + round(source.duration_seconds * sample_rate)]


def _embedded(encoded: str, sample_rate: int) -> Tensor:
    try:
        data = base64.b64decode(encoded, validate=True)
    except binascii.Error as problem:
        raise PromptError(f"raw_audio is not base64 ({problem})") from None
    with tempfile.NamedTemporaryFile(suffix=".audio") as file:
        file.write(data)
        file.flush()
        return read_waveform(Path(file.name), sample_rate)


def _filled(samples: Tensor, length: int) -> Tensor:
    whole = samples.new_zeros(length)
    whole[: len(samples)] = samples[:length]
    return whole
