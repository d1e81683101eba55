"""Checkpoints of both namings open by their tensors, and every wrong tensor is named."""

from __future__ import annotations

import json
import pickle
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import HiggsAudioV2ForConditionalGeneration

from model import load_model
from model.checkpoint.language_model import LanguageModel
from model.checkpoint.random_model import random_model
from model.config.config import Adapter, ModelConfig
from model.errors import CheckpointError, ConfigError
from tests.model.boson_files import boson_config, boson_names
from tests.model.tiny import TOWER, random_prompt, tiny, transformers_model

CONFIG = tiny(audio_in_id=149, audio_delay_id=None, audio_eos_id=148)


@pytest.fixture(scope="module")
def lm() -> LanguageModel:
    return random_model(CONFIG, seed=3)


@pytest.fixture
def flat_folder(lm: LanguageModel, tmp_path: Path) -> Path:
    lm.save(tmp_path / "flat")
    return tmp_path / "flat"


def write_folder(
    folder: Path, config: ModelConfig, *files: tuple[str, Mapping[str, Tensor]]
) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(boson_config(config)))
    for name, tensors in files:
        save_file({key: one.contiguous() for key, one in tensors.items()}, folder / name)
    return folder


def same_weights(first: LanguageModel, second: LanguageModel) -> bool:
    theirs = second.network.state_dict()
    mine = first.network.state_dict()
    return mine.keys() == theirs.keys() and all(torch.equal(mine[k], theirs[k]) for k in mine)


def halves(tensors: Mapping[str, Tensor], count: int = 2) -> list[dict[str, Tensor]]:
    names = list(tensors)
    return [{name: tensors[name] for name in names[one::count]} for one in range(count)]


def shards(tensors: Mapping[str, Tensor], count: int = 3) -> list[tuple[str, dict[str, Tensor]]]:
    return [
        (f"model-{number + 1:05d}-of-{count:05d}.safetensors", part)
        for number, part in enumerate(halves(tensors, count))
    ]


def test_what_is_saved_is_what_is_opened(lm: LanguageModel, flat_folder: Path) -> None:
    again = load_model(flat_folder)
    assert same_weights(lm, again)
    assert again.config.dual_ffn_layers == CONFIG.dual_ffn_layers


def test_transformers_opens_what_we_save_and_agrees(lm: LanguageModel, flat_folder: Path) -> None:
    reference = HiggsAudioV2ForConditionalGeneration.from_pretrained(flat_folder).eval()
    ids, codes = random_prompt(CONFIG, 9, 14)
    with torch.no_grad():
        theirs = reference(input_ids=ids[None], audio_input_ids=codes.t()[None]).logits[0]
    ours = lm.logits(ids, codes)[1]
    torch.testing.assert_close(ours, theirs.view_as(ours), atol=1e-4, rtol=0)


def test_we_open_what_transformers_saves(tmp_path: Path) -> None:
    config = tiny()
    saved = random_model(config, seed=5)
    transformers_model(saved).save_pretrained(tmp_path, max_shard_size="60KB")
    assert len(list(tmp_path.glob("*.safetensors"))) > 3
    again = load_model(tmp_path)
    assert same_weights(saved, again)
    assert again.config.audio_ids == config.audio_ids


def test_both_namings_give_the_same_logits(lm: LanguageModel, tmp_path: Path) -> None:
    weights = boson_names(lm.network.state_dict())
    folder = write_folder(tmp_path / "boson", CONFIG, *shards(weights))
    again = load_model(folder)
    assert again.config == CONFIG
    ids, codes = random_prompt(CONFIG, 9, 14)
    for mine, theirs in zip(lm.logits(ids, codes), again.logits(ids, codes), strict=True):
        assert torch.equal(mine, theirs)


def test_the_naming_is_told_by_the_tensors_and_not_by_the_configuration(
    lm: LanguageModel, flat_folder: Path
) -> None:
    save_file(boson_names(lm.network.state_dict()), flat_folder / "model.safetensors")
    assert same_weights(lm, load_model(flat_folder))


def test_old_shards_and_their_index_do_not_hide_the_new_file(
    lm: LanguageModel, flat_folder: Path
) -> None:
    old = random_model(CONFIG, seed=9)
    for name, part in shards(boson_names(old.network.state_dict())):
        save_file(part, flat_folder / name)
    index = {"weight_map": {"embed_tokens.weight": "model-00001-of-00003.safetensors"}}
    (flat_folder / "model.safetensors.index.json").write_text(json.dumps(index))
    assert same_weights(lm, load_model(flat_folder))


