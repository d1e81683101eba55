"""What a recogniser has heard in one take: its words with their times, and how sure it was.

What is stored is this, and not what follows from it: a verdict is worked out when it is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class HeardWord:
    """One word as it was written down, with its punctuation."""

    text: str
    start_seconds: float
    """From the beginning of its take."""
    end_seconds: float
    probability: float


@dataclass(frozen=True)
class Hearing:
    """All that was heard in one take."""

    words: tuple[HeardWord, ...]
    no_speech: float
    """How likely nobody speaks, 0 to 1: of the segment that overlaps the take most."""
    log_probability: float
    """Mean logarithm of what its tokens were worth, of the segments of its words; 0 without any."""

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)
