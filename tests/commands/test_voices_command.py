"""`higgs voices` and `higgs scenes`, through the real entry point."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from higgs_cli.app import main
from higgs_cli.casting.scene_library import scene_text
from higgs_cli.files.bundled import bundled_folder


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


def test_list_shows_the_bundled_voices_and_the_users(capsys: pytest.CaptureFixture[str]) -> None:
    Path("my.yaml").write_text("profiles: {anna: A voice in words}\n")
    assert main(["voices", "list", "--voices", "my.yaml"]) == 0
    shown = capsys.readouterr().out
    assert "anna\tdescription\tyours\tA voice in words" in shown
    assert "marigold\trecording\tbundled" in shown
    assert main(["voices", "list", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) >= 8


def test_show_says_all_that_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["voices", "show", "marigold"]) == 0
    shown = capsys.readouterr().out
    assert "recording: " in shown and "transcript: " in shown
    assert main(["voices", "show", "marigolt"]) == 2
    assert "did you mean marigold" in capsys.readouterr().err


def test_the_bundled_voices_pass_their_own_check(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["voices", "check"]) == 0
    assert "error:" not in capsys.readouterr().out


def test_add_then_use_a_voice(capsys: pytest.CaptureFixture[str]) -> None:
    recording = bundled_folder("voices") / "marigold.wav"
    added = ["voices", "add", "mine", str(recording), "--to", "voices", "--language", "en"]
    assert main(added) == 0
    assert Path("voices/mine.txt").is_file()
    capsys.readouterr()
    Path("talk.txt").write_text("[SPEAKER0] Hello there.\n")
    assert main(["plan", "talk.txt", "--voices", "voices"]) == 0
    assert "SPEAKER0\tmine\trecording\tnothing is known of them" in capsys.readouterr().out
    assert main(added) == 2
    assert "a voice of this name exists already" in capsys.readouterr().err


def test_a_text_of_the_name_of_a_new_voice_is_not_replaced(
    capsys: pytest.CaptureFixture[str],
) -> None:
    recording = bundled_folder("voices") / "marigold.wav"
    Path("mine.txt").write_text("A chapter.\n", encoding="utf-8")
    assert main(["voices", "add", "mine", str(recording), "--to", "."]) == 2
    assert "mine.txt: a voice of this name exists already" in capsys.readouterr().err
    assert Path("mine.txt").read_text(encoding="utf-8") == "A chapter.\n"


def test_long_silence_at_the_ends_of_a_recording_is_not_added() -> None:
    import numpy as np
    import soundfile

    voice, rate = soundfile.read(bundled_folder("voices") / "marigold.wav")
    silence = np.zeros(2 * rate)
    soundfile.write("long.wav", np.concatenate([silence, voice, silence]), rate)
    Path("long.txt").write_text("What she says.")
    assert main(["voices", "add", "mine", "long.wav", "--to", "voices", "--consent", "she"]) == 0
    added = soundfile.info("voices/mine.wav")
    assert abs(added.frames - len(voice)) < 0.7 * rate
    assert main(["voices", "add", "whole", str(bundled_folder("voices") / "marigold.wav")]) == 0
    assert soundfile.info("voices/whole.wav").frames == len(voice)


def test_an_unusable_recording_is_not_added(capsys: pytest.CaptureFixture[str]) -> None:
    Path("bad.wav").write_bytes(b"RIFF")
    assert main(["voices", "add", "bad", "bad.wav", "--to", "voices"]) == 2
    assert not Path("voices").exists()
    assert main(["voices", "check", "bad.wav"]) == 2
    assert "bad.wav: not a sound file" in capsys.readouterr().err


def test_scenes_are_listed_and_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scenes", "list"]) == 0
    assert "quiet_room (default)\tAudio is recorded from a quiet room." in capsys.readouterr().out
    assert main(["scenes", "show", "quiet_room"]) == 0
    assert capsys.readouterr().out == "Audio is recorded from a quiet room.\n"
    assert main(["scenes", "show", "quiet_rom"]) == 2
    assert "did you mean quiet_room?" in capsys.readouterr().err


def test_a_scene_may_be_a_file_or_none() -> None:
    Path("hall.txt").write_text("A large  hall.\n\n")
    assert scene_text("hall.txt") == "A large hall."
    assert scene_text("none") is None
    assert scene_text(None) == "Audio is recorded from a quiet room."
