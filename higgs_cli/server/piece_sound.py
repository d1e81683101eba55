"""Pieces of codes become sound as they come: takes one after another, each decoded by itself.

The raw takes, joined: neither edges nor pauses nor levels are touched, which are a render's to
master. Decoded in windows with all that a frame depends on around it, so that there is no seam.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from higgs_cli.audio.tempo import Tempo
from higgs_cli.server.mailbox import SpokenPiece
from higgs_cli.speech.protocol import SideDecoder, SoundStream

if TYPE_CHECKING:
    from higgs_cli.speech.protocol import Samples


class PieceSound:
    """For one thread at a time."""

    def __init__(self, decoder: SideDecoder, speed: float, sample_rate: int) -> None:
        self._decoder = decoder
        self._tempo = Tempo(speed, sample_rate)
        self._take: SoundStream | None = None

    def add(self, pieces: Sequence[SpokenPiece]) -> Samples:
        """What is settled with these."""
        return self._tempo.push(_joined(self._decoded(pieces)))

    def finish(self) -> Samples:
        """The rest, once all pieces came."""
        return self._tempo.finish()

    def _decoded(self, pieces: Sequence[SpokenPiece]) -> list[Samples]:
        sounds: list[Samples] = []
        held = []
        for piece in pieces:
            if piece.codes.size:
                held.append(piece.codes)
            if piece.ends_chunk:
                sounds += self._pushed(held)
                held = []
                if self._take is not None:
                    sounds.append(self._take.finish())
                    self._take = None
        return [*sounds, *self._pushed(held)]

    def _pushed(self, held: list[np.ndarray]) -> list[Samples]:
        if not held:
            return []
        self._take = self._take or self._decoder.stream()
        return [self._take.push(np.concatenate(held, axis=1))]


def _joined(sounds: Sequence[Samples]) -> Samples:
    return np.concatenate([np.zeros(0, np.float32), *sounds])
