"""How long a text takes to say: words, seconds, and the frames after which a take has gone wrong.

The frame budget is generous, because it only catches speech that never ends; the estimate is what a
calm narrator needs.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from higgs_cli.planning.plan import FRAMES_PER_SECOND
from higgs_cli.script.sound_tags import MARK

WIDE_CHARACTER = re.compile(
    r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
WORD = re.compile(r"\w+(?:['’\-]\w+)*")

WORDS_PER_MINUTE = 150
CHARACTERS_PER_WORD = 8
SECONDS_PER_WIDE_CHARACTER = 0.25
SECONDS_PER_SOUND = 1.5
WORDS_PER_SOUND = 4
LEAST_SECONDS_PER_CHARACTER = 0.4 / 14
"""Nobody speaks more than 14 characters a second; less than 0.4 of that is not the text."""
RESERVE_FRAMES = 9


@dataclass(frozen=True)
class Measure:
    """How much there is to say. Measures of parts add up to the measure of the whole."""

    words: int = 0
    wide_characters: int = 0
    """Characters that are words of their own, as in Chinese."""
    characters: int = 0
    sounds: int = 0

    def __add__(self, other: Measure) -> Measure:
        return Measure(
            self.words + other.words,
            self.wide_characters + other.wide_characters,
            self.characters + other.characters,
            self.sounds + other.sounds,
        )

    @property
    def word_count(self) -> int:
        """Words as `--chunk-words` counts them: in Chinese, characters."""
        return self.words + self.wide_characters

    @property
    def seconds(self) -> float:
        """What saying it should take."""
        spoken = max(
            self.words * 60 / WORDS_PER_MINUTE,
            (self.characters - self.wide_characters) * 60 / WORDS_PER_MINUTE / CHARACTERS_PER_WORD,
        )
        wide = self.wide_characters * SECONDS_PER_WIDE_CHARACTER
        return spoken + wide + self.sounds * SECONDS_PER_SOUND

    @property
    def frame_budget(self) -> int:
        """Frames after which a take is stopped."""
        words = self.word_count + self.sounds * WORDS_PER_SOUND
        minutes = max(
            words / WORDS_PER_MINUTE, self.characters / CHARACTERS_PER_WORD / WORDS_PER_MINUTE
        )
        seconds = max(1.5 * 60 * minutes, 1.5 + 0.75 * words)
        return math.ceil(FRAMES_PER_SECOND * seconds) + RESERVE_FRAMES

    @property
    def minimum_frames(self) -> int:
        """Frames before which a take cannot have said it."""
        spaced = self.characters - self.wide_characters
        seconds = spaced * LEAST_SECONDS_PER_CHARACTER + self.wide_characters * 0.08
        return int(FRAMES_PER_SECOND * seconds)


def measure(text: str) -> Measure:
    """Count a text; sounds count as sounds and not as the words of their marks."""
    words, sounds = MARK.subn(" ", text) if "<SE" in text else (text, 0)
    wide = 0 if words.isascii() else len(WIDE_CHARACTER.findall(words))
    spaced = WIDE_CHARACTER.sub(" ", words) if wide else words
    spoken = WORD.findall(spaced)
    return Measure(len(spoken), wide, wide + sum(map(len, spoken)), sounds)
