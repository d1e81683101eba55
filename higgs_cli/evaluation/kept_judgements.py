"""What judges said of sounds, kept in a folder: nothing is listened to twice by the same judge.

    scores.heard/judgements.json           a folder of ours
    scores.heard/3f/3f09….json             one judge on one sound

A judge is known by what it is made of, a sound by its content. What is damaged is judged again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from higgs_cli.errors import FormatError, UsageError
from higgs_cli.evaluation.judges import JudgeNames, Judges
from higgs_cli.evaluation.sound import Sound
from higgs_cli.files.fingerprint import file_fingerprint, files_fingerprint
from higgs_cli.files.place import LocalPlace
from higgs_cli.files.strict_json import Record, read_record
from higgs_cli.listening.sound_quality import SoundQuality
from higgs_cli.listening.word_errors import plain_words

HEARD_SUFFIX = ".heard"
"""Of the folder, where it lies beside the figures."""
MARKER, LOCK = "judgements.json", "lock"
MOST_PRINTS = 64
PARTS = (".bin", ".json", ".safetensors", ".txt")
"""Of a judge that is a folder."""
VERSION = 1
"""Raised when a judge would be asked otherwise than it was."""


class KeptJudges:
    """Judges who remember, beside a file of figures; without one they forget."""

    def __init__(self, judges: Judges, names: JudgeNames, output: Path | None) -> None:
        folder = output.with_suffix(HEARD_SUFFIX) if output else None
        words = judges.words
        self.plain = words.plain if words else plain_words
        """Words in one spelling each."""
        self._judges = judges
        self._place = LocalPlace(folder) if folder else None
        self._known = _identities(names)
        self._prints: dict[str, NDArray[np.float32]] = {}
        self.asked = 0
        """How many judgements were not kept, and had to be made."""
        if self._place and folder:
            _open(self._place, folder)

    def hold(self) -> AbstractContextManager[None]:
        """One process at a time judges into a folder."""
        if self._place is None:
            return nullcontext()
        hint = "wait for it, or name another file with --out"
        return self._place.lock(LOCK, "judging here", hint=hint)

    def heard(self, sound: Sound) -> str | None:
        """The words that are recognised in a sound; None without a recogniser."""
        words = self._judges.words
        if words is None:
            return None
        said = self._said(
            ("words", sound.content), lambda: {"heard": words.words_of(sound.clip)}, _heard
        )
        return str(said["heard"])

    def quality(self, sound: Sound) -> SoundQuality | None:
        judge = self._judges.sound
        if judge is None:
            return None

        def judged() -> Mapping[str, object]:
            quality = judge.quality_of(sound.clip)
            return {"overall": quality.overall, "signal": quality.signal}

        said = self._said(
            ("sound", sound.content), judged, lambda kept: _numbers(kept, "overall", "signal")
        )
        return SoundQuality(float(str(said["overall"])), float(str(said["signal"])))

    def similarity(self, sound: Sound, reference: Sound) -> float | None:
        """Of the prints of a sound and of the recording that it was to sound like."""
        judge = self._judges.voice
        if judge is None:
            return None

        def judged() -> Mapping[str, object]:
            return {"similarity": float(self._print(sound) @ self._print(reference))}

        said = self._said(
            ("voice", sound.content, reference.content),
            judged,
            lambda kept: _numbers(kept, "similarity"),
        )
        return float(str(said["similarity"]))

    def _print(self, sound: Sound) -> NDArray[np.float32]:
        """Of the sounds of late: one recording is the reference of many."""
        judge = self._judges.voice
        assert judge is not None
        if sound.content not in self._prints:
            while len(self._prints) >= MOST_PRINTS:
                del self._prints[next(iter(self._prints))]
            self._prints[sound.content] = judge.print_of(sound.clip)
        return self._prints[sound.content]

    def _said(
        self,
        what: tuple[str, ...],
        judged: Callable[[], Mapping[str, object]],
        read: Callable[[Record], Mapping[str, object]],
    ) -> Mapping[str, object]:
        parts = [str(VERSION), *what, self._known[what[0]]]
        name = hashlib.sha256(json.dumps(parts).encode()).hexdigest()
        path = f"{name[:2]}/{name}.json"
        if self._place is not None:
            try:
                data = self._place.read(path)
                if data is not None:
                    return read(read_record(data, path))
            except FormatError:
                pass  # damaged: judged again, and written over
        said = judged()
        self.asked += 1
        if self._place is not None:
            self._place.write_whole(path, json.dumps(said).encode() + b"\n")
        return said


def _open(place: LocalPlace, folder: Path) -> None:
    """Only a folder of ours, or a new or empty one, is written to."""
    if place.read(MARKER) is None:
        if place.names():
            raise UsageError(
                f"{folder} is neither empty nor of this kind, so nothing is written there",
                hint="move it away, or name another file with --out",
            )
        place.write_whole(MARKER, json.dumps({"format": VERSION}).encode() + b"\n")
    for name in ("", *(each.rstrip("/") for each in place.names() if each.endswith("/"))):
        place.sweep(name)


def _identities(names: JudgeNames) -> Mapping[str, str]:
    """What each judge is made of; a recogniser that is fetched by name is its name."""
    folder = Path(names.recognizer)
    return {
        "words": _made_of(folder) if folder.is_dir() else names.recognizer,
        "sound": _made_of(names.dnsmos) if names.dnsmos else "",
        "voice": _made_of(names.speaker_print) if names.speaker_print else "",
    }


def _made_of(path: Path) -> str:
    """Of a file, or of all that lies directly in a folder and could decide anything."""
    if path.is_file():
        return file_fingerprint(path)
    files = sorted(each for each in path.iterdir() if each.suffix in PARTS and each.is_file())
    return files_fingerprint(files)


def _heard(kept: Record) -> Mapping[str, object]:
    return {"heard": kept.text("heard")}


def _numbers(kept: Record, *names: str) -> Mapping[str, object]:
    return {name: kept.number(name) for name in names}
