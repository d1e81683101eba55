"""Codec weights: strict, lazy, and a pickle is never opened by ordinary loading."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from tests.tokenizer.codec_fixtures import original_tensors, small_codec, small_values
from tokenizer.codec.checkpoint import (
    PUBLISHED_LAYOUT,
    StoredCodecTensor,
    empty_network,
    known_layout,
    layout_fingerprint,
    save_codec,
)
from tokenizer.codec.codec import load_codec
from tokenizer.codec.config import parse_codec_config, read_codec_config
from tokenizer.codec.config_writer import codec_config_values
from tokenizer.codec.convert.pickle_conversion import convert_checkpoint, read_tensors
from tokenizer.codec.tensor_names import our_name
from tokenizer.errors import CodecCheckpointError, CodecConfigError, TokenizerError

ASSETS = Path(__file__).parents[2] / "assets"
ORIGINAL_VALUES = json.loads((ASSETS / "codec.boson.config.json").read_text())
HUB_VALUES = {
    "sample_rate": 24_000,
    "codebook_size": 1024,
    "codebook_dim": 64,
    "target_bandwidths": [0.5, 1, 1.5, 2],
    "acoustic_model_config": {
        "encoder_hidden_size": 64,
        "decoder_hidden_size": 1024,
        "hidden_size": 256,
        "downsampling_ratios": [8, 5, 4, 2, 3],
        "upsampling_ratios": [8, 5, 4, 2, 3],
    },
    "semantic_model_config": {"model_type": "hubert"},
}


def listed(name: str) -> dict[str, tuple[int, ...]]:
    rows = (line.split("\t") for line in (ASSETS / name).read_text().splitlines())
    return {tensor: tuple(map(int, shape.split("x"))) for tensor, shape in rows}


@pytest.mark.parametrize("values", [ORIGINAL_VALUES, HUB_VALUES], ids=["original", "hub"])
def test_the_real_configurations_give_the_published_tensors(values: dict[str, object]) -> None:
    network = empty_network(parse_codec_config(values))
    with torch.device("meta"):
        network.build_speech_model()
    ours = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    assert ours == listed("codec.transformers.tsv")
    stored = {name: StoredCodecTensor("F32", shape) for name, shape in ours.items()}
    assert layout_fingerprint(stored) == PUBLISHED_LAYOUT
    assert sum(value.numel() for value in network.state_dict().values()) == 201_400_553


def test_every_name_of_the_original_has_its_place() -> None:
    theirs, ours = listed("codec.boson.tsv"), listed("codec.transformers.tsv")
    renamed = {
        our_name(name.replace(".weight_v", ".weight")): shape
        for name, shape in theirs.items()
        if not name.endswith(".weight_g") and name != "semantic_model.masked_spec_embed"
    }
    assert renamed == ours


@pytest.mark.parametrize("values", [ORIGINAL_VALUES, HUB_VALUES, small_values()])
def test_a_configuration_survives_writing_and_reading(values: dict[str, object]) -> None:
    config = parse_codec_config(values)
    assert parse_codec_config(json.loads(json.dumps(codec_config_values(config)))) == config


def test_the_codebook_count_survives_any_rate_and_size() -> None:
    for count in range(1, 33):
        for size in (2, 3, 100, 256, 1024):
            values = small_values(codebook_size=size, target_bandwidths=[1000])
            base = parse_codec_config({**values, "target_bandwidths": [10.0]})
            config = type(base)(**{**vars(base), "codebook_count": count})
            assert parse_codec_config(codec_config_values(config)).codebook_count == count


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"codebook_size": "many"}, "codebook_size"),
        ({"codebook_size": 1}, "one entry"),
        ({"target_bandwidths": []}, "list of numbers"),
        ({"target_bandwidths": [0.01]}, "codebook_count"),
        ({"acoustic_model_config": 3}, "not an object"),
        ({"acoustic_model_config": {"upsampling_ratios": [2, 2]}}, "hop length"),
        ({"semantic_model_config": {"model_type": "bert"}}, "speech model 'bert'"),
        ({"strides": [1]}, "one length"),
    ],
)
def test_an_impossible_configuration_is_named(
    tmp_path: Path, changes: dict[str, object], message: str
) -> None:
    (tmp_path / "config.json").write_text(json.dumps(small_values() | changes))
    with pytest.raises(CodecConfigError, match=message) as caught:
        read_codec_config(tmp_path)
    assert str(tmp_path / "config.json") in caught.value.message


def test_the_language_models_configuration_is_recognised() -> None:
    with pytest.raises(CodecConfigError, match="language model"):
        parse_codec_config({"num_hidden_layers": 28})


def test_every_fault_of_the_weights_is_listed(tmp_path: Path) -> None:
    small_codec(tmp_path)
    tensors = load_file(tmp_path / "model.safetensors")
    del tensors["fc2.bias"]
    tensors["fc9.bias"] = torch.zeros(3)
    tensors["fc.bias"] = torch.zeros(3)
    save_file(tensors, tmp_path / "model.safetensors")
    with pytest.raises(CodecCheckpointError) as caught:
        load_codec(tmp_path)
    message = caught.value.message
    assert "1 missing: fc2.bias" in message
    assert "1 unexpected: fc9.bias" in message
    assert "1 misshapen: fc.bias is 3, not 56" in message


def test_a_faulty_speech_model_is_found_before_the_first_code(tmp_path: Path) -> None:
    small_codec(tmp_path)
    tensors = load_file(tmp_path / "model.safetensors")
    del tensors["semantic_model.encoder.layer_norm.bias"]
    save_file(tensors, tmp_path / "model.safetensors")
    codec = load_codec(tmp_path)
    with pytest.raises(CodecCheckpointError, match="1 missing"):
        codec.encode(torch.zeros(9600), 24_000)
    speechless = {n: t for n, t in tensors.items() if not n.startswith("semantic_model.")}
    save_file(speechless, tmp_path / "model.safetensors")
    with pytest.raises(CodecCheckpointError, match="no speech model"):
        load_codec(tmp_path)


def test_the_language_model_in_the_codecs_place_is_named(tmp_path: Path) -> None:
    small_codec(tmp_path)
    wrong = {
        "model.layers.0.input_layernorm.weight": torch.ones(2),
        "audio_lm_head.weight": torch.ones(2),
    }
    save_file(wrong, tmp_path / "model.safetensors")
    with pytest.raises(CodecCheckpointError, match="language model, not the codec") as caught:
        load_codec(tmp_path)
    assert caught.value.hint is not None and "805 665 628" in caught.value.hint


@pytest.mark.parametrize("content", [b"", b"not safetensors at all", b"\xff" * 64])
def test_a_damaged_file_is_named(tmp_path: Path, content: bytes) -> None:
    small_codec(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(content)
    with pytest.raises(CodecCheckpointError, match="damaged"):
        load_codec(tmp_path)


def test_weights_stored_short_are_worked_with_in_float32(tmp_path: Path) -> None:
    codec = small_codec(tmp_path)
    codec.encode(torch.zeros(9600), 24_000)
    save_codec(codec.network, tmp_path / "short", dtype=torch.bfloat16)
    short = load_codec(tmp_path / "short")
    assert short.decode(torch.zeros(8, 3, dtype=torch.int64)).dtype == torch.float32
    assert short.encode(torch.zeros(9600), 24_000).shape == (8, 10)
    assert (tmp_path / "short/model.safetensors").stat().st_size < 1_100_000
    assert known_layout(tmp_path) is None


def write_original(folder: Path, tensors: object) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(small_values()))
    torch.save(tensors, folder / "model.pth")
    return folder / "model.pth"


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Tensor]:
    folder = tmp_path_factory.mktemp("weights")
    small_codec(folder)
    return load_file(folder / "model.safetensors")


def test_ordinary_loading_does_not_open_a_pickle(tmp_path: Path) -> None:
    write_original(tmp_path, {})
    with pytest.raises(CodecCheckpointError, match="pickle") as caught:
        load_codec(tmp_path)
    assert caught.value.hint is not None and "convert_checkpoint" in caught.value.hint


def test_a_converted_pickle_is_the_same_codec(tmp_path: Path, weights: dict[str, Tensor]) -> None:
    source = write_original(tmp_path / "theirs", original_tensors(weights))
    assert convert_checkpoint(source, tmp_path / "ours") == len(weights)
    converted = load_file(tmp_path / "ours/model.safetensors")
    assert converted.keys() == weights.keys()
    for name, value in weights.items():
        assert torch.allclose(converted[name], value, atol=1e-6), name
    assert load_codec(tmp_path / "ours").decode(torch.zeros(8, 2, dtype=torch.int64)).shape == (
        1920,
    )
    with pytest.raises(CodecCheckpointError, match="not overwritten"):
        convert_checkpoint(source, tmp_path / "ours")


def test_a_conversion_replaces_no_configuration_of_somebody_else(tmp_path: Path) -> None:
    source = write_original(tmp_path / "theirs", {})
    mine = tmp_path / "ours/config.json"
    mine.parent.mkdir()
    mine.write_text("mine")
    with pytest.raises(CodecCheckpointError, match="exists and is not overwritten"):
        convert_checkpoint(source, mine.parent)


class Canary:
    """Unpickling this would write a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return (exec, (f"open({str(self.path)!r}, 'w').write('sang')",))


