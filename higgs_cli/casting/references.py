"""Recordings of voices as they are found on disk: the sound, its transcript, and a hash of both."""

from __future__ import annotations

import hashlib
from pathlib import Path

from higgs_cli.casting.cast import Reference
from higgs_cli.errors import VoiceError
from higgs_cli.files.plain_file import opened_plain, read_plain

SOUND_SUFFIXES = (".wav", ".flac", ".mp3", ".ogg")
LARGEST_RECORDING = 256 * 1024 * 1024
LONGEST_TRANSCRIPT = 20_000


def reference_of(audio: Path, text: str | None = None) -> Reference:
    """The recording with the text that is given, or with the `.txt` that lies beside it."""
    if text is None:
        sidecar = audio.with_suffix(".txt")
        text = read_transcript(sidecar) if sidecar.is_file() else None
    return Reference(audio, text, content_of(audio, text))


def read_transcript(path: Path) -> str:
    """What a `.txt` says is spoken in the recording beside it."""
    try:
        data = read_plain(path, LONGEST_TRANSCRIPT)
        text = " ".join(data.decode("utf-8-sig").split())
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise VoiceError(f"{path}: cannot be read as UTF-8 text ({reason})") from None
    if not text:
        raise VoiceError(
            f"{path}: the transcript is empty",
            hint="write down what is said in the recording, or remove the file",
        )
    return text


def content_of(audio: Path, text: str | None) -> str:
    """SHA-256 over the bytes of the recording and the transcript."""
    hashed = hashlib.sha256()
    try:
        if not audio.is_file():
            raise VoiceError(f"{audio}: no such recording")
        if audio.stat().st_size > LARGEST_RECORDING:
            raise VoiceError(f"{audio}: too large for a reference; 5 to 30 seconds are best")
        with opened_plain(audio) as file:
            while block := file.read(1 << 20):
                hashed.update(block)
    except OSError as error:
        raise VoiceError(f"{audio}: cannot be read: {error.strerror}") from None
    hashed.update(b"\x00" + (text or "").encode())
    return hashed.hexdigest()
