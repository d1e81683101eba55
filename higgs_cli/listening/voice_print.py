"""Who is heard in one take, as a vector of length one: the product of two is their similarity."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class VoicePrint:
    """One take, or the recording of a voice, as a speaker print sees it."""

    values: tuple[float, ...]

    def likeness(self, other: VoicePrint) -> float:
        """1 for the same, 0 for nothing in common."""
        return sum(one * two for one, two in zip(self.values, other.values, strict=True))
