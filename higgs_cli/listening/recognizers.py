"""Who writes down what was said: a recogniser by name or folder, opened when it is first needed.

pocketsphinx brings its English model along and needs no network. faster-whisper is sharper: from a
folder it needs no network either; by the name of a model it fetches that once.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from higgs_cli.audio.clip import AudioClip
from higgs_cli.errors import UsageError
from higgs_cli.listening.missing_judge import imported
from higgs_cli.listening.resampled import JUDGE_RATE, for_judges
from higgs_cli.listening.whisper_folder import check_whisper_folder
from higgs_cli.listening.word_errors import plain_words

LEAD_SECONDS, TAIL_SECONDS = 0.2, 0.3
NAMES = ("pocketsphinx", "faster-whisper", "none")
USUAL_WHISPER = "small.en"
WHISPER_NAME = re.compile(r"(distil-)?(tiny|base|small|medium|large|turbo)([.-][\w.-]+)?")


class Recognizer(Protocol):
    """Recognises the words of clips."""

    def words_of(self, clip: AudioClip) -> str:
        """What is said in it, without punctuation that could be relied on."""

    def plain(self, text: str) -> tuple[str, ...]:
        """The words of what was written or heard, one spelling for each."""


def check_recognizer(name: str) -> None:
    """Refuse what is neither a name nor a folder of a recogniser; opens nothing."""
    if name in NAMES or WHISPER_NAME.fullmatch(name):
        return
    folder = Path(name)
    if not folder.is_dir():
        known = f"known: {', '.join(NAMES)}, a Whisper model such as base.en, or a folder of one"
        raise UsageError(f"no recogniser is called {name!r}", hint=known)
    check_whisper_folder(folder)


def open_recognizer(name: str) -> Recognizer | None:
    """The recogniser of that name or folder; None for `none`."""
    check_recognizer(name)
    if name == "none":
        return None
    if name == "pocketsphinx":
        return Pocketsphinx()
    return FasterWhisper(USUAL_WHISPER if name == "faster-whisper" else name)


class Pocketsphinx:
    """CMU Sphinx with the American English model of its package."""

    def __init__(self) -> None:
        library = imported("pocketsphinx")
        self._decoder: Any = library.Decoder(library.Config(loglevel="FATAL"))

    def words_of(self, clip: AudioClip) -> str:
        pcm = (np.clip(_between_silence(clip), -1, 1) * 32767).astype(np.int16)
        self._decoder.start_utt()
        self._decoder.process_raw(pcm.tobytes(), full_utt=True)
        self._decoder.end_utt()
        hypothesis = self._decoder.hyp()
        return str(hypothesis.hypstr) if hypothesis else ""

    def plain(self, text: str) -> tuple[str, ...]:
        return plain_words(text)


class FasterWhisper:
    """Whisper by CTranslate2, English, its words spelled by Whisper's own normaliser.

    Always at temperature 0: at a higher one the same clip would be heard differently each time.
    """

    def __init__(self, model: str) -> None:
        library = imported("faster_whisper")
        self._normalize: Callable[[str], str] = imported(
            "whisper_normalizer.english"
        ).EnglishTextNormalizer()
        try:
            self._model: Any = library.WhisperModel(model, device="cpu", compute_type="float32")
        except (OSError, RuntimeError, ValueError) as problem:
            lines = str(problem).strip().splitlines() or ["it cannot be opened"]
            raise UsageError(f"the Whisper model {model}: {lines[0]}") from None

    def words_of(self, clip: AudioClip) -> str:
        segments, _ = self._model.transcribe(
            _between_silence(clip),
            language="en",
            beam_size=5,
            temperature=0.0,
            condition_on_previous_text=False,
        )
        return " ".join(segment.text.strip() for segment in segments)

    def plain(self, text: str) -> tuple[str, ...]:
        return tuple(self._normalize(text).split())


def _between_silence(clip: AudioClip) -> NDArray[np.float32]:
    """With a little silence around: recognisers miss words that touch the edges."""
    edges = (round(LEAD_SECONDS * JUDGE_RATE), round(TAIL_SECONDS * JUDGE_RATE))
    return np.pad(for_judges(clip), edges)
