"""A conversation becomes pieces: marks, words and sounds, in the order of the context.

There are two styles. `boson_pieces` writes what the checkpoint was trained on. `template_pieces`
writes what the public chat template of the transformers format renders, with its ways:

- every text is trimmed; a system message is mandatory; a user's recordings are dropped;
- the scene's first item is followed by a blank line, even when it is a speaker's line;
- a recording in the scene is marked as if the assistant had spoken it.

Words are tokenized piece by piece: a piece never learns what its neighbours say.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tokenizer.errors import PromptError
from tokenizer.prompts.layouts import Conversation, SceneBlock
from tokenizer.prompts.messages import AudioContent, Content, MarkContent, Message, TextContent
from tokenizer.prompts.special_tokens import (
    AUDIO_BOS,
    AUDIO_EOS,
    AUDIO_IN,
    AUDIO_OUT,
    AUDIO_OUT_BOS,
    BEGIN_OF_TEXT,
    END_HEADER,
    END_OF_MESSAGE,
    END_OF_TURN,
    RECIPIENT,
    SCENE_END,
    SCENE_START,
    START_HEADER,
)


@dataclass(frozen=True)
class MarkPiece:
    """A special token, by its text."""

    token: str


@dataclass(frozen=True)
class WordsPiece:
    """Text, taken literally but for sound marks: see `TextContent`."""

    text: str
    spoken: bool = False
    sounds: bool = False


@dataclass(frozen=True, eq=False)
class AudioPiece:
    """A recording, and the placeholder its positions carry: given (in) or spoken (out)."""

    audio: AudioContent
    placeholder: str


PromptPiece = MarkPiece | WordsPiece | AudioPiece


def boson_pieces(conversation: Conversation) -> list[PromptPiece]:
    """The pieces of a conversation as the training code wrote them."""
    return [MarkPiece(BEGIN_OF_TEXT), *message_pieces(boson_messages(conversation))]


def boson_messages(conversation: Conversation) -> tuple[Message, ...]:
    """The conversation as plain messages, the scene block inside the system's."""
    return (*_boson_system(conversation), *conversation.turns)


def message_pieces(messages: Sequence[Message]) -> Iterator[PromptPiece]:
    """The pieces of successive messages, without the token that opens the context."""
    return (piece for piece, _ in labelled_pieces(messages, start_index=None))


def labelled_pieces(
    messages: Sequence[Message], start_index: int | None
) -> Iterator[tuple[PromptPiece, bool]]:
    """The pieces of successive messages, and whether each is what the assistant must learn to say.

    That is everything after the header in the assistant's messages from number `start_index` on
    (None: in all of them), and every recipient.
    """
    for position, message in enumerate(messages):
        is_assistant = message.role == "assistant"
        is_learned = is_assistant and (start_index is None or position >= start_index)
        for piece in header_pieces(message.role):
            yield piece, False
        if message.recipient:
            yield WordsPiece(message.recipient, sounds=True), True
            yield MarkPiece(RECIPIENT), True
        for content in message.content:
            for piece in _content_pieces(content, message.role):
                yield piece, is_learned
        following = messages[position + 1].role if position + 1 < len(messages) else None
        goes_on = is_assistant and following == "assistant"
        yield MarkPiece(END_OF_MESSAGE if goes_on else END_OF_TURN), is_learned


def header_pieces(role: str) -> Iterator[PromptPiece]:
    """What opens a turn."""
    yield from (
        MarkPiece(START_HEADER),
        WordsPiece(role),
        MarkPiece(END_HEADER),
        WordsPiece("\n\n"),
    )


def template_pieces(conversation: Conversation) -> list[PromptPiece]:
    """The pieces of a conversation as the public chat template renders them."""
    if conversation.system is None:
        raise PromptError("the transformers template needs a system message")
    pieces: list[PromptPiece] = [MarkPiece(BEGIN_OF_TEXT), *header_pieces("system")]
    pieces.append(WordsPiece(conversation.system.strip()))
    if conversation.scene:
        pieces += [WordsPiece("\n\n"), MarkPiece(SCENE_START), WordsPiece("\n")]
        pieces += _template_scene(conversation.scene)
        pieces += [WordsPiece("\n"), MarkPiece(SCENE_END)]
    pieces.append(MarkPiece(END_OF_TURN))
    for message in conversation.turns:
        pieces += template_message(message)
    return pieces