def test_leftovers_never_stand_in_for_a_broken_file(lm: LanguageModel, flat_folder: Path) -> None:
    weights = lm.network.state_dict()
    for name, part in shards(weights):
        save_file(part, flat_folder / name)
    save_file(
        {k: v for k, v in weights.items() if k != "model.norm.weight"},
        flat_folder / "model.safetensors",
    )
    with pytest.raises(CheckpointError, match=r"model\.norm\.weight"):
        load_model(flat_folder)


def test_a_codec_in_the_place_of_the_model_is_recognised(
    lm: LanguageModel, flat_folder: Path
) -> None:
    codec = {"acoustic_encoder.conv1.weight": torch.zeros(2, 2), "fc.bias": torch.zeros(2)}
    save_file(codec, flat_folder / "model.safetensors")
    with pytest.raises(CheckpointError, match="holds the codec"):
        load_model(flat_folder)
    for name, part in shards(lm.network.state_dict()):
        save_file(part, flat_folder / name)
    assert same_weights(lm, load_model(flat_folder))


def test_frozen_and_trainable_rows_are_joined(lm: LanguageModel, tmp_path: Path) -> None:
    weights = boson_names(lm.network.state_dict())
    split: dict[str, Tensor] = {}
    for name, one in weights.items():
        kind = {
            "embed_tokens.weight": "embedding",
            "audio_decoder_proj.text_lm_head.weight": "linear",
        }
        kind |= {"audio_decoder_proj.audio_lm_head.weight": "linear"}
        if name in kind:
            stem = name.removesuffix(".weight")
            split[f"{stem}.{kind[name]}_trainable.weight"] = one[100:]
            split[f"{stem}.{kind[name]}_frozen.weight"] = one[:100]
        else:
            split[name] = one
    assert len(split) == len(weights) + 3
    folder = write_folder(tmp_path / "split", CONFIG, *shards(split))
    assert same_weights(lm, load_model(folder))

    del split["embed_tokens.embedding_frozen.weight"]
    folder = write_folder(tmp_path / "half", CONFIG, ("model.safetensors", split))
    with pytest.raises(CheckpointError, match=r"missing:\n +embed_tokens.embedding_frozen.weight"):
        load_model(folder)


def test_loss_weights_of_the_original_trainer_are_passed_over(
    lm: LanguageModel, tmp_path: Path
) -> None:
    weights = boson_names(lm.network.state_dict()) | {"audio_codebook_weights": torch.ones(4)}
    folder = write_folder(tmp_path / "boson", CONFIG, ("model.safetensors", weights))
    assert same_weights(lm, load_model(folder))


def test_a_checkpoint_without_text_head_has_no_text_logits(flat_folder: Path) -> None:
    weights = load_file(flat_folder / "model.safetensors")
    del weights["text_lm_head.weight"]
    save_file(weights, flat_folder / "model.safetensors")
    ids, codes = random_prompt(CONFIG, 4, 4)
    assert load_model(flat_folder).logits(ids, codes)[0] is None


def test_every_wrong_tensor_is_listed(flat_folder: Path) -> None:
    weights = load_file(flat_folder / "model.safetensors")
    gone = [name for name in weights if ".1.audio_mlp" in name or name.endswith("k_proj.weight")]
    for name in gone:
        del weights[name]
    strange = {f"layers.{one}.cross.weight": torch.zeros(1) for one in range(40)}
    weights["model.norm.weight"] = torch.zeros(47)
    weights["audio_lm_head.weight"] = weights["audio_lm_head.weight"].to(torch.int8)
    save_file(weights | strange, flat_folder / "model.safetensors")
    with pytest.raises(CheckpointError) as caught:
        load_model(flat_folder)
    for name in [*gone, *strange, "model.norm.weight: 47, not 48", "of the format I8"]:
        assert name in str(caught.value)


def test_a_tensor_stored_twice_is_refused(lm: LanguageModel, tmp_path: Path) -> None:
    weights = dict(lm.network.state_dict())
    both = weights | {"norm.weight": weights["model.norm.weight"].clone()}
    folder = write_folder(tmp_path / "twice", CONFIG, ("model.safetensors", both))
    with pytest.raises(CheckpointError, match="repeated") as caught:
        load_model(folder)
    assert "norm.weight in model.safetensors" in str(caught.value)


def test_an_absent_shard_is_named(lm: LanguageModel, tmp_path: Path) -> None:
    first, _, last = shards(lm.network.state_dict())
    folder = write_folder(tmp_path / "two", CONFIG, first, last)
    with pytest.raises(CheckpointError, match="shard not there: model-00002-of-00003"):
        load_model(folder)


