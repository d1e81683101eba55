"""The layouts the checkpoint was trained on: which messages set the scene for a script's chunks.

A `Conversation` is what is said before the first chunk: the system sentence, the scene block, and
the turns in which reference voices speak. It knows nothing of ids; `pieces.py` writes it as
boson's training code did, or as the public chat template does.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tokenizer.errors import PromptError
from tokenizer.prompts.messages import AudioContent, Content, MarkContent, Message, TextContent
from tokenizer.prompts.special_tokens import INSTRUCTION_END, INSTRUCTION_START

FOLLOW_INSTRUCTION = "Generate audio following instruction."
PROVIDED_VOICE = "Generate speech in the provided voice."
MIND_THE_TAGS = (
    "You are an AI assistant designed to convert text into speech.\n"
    "If the user's message includes a [SPEAKER*] tag, do not read out the tag and generate speech"
    " for the following text, using the specified voice.\n"
    "If no speaker tag is present, select a suitable voice on your own."
)


@dataclass(frozen=True)
class SpeakerVoice:
    """Who a speaker tag stands for: a recording and its transcript, or a description."""

    audio: AudioContent | None = None
    transcript: str = ""
    description: str = ""


@dataclass(frozen=True)
class SpeakerLine:
    """One line of the scene block: `SPEAKER0: ` and a recording or a description."""

    label: str
    audio: AudioContent | None = None
    description: str = ""


@dataclass(frozen=True)
class SceneBlock:
    """What stands between the scene tokens: the room in words, and who is in it."""

    description: str = ""
    speakers: tuple[SpeakerLine, ...] = ()
    speakers_first: bool = False


@dataclass(frozen=True)
class Conversation:
    """Everything before the first chunk; no system sentence means no system message."""

    system: str | None
    scene: SceneBlock | None = None
    turns: tuple[Message, ...] = ()


def plain(scene: str = "") -> Conversation:
    """One speaker, no voice given: the model picks one that suits (layout a)."""
    return Conversation(FOLLOW_INSTRUCTION, _scene_block(scene))


def tagged(speaker_numbers: Iterable[int], scene: str = "") -> Conversation:
    """Several `[SPEAKERn]` tags and no voices: feminine and masculine in turn (layout a).

    The original sorts the tags as text: 0, 1, 10, 11, 2.
    """
    lines = tuple(
        SpeakerLine(f"SPEAKER{number}", description="masculine" if position % 2 else "feminine")
        for position, number in enumerate(sorted(set(speaker_numbers), key=str))
    )
    return Conversation(MIND_THE_TAGS, _scene_block(scene, lines))


def clone_by_turns(voices: tuple[SpeakerVoice, ...], scene: str = "") -> Conversation:
    """Each voice first speaks its own transcript (layout b).

    The n-th voice is `[SPEAKERn]`; with a single voice nobody is tagged.
    """
    turns: list[Message] = []
    for number, voice in enumerate(voices):
        if voice.audio is None or not voice.transcript.strip():
            raise PromptError(
                f"voice {number} has no {'recording' if voice.audio is None else 'transcript'}",
                hint="cloning by turns needs a recording and its exact words",
            )
        tag = f"[SPEAKER{number}] " if len(voices) > 1 else ""
        turns.append(user_turn(tag + voice.transcript))
        turns.append(Message("assistant", (voice.audio,)))
    return Conversation(FOLLOW_INSTRUCTION if scene else None, _scene_block(scene), tuple(turns))


def voices_in_system(voices: tuple[SpeakerVoice, ...], scene: str = "") -> Conversation:
    """Each voice is a line of the scene block, by its recording (c) or its description (d)."""
    lines: list[SpeakerLine] = []
    for number, voice in enumerate(voices):
        if voice.audio is None and not voice.description:
            raise PromptError(f"voice {number} has neither a recording nor a description")
        lines.append(SpeakerLine(f"SPEAKER{number}", voice.audio, voice.description))
    return Conversation(FOLLOW_INSTRUCTION, _scene_block(scene, tuple(lines)))


def interleaved(descriptions: tuple[str, ...], scene: str, seconds: int = 20) -> Conversation:
    """The model writes the words and speaks them, line by line (layout e, experimental)."""
    lines = tuple(
        SpeakerLine(f"SPEAKER{number}", description=text)
        for number, text in enumerate(descriptions)
    )
    instruction = (
        f"\nGenerate interleaved transcript and audio that lasts for around {seconds} seconds.\n"
    )
    content = (
        MarkContent(INSTRUCTION_START),
        TextContent(instruction),
        MarkContent(INSTRUCTION_END),
    )
    block = SceneBlock(scene, lines, speakers_first=True)
    return Conversation(FOLLOW_INSTRUCTION, block, (Message("user", content),))


def dual_conditioned(voice: SpeakerVoice) -> Conversation:
    """A clone given twice: as the user's example and as the assistant's own speech (layout f).

    With the audio tower the user's copy carries its Whisper positions as well.
    """
    if voice.audio is None or not voice.transcript.strip():
        raise PromptError("a dual-conditioned clone needs a recording and its exact words")
    example: tuple[Content, ...] = (TextContent(f"{voice.transcript} ", spoken=True), voice.audio)
    answer = AudioContent(voice.audio.codes)
    turns = (Message("user", example), Message("assistant", (answer,)))
    return Conversation(PROVIDED_VOICE, turns=turns)


def user_turn(text: str) -> Message:
    """Words to be spoken next."""
    return Message("user", (TextContent(text, spoken=True),))


def _scene_block(scene: str, lines: tuple[SpeakerLine, ...] = ()) -> SceneBlock | None:
    return SceneBlock(scene, lines) if scene or lines else None
