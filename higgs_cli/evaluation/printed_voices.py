"""Whose voice is it by the speaker print: a clip beside recordings of its own voice and of others.

A similarity is the mean over a voice's recordings, so the teacher's own one, each recording beside
the rest, is what a perfect copy reaches. Strangers are looked for among strangers, all others among
all others.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from higgs_cli.audio.clip import AudioClip
from higgs_cli.evaluation.known_voices import Examples
from higgs_cli.listening.print_judge import PrintJudge


@dataclass(frozen=True)
class PrintMatch:
    """How similar to its own voice, and the voice that it is most similar to of all."""

    similarity: float
    nearest: str


class PrintedVoices:
    """Voices by the prints of clips of theirs."""

    def __init__(
        self, judge: PrintJudge, examples: Mapping[str, Examples], strangers: Collection[str] = ()
    ) -> None:
        self._judge = judge
        self._prints = {
            name: {key: judge.print_of(clip) for key, clip in clips.items()}
            for name, clips in examples.items()
        }
        self._strangers = frozenset(strangers)

    def match(self, speaker: str, clip: AudioClip, left_out: str) -> PrintMatch:
        """A clip by `speaker`; what an example of this key says is said in the clip too."""
        heard = self._judge.print_of(clip)
        similarities = {
            name: self._similarity(heard, prints, left_out)
            for name, prints in self._prints.items()
            if (name in self._strangers) == (speaker in self._strangers)
        }
        nearest = max(similarities, key=similarities.__getitem__)
        return PrintMatch(similarities[speaker], nearest)

    def _similarity(
        self, heard: NDArray[np.float32], prints: Mapping[str, NDArray[np.float32]], left_out: str
    ) -> float:
        kept = [one for key, one in prints.items() if key != left_out]
        return float(np.mean([heard @ one for one in kept]))
