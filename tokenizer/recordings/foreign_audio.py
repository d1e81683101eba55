"""Recordings that libsndfile does not know, through FFmpeg: the program, or the PyAV package.

A file is data, never an instruction. FFmpeg is handed the open file and never a name: the program
on its standard input, through its cache, since an ordinary M4A has its index at the end and must be
sought in. Of its readers, those that know references to other files are not allowed, and no
protocol that could follow one: no playlist, no network, no file.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO

import numpy as np

from tokenizer.errors import WaveformError

READERS = (
    "mov,matroska,mp3,aac,ogg,wav,w64,flac,aiff,au,caf,amr,asf,ape,wv,ac3,eac3,avi,mpegts,mpeg,"
    "flv,tta,dsf"
)
"""None of them opens a second file, whatever stands in the first."""
GUESSING_READERS = frozenset({"mp3", "aac", "ac3", "eac3", "mpegts", "mpeg", "amr"})
"""They guess how long a file is by its size."""

_BLOCK_FRAMES = 1 << 16
_MOST_SAID = 1 << 20
_AU_HEADER = struct.Struct(">4sIIIII")  # magic, header size, data size, encoding, rate, channels
_INPUT = "cache:pipe:0"
_COMMAND = (
    "ffmpeg -nostdin -hide_banner -nostats -v level+info -protocol_whitelist cache,pipe "
    f"-format_whitelist {READERS} -read_ahead_limit -1 -i {_INPUT} -vn -sn -dn -map 0:a:0 "
    "-c:a pcm_f32be -f au -"
)
_DURATION = re.compile(r"\[info\] *Duration: (\d+):(\d+):(\d+\.\d+)")
_STREAM = re.compile(
    r"^\[info\] *Stream #0:\d[^:\n]*: (?:Audio|Video): (?!.*attached pic)", re.MULTILINE
)
_GUESSED = "Estimating duration from bitrate"
_TROUBLE = re.compile(r"\[(?:error|fatal)\] (.*)")
_NOT_TROUBLE = ("Inner protocol failed to seekback", "Conversion failed")


@dataclass(frozen=True)
class SourceAudio:
    """A recording as stored; `blocks` yields [frames, channels] and can be read once."""

    sample_rate: int
    seconds: float | None  # None where the file does not tell
    blocks: Iterator[np.ndarray]
    close: Callable[[], None] = lambda: None  # however much of it has been read


def open_foreign(path: Path, file: BinaryIO) -> SourceAudio:
    """Whatever FFmpeg makes of the file, which is closed with it; `path` is what errors call it."""
    if shutil.which("ffmpeg"):
        return _through_program(path, file)
    if importlib.util.find_spec("av"):
        return _through_package(path, file)
    raise WaveformError(
        f"{path} is in no format that libsndfile reads, and FFmpeg is not installed",
        hint="apt-get install ffmpeg (or: pip install av), or convert it to WAV or FLAC",
    )


def _through_program(path: Path, file: BinaryIO) -> SourceAudio:
    """AU is the one plain container with rate and channels in a header that a pipe can carry."""
    # Complaints go to a file: a pipe that nobody reads would fill up and stop the program.
    complaints = tempfile.TemporaryFile()  # noqa: SIM115
    with file:
        process = subprocess.Popen(
            _COMMAND.split(), stdin=file, stdout=subprocess.PIPE, stderr=complaints
        )
    assert process.stdout is not None
    program = _Program(path, process, process.stdout, complaints)
    header = program.output.read(_AU_HEADER.size)
    if len(header) < _AU_HEADER.size:
        raise program.refusal()
    _, header_size, _, _, rate, channels = _AU_HEADER.unpack(header)
    program.output.read(header_size - _AU_HEADER.size)
    return SourceAudio(rate, program.seconds(), program.blocks(channels), program.close)


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

    def seconds(self) -> float | None:
        """What the file says of its length, where that is no guess, nor another stream's."""
        said = self._said().partition("Stream mapping:")[0]
        duration = _DURATION.search(said)
        if duration is None or _GUESSED in said or len(_STREAM.findall(said)) > 1:
            return None
        hours, minutes, seconds = duration.groups()
        return 3600 * int(hours) + 60 * int(minutes) + float(seconds)

    def refusal(self) -> WaveformError:
        self.process.wait()
        reasons = [
            each for each in _TROUBLE.findall(self._said()) if not each.startswith(_NOT_TROUBLE)
        ]
        self.close()
        reason = reasons[-1].removeprefix(f"{_INPUT}: ") if reasons else "no reason given"
        return WaveformError(f"{self.path} cannot be read as sound: {reason}")

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self.output.close()
        self.complaints.close()

    def _said(self) -> str:
        """So far; the program's own place in the file, which is ours as well, stays."""
        return os.pread(self.complaints.fileno(), _MOST_SAID, 0).decode(errors="replace")


def _through_package(path: Path, file: BinaryIO) -> SourceAudio:
    import av

    options = {"protocol_whitelist": "none", "format_whitelist": READERS}
    try:
        container = av.open(file, options=options)
        stream = container.streams.audio[0]
    except (av.FFmpegError, IndexError) as problem:
        file.close()
        raise WaveformError(f"{path} cannot be read as sound: {problem}") from None
    seconds = None
    if container.format.name not in GUESSING_READERS and stream.duration is not None:
        seconds = float(stream.duration * stream.time_base)

    def close() -> None:
        container.close()
        file.close()

    rate = int(stream.rate)
    return SourceAudio(rate, seconds, _package_blocks(path, container, rate), close)


def _package_blocks(path: Path, container: object, rate: int) -> Iterator[np.ndarray]:
    import av

    planar = av.AudioResampler(format="fltp", rate=rate)
    try:
        for frame in container.decode(audio=0):  # type: ignore[attr-defined]
            for part in planar.resample(frame):
                yield np.ascontiguousarray(part.to_ndarray().T)
    except av.FFmpegError as problem:
        raise WaveformError(f"{path} cannot be read to its end: {problem}") from None
