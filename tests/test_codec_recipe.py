"""The codec of the next mini: what it learns from, in which stages, and what stays as it is."""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import soundfile
import torch

RECIPE = Path(__file__).parents[1] / "examples" / "train_mini"
RATE = 24_000


@pytest.fixture
def crops(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(RECIPE))
    return importlib.import_module("spoken_crops")


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Each part is a ramp, so that a sample tells where it lies."""
    for part in (0, 1, 12):
        ramp = np.arange(3 * RATE) / (4 * RATE) + part / 100
        soundfile.write(tmp_path / f"{part:04d}.flac", ramp, RATE, "PCM_16")
        (tmp_path / f"{part:04d}.jsonl").write_text("{}\n", encoding="utf-8")
    soundfile.write(tmp_path / "0013.flac", np.zeros(RATE), RATE, "PCM_16")
    (tmp_path / "held_out.txt").write_text("It rains.\n", encoding="utf-8")
    return tmp_path


def test_parts_without_an_index_are_not_yet_there(crops: ModuleType, corpus: Path) -> None:
    assert importlib.import_module("corpus_parts").spoken_parts(corpus) == [0, 1, 12]


def test_a_stretch_is_a_function_of_parts_seed_and_step(crops: ModuleType, corpus: Path) -> None:
    def drawn(seed: int, step: int) -> torch.Tensor:
        return crops.SpokenCrops(corpus, [0, 1, 12], 4, 9600, seed)(step)

    assert drawn(5, 9).shape == (4, 1, 9600)
    assert torch.equal(drawn(5, 9), drawn(5, 9))
    assert not torch.equal(drawn(5, 9), drawn(5, 10))
    assert not torch.equal(drawn(5, 9), drawn(6, 9))


def test_a_stretch_lies_in_its_part_as_it_was_spoken(crops: ModuleType, corpus: Path) -> None:
    for stretch in crops.SpokenCrops(corpus, [0], 8, 9600, seed=1)(3)[:, 0]:
        steps = stretch.diff() * 4 * RATE
        assert float(steps.mean()) == pytest.approx(1, abs=0.02)
        assert 0 <= float(stretch[0]) < 0.65


def test_a_corpus_without_parts_is_said(crops: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="no parts here"):
        crops.SpokenCrops(tmp_path, [], 1, 9600, seed=1)


@pytest.fixture
def trainer(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(RECIPE))
    return importlib.import_module("train_codec")


def asked(**changes: object) -> argparse.Namespace:
    values = {
        "steps": 1000, "keep_codes": False, "books_from": 0.25, "judges_from": 0.5, "seed": 1,
        "decoder_alone_from": 0.8, "rate": 1e-3, "checkpoint_minutes": 3.0, "waveform": 20.0,
        "waveform_until": 0.3,
    } | changes  # fmt: skip
    return argparse.Namespace(**values)


def test_each_stage_begins_at_its_share_of_the_steps(trainer: ModuleType) -> None:
    recipe = trainer.recipe_of(asked())
    stages = recipe.quantize_from, recipe.discriminators_from, recipe.freeze_encoder_from
    assert stages == (250, 500, 800)
    assert trainer.recipe_of(asked(judges_from=1)).discriminators_from == -1
    kept = trainer.recipe_of(asked(keep_codes=True))
    assert (kept.quantize_from, kept.freeze_encoder_from) == (-1, 0)


def test_samples_themselves_count_in_the_first_share_of_the_steps_alone(
    trainer: ModuleType,
) -> None:
    options = asked()
    recipe = trainer.recipe_of(options)
    weights = [trainer.weighed(recipe, step, options).weights for step in (0, 299, 300, 999)]
    assert [one.waveform for one in weights] == [20.0, 20.0, 0.0, 0.0]
    assert {one.mel for one in weights} == {10.0}


def test_what_makes_book_0_phonetic_never_learns(trainer: ModuleType) -> None:
    network = trainer.opened(trainer.START)
    learning = {name for name, value in network.named_parameters() if value.requires_grad}
    fixed = ("semantic_model.", "encoder_semantic.", "fc.", "quantizer.quantizers.0.project_in.")
    assert not [name for name in learning if name.startswith(fixed)]
    parts = {name.partition(".")[0] for name in learning}
    assert parts == {"acoustic_encoder", "acoustic_decoder", "fc2", "quantizer"}
