"""Recordings that libsndfile does not know, through FFmpeg: the program, or the PyAV package.

A file is data, never an instruction: FFmpeg may open this one file only, no playlists, no network.
"""

from __future__ import annotations

import importlib.util
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Callable, Iterator
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
    close: Callable[[], None] = lambda: None  # however much of it has been read


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
    # Complaints go to a file: a pipe that nobody reads would fill up and stop the program.
    complaints = tempfile.TemporaryFile()  # noqa: SIM115
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=complaints)
    assert process.stdout is not None
    program = _Program(path, process, process.stdout, complaints)
    header = program.output.read(_AU_HEADER.size)
    if len(header) < _AU_HEADER.size:
        raise program.refusal()
    _, header_size, _, _, rate, channels = _AU_HEADER.unpack(header)
    program.output.read(header_size - _AU_HEADER.size)
    return SourceAudio(rate, None, program.blocks(channels), program.close)


@dataclass(frozen=True)
class _Program:
    """FFmpeg at work on one file."""

    path: Path
    process: subprocess.Popen[bytes]
    output: IO[bytes]
    complaints: IO[bytes]

    def blocks(self, channels: int) -> Iterator[np.ndarray]:
        while data := self.output.read(_BLOCK_FRAMES * channels * 4):
            whole = len(data) // (4 * channels) * channels
            yield np.frombuffer(data, ">f4", count=whole).reshape(-1, channels).astype(np.float32)
        if self.process.wait() != 0:
            raise self.refusal()

    def refusal(self) -> WaveformError:
        self.process.wait()
        self.complaints.seek(0)
        lines = self.complaints.read().decode(errors="replace").strip().splitlines()
        self.close()
        reason = lines[-1] if lines else "no reason given"
        return WaveformError(f"{self.path} cannot be read as sound: {reason}")

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self.output.close()
        self.complaints.close()


def _through_package(path: Path) -> SourceAudio:
    import av

    try:
        container = av.open(f"file:{path}", options={"protocol_whitelist": "file,pipe"})
        stream = container.streams.audio[0]
    except (av.FFmpegError, IndexError) as problem:
        raise WaveformError(f"{path} cannot be read as sound: {problem}") from None
    rate = int(stream.rate)
    return SourceAudio(rate, None, _package_blocks(path, container, rate), container.close)


def _package_blocks(path: Path, container: object, rate: int) -> Iterator[np.ndarray]:
    import av

    planar = av.AudioResampler(format="fltp", rate=rate)
    try:
        for frame in container.decode(audio=0):  # type: ignore[attr-defined]
            for part in planar.resample(frame):
                yield np.ascontiguousarray(part.to_ndarray().T)
    except av.FFmpegError as problem:
        raise WaveformError(f"{path} cannot be read to its end: {problem}") from None
