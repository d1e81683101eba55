"""Who writes down what was said: a recogniser by name, opened when it is first needed.

pocketsphinx brings its English model along and needs no network; faster-whisper is sharper, and
fetches its model once.
"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any, Protocol

import numpy as np

from higgs_cli.audio.clip import AudioClip
from higgs_cli.errors import UsageError

RECOGNIZER_RATE = 16_000
LEAD_SECONDS, TAIL_SECONDS = 0.2, 0.3
NAMES = ("pocketsphinx", "faster-whisper", "none")


class Recognizer(Protocol):
    """Recognises the words of clips."""

    def words_of(self, clip: AudioClip) -> str:
        """What is said in it, without punctuation that could be relied on."""


def open_recognizer(name: str) -> Recognizer | None:
    """The recogniser of that name; None for `none`."""
    if name == "none":
        return None
    if name == "pocketsphinx":
        return Pocketsphinx()
    if name == "faster-whisper":
        return FasterWhisper()
    raise UsageError(f"no recogniser is called {name!r}", hint=f"known: {', '.join(NAMES)}")


class Pocketsphinx:
    """CMU Sphinx with the American English model of its package."""

    def __init__(self) -> None:
        library = _imported("pocketsphinx")
        self._decoder: Any = library.Decoder(library.Config(loglevel="FATAL"))

    def words_of(self, clip: AudioClip) -> str:
        pcm = (np.clip(_for_recognizer(clip), -1, 1) * 32767).astype(np.int16)
        self._decoder.start_utt()
        self._decoder.process_raw(pcm.tobytes(), full_utt=True)
        self._decoder.end_utt()
        hypothesis = self._decoder.hyp()
        return str(hypothesis.hypstr) if hypothesis else ""


class FasterWhisper:
    """Whisper by CTranslate2, greedy, English."""

    def __init__(self, model: str = "small.en") -> None:
        self._model: Any = _imported("faster_whisper").WhisperModel(model)

    def words_of(self, clip: AudioClip) -> str:
        segments, _ = self._model.transcribe(_for_recognizer(clip), language="en", beam_size=1)
        return " ".join(segment.text for segment in segments)


def _for_recognizer(clip: AudioClip) -> np.ndarray:
    """At 16 kHz, with a little silence around: recognisers miss words that touch the edges."""
    import soxr

    samples = soxr.resample(clip.samples, clip.sample_rate, RECOGNIZER_RATE)
    edges = (round(LEAD_SECONDS * RECOGNIZER_RATE), round(TAIL_SECONDS * RECOGNIZER_RATE))
    return np.pad(samples.astype(np.float32), edges)


def _imported(module: str) -> ModuleType:
    try:
        return importlib.import_module(module)
    except ImportError:
        package = module.replace("_", "-")
        raise UsageError(
            f"the recogniser needs the package {package}", hint=f"pip install {package}"
        ) from None
