"""Pacing: how fast somebody is heard and how long they pause, beside how they are spoken.

Written beside a speaker in the header of a script and in a cast sheet, and beside a voice in a
profile; the nearest to the speaker counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from higgs_cli.files.strict_yaml import Node

BOUNDS: Mapping[str, tuple[float, float]] = {"pause_scale": (0.1, 10), "pace": (0.5, 2)}
KEYS = tuple(BOUNDS)


@dataclass(frozen=True)
class Pacing:
    """What is said of it; None where nothing is."""

    pause_scale: float | None = None
    """How long their pauses are, beside the usual ones."""
    pace: float | None = None
    """How fast their takes are heard, at the pitch they have."""

    def or_else(self, other: Pacing) -> Pacing:
        """The same, with what the other says where this says nothing."""
        mine, others = self.said, other.said
        return Pacing(**{**others, **mine})

    @property
    def said(self) -> dict[str, float]:
        """By its name, in order."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: value for name, value in values.items() if value is not None}


AS_USUAL = Pacing()


def pacing_in(parts: Mapping[str, Node]) -> Pacing:
    """What an entry says of it."""
    said = {key: parts[key].number(key, *BOUNDS[key]) for key in KEYS if key in parts}
    return Pacing(**said)
