"""The recordings of conversations: where they may lie, and what is said of those that cannot be."""

from __future__ import annotations

import base64
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import soundfile
import torch
from torch import Tensor

from tokenizer.errors import PromptError
from tokenizer.prompts.messages import AudioContent, AudioSource, ChatSample, Message
from tokenizer.samples.recordings import encode_recordings

RATE = 24_000


def encode(samples: Tensor, sample_rate: int) -> Tensor:
    return torch.full((8, len(samples) // 960), 5)


CODER: Any = SimpleNamespace(sample_rate=RATE, hop_length=960, encode=encode)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "chats"
    (folder / "sounds").mkdir(parents=True)
    for path in (folder / "sounds/in.wav", tmp_path / "out.wav"):
        soundfile.write(path, np.zeros(RATE), RATE)
    return folder


def frames(source: AudioSource, folder: Path, **how: bool) -> int:
    sample = ChatSample((Message("user", (source,)),))
    encoded = encode_recordings(sample, CODER, folder, **how)
    (content,) = encoded.sample.messages[0].content
    assert isinstance(content, AudioContent)
    return content.codes.shape[1]


def test_a_recording_is_looked_for_from_the_folder_of_its_conversation(folder: Path) -> None:
    assert frames(AudioSource("sounds/in.wav"), folder) == 25
    assert frames(AudioSource("sounds/../sounds/in.wav", duration_seconds=0.4), folder) == 10
    assert frames(AudioSource(str(folder / "sounds/in.wav")), folder) == 25


@pytest.mark.parametrize(
    "written", ["../out.wav", "sounds/../../out.wav", "/etc/passwd", "link.wav"]
)
def test_a_path_never_leaves_the_folder_of_its_conversation(folder: Path, written: str) -> None:
    (folder / "link.wav").symlink_to(folder.parent / "out.wav")
    with pytest.raises(PromptError, match=f"{written} is outside {folder}") as told:
        frames(AudioSource(written), folder)
    assert told.value.hint == "copy the recording there, or allow paths that lead outside"


def test_a_path_may_leave_the_folder_where_that_is_allowed(folder: Path) -> None:
    for written in ("../out.wav", str(folder.parent / "out.wav")):
        assert frames(AudioSource(written), folder, allow_outside=True) == 25


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("a\x00b.wav", "is not a path"),
        (f"{'n' * 300}.wav", "cannot be read: File name too long"),
        ("sounds", "sounds is not a file"),
        ("none.wav", r"none\.wav does not exist"),
    ],
)
def test_a_path_that_leads_to_no_recording_is_named(
    folder: Path, written: str, message: str
) -> None:
    with pytest.raises(PromptError, match=message):
        frames(AudioSource(written), folder)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"no sound at all", "^raw_audio (cannot be read as sound|is in no format)"),
        (b"", "^raw_audio is empty$"),
    ],
)
def test_a_bad_recording_in_the_line_itself_is_called_by_its_name_there(
    folder: Path, content: bytes, message: str
) -> None:
    raw = base64.b64encode(content).decode()
    with pytest.raises(PromptError, match=message) as told:
        frames(AudioSource(base64=raw), folder)
    assert "/" not in told.value.message


@pytest.mark.parametrize("raw", ["AAA", "A A A", "äöü="])
def test_what_is_not_base64_is_said(folder: Path, raw: str) -> None:
    with pytest.raises(PromptError, match="raw_audio is not base64"):
        frames(AudioSource(base64=raw), folder)


def test_a_recording_in_the_line_itself_is_read(folder: Path) -> None:
    raw = base64.b64encode((folder / "sounds/in.wav").read_bytes()).decode()
    assert frames(AudioSource(base64=raw, offset_seconds=0.2), folder) == 20
