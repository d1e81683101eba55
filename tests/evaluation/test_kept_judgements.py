"""Judges who remember: a judge is what it is made of, a sound what is in it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from higgs_cli.audio.clip import AudioClip
from higgs_cli.errors import LockedError
from higgs_cli.evaluation.judges import JudgeNames, Judges
from higgs_cli.evaluation.kept_judgements import KeptJudges
from higgs_cli.evaluation.sound import Sound
from tests.evaluation.cloning_list import Listener

CLIP = AudioClip(np.zeros(2400, np.float32), 24_000)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "whisper"
    folder.mkdir()
    for name in ("model.bin", "config.json", "tokenizer.json"):
        (folder / name).write_bytes(b"first")
    return folder


def heard(folder: Path, ears: Listener, content: str = "a", place: str = "out.json") -> str | None:
    names = JudgeNames(str(folder))
    judges = KeptJudges(Judges(words=ears), names, folder.parent / place)
    return judges.heard(Sound(content, lambda: CLIP))


def test_a_sound_is_heard_once_and_another_one_once_more(folder: Path) -> None:
    ears = Listener()
    assert heard(folder, ears) == heard(folder, ears) == "it rains" and ears.count == 1
    heard(folder, ears, "b")
    assert ears.count == 2


def test_a_recogniser_is_its_files_and_not_its_name(folder: Path) -> None:
    ears = Listener()
    heard(folder, ears)
    moved = folder.rename(folder.with_name("moved"))
    heard(moved, ears)
    assert ears.count == 1
    (moved / "tokenizer.json").write_bytes(b"other")
    heard(moved, ears)
    assert ears.count == 2


def test_what_is_kept_needs_no_sound(folder: Path) -> None:
    ears = Listener()
    heard(folder, ears)

    def gone() -> AudioClip:
        raise AssertionError("it was loaded")

    kept = KeptJudges(Judges(words=ears), JudgeNames(str(folder)), folder.parent / "out.json")
    assert kept.heard(Sound("a", gone)) == "it rains"


def test_two_processes_do_not_judge_into_one_folder(folder: Path) -> None:
    names = JudgeNames(str(folder))
    one, other = (KeptJudges(Judges(), names, folder.parent / "out.json") for _ in range(2))
    with one.hold(), pytest.raises(LockedError), other.hold():
        pass


def test_without_a_file_of_figures_nothing_is_kept(folder: Path) -> None:
    ears = Listener()
    judges = KeptJudges(Judges(words=ears), JudgeNames(str(folder)), None)
    for _ in range(2):
        judges.heard(Sound("a", lambda: CLIP))
    assert ears.count == 2 == judges.asked
    assert sorted(path.name for path in folder.parent.iterdir() if path.name != "cache") == [
        "whisper"
    ]
