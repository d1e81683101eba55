"""Which gates there are on this machine, and who listens for them; nothing is opened.

    --gates, or nothing said      what is judged
    --recognizer, --speaker-print with what, else what `higgs download` has put into the hub's cache

What is asked for and is not there is a mistake; what nobody asked for is left out, and said.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from higgs_cli.checkpoints.find import NVIDIA_DEVICE
from higgs_cli.checkpoints.hub import WHISPER_NAME, cached_folder, whisper_at
from higgs_cli.errors import UsageError
from higgs_cli.files.fingerprint import files_fingerprint
from higgs_cli.listening.listener import ListenerSource
from higgs_cli.listening.print_judge import check_print, print_files
from higgs_cli.listening.readings import PRINT_READING, WORDS_READING
from higgs_cli.listening.whisper_folder import check_whisper_folder, whisper_files
from higgs_cli.settings.views import GateChoice

WORDS, VOICE = "words", "voice"
NAMES = (WORDS, VOICE)
NONE = "none"
ENGLISH = ("base.en", "small.en", "tiny.en", "medium.en")
"""Looked for in this order: the first is quick enough to hear beside the speaking on a CPU."""
ANY_LANGUAGE = ("base", "small", "tiny", "medium", "large-v3")
INSTALL = 'pip install "higgs[gates]"'
DOWNLOAD = "higgs download --recognizer base.en"
BEAM_SIZE = 1
"""A wider one costs a fifth more, and hears hardly better: see bench/RESULTS.md."""


class _NotHereError(Exception):
    """Why a gate is left out, and what brings it."""

    def __init__(self, why: str, mend: str) -> None:
        super().__init__(why)
        self.why, self.mend = why, mend


@dataclass(frozen=True)
class GateSources:
    """Who listens, by gate; and what is to be said of the others."""

    sources: dict[str, ListenerSource]
    missing: str | None = None
    """One line: what is not compared, and how to get it."""


def gate_sources(choice: GateChoice, language: str) -> GateSources:
    """Of a render in this language."""
    asked = asked_gates(choice.gates)
    found: dict[str, ListenerSource] = {}
    missing = []
    openers: dict[str, Callable[[], ListenerSource]] = {
        WORDS: lambda: _recognizer(choice, language),
        VOICE: lambda: _speaker_print(choice),
    }
    for name in NAMES if asked is None else asked:
        try:
            found[name] = openers[name]()
        except _NotHereError as error:
            if asked is not None:
                raise UsageError(f"--gates {name}: {error.why}", hint=error.mend) from None
            missing.append(f"{name} ({error.why}: {error.mend})")
    line = f"not compared with the script: {', '.join(missing)}" if missing else None
    return GateSources(found, line)


def asked_gates(text: str | None) -> tuple[str, ...] | None:
    """What `--gates` says; None where it says nothing."""
    if text is None:
        return None
    if text == NONE:
        return ()
    names = tuple(dict.fromkeys(part.strip() for part in text.split(",")))
    for name in names:
        if name not in NAMES:
            raise UsageError(f"--gates {text[:80]}: no gate is called {name[:40]!r}",
                             hint="words, voice, words,voice or none")  # fmt: skip
    return names


def _recognizer(choice: GateChoice, language: str) -> ListenerSource:
    """The Whisper model that is named, or the first that is here."""
    if not language.lower().startswith("en"):
        raise _NotHereError(f"only English is compared, not {language}", f"--gates {NONE}")
    named = _named_whisper(choice.recognizer) if choice.recognizer else None
    for package in ("faster_whisper", "whisper_normalizer"):
        if importlib.util.find_spec(package) is None:
            raise _NotHereError(f"{package.replace('_', '-')} is not installed", INSTALL)
    here = named or next(whispers_here(), None)
    if here is None:
        raise _NotHereError("no recogniser is here", DOWNLOAD)
    name, folder = here
    settings = {
        "folder": str(folder),
        "language": language.partition("-")[0].lower(),
        "device": "cuda" if _has_gpu(choice.device) else "cpu",
        "beam": str(BEAM_SIZE),
    }
    asked_with = [f"{key} {value}" for key, value in settings.items() if key != "folder"]
    parts = [WORDS_READING, files_fingerprint(whisper_files(folder)), *asked_with]
    return ListenerSource("higgs_cli.listening.whisper_ear", _identity(parts), settings, name)


def _named_whisper(named: str) -> tuple[str, Path]:
    """By the name of a model that was downloaded, or by a folder."""
    folder = Path(named).expanduser()
    if folder.is_dir():
        check_whisper_folder(folder)
        return folder.resolve().name, folder
    if not WHISPER_NAME.fullmatch(named):
        hint = "a Whisper model such as base.en, or a folder of one"
        raise UsageError(f"no recogniser is called {named[:80]!r}", hint=hint)
    found = cached_folder(whisper_at(named, None))
    if found is None:
        hint = f"higgs download --recognizer {named}"
        raise UsageError(f"--recognizer {named}: it was not downloaded", hint=hint)
    return named, found


def whispers_here() -> Iterator[tuple[str, Path]]:
    """The models in the hub's cache, the one that is asked first."""
    for name in (*ENGLISH, *ANY_LANGUAGE):
        if folder := cached_folder(whisper_at(name, None)):
            yield name, folder


def _has_gpu(device: str) -> bool:
    return device.startswith("cuda") or (device == "auto" and NVIDIA_DEVICE.exists())


def _speaker_print(choice: GateChoice) -> ListenerSource:
    path = choice.speaker_print
    if path is None:
        raise _NotHereError("no speaker print is named", "--speaker-print FILE")
    check_print(path)
    identity = _identity([PRINT_READING, files_fingerprint(print_files(path))])
    settings = {"path": str(path)}
    return ListenerSource("higgs_cli.listening.print_ear", identity, settings, path.name)


def _identity(parts: list[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
