"""Adds a voice to a folder: one channel at 24 kHz, its transcript beside it, its profile entry.

Files appear whole or not at all; a voice that is already there is not overwritten.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from higgs_cli.casting.consent import Consent
from higgs_cli.casting.profile import read_profile
from higgs_cli.casting.reference_check import GOOD_SAMPLE_RATE, LONGEST_EDGE_SECONDS, read_samples
from higgs_cli.errors import HiggsError, UsageError
from higgs_cli.files.atomic_file import write_whole
from higgs_cli.files.strict_yaml import YamlSource, parse_yaml

if TYPE_CHECKING:
    from higgs_cli.casting.reference_check import Samples

SAFE_NAME = re.compile(r"[^\W_][\w .'-]{0,63}")
SILENCE_BELOW_PEAK_DB = 45
KEPT_EDGE_SECONDS = 0.3
FORBIDDEN_NAMES = {"con", "prn", "aux", "nul", "smart", "none"}


@dataclass(frozen=True)
class NewVoice:
    """What is added, and under which name."""

    name: str
    recording: Path
    text: str | None
    details: Mapping[str, object]
    """Further keys of the profile entry: description, language, gain_db."""
    consent: Consent | None = None
    """Of the recording as it is given; the entry has the hash of the one that is added."""


def add_voice(folder: Path, voice: NewVoice) -> Path:
    """Write the voice into the folder and return its recording."""
    if not SAFE_NAME.fullmatch(voice.name) or voice.name.lower() in FORBIDDEN_NAMES:
        raise UsageError(
            f'"{voice.name}" cannot be the name of a voice',
            hint="use letters, digits, spaces and . ' -, beginning with a letter",
        )
    audio = folder / f"{voice.name}.wav"
    for path in (audio, audio.with_suffix(".txt")):
        if os.path.lexists(path):
            raise UsageError(
                f"{path}: a voice of this name exists already", hint="choose another name"
            )
    recording = _one_channel(voice.recording)
    voice = replace(voice, details=_with_consent(voice, recording))
    profile = folder / "profile.yaml"
    written = _profile_text(profile, voice) if voice.details or profile.is_file() else None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(audio, recording)
        if voice.text is not None:
            write_whole(audio.with_suffix(".txt"), (voice.text + "\n").encode())
        if written is not None:
            write_whole(profile, written.encode())
    except OSError as error:
        raise HiggsError(f"{folder}: cannot be written: {error.strerror}") from None
    return audio


def _with_consent(voice: NewVoice, recording: bytes) -> Mapping[str, object]:
    if voice.consent is None:
        return voice.details
    added = replace(voice.consent, sha256=hashlib.sha256(recording).hexdigest())
    return {**voice.details, "consent": added.as_entry()}


def _profile_text(profile: Path, voice: NewVoice) -> str:
    """The profile with one more entry; refused if the result would not read as it should."""
    before = set(read_profile(profile)) if profile.is_file() else set()
    old = profile.read_text(encoding="utf-8") if profile.is_file() else ""
    if voice.name in before:
        raise UsageError(f'{profile}: has a voice "{voice.name}" already')
    values = {"audio": f"{voice.name}.wav", **voice.details}
    entry = [f"  {json.dumps(voice.name, ensure_ascii=False)}:"]
    entry += [
        f"    {key}: {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()
    ]
    head = old.rstrip("\n") if old.strip() else "profiles:"
    new = head + "\n" + "\n".join(entry) + "\n"
    try:
        names = parse_yaml(YamlSource(str(profile), new)).entries("a profile")["profiles"]
        is_right = set(names.entries("profiles")) == before | {voice.name}
    except HiggsError:
        is_right = False
    if not is_right:
        raise UsageError(
            f"{profile}: an entry cannot be added at its end",
            hint="add it by hand:\n" + "\n".join(entry),
        )
    return new


def _one_channel(source: Path) -> bytes:
    """A WAV: one channel, 24 kHz, 16 bits, without long silence at its ends."""
    import numpy as np
    import soundfile
    import soxr

    samples, rate = read_samples(source)
    mono = np.nan_to_num(samples).mean(axis=1)
    if rate != GOOD_SAMPLE_RATE:
        mono = soxr.resample(mono, rate, GOOD_SAMPLE_RATE)
    mono = without_long_edges(mono, GOOD_SAMPLE_RATE)
    file = BytesIO()
    soundfile.write(file, np.clip(mono, -1, 1), GOOD_SAMPLE_RATE, subtype="PCM_16", format="WAV")
    return file.getvalue()


def without_long_edges(mono: Samples, rate: int) -> Samples:
    """Silence of more than a second at an end would be cloned too: a third of a second stays."""
    import librosa

    _, (start, end) = librosa.effects.trim(mono, top_db=SILENCE_BELOW_PEAK_DB)
    longest, kept = round(LONGEST_EDGE_SECONDS * rate), round(KEPT_EDGE_SECONDS * rate)
    first = start - kept if start > longest else 0
    last = end + kept if len(mono) - end > longest else len(mono)
    return mono[first:last]
