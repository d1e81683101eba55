"""What a training run of the language model refuses, before its first step."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from model.config.writer import flat_config
from model.errors import CheckpointError, ConfigError
from model.training.lm_trainer import LmTrainer
from tests.model.training_fixtures import SINGER, settings_for

NEWEST = "out/checkpoints/step-00000002"


def run(tmp_path: Path, **changes: Any) -> None:
    list(LmTrainer(settings_for(tmp_path, **changes)).run())


@pytest.mark.parametrize("role", ["samples", "validation"])
def test_samples_of_another_model_never_reach_the_first_step(tmp_path: Path, role: str) -> None:
    settings_for(tmp_path)
    larger = replace(SINGER, vocab_size=40, codebook_count=3)
    settings = settings_for(tmp_path, **{role: "samples"})
    (tmp_path / "start/config.json").write_text(json.dumps(flat_config(larger, "float32")))
    with pytest.raises(CheckpointError, match=r"samples-00000\.safetensors: prepared for another"):
        LmTrainer(settings)


def test_a_checkpoint_cut_short_is_named_with_the_way_out(tmp_path: Path) -> None:
    run(tmp_path, steps=2, checkpoint_steps=1)
    moments = tmp_path / NEWEST / "optimizer.safetensors"
    moments.write_bytes(moments.read_bytes()[:-100])
    with pytest.raises(CheckpointError, match=f"{NEWEST}: the training state cannot be read"):
        LmTrainer(settings_for(tmp_path, steps=3))
    shutil.rmtree(tmp_path / NEWEST)  # as the message says
    assert LmTrainer(settings_for(tmp_path, steps=3)).progress.step == 1


def test_what_was_learned_cannot_be_frozen_halfway(tmp_path: Path) -> None:
    run(tmp_path, steps=2)
    more = {"steps": 3, "freeze": ["model.norm.weight"]}
    with pytest.raises(CheckpointError, match=r"model\.norm\.weight was learned so far") as refusal:
        LmTrainer(settings_for(tmp_path, **more))
    assert NEWEST in str(refusal.value)
    # The way the message shows.
    run(tmp_path, **more, out="other", start=f"{NEWEST}/model")


def test_what_was_frozen_may_learn_from_a_checkpoint_on(tmp_path: Path) -> None:
    run(tmp_path, steps=2, freeze=["model.norm.weight"])
    trainer = LmTrainer(settings_for(tmp_path, steps=4))
    before = trainer._network.model.norm.weight.detach().clone()
    list(trainer.run())
    assert not torch.equal(trainer._network.model.norm.weight, before)


def test_a_run_that_goes_on_without_its_start_is_refused_at_once(tmp_path: Path) -> None:
    run(tmp_path, steps=2)
    shutil.rmtree(tmp_path / "start")
    with pytest.raises(ConfigError, match=r"start: .*start holds no config\.json"):
        LmTrainer(settings_for(tmp_path, steps=4))


@pytest.mark.parametrize("start", ["out/model", f"{NEWEST}/model"])
def test_a_run_never_begins_from_what_it_writes_over(tmp_path: Path, start: str) -> None:
    trainer = LmTrainer(settings_for(tmp_path, steps=2))
    list(trainer.run())
    trainer.save_model()
    with pytest.raises(ConfigError, match="is written over by this run; give another `out`"):
        LmTrainer(settings_for(tmp_path, steps=4, start=start))
    assert len(list(LmTrainer(settings_for(tmp_path, start=start, out="new", steps=1)).run())) == 1


@pytest.mark.parametrize("out", ["taken", "taken/deeper"])
def test_a_file_where_the_run_would_write_is_named(tmp_path: Path, out: str) -> None:
    (tmp_path / "taken").write_text("mine")
    with pytest.raises(ConfigError, match=r"out: .*taken is a file; name a folder"):
        LmTrainer(settings_for(tmp_path, out=out))
    assert (tmp_path / "taken").read_text() == "mine"


def test_a_gpu_that_is_not_there_is_never_replaced_in_silence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ConfigError, match="device: torch finds no CUDA device here"):
        LmTrainer(settings_for(tmp_path, device="cuda"))
