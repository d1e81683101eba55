"""Prompts as the engine takes them: a prefix, then one turn after another in an open context.

The context of a run only ever grows; nothing that was written is tokenized again:

    prefix(conversation) opening(t1) | spoken(c1) | closing opening(t2) | spoken(c2) | …

which is, position by position, the context written at once. `continuation` is closing and opening.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from tokenizer.prompts.layouts import Conversation, user_turn
from tokenizer.prompts.messages import AudioContent, Message
from tokenizer.prompts.pieces import (
    MarkPiece,
    PromptPiece,
    WordsPiece,
    boson_pieces,
    header_pieces,
    joined_words,
    message_pieces,
    template_message,
    template_pieces,
)
from tokenizer.prompts.positions import (
    ExpandedPrompt,
    StreamShape,
    expand_codes,
    expand_features,
    expand_words,
    joined,
)
from tokenizer.prompts.special_tokens import (
    AUDIO_EOS,
    AUDIO_IN,
    AUDIO_OUT,
    AUDIO_OUT_BOS,
    BEGIN_OF_TEXT,
    END_OF_TURN,
)
from tokenizer.prompts.text import TextTokenizer

PromptStyle = Literal["boson", "transformers"]


class PromptWriter:
    """Writes prompts for one checkpoint, in one style."""

    def __init__(
        self,
        text: TextTokenizer,
        shape: StreamShape,
        style: PromptStyle = "boson",
        has_audio_in: bool = True,
        encodes_audio_in: bool = True,
    ) -> None:
        """`has_audio_in`: whether the model's configuration has an id for recordings it is given.

        The transformers format has none: it knows their columns by the id of spoken ones. Marks
        stay as they are, and what the model computes is the same.

        `encodes_audio_in`: whether such recordings enter as codes, as the original's
        `encode_audio_in_tokens` says. Else only their marks and the audio tower's features do.
        """
        self.text = text
        self.shape = shape
        self.style: PromptStyle = style
        self._column_tokens = {AUDIO_OUT: AUDIO_OUT, AUDIO_IN: AUDIO_IN}
        if not has_audio_in:
            self._column_tokens[AUDIO_IN] = AUDIO_OUT
        self._encodes_audio_in = encodes_audio_in

    def prefix(self, conversation: Conversation) -> ExpandedPrompt:
        """The context before the first chunk."""
        if self.style == "boson":
            return self.expand(boson_pieces(conversation))
        return self.expand(template_pieces(conversation))

    def opening(self, text: str) -> ExpandedPrompt:
        """The user's turn, and the assistant's header with the token that starts its speech."""
        turn = user_turn(text)
        pieces = [*(message_pieces([turn]) if self.style == "boson" else template_message(turn))]
        return self.expand([*pieces, *header_pieces("assistant"), MarkPiece(AUDIO_OUT_BOS)])

    def question(self, messages: Sequence[Message]) -> ExpandedPrompt:
        """A conversation that waits for an answer of the assistant's, in words or in sound."""
        pieces = [MarkPiece(BEGIN_OF_TEXT), *message_pieces(messages), *header_pieces("assistant")]
        return self.expand(pieces)

    def spoken(self, codes: AudioContent) -> ExpandedPrompt:
        """A take that was spoken after an opening: its positions, the final column included."""
        return expand_codes(self.text.special_id(AUDIO_OUT), codes.codes, self.shape)

    def closing(self) -> ExpandedPrompt:
        """What ends the assistant's turn after its last frame."""
        return self.expand([MarkPiece(AUDIO_EOS), MarkPiece(END_OF_TURN)])

    def continuation(self, text: str) -> ExpandedPrompt:
        """What follows a take in an open context: its end, and the next opening."""
        return self.closing() + self.opening(text)

    def expand(self, pieces: Iterable[PromptPiece]) -> ExpandedPrompt:
        """The positions of a list of pieces."""
        listed = list(pieces)
        if self.style == "transformers":
            listed = joined_words(listed, across_speech=self.text.front_end is None)
        return joined([self._expand_piece(piece) for piece in listed], self.shape)

    def _expand_piece(self, piece: PromptPiece) -> ExpandedPrompt:
        if isinstance(piece, MarkPiece):
            return expand_words((self.text.special_id(piece.token),), self.shape)
        if isinstance(piece, WordsPiece):
            return expand_words(self._word_ids(piece), self.shape)
        placeholder_id = self.text.special_id(self._column_tokens[piece.placeholder])
        features = expand_features(placeholder_id, piece.audio.tower_positions, self.shape)
        if piece.placeholder == AUDIO_IN and not self._encodes_audio_in:
            return features
        return features + expand_codes(placeholder_id, piece.audio.codes, self.shape)

    def _word_ids(self, piece: WordsPiece) -> tuple[int, ...]:
        if piece.spoken:
            return self.text.encode_spoken(piece.text)
        return (
            self.text.encode_with_sounds(piece.text)
            if piece.sounds
            else self.text.encode(piece.text)
        )
