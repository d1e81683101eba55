"""Recordings become mono samples at the codec's rate, block by block, whatever they are stored as.

libsndfile reads what it can (WAV, FLAC, MP3, Ogg, …); everything else goes through FFmpeg, the
program or the PyAV package. Rates change by soxr at its high quality, as in the original's own
preparation; streaming gives the same samples as one shot.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soundfile
import torch
from torch import Tensor

from tokenizer.errors import RecordingTooLongError, WaveformError
from tokenizer.files.plain_file import open_plain
from tokenizer.recordings.foreign_audio import SourceAudio, open_foreign

DEFAULT_LIMIT_SECONDS = 4 * 3600.0
SHORTEST_SECONDS = 0.04  # one frame of the published codec
MOST_CHANNELS = 64
SHORTEST_SHARE, SLACK_SECONDS = 0.95, 0.5
"""Of the length that a file says it has: what is shorter was cut off."""
_BLOCK_FRAMES = 1 << 16
_RATES = range(1_000, 1_000_001)


def to_mono(samples: Tensor | np.ndarray, sample_rate: int, wanted_rate: int) -> Tensor:
    """[samples] or [channels, samples] -> [samples] at the wanted rate, checked.

    For at most `DEFAULT_LIMIT_SECONDS` of sound; longer sound comes in blocks.
    """
    _check_rate(sample_rate, "the sound")
    wave = _as_array(samples, sample_rate)
    if len(wave) < SHORTEST_SECONDS * sample_rate:
        raise _too_short("the sound", len(wave), sample_rate)
    blocks = _resampled(_checked([wave], sample_rate, "the sound"), sample_rate, wanted_rate)
    return torch.from_numpy(np.concatenate(list(blocks)))


def read_waveform(
    path: Path, wanted_rate: int, limit_seconds: float = DEFAULT_LIMIT_SECONDS
) -> Tensor:
    """The whole recording as mono samples at the wanted rate."""
    return torch.from_numpy(np.concatenate(list(waveform_blocks(path, wanted_rate, limit_seconds))))


def waveform_blocks(
    path: Path, wanted_rate: int, limit_seconds: float = DEFAULT_LIMIT_SECONDS
) -> Iterator[np.ndarray]:
    """The recording's mono samples at the wanted rate, in blocks; at least one frame in all."""
    with closing(open_recording(path)) as source:
        _check_rate(source.sample_rate, str(path))
        if source.seconds is not None:
            _check_limit(path, source.seconds, limit_seconds)
        mono = _mixed(_whole(source, path))
        checked = _checked(mono, source.sample_rate, str(path))
        limited = _limited(checked, path, source.sample_rate, limit_seconds)
        yield from _resampled(limited, source.sample_rate, wanted_rate)


def open_recording(path: Path) -> SourceAudio:
    """The recording as it is stored: its rate, its length if it is told, its blocks.

    Opened once, here: whoever reads it is handed what was opened, and never the name.
    """
    file = _opened(path)
    try:
        if os.fstat(file.fileno()).st_size == 0:
            raise WaveformError(f"{path} is empty")
        try:
            sound = soundfile.SoundFile(file.fileno(), closefd=False)
        except soundfile.SoundFileError:
            file.seek(0)
            return open_foreign(path, file)
    except BaseException:
        file.close()
        raise
    seconds = sound.frames / sound.samplerate
    return SourceAudio(sound.samplerate, seconds, _sound_file_blocks(path, sound), file.close)


def _opened(path: Path) -> BinaryIO:
    try:
        return open_plain(path)
    except FileNotFoundError:
        raise WaveformError(f"{path} does not exist") from None
    except OSError as problem:
        is_no_file = path.exists() and not path.is_file()
        reason = "is not a file" if is_no_file else f"cannot be read: {problem.strerror}"
        raise WaveformError(f"{path} {reason}") from None


def _sound_file_blocks(path: Path, sound: soundfile.SoundFile) -> Iterator[np.ndarray]:
    try:
        with sound:
            while len(block := sound.read(_BLOCK_FRAMES, dtype="float32", always_2d=True)):
                yield block
    except soundfile.SoundFileError as problem:
        raise WaveformError(f"{path} cannot be read to its end: {problem}") from None


