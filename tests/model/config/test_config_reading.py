"""Both public configurations are read as they are, and nothing else passes unseen."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import HiggsAudioV2Config, LlamaConfig, WhisperConfig

from model.config.config import Adapter, Llama3Scaling, ModelConfig, RopeConfig
from model.config.reader import parse_config, read_config
from model.config.writer import flat_config
from model.errors import ConfigError
from model.network.layers import inverse_frequencies
from tests.model.tiny import tiny, transformers_config

ASSETS = Path(__file__).parents[2] / "assets" / "model"
Values = dict[str, Any]


def flat(**changes: Any) -> Values:
    return json.loads((ASSETS / "lm.transformers.config.json").read_text()) | changes


def nested(text: Values | None = None, **changes: Any) -> Values:
    values = json.loads((ASSETS / "lm.boson.config.json").read_text()) | changes
    values["text_config"] |= text or {}
    return values


def without(values: Values, path: str) -> Values:
    *outer, last = path.split(".")
    inner = values
    for name in outer:
        inner = inner[name]
    del inner[last]
    return values


def test_the_two_real_configurations_describe_the_same_network() -> None:
    new, old = parse_config(flat()), parse_config(nested())
    for name in ("vocab_size", "hidden_size", "intermediate_size", "layer_count", "head_count"):
        assert getattr(new, name) == getattr(old, name)
    for name in ("kv_head_count", "head_dim", "codebook_count", "rows_per_codebook"):
        assert getattr(new, name) == getattr(old, name)
    assert new.codebook_size == old.codebook_size == 1024
    assert new.dual_ffn_layers == old.dual_ffn_layers == tuple(range(28))
    assert (new.audio_ids, old.audio_ids) == ((128016, 128014), (128015, 128016))
    assert (new.bos_id, new.eos_ids, old.bos_id, old.eos_ids) == (1, (128009,), 128000, (128001,))
    assert old.adapter is Adapter.FAST_FORWARD
    assert not old.tells_audio_keys_apart
    assert old.kv_slot_count == new.kv_slot_count == 28


def test_the_two_real_ropes_give_the_same_bits() -> None:
    new, old = parse_config(flat()), parse_config(nested())
    frequencies = [inverse_frequencies(one.rope, one.head_dim) for one in (new, old)]
    assert torch.equal(*frequencies)
    kept = 1.0 / (500000.0 ** (torch.arange(0, 128, 2).float() / 128))
    assert torch.equal(frequencies[0][:29], kept[:29])
    assert torch.equal(frequencies[0][35:], kept[35:] / 32)


def test_what_save_pretrained_writes_is_read(tmp_path: Path) -> None:
    config = tiny(attention_bias=True, eos_ids=(3, 4))
    theirs = transformers_config(config)
    theirs.save_pretrained(tmp_path)
    assert read_config(tmp_path) == config
    for extra in ({"dtype": "bfloat16"}, {"num_labels": 5}, {"attn_implementation": "eager"}):
        HiggsAudioV2Config(**(theirs.to_dict() | extra)).save_pretrained(tmp_path)
        assert read_config(tmp_path).hidden_size == config.hidden_size


def test_generic_fields_of_old_and_new_transformers_are_no_surprise() -> None:
    for theirs in (LlamaConfig, WhisperConfig):
        generic = {k: v for k, v in theirs().to_dict().items() if k not in theirs.__annotations__}
        generic.pop("model_type")
        assert parse_config(flat(**(generic | flat()))) == parse_config(flat())
    old = nested()["text_config"]
    architecture = set(flat()) | {"rope_theta", "rope_scaling"}
    generic = {name: value for name, value in old.items() if name not in architecture}
    assert parse_config(flat(**generic, _commit_hash=None)) == parse_config(flat())


def test_the_nested_format_saved_again_by_a_newer_transformers_is_read() -> None:
    text = LlamaConfig(**nested()["text_config"]).to_dict()
    assert "rope_theta" not in text
    tower = WhisperConfig().to_dict()
    again = parse_config(nested() | {"text_config": text, "audio_encoder_config": tower})
    assert again == parse_config(nested())


def test_our_own_file_is_read_back_as_it_was() -> None:
    config = tiny(
        stored_dtype="float32", rows_per_codebook=258, stream_bos_id=256, stream_eos_id=257
    )
    assert parse_config(flat_config(config, "float32")) == config


@pytest.mark.parametrize("hears", [True, False])
def test_whether_recordings_are_laid_as_codes_is_what_the_file_says(hears: bool) -> None:
    assert parse_config(nested(encode_audio_in_tokens=hears)).encodes_audio_in is hears
    assert parse_config(flat()).encodes_audio_in


@pytest.mark.parametrize("original", [64, 1024, 2047, 2048, 8192, 131_072])
@pytest.mark.parametrize("factor", [1.0, 1.5, 8.0, 32.0])
def test_transformers_has_no_warning_for_what_we_write(original: int, factor: float) -> None:
    scaling = Llama3Scaling(
        factor=factor,
        low_frequency_factor=1.0,
        high_frequency_factor=4.0,
        original_positions=original,
    )
    config = tiny(rope=RopeConfig(theta=500_000.0, scaling=scaling))
    warned: list[logging.LogRecord] = []
    listener = logging.Handler()
    listener.emit = warned.append  # type: ignore[method-assign]
    logger = logging.getLogger("transformers")
    logger.addHandler(listener)
    try:
        HiggsAudioV2Config(**flat_config(config, "float32"))
    finally:
        logger.removeHandler(listener)
    assert [record.getMessage() for record in warned] == []
    if original == 1024:
        assert flat_config(config, "float32")["max_position_embeddings"] == 2048


@pytest.mark.parametrize(
    ("values", "field", "near"),
    [
        (flat(num_codebook=8), "num_codebook:", "num_codebooks"),
        (flat(hidden_sizes=1), "hidden_sizes:", "hidden_size"),
        (flat(experiment="blue"), "experiment:", "take it out"),
        (nested(audio_num_codebook=8), "audio_num_codebook:", "audio_num_codebooks"),
        (nested({"num_layers": 3}), "text_config.num_layers:", ""),
        (flat(rope_parameters=flat()["rope_parameters"] | {"faktor": 1}), "faktor", "factor"),
        (nested(audio_encoder_config={"d_modell": 3}), "audio_encoder_config.d_modell", "d_model"),
    ],
)
def test_an_unknown_field_is_named_with_its_neighbour(
    values: Values, field: str, near: str
) -> None:
    with pytest.raises(ConfigError, match="unknown") as caught:
        parse_config(values)
    assert field in str(caught.value)
    assert near in str(caught.value)


def shape_fields() -> Iterator[tuple[str, str]]:
    keeps = {"architectures", "model_type", "dtype", "transformers_version", "use_cache"}
    keeps |= {"attention_dropout", "initializer_range", "max_position_embeddings", "pretraining_tp"}
    keeps |= {"tie_word_embeddings", "bos_token_id", "eos_token_id", "pad_token_id"}
    for name in flat().keys() - keeps:
        yield "flat", name
    for name in ("vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "head_dim"):
        yield "nested", f"text_config.{name}"
    for name in ("num_attention_heads", "num_key_value_heads", "attention_bias", "mlp_bias"):
        yield "nested", f"text_config.{name}"
    for name in ("rope_theta", "rope_scaling", "rms_norm_eps", "hidden_act"):
        yield "nested", f"text_config.{name}"
    for name in ("audio_num_codebooks", "audio_codebook_size", "audio_dual_ffn_layers"):
        yield "nested", name
    for name in ("audio_adapter_type", "use_audio_out_self_attention", "skip_audio_tower"):
        yield "nested", name
    yield "nested", "encode_audio_in_tokens"
    for name in ("use_audio_out_embed_projector", "audio_embed_avg", "audio_out_token_idx"):
        yield "nested", name


@pytest.mark.parametrize(("form", "path"), sorted(shape_fields()))
def test_no_default_stands_in_for_a_missing_field(form: str, path: str) -> None:
    values = without(flat() if form == "flat" else nested(), path)
    with pytest.raises(ConfigError, match="missing") as caught:
        parse_config(values)
    assert f"{path}:" in str(caught.value)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        (flat(num_key_value_heads=7), "num_key_value_heads:"),
        (flat(codebook_size=1024), "audio_stream_bos_id:"),
        (flat(audio_stream_eos_id=1024), "audio_stream_eos_id:"),
        (flat(audio_token_id=128256), "audio_token_id:"),
        (flat(audio_bos_token_id=128016), "audio_bos_token_id:"),
        (flat(head_dim=None, hidden_size=3073), "hidden_size:"),
        (flat(head_dim=127), "head_dim:"),
        (flat(num_hidden_layers=0), "num_hidden_layers:"),
        (flat(vocab_size="128256"), "vocab_size:"),
        (flat(num_codebooks=True), "num_codebooks:"),
        (flat(hidden_act="gelu"), "hidden_act:"),
        (flat(rope_theta=10000.0), "rope_parameters:"),
        (flat(quantization_config={"bits": 4}), "quantization_config:"),
        (flat(model_type="llama"), "model_type:"),
        (flat(model_type="higgs_audio_v2_tokenizer"), "codec"),
        (nested(hidden_size=2048), "hidden_size: contradicts text_config.hidden_size"),
        (nested(audio_dual_ffn_layers=[0, 28]), "audio_dual_ffn_layers:"),
        (nested(audio_dual_ffn_layers=[1, 1]), "audio_dual_ffn_layers:"),
        (nested(audio_dual_ffn_layers=None), "audio_dual_ffn_layers:"),
        (nested(audio_adapter_type="dual"), "audio_adapter_type:"),
        (nested(audio_decoder_proj_num_layers=2), "audio_decoder_proj_num_layers:"),
        (nested(use_rq_transformer=True), "use_rq_transformer:"),
        (nested(encode_whisper_embed=True), "encode_whisper_embed:"),
        (nested(audio_stream_eos_id=1026), "audio_stream_eos_id:"),
        (nested({"num_key_value_heads": 5}), "text_config.num_key_value_heads:"),
        (nested({"model_type": "qwen2"}), "text_config.model_type:"),
        (nested({"rope_scaling": {"rope_type": "yarn"}}), "text_config.rope_scaling.rope_type:"),
    ],
)
def test_a_contradiction_is_named_by_the_words_of_the_file(values: Values, field: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(values)
    assert field in str(caught.value)


def test_values_that_say_nothing_true_change_nothing() -> None:
    bogus = nested(
        {"tie_word_embeddings": False}, audio_ffn_hidden_size=4096, audio_ffn_intermediate_size=1
    )
    assert parse_config(bogus) == parse_config(nested())
    assert parse_config(flat(tie_word_embeddings=True)) == parse_config(flat())
    assert parse_config(flat(max_position_embeddings=8)) == parse_config(flat())


def test_null_head_numbers_follow_the_rule_of_a_llama() -> None:
    config = parse_config(flat(head_dim=None, num_key_value_heads=None))
    assert (config.head_dim, config.kv_head_count) == (128, 24)


def test_a_stack_has_no_dual_layers_whatever_is_listed() -> None:
    for layers in (None, [], [0, 1]):
        config = parse_config(nested(audio_adapter_type="stack", audio_dual_ffn_layers=layers))
        assert not any(map(config.has_audio_weights, range(28)))


def test_twelve_books_of_256_entries_are_numbers_like_others() -> None:
    changes = {"audio_num_codebooks": 12, "audio_codebook_size": 256}
    config = parse_config(nested(**changes, audio_stream_bos_id=256, audio_stream_eos_id=257))
    assert (config.audio_row_count, config.codebook_size) == (12 * 258, 256)


@pytest.mark.parametrize(
    ("text", "reason"),
    [("{", "not JSON"), ("[]", "object"), ('{"vocab_size": 1, "vocab_size": 2}', "twice")],
)
def test_a_file_that_is_no_configuration_is_named(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(ConfigError, match=reason) as caught:
        read_config(tmp_path)
    assert str(tmp_path / "config.json") in str(caught.value)


def test_a_folder_without_configuration_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"config\.json is not there"):
        read_config(tmp_path)


def test_the_tower_is_read_when_it_is_not_skipped() -> None:
    config = parse_config(nested(skip_audio_tower=False))
    assert config.whisper is not None
    assert (config.whisper.width, config.whisper.mel_frame_count) == (1280, 3000)
    assert isinstance(config, ModelConfig)