def test_a_hostile_pickle_does_nothing(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    source = write_original(tmp_path, {"fc_prior.weight": Canary(canary)})
    for _ in range(2):
        with pytest.raises(TokenizerError, match="more than tensors"):
            convert_checkpoint(source, tmp_path / "out")
        source.write_bytes(pickle.dumps(Canary(canary)))
    assert not canary.exists()
    assert not (tmp_path / "out").exists()


def test_a_pickle_of_something_else_is_refused(tmp_path: Path, weights: dict[str, Tensor]) -> None:
    for content, message in (
        ({"a": 3}, "not a plain dictionary"),
        ({"audio_lm_head.weight": torch.ones(2)}, "language model"),
        (dict(list(original_tensors(weights).items())[:-1]), "1 missing"),
    ):
        source = write_original(tmp_path / "theirs", content)
        with pytest.raises(CodecCheckpointError, match=message):
            convert_checkpoint(source, tmp_path / "ours")


def test_tensors_that_lie_under_an_entry_are_read_without_what_lies_beside(
    tmp_path: Path,
) -> None:
    tensors = {"lstm.weight": torch.ones(2, 3)}
    source = write_original(tmp_path, {"step": 7, "model_state": tensors, "kept": [1, "a"]})
    read = read_tensors(source, "model_state")
    assert read.keys() == tensors.keys() and torch.equal(read["lstm.weight"], torch.ones(2, 3))
    with pytest.raises(CodecCheckpointError, match="not a plain dictionary"):
        read_tensors(source, "optimizer")


def test_the_reader_of_pickles_cannot_reach_out() -> None:
    """The hook, tried directly: what a file could call is refused."""
    import subprocess
    import sys

    program = Path(__file__).parents[3] / "tokenizer/codec/convert/pickle_child.py"
    code = f"""
import runpy, socket, subprocess, sys
child = runpy.run_path({str(program)!r})
sys.addaudithook(child["_refuse"])
for attempt in (socket.socket, lambda: subprocess.Popen(["true"])):
    try:
        attempt()
    except PermissionError:
        continue
    sys.exit(1)
"""
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
