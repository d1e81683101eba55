"""The recordings a conversation names are read, cut and encoded; sound for the tower is kept.

Paths are taken from the folder of the file that names them, and lead out of it only where that is
allowed. A recording is named in every error.
"""

from __future__ import annotations

import base64
import tempfile
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from tokenizer.codec.codec import Codec
from tokenizer.errors import OutsideFolderError, PromptError, WaveformError
from tokenizer.prompts.messages import AudioContent, AudioSource, ChatSample, Content, Message
from tokenizer.recordings.waveform import read_waveform


@dataclass(frozen=True, eq=False)
class EncodedSample:
    """A conversation whose recordings have become codes, and the sound of those that go to the
    tower."""

    sample: ChatSample
    tower_sounds: tuple[Tensor, ...]
    """Samples at the codec's rate, filled up to whole frames, in order of appearance."""


def encode_recordings(
    sample: ChatSample, codec: Codec, folder: Path, *, allow_outside: bool = False
) -> EncodedSample:
    """Every recording as codes; the assistant's own do not go to the tower."""
    messages: list[Message] = []
    tower_sounds: list[Tensor] = []
    for message in sample.messages:
        content: list[Content] = []
        for item in message.content:
            if isinstance(item, AudioSource):
                samples = _samples(item, codec.sample_rate, folder, allow_outside)
                codes = codec.encode(samples, codec.sample_rate)
                content.append(AudioContent(codes))
                if message.role != "assistant":
                    tower_sounds.append(_filled(samples, codes.shape[1] * codec.hop_length))
            else:
                content.append(item)
        messages.append(Message(message.role, tuple(content), message.recipient))
    encoded = ChatSample(tuple(messages), sample.start_index, sample.speaker)
    return EncodedSample(encoded, tuple(tower_sounds))


def _samples(source: AudioSource, sample_rate: int, folder: Path, allow_outside: bool) -> Tensor:
    """The recording's samples from its offset on, mono at `sample_rate`."""
    if source.path is not None:
        path = _checked(folder, source.path, allow_outside)
        name, samples = str(path), _read(path, str(path), sample_rate)
    else:
        name = "raw_audio"
        samples = _embedded(source.base64 or "", name, sample_rate)
    start = round(source.offset_seconds * sample_rate)
    if start >= len(samples):
        raise PromptError(f"{name} ends before its offset of {source.offset_seconds:g} s")
    if source.duration_seconds is None:
        return samples[start:]
    return samples[start : start + round(source.duration_seconds * sample_rate)]


def _checked(folder: Path, written: str, allow_outside: bool) -> Path:
    """Where the recording lies; what is behind links counts, not what they are called."""
    path = folder / written
    try:
        is_inside = path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError) as problem:
        raise PromptError(f"{written[:80]!r} is not a path ({problem})") from None
    if not is_inside and not allow_outside:
        mend = "copy the recording there, or allow paths that lead outside"
        raise OutsideFolderError(f"{written} is outside {folder.resolve()}", hint=mend)
    return path


def _embedded(encoded: str, name: str, sample_rate: int) -> Tensor:
    try:
        data = base64.b64decode(encoded, validate=True)
    except ValueError as problem:
        raise PromptError(f"{name} is not base64 ({problem})") from None
    with tempfile.NamedTemporaryFile(suffix=".audio") as file:
        file.write(data)
        file.flush()
        return _read(Path(file.name), name, sample_rate)


def _read(path: Path, name: str, sample_rate: int) -> Tensor:
    """What is wrong with a recording is told by the name that the sample gives it."""
    try:
        return read_waveform(path, sample_rate)
    except WaveformError as error:
        told = error.message.replace(f"file:{path}", name).replace(str(path), name)
        raise PromptError(told, hint=error.hint) from None
    except OSError as problem:
        raise PromptError(f"{name[:80]} cannot be read: {problem.strerror}") from None


def _filled(samples: Tensor, length: int) -> Tensor:
    whole = samples.new_zeros(length)
    whole[: len(samples)] = samples[:length]
    return whole
