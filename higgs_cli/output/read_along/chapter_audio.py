"""The sound of a book cut into one file a chapter, encoded as it passes."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from higgs_cli.audio.clip import Samples
from higgs_cli.output.formats.encoder import encoding_into
from higgs_cli.output.formats.encodings import Encoding
from higgs_cli.output.formats.labels import ChapterMark, Labels
from higgs_cli.output.read_along.container import Container


@dataclass(frozen=True)
class EncodedChapters:
    """What came to lie in the archive, all chapters together."""

    sample_rate: int
    sample_count: int


def write_chapters(
    pieces: Iterator[Samples],
    sample_rate: int,
    marks: Sequence[ChapterMark],
    encoding: Encoding,
    container: Container,
    names: Sequence[str],
) -> EncodedChapters:
    """One entry a chapter under these names; the last takes all that is left."""
    ends: list[int | None] = [round(mark.end_seconds * sample_rate) for mark in marks[:-1]]
    sound, count, rate = _Cut(pieces), 0, encoding.rate_of(sample_rate)
    for name, end in zip(names, [*ends, None], strict=True):
        with tempfile.TemporaryFile() as file:
            with encoding_into(file, encoding, sample_rate, Labels()) as encoder:
                for samples in sound.until(end):
                    encoder.write(samples)
            container.add_file(name, file)
            count += encoder.sample_count
    return EncodedChapters(rate, count)


class _Cut:
    """Samples that come in pieces, handed on up to any place."""

    def __init__(self, pieces: Iterator[Samples]) -> None:
        self._pieces = pieces
        self._at = 0
        self._left: Samples | None = None

    def until(self, end: int | None) -> Iterator[Samples]:
        """All before this sample, counted from the first of all; None for all."""
        while (samples := self._next()) is not None:
            count = len(samples) if end is None else min(len(samples), end - self._at)
            self._left = samples[count:] if count < len(samples) else None
            self._at += count
            if count:
                yield samples[:count]
            if self._left is not None:
                return

    def _next(self) -> Samples | None:
        left, self._left = self._left, None
        return left if left is not None else next(self._pieces, None)
