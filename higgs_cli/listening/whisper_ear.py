"""Whisper hears takes joined: one window of half a minute costs as much as one line in it.

    take · silence · take · silence · take ─► one transcription, words with times ─► each its own

A word belongs to the take in whose place its middle lies. Always at temperature 0, and never with
what was said before: the same takes are always heard the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from higgs_cli.audio.clip import AudioClip
from higgs_cli.errors import UsageError
from higgs_cli.listening.hearing import HeardWord, Hearing
from higgs_cli.listening.missing_judge import imported
from higgs_cli.listening.resampled import JUDGE_RATE, for_judges

GAP_SECONDS = 0.6
"""Between two takes, and half of it at both ends."""
WINDOW_SECONDS = 28.0
"""Whisper hears thirty; more than this is heard in parts."""


@dataclass(frozen=True)
class _Placed:
    """A sound in the joined one, with half of the silence around it."""

    index: int
    start_seconds: float
    end_seconds: float
    lead_seconds: float
    """Where the sound itself begins, after `start_seconds`."""


class WhisperEar:
    """A CTranslate2 model of a folder; on one core of a CPU, or on a GPU."""

    def __init__(self, folder: str, language: str, device: str, beam_size: int = 1) -> None:
        library = imported("faster_whisper")
        kind = "float16" if device == "cuda" else "int8"
        try:
            self._model: Any = library.WhisperModel(
                folder, device=device, compute_type=kind, cpu_threads=1, local_files_only=True
            )
        except (OSError, RuntimeError, ValueError) as problem:
            lines = str(problem).strip().splitlines() or ["it cannot be opened"]
            raise UsageError(f"the Whisper model {folder}: {lines[0]}") from None
        self._language = language
        self._beam_size = beam_size

    def hear(self, sounds: Sequence[AudioClip]) -> list[Hearing]:
        """What is said in each, heard in as few windows as they fill."""
        found: list[Hearing] = []
        for group in _windows([clip.duration_seconds for clip in sounds]):
            found += self._heard(sounds[group.start : group.stop])
        return found

    def _heard(self, sounds: Sequence[AudioClip]) -> list[Hearing]:
        samples, places = _joined([for_judges(clip) for clip in sounds])
        segments, _ = self._model.transcribe(
            samples,
            language=self._language,
            beam_size=self._beam_size,
            temperature=0.0,
            condition_on_previous_text=False,
            word_timestamps=True,
            no_speech_threshold=None,
            log_prob_threshold=None,
            compression_ratio_threshold=None,
        )
        return _parted(list(segments), places)


def open_listener(settings: Mapping[str, str]) -> WhisperEar:
    return WhisperEar(
        settings["folder"], settings["language"], settings["device"], int(settings["beam"])
    )


def _windows(seconds: Sequence[float]) -> Iterator[range]:
    """Which follow one another in one window."""
    first, filled = 0, 0.0
    for at, each in enumerate(seconds):
        if at > first and filled + GAP_SECONDS + each > WINDOW_SECONDS:
            yield range(first, at)
            first, filled = at, 0.0
        filled += GAP_SECONDS + each
    if seconds:
        yield range(first, len(seconds))


def _joined(sounds: Sequence[NDArray[np.float32]]) -> tuple[NDArray[np.float32], list[_Placed]]:
    """[samples] of all, with silence around each, and where each lies."""
    half = round(GAP_SECONDS / 2 * JUDGE_RATE)
    parts, places, at = [], [], 0
    for index, sound in enumerate(sounds):
        parts.append(np.pad(sound, half))
        end = at + len(parts[-1])
        places.append(_Placed(index, at / JUDGE_RATE, end / JUDGE_RATE, half / JUDGE_RATE))
        at = end
    return np.concatenate(parts), places


def _parted(segments: Iterable[Any], places: Sequence[_Placed]) -> list[Hearing]:
    """Each word to the sound in whose place its middle lies."""
    words: list[list[HeardWord]] = [[] for _ in places]
    worth: list[list[float]] = [[] for _ in places]
    no_speech = [1.0 for _ in places]
    for segment in segments:
        for word in segment.words or ():
            place = _at(places, (word.start + word.end) / 2)
            words[place.index].append(_own(word, place))
            worth[place.index].append(float(segment.avg_logprob))
            no_speech[place.index] = float(segment.no_speech_prob)
    return [
        Hearing(tuple(own), silent, min(0.0, sum(sure) / len(sure)) if sure else 0.0)
        for own, sure, silent in zip(words, worth, no_speech, strict=True)
    ]


def _at(places: Sequence[_Placed], seconds: float) -> _Placed:
    return next((place for place in places if seconds < place.end_seconds), places[-1])


def _own(word: Any, place: _Placed) -> HeardWord:
    begin = place.start_seconds + place.lead_seconds
    start, end = max(0.0, float(word.start) - begin), max(0.0, float(word.end) - begin)
    return HeardWord(str(word.word).strip(), start, end, float(word.probability))
