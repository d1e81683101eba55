"""Encodes with PyAV, which brings FFmpeg's libraries along."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import TYPE_CHECKING, Any, BinaryIO

from higgs_cli.audio.clip import Samples
from higgs_cli.errors import HiggsError
from higgs_cli.output.formats.encodings import Encoding
from higgs_cli.output.formats.labels import ChapterMark, Labels, Picture
from higgs_cli.output.formats.tags import (
    CHAPTERS_BY_FFMPEG,
    clean,
    milliseconds,
    muxer_options,
    tags_of,
)

if TYPE_CHECKING:
    import av


@contextmanager
def opened(
    file: BinaryIO, encoding: Encoding, sample_rate: int, labels: Labels
) -> Iterator[PyavEncoder]:
    """The file is whole when the block is left, and abandoned after an error."""
    import av

    name = f"/proc/self/fd/{file.fileno()}"
    options = muxer_options(encoding)
    try:
        with av.open(name, "w", format=encoding.container, options=options) as container:
            encoder = PyavEncoder(container, encoding, sample_rate, labels)
            yield encoder
            encoder.finish()
    except av.FFmpegError as error:
        if isinstance(error, OSError):  # what the disk says is told as of any other file
            raise
        raise HiggsError(f"FFmpeg could not encode: {error.strerror}") from error


class PyavEncoder:
    """One stream of sound in one container, and a picture beside it."""

    def __init__(
        self, container: Any, encoding: Encoding, sample_rate: int, labels: Labels
    ) -> None:
        from av.codec.context import Flags

        self._container = container
        self._rate = sample_rate
        told = dict(encoding.options)
        self._stream = container.add_stream(encoding.encoder, rate=sample_rate, options=told)
        self._stream.layout = "mono"
        self._stream.bit_rate = encoding.bit_rate
        self._stream.codec_context.flags |= Flags.bitexact
        self._format = _float_format(self._stream.codec_context.codec)
        self._stream.format = self._format
        self._sample_count = 0
        container.metadata.update(tags_of(encoding, labels))
        if encoding.container in CHAPTERS_BY_FFMPEG:
            container.set_chapters(list(_chapters(labels.chapters)))
        cover = labels.cover if encoding.container == "mp4" else None
        picture = cover and _picture_packet(_picture_stream(container, cover), cover)
        container.start_encoding()
        if picture is not None:
            container.mux(picture)

    def write(self, samples: Samples) -> None:
        from av import AudioFrame

        frame = AudioFrame.from_ndarray(samples.reshape(1, -1), format=self._format, layout="mono")
        frame.sample_rate = self._rate
        frame.pts = self._sample_count
        self._sample_count += len(samples)
        self._mux(frame)  # the codec cuts it into frames of its own

    def finish(self) -> None:
        self._mux(None)

    def _mux(self, frame: av.AudioFrame | None) -> None:
        for packet in self._stream.encode(frame):
            self._container.mux(packet)


def _float_format(codec: Any) -> str:
    """Floating-point samples, as the encoder takes them."""
    names = [each.name for each in codec.audio_formats]
    return "fltp" if "fltp" in names else "flt"


def _chapters(chapters: tuple[ChapterMark, ...]) -> Iterator[dict[str, Any]]:
    for number, chapter in enumerate(chapters):
        start, end = milliseconds(chapter)
        yield {
            "id": number,
            "start": start,
            "end": end,
            "time_base": Fraction(1, 1000),
            "metadata": {"title": clean(chapter.title)},
        }


def _picture_stream(container: Any, cover: Picture) -> Any:
    from av.stream import Disposition

    codec = "png" if cover.media_type == "image/png" else "mjpeg"
    stream = container.add_mux_stream(codec, width=cover.width, height=cover.height)
    stream.disposition = Disposition.attached_pic
    return stream


def _picture_packet(stream: Any, cover: Picture) -> Any:
    import av

    packet = av.Packet(cover.data)
    packet.stream = stream
    packet.pts = packet.dts = 0
    packet.time_base = Fraction(1, 1000)
    packet.is_keyframe = True
    return packet
