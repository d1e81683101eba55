"""What `higgs train samples` refuses, and what it leaves behind: nothing half done."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from safetensors.torch import load_file

from higgs_cli.app import main
from tests.tiny_checkpoint import write_checkpoint, write_original_checkpoint


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_checkpoint(tmp_path_factory.mktemp("start"))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of conversations beside a recording that is not in it."""
    hiss = np.random.default_rng(1).normal(0, 0.1, 14_400).astype("float32")
    soundfile.write(tmp_path / "out.wav", hiss, 24_000)
    folder = tmp_path / "chats"
    folder.mkdir()
    soundfile.write(folder / "in.wav", hiss, 24_000)
    monkeypatch.chdir(folder)
    return folder


def write_chats(*recordings: dict[str, object]) -> None:
    lines = [
        json.dumps({"messages": [{"role": "assistant", "content": {"type": "audio"} | one}]})
        for one in recordings
    ]
    Path("chats.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def prepare(checkpoint: Path, *more: str, output: str = "samples") -> int:
    given = ["--model", str(checkpoint), "--codec", str(checkpoint / "codec")]
    return main(["train", "samples", "chats.jsonl", *given, "-o", output, *more])


GOOD: dict[str, object] = {"audio_url": "in.wav"}


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"audio_url": "in.wav", "offset": float("nan")}, "messages[0].content.offset: "),
        ({"audio_url": "in.wav", "duration": float("inf")}, "messages[0].content.duration: "),
        ({"raw_audio": "AAAA"}, "raw_audio cannot be read as sound"),
        ({"audio_url": "../out.wav"}, "../out.wav is outside "),
        ({"audio_url": "none.wav"}, "none.wav does not exist"),
    ],
)
def test_a_bad_recording_is_named_with_its_line_and_nothing_is_left(
    here: Path,
    checkpoint: Path,
    bad: dict[str, object],
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_chats(GOOD, bad)
    assert prepare(checkpoint, "--per-file", "1") == 2
    said = capsys.readouterr().err
    assert f"chats.jsonl, line 2: {message}" in said
    assert "Traceback" not in said
    assert sorted(path.name for path in here.iterdir()) == ["chats.jsonl", "in.wav"]


def test_recordings_from_elsewhere_are_read_where_that_is_allowed(
    here: Path, checkpoint: Path
) -> None:
    write_chats({"audio_url": "../out.wav"}, {"audio_url": str(here.parent / "out.wav")})
    assert prepare(checkpoint, "--allow-outside") == 0
    assert [path.name for path in Path("samples").iterdir()] == ["samples-00000.safetensors"]


def test_a_recording_from_elsewhere_is_refused_with_the_option_that_allows_it(
    here: Path, checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_chats({"audio_url": "../out.wav"})
    assert prepare(checkpoint) == 2
    assert "hint: copy the recording there, or say --allow-outside\n" in capsys.readouterr().err


def test_without_a_conversation_nothing_is_left(
    here: Path, checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_chats()
    assert prepare(checkpoint) == 2
    assert "chats.jsonl contains no conversation" in capsys.readouterr().err
    assert sorted(path.name for path in here.iterdir()) == ["chats.jsonl", "in.wav"]


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("chats.jsonl/samples", "chats.jsonl is not a folder"),
        ("chats.jsonl", "chats.jsonl is not a folder"),
        (".", ". exists already"),
        ("n" * 300, "cannot be written: File name too long"),
    ],
)
def test_a_place_that_cannot_hold_samples_is_refused_before_any_work(
    here: Path, output: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write_chats(GOOD)
    assert prepare(Path("no checkpoint"), output=output) == 2
    said = capsys.readouterr().err
    assert message in said and "Traceback" not in said


def test_an_empty_folder_may_be_filled(here: Path, checkpoint: Path) -> None:
    write_chats(GOOD)
    Path("samples").mkdir()
    assert prepare(checkpoint) == 0
    assert len(list(Path("samples").iterdir())) == 1


@pytest.mark.parametrize("hears", [True, False])
def test_codes_of_what_the_assistant_is_given_are_laid_if_the_model_encodes_audio_in(
    here: Path, tmp_path: Path, hears: bool
) -> None:
    """A clip of 15 frames takes nine columns more."""
    folder = write_original_checkpoint(tmp_path / "original", encodes_audio_in=hears)
    audio = {"type": "audio"} | GOOD
    roles = ("system", "user", "assistant")
    chat = {"messages": [{"role": role, "content": audio} for role in roles]}
    Path("chats.jsonl").write_text(json.dumps(chat) + "\n")
    assert prepare(folder) == 0
    stored = load_file("samples/samples-00000.safetensors")
    assert stored["codes"].shape[1] == (3 if hears else 1) * (15 + 9)
    assert stored["clip_is_learned"].tolist() == ([False, False, True] if hears else [True])
