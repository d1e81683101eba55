"""Recordings that libsndfile does not know, through FFmpeg: the program, or the PyAV package.

A file is data, never an instruction: FFmpeg may open this one file only, no playlists, no network.
"""

from __future__ import annotations

import importlib.util
import shutil
import struct
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from tokenizer.errors import WaveformError

_BLOCK_FRAMES = 1 << 16
_AU_HEADER = struct.Struct(">4sIIIII")  # magic, header size, data size, encoding, rate, channels


@dataclass(frozen=True)
class SourceAudio:
    """A recording as stored; `blocks` yields [frames, channels] and can be read once."""

    sample_rate: int
    seconds: float | None  # None where the file does not tell
    blocks: Iterator[np.ndarray]


def open_foreign(path: Path) -> SourceAudio:
    """Whatever FFmpeg makes of the file."""
    if shutil.which("ffmpeg"):
        return _through_program(path)
    if importlib.util.find_spec("av"):
        return _through_package(path)
    raise WaveformError(
        f"{path} is in no format that libsndfile reads, and FFmpeg is not installed",
        hint="apt-get install ffmpeg (or: pip install av), or convert it to WAV or FLAC",
    )


def _through_program(path: Path) -> SourceAudio:
    """AU is the one plain container with rate and channels in a header that a pipe can carry."""
    command = ["ffmpeg", "-nostdin", "-v", "error", "-protocol_whitelist", "file,pipe"]
    command += ["-i", f"file:{path}", "-map", "0:a:0", "-c:a", "pcm_f32be", "-f", "au", "-"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    header = process.stdout.read(_AU_HEADER.size)
    if len(header) < _AU_HEADER.size:
        raise _refused(path, process)
    _, header_size, _, _, rate, channels = _AU_HEADER.unpack(header)
    process.stdout.read(header_size - _AU_HEADER.size)
    return SourceAudio(rate, None, _program_blocks(path, process, process.stdout, channels))


def _program_blocks(
    path: Path, process: subprocess.Popen[bytes], pipe: IO[bytes], channels: int
) -> Iterator[np.ndarray]:
    try:
        while data := pipe.read(_BLOCK_FRAMES * channels * 4):
            whole = len(data) // (4 * channels) * channels
            yield np.frombuffer(data, ">f4", count=whole).reshape(-1, channels).astype(np.float32)
        if process.wait() != 0:
            raise _refused(path, process)
    finally:
        process.kill()
        process.communicate()


def _refused(path: Path, process: subprocess.Popen[bytes]) -> WaveformError:
    _, complaint = process.communicate()
    lines = complaint.decode(errors="replace").strip().splitlines() or ["no reason given"]
    return WaveformError(f"{path} cannot be read as sound: {lines[-1]}")


def _through_package(path: Path) -> SourceAudio:
    import av

    try:
        container = av.open(f"file:{path}", options={"protocol_whitelist": "file,pipe"})
        stream = container.streams.audio[0]
    except (av.FFmpegError, IndexError) as problem:
        raise WaveformError(f"{path} cannot be read as sound: {problem}") from None
    rate = int(stream.rate)
    return SourceAudio(rate, None, _package_blocks(path, container, rate))


def _package_blocks(path: Path, container: object, rate: int) -> Iterator[np.ndarray]:
    import av

    planar = av.AudioResampler(format="fltp", rate=rate)
    try:
        for frame in container.decode(audio=0):  # type: ignore[attr-defined]
            for part in planar.resample(frame):
                yield np.ascontiguousarray(part.to_ndarray().T)
    except av.FFmpegError as problem:
        raise WaveformError(f"{path} cannot be read to its end: {problem}") from None
    finally:
        container.close()  # type: ignore[attr-defined]
