"""When each word of a known text is said, by a recogniser that no gate uses: pocketsphinx.

Its pronouncing dictionary decides which texts can be placed; the others are left out.
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from higgs_cli.audio.clip import AudioClip
from higgs_cli.listening.resampled import JUDGE_RATE, for_judges

FRAMES_PER_SECOND = 100
EDGE_SECONDS = 0.2
FILLERS = re.compile(r"<.*>|\[.*\]")
VARIANT = re.compile(r"\(\d+\)$")


class WordTimes:
    """Forced alignment."""

    def __init__(self) -> None:
        from pocketsphinx import Decoder

        self._decoder = Decoder(lm=None, loglevel="FATAL")

    def of(self, words: list[str], clip: AudioClip) -> list[tuple[float, float]] | None:
        """Start and end of each, in seconds; None where they cannot be placed."""
        plain = [_plain(word) for word in words]
        if not all(word and self._decoder.lookup_word(word) for word in plain):
            return None
        try:
            segments = self._aligned(" ".join(plain), clip)
        except RuntimeError:
            return None
        return segments if len(segments) == len(words) else None

    def _aligned(self, text: str, clip: AudioClip) -> list[tuple[float, float]]:
        decoder = self._decoder
        decoder.set_align_text(text)
        decoder.start_utt()
        decoder.process_raw(_pcm(clip), full_utt=True)
        decoder.end_utt()
        return [
            (_seconds(segment.start_frame), _seconds(segment.end_frame + 1))
            for segment in decoder.seg() or ()
            if not FILLERS.fullmatch(VARIANT.sub("", segment.word))
        ]


def _plain(word: str) -> str:
    return re.sub(r"[^a-z']", "", word.lower().replace("’", "'")).strip("'")


def _seconds(frame: int) -> float:
    return max(0.0, frame / FRAMES_PER_SECOND - EDGE_SECONDS)


def _pcm(clip: AudioClip) -> bytes:
    samples: NDArray[np.float32] = np.pad(for_judges(clip), round(EDGE_SECONDS * JUDGE_RATE))
    return (np.clip(samples, -1, 1) * 32767).astype(np.int16).tobytes()
