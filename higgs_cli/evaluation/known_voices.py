"""Whose voice is it: a clip beside what is known of its own voice and of the others.

Distances are counted in how much a voice differs from itself: what varies with the words says
little of who speaks.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from higgs_cli.audio.clip import AudioClip
from higgs_cli.evaluation.sound_features import Array, voice_print

Examples = Mapping[str, AudioClip]
"""Clips of one voice by their keys."""


@dataclass(frozen=True)
class VoiceMatch:
    """A clip between its own voice and the nearest other one; None where there is no other."""

    nearest: str | None
    distance: float
    rival_distance: float | None

    @property
    def similarity(self) -> float | None:
        """1 in the middle of its own voice, 0 in that of the nearest other, 0.5 half way."""
        if self.rival_distance is None:
            return None
        between = self.distance + self.rival_distance
        return self.rival_distance / between if between else 0.5


class KnownVoices:
    """Voices by clips of theirs. A stranger is nobody's rival."""

    def __init__(self, examples: Mapping[str, Examples], strangers: Collection[str] = ()) -> None:
        self._prints = {
            name: {key: voice_print(clip) for key, clip in clips.items()}
            for name, clips in examples.items()
        }
        self._strangers = frozenset(strangers)
        within = [_stacked(prints).var(axis=0, ddof=1) for prints in self._prints.values()]
        self._unrest: Array = np.sqrt(np.mean(within, axis=0)) + 1e-3

    def match(self, speaker: str, clip: AudioClip, left_out: str | None = None) -> VoiceMatch:
        """A clip by `speaker`; the key left out is that of the clip itself, if it is an example."""
        heard = voice_print(clip)
        distances = {
            name: self._distance(heard, prints, left_out)
            for name, prints in self._prints.items()
            if name == speaker or name not in self._strangers
        }
        nearest = min(distances, key=distances.__getitem__)
        own = distances.pop(speaker)
        if not distances:
            return VoiceMatch(None, own, None)
        return VoiceMatch(nearest, own, min(distances.values()))

    def _distance(self, heard: Array, prints: Mapping[str, Array], left_out: str | None) -> float:
        kept = {key: one for key, one in prints.items() if key != left_out}
        middle = _stacked(kept).mean(axis=0)
        return float(np.linalg.norm((heard - middle) / self._unrest))


def _stacked(prints: Mapping[str, Array]) -> Array:
    """[clips, features]"""
    return np.stack(list(prints.values()))
