"""Folders with more, less or other files than they should have."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest
import torch
from transformers import HiggsAudioV2ForConditionalGeneration

from model import load_model
from model.checkpoint.language_model import LanguageModel
from model.checkpoint.random_model import random_model
from model.config.writer import flat_config
from model.errors import CheckpointError, ModelError
from tests.model.boson_files import boson_names
from tests.model.checkpoint.test_checkpoint_loading import (
    CONFIG,
    same_weights,
    shards,
    write_folder,
)
from tests.model.checkpoint.test_checkpoint_real import real_config
from tests.model.tiny import random_prompt, tiny, transformers_config


@pytest.fixture(scope="module")
def lm() -> LanguageModel:
    return random_model(CONFIG, seed=3)


def test_of_two_whole_sets_of_shards_the_index_names_one(lm: LanguageModel, tmp_path: Path) -> None:
    mine = shards(boson_names(lm.network.state_dict()), 3)
    other = shards(boson_names(random_model(CONFIG, seed=4).network.state_dict()), 2)
    folder = write_folder(tmp_path / "two", CONFIG, *mine, *other)
    with pytest.raises(CheckpointError, match="several checkpoints"):
        load_model(folder)
    index = {"weight_map": {name: file for file, part in mine for name in part}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    assert same_weights(lm, load_model(folder))


def test_missing_tensors_are_called_as_the_file_would_call_them(
    lm: LanguageModel, tmp_path: Path
) -> None:
    weights = boson_names(lm.network.state_dict())
    gone = ["audio_codebook_embeddings.weight", "audio_decoder_proj.audio_lm_head.weight"]
    gone += ["norm.weight", "layers.2.audio_mlp.up_proj.weight"]
    kept = {name: one for name, one in weights.items() if name not in gone}
    folder = write_folder(tmp_path / "boson", CONFIG, ("model.safetensors", kept))
    with pytest.raises(CheckpointError) as caught:
        load_model(folder)
    assert sorted(str(caught.value).split()[-4:]) == sorted(gone)


def test_weights_of_mixed_formats_are_opened_in_the_widest(
    lm: LanguageModel, tmp_path: Path
) -> None:
    mixed = {
        name: one if "norm" in name else one.bfloat16()
        for name, one in lm.network.state_dict().items()
    }
    folder = write_folder(tmp_path / "mixed", CONFIG, ("model.safetensors", mixed))
    ids, codes = random_prompt(CONFIG, 4, 5)
    kept = load_model(folder, dtype=None)
    assert {one.dtype for one in kept.network.parameters()} == {torch.float32}
    assert torch.equal(kept.logits(ids, codes)[1], load_model(folder).logits(ids, codes)[1])


def test_a_pickle_under_a_safe_name_is_still_a_pickle(lm: LanguageModel, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "disguised", CONFIG)
    torch.save({"a": torch.zeros(2)}, folder / "model.safetensors")
    with pytest.raises(CheckpointError, match="is a pickle"):
        load_model(folder)
    (folder / "model.safetensors").write_bytes(pickle.dumps({"a": list(range(20))}))
    with pytest.raises(CheckpointError, match="is a pickle"):
        load_model(folder)


def test_a_folder_called_like_a_checkpoint_is_none(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "odd", CONFIG)
    (folder / "model.safetensors").mkdir()
    with pytest.raises(CheckpointError, match=r"holds no \*\.safetensors file"):
        load_model(folder)


@pytest.mark.parametrize(("device", "dtype"), [("gpu", None), ("meta", None), ("cpu", torch.int8)])
def test_a_device_or_format_that_cannot_be_is_refused(
    lm: LanguageModel, tmp_path: Path, device: str, dtype: torch.dtype | None
) -> None:
    lm.save(tmp_path / "flat")
    with pytest.raises(ModelError, match=r"device|dtype"):
        load_model(tmp_path / "flat", device=device, dtype=dtype)


def test_a_format_may_be_named(lm: LanguageModel, tmp_path: Path) -> None:
    lm.save(tmp_path / "flat")
    assert load_model(tmp_path / "flat", dtype="bfloat16").dtype is torch.bfloat16


def test_transformers_speaks_the_same_after_a_journey_from_the_original_files(
    lm: LanguageModel, tmp_path: Path
) -> None:
    """The original format has no delay id, and the transformers implementation ends every stream
    without one."""
    weights = boson_names(lm.network.state_dict())
    load_model(write_folder(tmp_path / "boson", CONFIG, ("model.safetensors", weights))).save(
        tmp_path / "flat"
    )
    saved = HiggsAudioV2ForConditionalGeneration.from_pretrained(tmp_path / "flat").eval()
    direct = HiggsAudioV2ForConditionalGeneration(transformers_config(tiny()))
    direct.config.eos_token_id = direct.generation_config.eos_token_id = 154
    names = direct.state_dict().keys()
    direct.load_state_dict({name: lm.network.state_dict()[name] for name in names})
    ids, codes = random_prompt(CONFIG, 9, 14)
    prompt = torch.cat((ids, torch.tensor([CONFIG.audio_out_bos_id])))[None]
    spoken = [
        reference.generate(
            input_ids=prompt,
            audio_input_ids=codes.t()[None],
            audio_input_ids_mask=torch.ones(1, 14, dtype=torch.bool),
            do_sample=False,
            max_new_tokens=20,
        )
        for reference in (saved, direct.eval())
    ]
    assert torch.equal(*spoken)


def test_audio_ids_survive_a_journey_to_the_flat_format(lm: LanguageModel, tmp_path: Path) -> None:
    lm.save(tmp_path / "flat")
    again = load_model(tmp_path / "flat")
    assert set(again.config.audio_ids) == {149, 150}


def test_the_public_model_is_saved_with_the_public_delay_id() -> None:
    values = flat_config(real_config("boson"), "bfloat16")
    assert values["audio_delay_token_id"] == 128014
