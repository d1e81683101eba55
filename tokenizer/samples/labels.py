"""A whole conversation as an example to learn from: its positions, and what each must predict.

Labels follow the training code of the checkpoint: only what the assistant says is learned, its
marks and the end of its turn included. A recording's positions carry no text label; its codes are
learned when the assistant spoke them in a turn that is learned. Labels are not shifted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tokenizer.prompts.messages import AudioContent, ChatSample, Content, Message, cut_for_tower
from tokenizer.prompts.pieces import AudioPiece, MarkPiece, PromptPiece, labelled_pieces
from tokenizer.prompts.positions import ExpandedPrompt, joined
from tokenizer.prompts.special_tokens import AUDIO_OUT, BEGIN_OF_TEXT
from tokenizer.prompts.writer import PromptWriter

IGNORED = -100


@dataclass(frozen=True, eq=False)
class LabelledSample:
    """One conversation with its labels; the twin of the language model's training sample."""

    prompt: ExpandedPrompt
    text_labels: tuple[int, ...]
    """The id to be learned at each position, or `IGNORED`."""
    clips: tuple[tuple[int, bool], ...]
    """Columns of each recording in order, and whether its codes are learned."""


def label_sample(sample: ChatSample, writer: PromptWriter) -> LabelledSample:
    """Write a conversation as training code does; its recordings must have been encoded."""
    stretches: list[ExpandedPrompt] = []
    labels: list[int] = []
    clips: list[tuple[int, bool]] = []
    for piece, is_learned in _pieces(sample):
        stretch = writer.expand([piece])
        stretches.append(stretch)
        if isinstance(piece, AudioPiece):
            columns = stretch.codes.shape[1]
            if columns:  # of what it is given, a model may take none
                clips.append((columns, is_learned and piece.placeholder == AUDIO_OUT))
            is_learned = False
        labels.extend(stretch.ids if is_learned else (IGNORED,) * len(stretch))
    return LabelledSample(joined(stretches, writer.shape), tuple(labels), tuple(clips))


def for_tower(sample: ChatSample, frame_limit: int) -> ChatSample:
    """The same conversation with every recording the assistant is given cut as the tower takes
    it."""
    return ChatSample(
        tuple(_message_for_tower(message, frame_limit) for message in sample.messages),
        sample.start_index,
        sample.speaker,
    )


def _pieces(sample: ChatSample) -> Iterator[tuple[PromptPiece, bool]]:
    yield MarkPiece(BEGIN_OF_TEXT), False
    yield from labelled_pieces(sample.messages, sample.start_index)


def _message_for_tower(message: Message, frame_limit: int) -> Message:
    if message.role == "assistant":
        return message
    content: list[Content] = []
    for item in message.content:
        if isinstance(item, AudioContent):
            content += cut_for_tower(item, frame_limit)
        else:
            content.append(item)
    return Message(message.role, tuple(content), message.recipient)
