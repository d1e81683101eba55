"""`higgs train` as a person meets it."""

from __future__ import annotations

import csv
import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import yaml
from tokenizers import Tokenizer

from higgs_cli.app import main
from model.config.reader import read_config
from model.training.shards import Shard
from tests.model.boson_files import boson_config
from tests.model.tiny import TOWER
from tests.tiny_checkpoint import write_checkpoint


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_checkpoint(tmp_path_factory.mktemp("start"))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    generator = np.random.default_rng(1)
    for name in ("first.wav", "second.wav"):
        soundfile.write(name, generator.normal(0, 0.1, 14_400).astype("float32"), 24_000)
    return tmp_path


def turn(role: str, content: object) -> dict[str, object]:
    return {"role": role, "content": content}


def audio(name: str, **more: object) -> dict[str, object]:
    return {"type": "audio", "audio_url": name, **more}


def write_chats(*conversations: list[dict[str, object]]) -> None:
    lines = [json.dumps({"messages": messages}) for messages in conversations]
    Path("chats.jsonl").write_text("\n".join(lines) + "\n")


def prepare(checkpoint: Path, *more: str) -> int:
    given = ["--model", str(checkpoint), "--codec", str(checkpoint / "codec"), "-o", "samples"]
    return main(["train", "samples", "chats.jsonl", *given, *more])


TRAINING = {
    "samples": "samples",
    "out": "out",
    "steps": 3,
    "batch_positions": 400,
    "learning_rate": 0.001,
    "device": "cpu",
}


