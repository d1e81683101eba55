"""Ears and a gate for tests: a word is heard wherever the fake synthesizer has made a tone."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from higgs_cli.audio.clip import AudioClip
from higgs_cli.errors import UsageError
from higgs_cli.listening.ears import Hearings
from higgs_cli.listening.hearing import HeardWord, Hearing
from higgs_cli.listening.listener import Listener
from higgs_cli.listening.voice_print import VoicePrint
from higgs_cli.planning.plan import Chunk
from higgs_cli.takes.measure import Voice
from higgs_cli.takes.take import Finding, Verdict

HOP = 960
MODULE = "tests.fake_ears"


class CountingListener:
    """Hears a word in every tone."""

    def hear(self, sounds: Sequence[AudioClip]) -> list[Hearing]:
        return [_heard(clip) for clip in sounds]


class DyingListener(CountingListener):
    """Ends its process while it hears, `times` at most: so often a line is written to a file."""

    def __init__(self, path: Path, times: int) -> None:
        self._path, self._times = path, times

    def hear(self, sounds: Sequence[AudioClip]) -> list[Hearing]:
        died = len(self._path.read_text().splitlines()) if self._path.exists() else 0
        if died < self._times:
            self._path.write_text("died\n" * (died + 1))
            os.kill(os.getpid(), signal.SIGKILL)
        return super().hear(sounds)


class ReadingListener(CountingListener):
    """Hears the words of one text in the tones of every take, as many as there are tones."""

    def __init__(self, text: str, late_seconds: float) -> None:
        self._words, self._late = text.split(), late_seconds

    def hear(self, sounds: Sequence[AudioClip]) -> list[Hearing]:
        return [self._read(hearing) for hearing in super().hear(sounds)]

    def _read(self, hearing: Hearing) -> Hearing:
        words = tuple(
            replace(
                tone,
                text=word,
                start_seconds=tone.start_seconds + self._late,
                end_seconds=tone.end_seconds + self._late,
            )
            for word, tone in zip(self._words, hearing.words, strict=False)
        )
        return replace(hearing, words=words)


class PrintListener:
    """Knows voices by how loud they are."""

    def hear(self, sounds: Sequence[AudioClip]) -> list[VoicePrint | None]:
        return [VoicePrint((1.0, float(np.abs(clip.samples).mean()))) for clip in sounds]


class SlowListener(CountingListener):
    """Writes down its process, and takes its time."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def hear(self, sounds: Sequence[AudioClip]) -> list[Hearing]:
        self._path.write_text(str(os.getpid()))
        time.sleep(60)
        return super().hear(sounds)


def open_listener(settings: Mapping[str, str]) -> Listener:
    """By name, in a process of ears."""
    if "prints" in settings:
        return PrintListener()
    if "refuses" in settings:
        raise UsageError(settings["refuses"], hint="another one")
    if "dies" in settings:
        return DyingListener(Path(settings["dies"]), int(settings["times"]))
    if "reads" in settings:
        return ReadingListener(settings["reads"], float(settings.get("late", 0)))
    if "sleeps" in settings:
        return SlowListener(Path(settings["sleeps"]))
    return CountingListener()


def _heard(clip: AudioClip) -> Hearing:
    frames = np.abs(clip.samples[: len(clip.samples) // HOP * HOP]).reshape(-1, HOP).max(axis=1)
    edges = np.diff(np.concatenate([[0], (frames > 0).astype(int), [0]]))
    words = tuple(
        HeardWord("word", first / 25, last / 25, 1.0)
        for first, last in zip(np.flatnonzero(edges > 0), np.flatnonzero(edges < 0), strict=True)
    )
    return Hearing(words, 0.0, -0.1)


@dataclass
class FakeEars:
    """Hears in a thread, and remembers how many takes it heard together."""

    heard: list[int] = field(default_factory=list)
    at_once: list[bool] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._threads = ThreadPoolExecutor(2)

    def hear(
        self, sounds: Callable[[], Sequence[AudioClip]], *, at_once: bool = False
    ) -> Future[Hearings]:
        return self._threads.submit(self._hear, sounds, at_once)

    def _hear(self, sounds: Callable[[], Sequence[AudioClip]], at_once: bool) -> Hearings:
        clips = sounds()
        self.heard.append(len(clips))
        self.at_once.append(at_once)
        return list(CountingListener().hear(clips))


@dataclass(frozen=True)
class CountGate:
    """Fails a take in which fewer words were heard than its text has; its norm is of no use."""

    listener: str = "counting-1"
    listener_name: str = "counting"

    name = "words"

    def of_book(self, chunks: Sequence[Chunk]) -> CountGate:
        return self

    def is_told(self, chunk: Chunk) -> bool:
        return True

    def norm(self, voice: Voice, sample: Sequence[tuple[Chunk, Hearing]]) -> int:
        return len(sample)

    def finding(self, chunk: Chunk, evidence: Hearing, norm: int) -> Finding | None:
        missing = len(chunk.text.split()) - len(evidence.words)
        if missing <= 0:
            return None
        return Finding("words", Verdict.FAIL, f"{missing} words are missing")