def template_message(message: Message) -> Iterator[PromptPiece]:
    """One turn as the public chat template renders it."""
    yield from header_pieces(message.role)
    if message.role == "assistant":
        if not message.content or not isinstance(message.content[0], AudioContent):
            raise PromptError("in the transformers template the assistant only ever speaks")
        yield from spoken_pieces(message.content[0])
    else:
        for content in message.content:
            if isinstance(content, TextContent):
                yield WordsPiece(content.text.strip(), content.spoken, content.sounds)
            elif isinstance(content, MarkContent):
                yield MarkPiece(content.token)
    yield MarkPiece(END_OF_TURN)


def spoken_pieces(audio: AudioContent) -> Iterator[PromptPiece]:
    """A recording as the assistant's own speech."""
    yield from (MarkPiece(AUDIO_OUT_BOS), AudioPiece(audio, AUDIO_OUT), MarkPiece(AUDIO_EOS))


def joined_words(pieces: list[PromptPiece], across_speech: bool) -> list[PromptPiece]:
    """Merge neighbouring words into one piece, as they are when a whole text is tokenized at once.

    Words that are spoken stay apart from others unless `across_speech`.
    """
    joined: list[PromptPiece] = []
    for piece in pieces:
        last = joined[-1] if joined else None
        if (
            isinstance(piece, WordsPiece)
            and isinstance(last, WordsPiece)
            and (across_speech or piece.spoken == last.spoken)
        ):
            joined[-1] = WordsPiece(
                last.text + piece.text, last.spoken or piece.spoken, last.sounds or piece.sounds
            )
        else:
            joined.append(piece)
    return joined


def _boson_system(conversation: Conversation) -> list[Message]:
    if conversation.system is None:
        return []
    content: list[Content] = [TextContent(conversation.system)]
    if conversation.scene:
        content = [TextContent(conversation.system + "\n\n"), MarkContent(SCENE_START)]
        content += [*_boson_scene(conversation.scene), MarkContent(SCENE_END)]
    return [Message("system", tuple(content))]


def _boson_scene(scene: SceneBlock) -> Iterator[Content]:
    """The text between the scene tokens, cut only where a recording stands."""
    text = "\n"
    if scene.description and not scene.speakers_first:
        text += scene.description + ("\n\n" if scene.speakers else "\n")
    for line in scene.speakers:
        text += f"{line.label}: "
        if line.audio is not None:
            yield TextContent(text)
            yield line.audio
            text = "\n"
        else:
            text += line.description + "\n"
    if scene.description and scene.speakers_first:
        text += f"\n{scene.description}\n"
    yield TextContent(text)


def _content_pieces(content: Content, role: str) -> Iterator[PromptPiece]:
    if isinstance(content, TextContent):
        yield WordsPiece(content.text, content.spoken, content.sounds)
    elif isinstance(content, MarkContent):
        yield MarkPiece(content.token)
    elif not isinstance(content, AudioContent):
        raise PromptError("a recording has to be read and encoded before it can be written")
    elif role == "assistant":
        yield from spoken_pieces(content)
    else:
        yield from (MarkPiece(AUDIO_BOS), AudioPiece(content, AUDIO_IN), MarkPiece(AUDIO_EOS))


def _template_scene(scene: SceneBlock) -> Iterator[PromptPiece]:
    """The scene's items with the template's own line breaks."""
    items: list[str | AudioContent] = []
    for line in scene.speakers:
        if line.audio is not None:
            items += [f"{line.label}:", line.audio]
        else:
            items.append(f"{line.label}: {line.description}")
    if scene.description:
        items.insert(len(items) if scene.speakers_first else 0, scene.description)
    for position, item in enumerate(items):
        is_last = position == len(items) - 1
        if isinstance(item, AudioContent):
            yield WordsPiece(" ")
            yield from spoken_pieces(item)
            yield from () if is_last else (WordsPiece("\n"),)
        else:
            yield WordsPiece(item.strip())
            if position == 0 and not is_last:
                yield WordsPiece("\n\n")
            elif not is_last and isinstance(items[position + 1], str):
                yield WordsPiece("\n")