def test_conversations_become_samples_and_samples_a_model(
    here: Path, checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_chats(
        [turn("user", "One."), turn("assistant", audio("first.wav"))],
        [
            turn("user", ["Two.", audio("first.wav", duration=0.3)]),
            turn("assistant", audio("second.wav", offset=0.1)),
        ],
        [turn("user", "Three."), turn("assistant", "I will not.")],
    )
    assert prepare(checkpoint, "--per-file", "2") == 0
    assert capsys.readouterr().err == "samples: 3 samples\n"
    assert [path.name for path in sorted(Path("samples").iterdir())] == [
        "samples-00000.safetensors",
        "samples-00001.safetensors",
    ]
    Path("run.yaml").write_text(yaml.safe_dump({**TRAINING, "start": str(checkpoint)}))
    assert main(["train", "lm", "run.yaml"]) == 0
    printed = capsys.readouterr()
    assert printed.out == "out/model\n"
    assert "3 samples; step 0 of 3" in printed.err
    assert "step 3 of 3" in printed.err
    with Path("out/curves.csv").open() as table:
        rows = list(csv.DictReader(table))
    assert [row["step"] for row in rows] == ["1", "2", "3"]
    assert Path("out/curves.png").read_bytes().startswith(b"\x89PNG")
    assert Path("out/model/tokenizer.json").is_file()


def test_a_longer_run_goes_on_where_the_last_one_ended(here: Path, checkpoint: Path) -> None:
    write_chats([turn("user", "One."), turn("assistant", audio("first.wav"))])
    assert prepare(checkpoint) == 0
    for steps in (2, 4):
        values = {**TRAINING, "start": str(checkpoint), "steps": steps}
        Path("run.yaml").write_text(yaml.safe_dump(values))
        assert main(["train", "lm", "run.yaml", "--quiet"]) == 0
    with Path("out/curves.csv").open() as table:
        assert [row["step"] for row in csv.DictReader(table)] == ["1", "2", "3", "4"]


@pytest.mark.parametrize("mine", ["out/curves.csv", "out/curves.png", "out/model/config.json"])
def test_a_folder_of_somebody_else_is_not_trained_into(
    here: Path, checkpoint: Path, mine: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(mine).parent.mkdir(parents=True)
    Path(mine).write_text("mine", encoding="utf-8")
    Path("run.yaml").write_text(yaml.safe_dump({**TRAINING, "start": str(checkpoint)}))
    assert main(["train", "lm", "run.yaml"]) == 2
    assert "out" in capsys.readouterr().err
    assert [path for path in Path("out").rglob("*") if path.is_file()] == [Path(mine)]
    assert Path(mine).read_text(encoding="utf-8") == "mine"


def test_a_recording_that_is_missing_is_named_with_its_line(
    here: Path, checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = [turn("user", "One."), turn("assistant", audio("first.wav"))]
    write_chats(good, [turn("assistant", audio("third.wav"))])
    assert prepare(checkpoint) == 2
    assert "chats.jsonl, line 2: third.wav does not exist" in capsys.readouterr().err
    assert not Path("samples").exists()


def test_an_offset_behind_the_end_is_named(
    here: Path, checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_chats([turn("assistant", audio("first.wav", offset=2))])
    assert prepare(checkpoint) == 2
    assert "line 1: first.wav ends before its offset of 2 s" in capsys.readouterr().err


def test_samples_are_never_written_over(
    here: Path, checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("samples").mkdir()
    Path("samples/mine.txt").write_text("precious")
    assert prepare(checkpoint) == 2
    assert "samples exists already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("stps: 3", "run.yaml: stps: unknown setting; steps?"),
        ("steps: 3", "run.yaml: samples: this setting is missing"),
        ("[1, 2]", "run.yaml: a training file holds names and values"),
        ("steps: 3\nout: [", "run.yaml, line 2: not YAML"),
        (
            "samples: s\nstart: m\nout: o\nbatch_positions: 1\nlearning_rate: 1\nsteps: 2024-13-45",
            "run.yaml: steps: '2024-13-45' is not a whole number",
        ),
        ("steps: !!timestamp noon", "run.yaml, line 1: tags (`!`) are not read"),
    ],
)
def test_a_mistake_in_the_file_is_one_line_and_no_traceback(
    here: Path, text: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("run.yaml").write_text(text)
    assert main(["train", "lm", "run.yaml"]) == 2
    printed = capsys.readouterr().err
    assert message in printed
    assert "Traceback" not in printed


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"threads": -1}, "run.yaml: threads: -1 is not 0 or above"),
        ({"betas": [2, 3]}, "run.yaml: betas: (2.0, 3.0) is not from 0 to below 1"),
        ({"out": "run.yaml"}, "run.yaml: out: run.yaml is a file; name a folder"),
        ({"start": "gone"}, "run.yaml: start: gone holds no config.json"),
        ({"device": "cuda"}, "run.yaml: device: torch finds no CUDA device here"),
    ],
)
def test_what_cannot_be_trained_as_asked_is_one_line(
    here: Path,
    checkpoint: Path,
    change: dict[str, object],
    message: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    values = {**TRAINING, "start": str(checkpoint), **change}
    Path("run.yaml").write_text(yaml.safe_dump(values))
    assert main(["train", "lm", "run.yaml"]) == 2
    printed = capsys.readouterr().err
    assert printed.startswith(f"error: {message}")
    assert printed.count("\n") == 1


def test_samples_of_another_model_and_a_damaged_checkpoint_are_one_line(
    here: Path, checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_chats([turn("user", "One."), turn("assistant", audio("first.wav"))])
    assert prepare(checkpoint, "--quiet") == 0
    Path("run.yaml").write_text(yaml.safe_dump({**TRAINING, "start": str(checkpoint)}))
    assert main(["train", "lm", "run.yaml", "--quiet"]) == 0
    moments = Path("out/checkpoints/step-00000003/optimizer.safetensors")
    moments.write_bytes(moments.read_bytes()[:1000])
    capsys.readouterr()
    assert main(["train", "lm", "run.yaml"]) == 2
    damaged = capsys.readouterr().err
    assert damaged.startswith("error: out/checkpoints/step-00000003: the training state cannot be")
    assert damaged.count("\n") == 1
    config = json.loads((checkpoint / "config.json").read_text())
    other = {**config, "num_codebooks": 3}
    Path("start").mkdir()
    Path("start/config.json").write_text(json.dumps(other))
    Path("run.yaml").write_text(yaml.safe_dump({**TRAINING, "start": "start", "out": "other"}))
    assert main(["train", "lm", "run.yaml"]) == 2
    foreign = capsys.readouterr().err
    assert "samples/samples-00000.safetensors: prepared for another model: it has" in foreign
    assert foreign.count("\n") == 1


def test_without_accelerate_it_says_what_to_install(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("run.yaml").write_text("steps: 3")
    monkeypatch.setitem(sys.modules, "accelerate", None)
    monkeypatch.delitem(sys.modules, "model.training.lm_trainer", raising=False)
    assert main(["train", "lm", "run.yaml"]) == 2
    printed = capsys.readouterr().err
    assert "training needs the accelerate package" in printed
    assert "pip install 'higgs[train]'" in printed


def test_a_training_file_that_is_not_there_is_named(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "lm", "run.yaml"]) == 2
    assert "run.yaml: cannot be read" in capsys.readouterr().err


def test_recordings_train_a_codec(
    here: Path, checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = {"steps": 2, "quantize_from": 1, "freeze_encoder_from": 9, "kmeans_batches": 8}
    values = {"recordings": ".", "start": str(checkpoint / "codec"), "out": "out"}
    Path("run.yaml").write_text(yaml.safe_dump({**values, "lanes": 8, "recipe": recipe}))
    assert main(["train", "codec", "run.yaml"]) == 0
    assert capsys.readouterr().out == "out/codec\n"
    assert Path("out/codec/model.safetensors").is_file()
    assert Path("out/curves.csv").read_text().startswith("step,seconds,mel")


def test_a_mistake_in_a_recipe_is_named_where_it_is(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    values = {"recordings": ".", "start": "codec", "out": "out", "recipe": {"stesp": 3}}
    Path("run.yaml").write_text(yaml.safe_dump(values))
    assert main(["train", "codec", "run.yaml"]) == 2
    assert "run.yaml: recipe.stesp: unknown setting; steps?" in capsys.readouterr().err


def test_a_model_with_an_audio_tower_is_given_what_it_hears(here: Path, checkpoint: Path) -> None:
    plain = read_config(checkpoint)
    text = Tokenizer.from_file(str(checkpoint / "tokenizer.json"))
    config = replace(
        plain,
        whisper=TOWER,
        audio_in_id=text.token_to_id("<|AUDIO|>"),
        audio_eos_id=text.token_to_id("<|audio_eos|>"),
        audio_delay_id=None,
    )
    hiss = np.random.default_rng(1).normal(0, 0.1, 33_600).astype("float32")
    soundfile.write("long.wav", hiss, 24_000)  # 1.4 s, for a tower that hears 1 s at once
    Path("start").mkdir()
    Path("start/config.json").write_text(json.dumps(boson_config(config)))
    text.save("start/tokenizer.json")
    write_chats([turn("user", ["Two. ", audio("long.wav")]), turn("assistant", "Aye.")])
    given = ["--model", "start", "--codec", str(checkpoint / "codec"), "-o", "samples"]
    assert main(["train", "samples", "chats.jsonl", *given]) == 0
    sample = Shard(Path("samples/samples-00000.safetensors"))[0]
    assert sample.tower_mask is not None
    assert [mel.frame_count for mel in sample.mels] == [100, 40]
    assert int(sample.tower_mask.sum()) == 35
    assert not (sample.tower_mask & sample.audio_mask).any()
    assert [clip.column_count for clip in sample.clips] == [25 + 9, 10 + 9]
    Path("run.yaml").write_text(yaml.safe_dump({**TRAINING, "start": "start", "steps": 1}))
    assert main(["train", "lm", "run.yaml"]) == 0
    assert read_config(Path("out/model")).whisper == config.whisper
