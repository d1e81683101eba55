"""The system message of the original's own prompts: the scene, and who the speakers are.

Generate audio following instruction.

<|scene_desc_start|>
Audio is recorded from a quiet room.

SPEAKER0: feminine
SPEAKER1: masculine; moderate pitch
<|scene_desc_end|>
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

SCENE = re.compile(r"<\|scene_desc_start\|>(.*?)(?:<\|scene_desc_end\|>|\Z)", re.DOTALL)
DESCRIBED = re.compile(r"^[ \t]*SPEAKER(\d{1,2})[ \t]*:[ \t]*(\S.*)$", re.MULTILINE)
INSTRUCTIONS = (
    "generate audio following instruction",
    "convert text to speech with the same voice",
    "you are an ai assistant designed to convert text into speech",
)
"""Beginnings of what says only that speech is wanted, which every prompt of ours says by itself."""
MARK = re.compile(r"<\|[^|>]{1,40}\|>")


@dataclass(frozen=True)
class SystemMessage:
    """What is told of the room and the voices; None and nothing where it is not."""

    scene: str | None
    descriptions: Mapping[int, str]


def read_system_message(text: str) -> SystemMessage:
    """Between the marks of a scene, or where there are none, all of it but what is always said."""
    scene = SCENE.search(text)
    told = scene[1] if scene else _without_instructions(text)
    descriptions = {int(number): words.rstrip() for number, words in DESCRIBED.findall(told)}
    room = MARK.sub("", DESCRIBED.sub("", told)).strip()
    return SystemMessage(re.sub(r"\n{2,}", "\n", room) or None, descriptions)


def _without_instructions(text: str) -> str:
    paragraphs = text.split("\n\n")
    kept = [each for each in paragraphs if not each.strip().lower().startswith(INSTRUCTIONS)]
    return "\n\n".join(kept)