class Bomb:
    def __reduce__(self) -> tuple[Any, ...]:
        return pytest.fail, ("a pickle was opened",)


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pth", "weights.pt"])
def test_a_pickle_is_refused_and_never_opened(flat_folder: Path, name: str) -> None:
    (flat_folder / "model.safetensors").unlink()
    (flat_folder / name).write_bytes(pickle.dumps(Bomb()))
    for path in (flat_folder, flat_folder / name):
        with pytest.raises(CheckpointError, match="is a pickle") as caught:
            load_model(path)
        assert "save_file" in str(caught.value)


@pytest.mark.parametrize("length", [0, 5, 100, 9000, -1])
def test_a_file_cut_short_is_one_clear_error(flat_folder: Path, length: int) -> None:
    file = flat_folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:length])
    with pytest.raises(CheckpointError, match="cut short") as caught:
        load_model(flat_folder)
    assert str(file) in str(caught.value)


def test_a_pointer_of_git_lfs_is_recognised(flat_folder: Path) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
    (flat_folder / "model.safetensors").write_text(pointer)
    with pytest.raises(CheckpointError, match="git lfs pull"):
        load_model(flat_folder)


def test_paths_that_are_no_model_folder_are_named(flat_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="is not there"):
        load_model(tmp_path / "nowhere")
    with pytest.raises(CheckpointError, match="name the folder"):
        load_model(flat_folder / "model.safetensors")
    (tmp_path / "empty").mkdir()
    with pytest.raises(CheckpointError, match=r"holds no \*\.safetensors"):
        load_model(tmp_path / "empty")
    (flat_folder / "config.json").unlink()
    with pytest.raises(ConfigError, match=r"config\.json is not there"):
        load_model(flat_folder)


def test_weights_are_converted_only_when_asked(lm: LanguageModel, tmp_path: Path) -> None:
    half = {name: one.bfloat16() for name, one in lm.network.state_dict().items()}
    folder = write_folder(tmp_path / "half", CONFIG, ("model.safetensors", half))
    assert load_model(folder, dtype=None).dtype is torch.bfloat16
    wide = load_model(folder)
    assert wide.dtype is torch.float32
    assert torch.equal(wide.network.model.norm.weight, half["model.norm.weight"].float())
    frequencies = load_model(folder, dtype=torch.bfloat16).network.model.rotary
    assert torch.equal(frequencies.inverse_frequencies, lm.network.model.rotary.inverse_frequencies)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"adapter": Adapter.STACK, "dual_ffn_layers": ()}, "audio_adapter_type 'stack'"),
        ({"adapter": Adapter.FAST_FORWARD, "dual_ffn_layers": (0, 2)}, "dual_ffn_fast_forward"),
        (
            {"adapter": Adapter.DUAL_FFN, "dual_ffn_layers": (1,)},
            r"'dual_ffn' with audio_dual_ffn_layers \[1\]",
        ),
        ({"uses_delay_pattern": False}, "use_delay_pattern"),
        ({"encodes_audio_in": False}, "encode_audio_in_tokens"),
        ({"whisper": TOWER}, "skip_audio_tower"),
        ({"average_codebooks": True}, "audio_embed_avg"),
        ({"audio_self_attention": True}, "use_audio_out_self_attention"),
        ({"embed_projector": True}, "use_audio_out_embed_projector"),
    ],
)
def test_a_variant_transformers_cannot_hold_is_refused_by_name(
    changes: dict[str, Any], name: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=name):
        random_model(tiny(**changes)).save(tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_failed_save_leaves_the_old_folder_whole(
    lm: LanguageModel, flat_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {file.name: file.read_bytes() for file in flat_folder.iterdir()}

    def half_write(tensors: object, path: Path, metadata: object) -> None:
        path.write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr("model.checkpoint.writer.save_file", half_write)
    with pytest.raises(OSError, match="disk full"):
        random_model(CONFIG, seed=8).save(flat_folder)
    assert {file.name: file.read_bytes() for file in flat_folder.iterdir()} == before


def test_a_model_can_be_saved_over_the_folder_it_came_from(flat_folder: Path) -> None:
    lm = load_model(flat_folder)
    shutil.copytree(flat_folder, flat_folder.parent / "copy")
    lm.save(flat_folder)
    assert same_weights(load_model(flat_folder), load_model(flat_folder.parent / "copy"))


def test_changing_a_loaded_weight_leaves_its_file_alone(
    lm: LanguageModel, flat_folder: Path
) -> None:
    changed = load_model(flat_folder)
    with torch.no_grad():
        for one in changed.network.parameters():
            one.zero_()
    assert same_weights(lm, load_model(flat_folder))
