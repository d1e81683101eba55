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
LEAST_REST_SECONDS = 0.9
"""After the last word, that may be a word and is heard too: a short take may be all of it."""
PROMPTS = {"en": "She she said said that the the door was, was open, and and he he went went in."}
"""As if it had been said before. Whisper writes fluent text and leaves out what is said twice;
after this it writes more of it down."""
MOST_WORDS_A_SECOND, MOST_LETTERS_A_SECOND = 7, 40
"""Nobody says more; half a second is for good measure."""
CLOSING = tuple('.,;:!?…—-"”’)')
WINDOW_SECONDS = 28.0
"""Whisper hears thirty; more than this is heard in parts."""


@dataclass(frozen=True)
class _Placed:
    """Where a sound lies in the joined one."""

    index: int
    start_seconds: float
    sound_end_seconds: float

    def overlap(self, start: float, end: float) -> float:
        """How long a word of these times is within the sound; negative: how far it is away."""
        return min(end, self.sound_end_seconds) - max(start, self.start_seconds)


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
        """What is said in each, heard in as few windows as they fill; again and alone, where
        nothing was heard, or what nobody can say in the time."""
        found: list[Hearing] = []
        for group in _windows([clip.duration_seconds for clip in sounds]):
            found += self._heard_together(sounds[group.start : group.stop])
        return [
            hearing if hearing.words and not _is_babble(hearing, clip) else self._heard([clip])[0]
            for hearing, clip in zip(found, sounds, strict=True)
        ]

    def _heard_together(self, sounds: Sequence[AudioClip]) -> list[Hearing]:
        """Whisper may begin to repeat itself, and what it was told to write does not help then."""
        found = self._heard(sounds, PROMPTS.get(self._language))
        if any(map(_is_babble, found, sounds)):
            return self._heard(sounds)
        return found

    def _heard(self, sounds: Sequence[AudioClip], prompt: str | None = None) -> list[Hearing]:
        samples, places = _joined([for_judges(clip) for clip in sounds])
        segments, _ = self._model.transcribe(
            samples,
            language=self._language,
            beam_size=self._beam_size,
            temperature=0.0,
            condition_on_previous_text=False,
            initial_prompt=prompt,
            without_timestamps=True,
            word_timestamps=True,
            no_speech_threshold=None,
            log_prob_threshold=None,
            compression_ratio_threshold=None,
        )
        return _parted(_up_to_the_end(segments, places[-1].sound_end_seconds), places)


def open_listener(settings: Mapping[str, str]) -> WhisperEar:
    return WhisperEar(
        settings["folder"], settings["language"], settings["device"], int(settings["beam"])
    )


def _is_babble(hearing: Hearing, clip: AudioClip) -> bool:
    seconds = clip.duration_seconds + 0.5
    words, letters = len(hearing.words), len(hearing.text)
    return words > MOST_WORDS_A_SECOND * seconds or letters > MOST_LETTERS_A_SECOND * seconds


def _up_to_the_end(segments: Iterable[Any], end_seconds: float) -> Iterator[Any]:
    """Those of the sound. Asked for more, Whisper goes on after its last word: it spends a window
    on the silence at the end, and invents thanks there."""
    for segment in segments:
        yield segment
        if segment.words and segment.words[-1].end + LEAST_REST_SECONDS > end_seconds:
            return


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
        start, end = at + half, at + half + len(sound)
        places.append(_Placed(index, start / JUDGE_RATE, end / JUDGE_RATE))
        at += len(parts[-1])
    return np.concatenate(parts), places


def _parted(segments: Iterable[Any], places: Sequence[_Placed]) -> list[Hearing]:
    """Each word to the sound that it lies in."""
    words: list[list[HeardWord]] = [[] for _ in places]
    worth: list[list[float]] = [[] for _ in places]
    no_speech = [1.0 for _ in places]
    for segment in segments:
        for word in segment.words or ():
            place = _place_of(word, places)
            words[place.index].append(_own(word, place))
            worth[place.index].append(float(segment.avg_logprob))
            no_speech[place.index] = float(segment.no_speech_prob)
    return [
        Hearing(tuple(own), silent, min(0.0, sum(sure) / len(sure)) if sure else 0.0)
        for own, sure, silent in zip(words, worth, no_speech, strict=True)
    ]


def _place_of(word: Any, places: Sequence[_Placed]) -> _Placed:
    """The sound that most of the word lies in, be it for no time at all, as Whisper has it of words
    that it is unsure of. Of one that lies in the silence between two it does not know the time: it
    ends what was said before where a point or a comma follows it."""
    start, end = float(word.start), float(word.end)
    most = max(places, key=lambda place: place.overlap(start, end))
    shared = most.overlap(start, end)
    if shared > 0 or shared == end - start:
        return most
    after = next((each for each in places if each.start_seconds >= end), places[-1])
    before = next((each for each in reversed(places) if each.start_seconds < end), after)
    return before if str(word.word).strip()[-1:] in CLOSING else after


def _own(word: Any, place: _Placed) -> HeardWord:
    length = place.sound_end_seconds - place.start_seconds
    start, end = (
        min(length, max(0.0, float(each) - place.start_seconds)) for each in (word.start, word.end)
    )
    return HeardWord(str(word.word).strip(), start, end, float(word.probability))
