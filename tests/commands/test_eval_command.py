"""`higgs eval` as a person meets it, with the bundled mini and nobody who listens to words."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from higgs_cli import pipeline
from higgs_cli.app import main

MINI = ["eval", "--model", "mini", "--recognizer", "none", "--device", "cpu"]
RATE = 24_000


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("lines.txt").write_text("It rains.\nGo home now.\n", encoding="utf-8")
    return tmp_path


@pytest.fixture
def unopened(monkeypatch: pytest.MonkeyPatch) -> None:
    def open_higgs(settings: object) -> object:
        raise AssertionError("the model was opened before the options were checked")

    monkeypatch.setattr(pipeline, "open_higgs", open_higgs)


def hiss(path: str, seconds: float = 1.0) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(1).normal(0, 0.1, int(seconds * RATE))
    soundfile.write(path, noise, RATE)


def test_one_named_voice_is_measured_against_the_whole_library(
    capsys: pytest.CaptureFixture[str],
) -> None:
    given = ["--sentences", "lines.txt", "--voice", "marigold", "--audio", "new/clips"]
    assert main([*MINI, *given, "--out", "scores.json", "--json"]) == 0
    scores = json.loads(Path("scores.json").read_text(encoding="utf-8"))
    assert json.loads(capsys.readouterr().out) == scores
    assert [row["name"] for row in scores["summaries"]] == ["marigold", "all"]
    assert [one["number"] for one in scores["sentences"]] == [0, 1]
    for one in scores["sentences"]:
        assert one["rival_distance"] > 0 and 0 < one["voice_similarity"] < 1
        clip = soundfile.info(f"new/clips/marigold/{one['number']:04d}.wav")
        assert clip.duration == pytest.approx(one["duration_seconds"])
    names = sorted(path.name for path in Path().iterdir())
    assert names == ["lines.txt", "new", "scores.json"]


def test_a_teacher_is_measured_beside_and_the_table_names_both(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for number in (0, 1):
        hiss(f"teacher/wren/{number:04d}.wav")
    given = ["--sentences", "lines.txt", "--voice", "wren", "--teacher", "teacher"]
    assert main([*MINI, *given, "--reconstruct"]) == 0
    headings, wren, total = [
        line.split("\t") for line in capsys.readouterr().out.rstrip("\n").split("\n")
    ]
    assert headings[7:9] == ["similarity", "teacher's"] and headings[-1] == "mel dB"
    assert len(headings) == len(wren) == len(total)
    assert (wren[0], total[0]) == ("wren", "all")
    assert 0.5 < float(wren[7]) <= 1 and 0.5 < float(wren[8]) <= 1


def test_a_stranger_is_cloned_and_the_library_is_its_rival(
    capsys: pytest.CaptureFixture[str],
) -> None:
    hiss("strangers/hush.wav", seconds=2.0)
    Path("strangers/hush.txt").write_text("Hush, hush.", encoding="utf-8")
    assert main([*MINI, "--count", "1", "--clones", "strangers", "--json"]) == 0
    (score,) = json.loads(capsys.readouterr().out)["sentences"]
    assert score["voice"] == "hush" and score["rival_distance"] is not None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--out", "missing/scores.json"], "missing/scores.json: there is no folder missing"),
        (["--out", "folder"], "folder is a folder"),
        (["--out", "mine.json"], "mine.json is there already"),
        (["--sentences", "lines.txt", "--out", "lines.txt", "--overwrite"], "is an input"),
        (["--audio", "full"], "full exists already, and is not empty"),
        (["--out", f"{'n' * 300}.json"], "cannot be written: File name too long"),
        (["--audio", "lines.txt/clips"], "lines.txt is not a folder"),
        (
            ["--audio", "folder", "--teacher", "folder"],
            "folder is the folder of reference recordings",
        ),
        (["--teacher", "lines.txt"], "lines.txt is not a folder"),
        (["--reconstruct"], "--reconstruct needs reference recordings"),
        (["--sentences", "missing.txt"], "missing.txt: cannot be read"),
        (["--recognizer", "echo"], "no recogniser is called 'echo'"),
        (["--recognizer", "folder"], "folder: no faster-whisper model: it has no model.bin"),
        (["--dnsmos", "missing.onnx"], "missing.onnx: there is no such file"),
        (["--speaker-print", "lines.txt"], "lines.txt: no weights in safetensors"),
    ],
)
def test_what_cannot_be_done_is_said_before_the_model_is_opened(
    options: list[str], message: str, unopened: None, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("folder").mkdir()
    Path("full").mkdir()
    for mine in ("full/mine.wav", "mine.json"):
        Path(mine).write_text("mine", encoding="utf-8")
    assert main([*MINI, *options]) == 2
    assert Path("full/mine.wav").read_text() == Path("mine.json").read_text() == "mine"
    said = capsys.readouterr().err
    assert message in said and "Traceback" not in said


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--voice", "nobody"], 'no voice is called "nobody"'),
        (["--clones", "folder"], "folder: contains no recordings NAME.wav"),
        (["--teacher", "folder"], "0000.wav: there is no reference recording of sentence 0"),
        (["--teacher", "words", "--voice", "wren"], "words/wren/0000.wav: not a sound file"),
    ],
)
def test_voices_and_recordings_that_cannot_be_used_are_one_clear_line(
    options: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("folder").mkdir()
    Path("words/wren").mkdir(parents=True)
    Path("words/wren/0000.wav").write_text("It rains.", encoding="utf-8")
    assert main([*MINI, "--sentences", "lines.txt", "--count", "1", *options]) == 2
    said = capsys.readouterr().err
    assert message in said and "Traceback" not in said


def test_a_judge_that_is_not_installed_is_said_and_the_rest_is_measured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    Path("dnsmos.onnx").write_bytes(b"network")
    given = ["--sentences", "lines.txt", "--count", "1", "--voice", "wren"]
    assert main([*MINI, *given, "--dnsmos", "dnsmos.onnx"]) == 0
    said = capsys.readouterr()
    assert "no sound quality: the package onnxruntime is missing" in said.err
    assert "melody" not in said.out and "wren" in said.out


def test_scores_that_were_there_stay_whole_when_an_evaluation_fails() -> None:
    Path("scores.json").write_text("earlier", encoding="utf-8")
    assert main([*MINI, "--voice", "nobody", "--out", "scores.json", "--overwrite"]) == 2
    assert Path("scores.json").read_text(encoding="utf-8") == "earlier"


@pytest.mark.parametrize("option", ["--audio", "--teacher"])
def test_no_name_of_a_voice_leads_out_of_a_folder_of_clips(
    option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    hiss("lib/hush.wav", seconds=2.0)
    entry = 'profiles:\n  "../../evil":\n    audio: hush.wav\n    text: Hush, hush.\n'
    Path("lib/profile.yaml").write_text(entry, encoding="utf-8")
    given = ["--voices", "lib", "--voice", "../../evil", "--sentences", "lines.txt"]
    assert main([*MINI, *given, option, "x/y/clips"]) == 2
    assert "cannot be the name of a folder" in capsys.readouterr().err
    assert not Path("x").exists()
