"""The answer to a conversation, as it comes: words as words, stretches of sound decoded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

from higgs_cli.server.mailbox import SpokenPiece, end_of_chunk
from higgs_cli.server.piece_sound import PieceSound
from higgs_cli.speech.chat import ChatEnd, ChatEvent, ChatFrames, ChatWords

if TYPE_CHECKING:
    from higgs_cli.speech.protocol import Samples

ChatPart: TypeAlias = "ChatWords | Samples | ChatEnd"


class ChatAnswer:
    """For one thread at a time."""

    def __init__(self, sound: PieceSound) -> None:
        self._sound = sound
        self._segment: int | None = None
        """The stretch of sound that is open."""

    def add(self, events: Sequence[ChatEvent]) -> list[ChatPart]:
        """Words and the end as they are; sound as far as it is settled."""
        parts: list[ChatPart] = []
        pieces: list[SpokenPiece] = []
        for event in events:
            if isinstance(event, ChatFrames):
                if self._segment not in (None, event.segment):
                    pieces.append(end_of_chunk())
                self._segment = event.segment
                pieces.append(SpokenPiece(event.codes))
                continue
            if self._segment is not None:
                pieces.append(end_of_chunk())
                self._segment = None
            parts += [*self._settled(pieces), event]
            pieces = []
        return parts + self._settled(pieces)

    def finish(self) -> list[ChatPart]:
        """Sound that is left, where the answer broke off."""
        rest = self._sound.finish()
        return [rest] if len(rest) else []

    def _settled(self, pieces: list[SpokenPiece]) -> list[ChatPart]:
        samples = self._sound.add(pieces)
        return [samples] if len(samples) else []
