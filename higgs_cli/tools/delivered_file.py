"""A file as it was delivered: how it is coded, and all of its sound, a block at a time.

libsndfile decodes what it knows, FFmpeg (the program, or PyAV) the rest.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from higgs_cli.errors import FormatError, UsageError
from higgs_cli.files.plain_file import opened_plain
from higgs_cli.tools.mp3_frames import bit_rates

if TYPE_CHECKING:
    import numpy as np
    import soundfile

BLOCK_FRAMES = 1 << 16


@dataclass(frozen=True)
class Coding:
    """How the file is coded."""

    form: str
    """wav, flac, mp3, m4b …: as its content says, else as its name ends."""
    size_bytes: int
    kbps: float | None = None
    """Of an MP3, as its frames say."""
    is_constant: bool | None = None
    """Is an MP3 at one bit rate throughout?"""


@dataclass(frozen=True)
class DeliveredFile:
    """Its coding, and its sound, which can be read once."""

    coding: Coding
    sample_rate: int
    blocks: Iterator[np.ndarray]
    """[frames, channels]."""


@contextmanager
def opened_delivered(path: Path) -> Iterator[DeliveredFile]:
    """The file, opened once; what cannot be decoded is refused."""
    try:
        with opened_plain(path) as file:
            coding = _coding(path, file)
            os.lseek(file.fileno(), 0, os.SEEK_SET)
            with _opened(path, file, coding) as found:
                yield found
    except FileNotFoundError:
        raise UsageError(f"{path}: no such file") from None
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror or error}") from None


def _opened(path: Path, file: BinaryIO, coding: Coding) -> AbstractContextManager[DeliveredFile]:
    """An MP3 goes through FFmpeg where there is one: the other decoder talks to the terminal."""
    import soundfile

    has_ffmpeg = shutil.which("ffmpeg") or importlib.util.find_spec("av")
    if coding.form == "mp3" and has_ffmpeg:
        return _foreign(path, file, coding)
    try:
        sound = soundfile.SoundFile(file.fileno(), closefd=False)
    except soundfile.SoundFileError:
        return _foreign(path, file, coding)
    return _known(path, sound, coding)


@contextmanager
def _known(path: Path, sound: soundfile.SoundFile, coding: Coding) -> Iterator[DeliveredFile]:
    with sound:
        coding = replace(coding, form=coding.form or sound.format.lower())
        yield DeliveredFile(coding, sound.samplerate, _blocks(path, sound))


@contextmanager
def _foreign(path: Path, file: BinaryIO, coding: Coding) -> Iterator[DeliveredFile]:
    """What libsndfile does not know."""
    from tokenizer.errors import WaveformError
    from tokenizer.recordings.foreign_audio import open_foreign

    own = os.fdopen(os.dup(file.fileno()), "rb")
    own.seek(0)
    form = coding.form or path.suffix.lower().removeprefix(".") or "unknown"
    try:
        with closing(open_foreign(path, own)) as source:
            yield DeliveredFile(replace(coding, form=form), source.sample_rate, source.blocks)
    except WaveformError as error:
        raise FormatError(error.message, hint=error.hint) from None


def _coding(path: Path, file: BinaryIO) -> Coding:
    """An MP3 is known by its frames, whatever it is called."""
    size = os.fstat(file.fileno()).st_size
    head = file.read(3)
    is_mp3 = path.suffix.lower() == ".mp3" or head == b"ID3"
    rates = bit_rates(file) if is_mp3 else None
    if rates is None or not rates.frames:
        return Coding("", size)
    return Coding("mp3", size, rates.mean_kbps, rates.is_constant)


def _blocks(path: Path, sound: soundfile.SoundFile) -> Iterator[np.ndarray]:
    import soundfile

    try:
        while len(block := sound.read(BLOCK_FRAMES, dtype="float32", always_2d=True)):
            yield block
    except soundfile.SoundFileError as error:
        raise FormatError(f"{path}: cannot be read to its end: {error}") from None
