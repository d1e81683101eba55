"""Encodes with an installed ffmpeg, which is fed through a pipe and writes to a handle of ours."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import IO, BinaryIO

from higgs_cli.audio.clip import Samples
from higgs_cli.errors import HiggsError
from higgs_cli.output.formats.encodings import Encoding
from higgs_cli.output.formats.labels import Labels, Picture
from higgs_cli.output.formats.tags import (
    CHAPTERS_BY_FFMPEG,
    clean,
    milliseconds,
    muxer_options,
    tags_of,
)

OF_THE_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS)
TO_BE_ESCAPED = "=;#\\\n"


@contextmanager
def opened(
    file: BinaryIO, encoding: Encoding, sample_rate: int, labels: Labels
) -> Iterator[FfmpegEncoder]:
    """The file is whole when the block is left; after an error the program is ended."""
    with ExitStack() as held:
        said = held.enter_context(tempfile.TemporaryFile())
        described = _handed_over(held, _described(encoding, labels))
        cover = labels.cover if encoding.container == "mp4" else None
        picture = _handed_over(held, cover.data) if cover else None
        handles = [file.fileno(), described, *([] if picture is None else [picture])]
        process = subprocess.Popen(
            [
                *("ffmpeg", "-hide_banner", "-v", "error", "-y"),
                *("-f", "f32le", "-ar", str(sample_rate), "-ac", "1", "-i", "pipe:0"),
                *("-f", "ffmetadata", "-i", _name(described)),
                *_of_picture(picture, cover),
                *_of_sound(encoding),
                *("-f", encoding.container, _name(file.fileno())),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=said,
            env={**os.environ, "LC_ALL": "C"},
            pass_fds=handles,
            start_new_session=True,  # Ctrl-C is for us: we end it
            restore_signals=False,  # a file that may not grow is an error, and ends nobody
        )
        held.callback(_ended, process)
        encoder = FfmpegEncoder(process, said)
        yield encoder
        encoder.finish()


def _of_picture(handle: int | None, cover: Picture | None) -> list[str]:
    if handle is None or cover is None:
        return []
    form = "png_pipe" if cover.media_type == "image/png" else "jpeg_pipe"
    copied = ["-map", "2:v", "-c:v", "copy", "-disposition:v", "attached_pic"]
    return ["-f", form, "-i", _name(handle), *copied]


def _of_sound(encoding: Encoding) -> list[str]:
    """How it is encoded and written."""
    chapters = "1" if encoding.container in CHAPTERS_BY_FFMPEG else "-1"
    told = [*encoding.options, *muxer_options(encoding).items()]
    options = [(f"-{name}", value) for name, value in told]
    return [
        *("-map", "0:a", "-map_metadata", "1", "-map_chapters", chapters),
        *("-c:a", encoding.encoder, "-b:a", str(encoding.bit_rate)),
        *("-flags:a", "+bitexact", "-ac", "1"),
        *(part for option in options for part in option),
    ]


class FfmpegEncoder:
    """A program that takes samples as they are in memory."""

    def __init__(self, process: subprocess.Popen[bytes], said: IO[bytes]) -> None:
        self._process = process
        self._said = said

    def write(self, samples: Samples) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(samples.astype("<f4", copy=False).tobytes())
        except BrokenPipeError:
            self._process.wait()
            raise self._failed() from None

    def finish(self) -> None:
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        if self._process.wait():
            raise self._failed()

    def _failed(self) -> Exception:
        """Its own last words; what the disk says is told as of any other file."""
        self._said.seek(0)
        lines = self._said.read().decode(errors="replace").strip().splitlines()
        for number in OF_THE_DISK:
            if any(os.strerror(number) in line for line in lines):
                return OSError(number, os.strerror(number))
        reason = lines[-1] if lines else _ending(self._process.returncode)
        return HiggsError(f"ffmpeg could not encode: {reason}")


def _ending(code: int) -> str:
    return f"it was ended by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def _handed_over(held: ExitStack, data: bytes) -> int:
    """Bytes as a file without a name that the program can read."""
    handle = os.memfd_create("higgs")
    held.callback(os.close, handle)
    with os.fdopen(os.dup(handle), "wb") as file:
        file.write(data)
    return handle


def _name(handle: int) -> str:
    """An open file, as the program opens it."""
    return f"/proc/self/fd/{handle}"


def _ended(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.kill()
    if process.stdin is not None:
        with suppress(BrokenPipeError):
            process.stdin.close()
    process.wait()


def _described(encoding: Encoding, labels: Labels) -> bytes:
    """Tags and chapters in FFmpeg's own format."""
    lines = [";FFMETADATA1"]
    lines += [f"{name}={_escaped(value)}" for name, value in tags_of(encoding, labels).items()]
    for chapter in labels.chapters:
        start, end = milliseconds(chapter)
        lines += ["[CHAPTER]", "TIMEBASE=1/1000", f"START={start}", f"END={end}"]
        lines.append(f"title={_escaped(clean(chapter.title))}")
    return "\n".join(lines).encode() + b"\n"


def _escaped(text: str) -> str:
    return "".join(f"\\{each}" if each in TO_BE_ESCAPED else each for each in text)