def _as_array(samples: Tensor | np.ndarray, rate: int) -> np.ndarray:
    if isinstance(samples, Tensor):
        # numpy has no bfloat16.
        held = samples.detach().cpu()
        wave = (held.float() if held.is_floating_point() else held).numpy()
    else:
        wave = np.asarray(samples)
    if wave.ndim not in (1, 2):
        raise WaveformError(f"samples must be [samples] or [channels, samples], not {wave.shape}")
    if not np.issubdtype(wave.dtype, np.floating):
        raise WaveformError(
            f"samples must be floating point numbers of full scale 1.0, not {wave.dtype}"
        )
    if wave.ndim == 2 and wave.shape[0] > max(MOST_CHANNELS, wave.shape[1]):
        raise WaveformError(
            f"samples must be [channels, samples], not {list(wave.shape)}",
            hint="transpose them: samples.T",
        )
    if wave.shape[-1] > DEFAULT_LIMIT_SECONDS * rate:
        hours, limit = wave.shape[-1] / rate / 3600, DEFAULT_LIMIT_SECONDS / 3600
        raise WaveformError(
            f"the sound lasts {hours:.2f} h, over the limit of {limit:g} h",
            hint="encode it in blocks: codec.encode_blocks(blocks)",
        )
    # Beyond float32 lies infinity, which is refused with its place.
    with np.errstate(over="ignore"):
        mono = wave if wave.ndim == 1 else wave.sum(axis=0, dtype=np.float32) / max(1, len(wave))
        return np.ascontiguousarray(mono if len(wave) else mono[:0], dtype=np.float32)


def _whole(source: SourceAudio, path: Path) -> Iterator[np.ndarray]:
    """What is decoded lasts about as long as the file says."""
    count = 0
    for block in source.blocks:
        count += len(block)
        yield block
    seconds = count / source.sample_rate
    if source.seconds is not None and seconds < source.seconds * SHORTEST_SHARE - SLACK_SECONDS:
        raise WaveformError(
            f"{path} ends after {seconds:.1f} s of the {source.seconds:.1f} s that it should have",
            hint="it was cut short; copy it again",
        )


def _mixed(blocks: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    """[frames, channels] -> [frames], all channels alike."""
    for block in blocks:
        yield np.ascontiguousarray(block.mean(axis=1, dtype=np.float32))


def _checked(blocks: Iterable[np.ndarray], rate: int, name: str) -> Iterator[np.ndarray]:
    """No sample may be infinite or not a number; there must be one frame's worth of them."""
    seen = 0
    for block in blocks:
        finite = np.isfinite(block)
        if not finite.all():
            at_seconds = (seen + int(np.argmin(finite))) / rate
            raise WaveformError(
                f"{name} holds a sample that is not a number, at {at_seconds:.3f} s"
            )
        seen += len(block)
        yield block
    if seen < SHORTEST_SECONDS * rate:
        raise _too_short(name, seen, rate)


def _limited(
    blocks: Iterable[np.ndarray], path: Path, rate: int, limit_seconds: float
) -> Iterator[np.ndarray]:
    """For files that do not tell their length beforehand."""
    seen = 0
    for block in blocks:
        seen += len(block)
        _check_limit(path, seen / rate, limit_seconds, at_least=True)
        yield block


def _resampled(blocks: Iterable[np.ndarray], rate: int, wanted: int) -> Iterator[np.ndarray]:
    if rate == wanted:
        yield from blocks
        return
    import soxr  # who only decodes takes never waits for it

    stream = soxr.ResampleStream(rate, wanted, 1, dtype="float32", quality="HQ")
    for block in blocks:
        if len(resampled := stream.resample_chunk(block)):
            yield resampled
    yield stream.resample_chunk(np.zeros(0, np.float32), last=True)


def _check_rate(rate: int, name: str) -> None:
    if rate not in _RATES:
        raise WaveformError(f"{name} has a sample rate of {rate} Hz: 1 kHz to 1 MHz are read")


def _check_limit(path: Path, seconds: float, limit: float, *, at_least: bool = False) -> None:
    if seconds > limit:
        more = "at least " if at_least else ""
        raise RecordingTooLongError(
            f"{path} lasts {more}{seconds / 3600:.2f} h, over the limit of {limit / 3600:g} h",
            wanted_hours=int(seconds / 3600) + 1,
        )


def _too_short(name: str, count: int, rate: int) -> WaveformError:
    if count == 0:
        return WaveformError(f"{name} holds no sound")
    shortest = SHORTEST_SECONDS * 1000
    length = 1000 * count / rate
    return WaveformError(
        f"{name} holds {count} samples ({length:.2f} ms): at least {shortest:.0f} ms are needed"
    )
