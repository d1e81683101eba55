"""The original's `config.json` of a codec means what the original's class makes of it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from tokenizer.codec.config import CodecConfig, parse_codec_config
from tokenizer.codec.original_config import OriginalCodecConfig
from tokenizer.errors import CodecConfigError

ASSETS = Path(__file__).parents[2] / "assets"
PUBLISHED = json.loads((ASSETS / "codec.boson.config.json").read_text())
CLASS = json.loads((ASSETS / "codec.boson.class.json").read_text())
"""The arguments of the original's class with their defaults, `device` aside, which it is handed."""

READ = {
    "D": (32, lambda config: config.acoustic.latent_size),
    "ratios": ([4, 5, 3, 2, 8], lambda config: list(config.acoustic.downsampling_ratios)),
    "sample_rate": (48_000, lambda config: config.sample_rate),
    "bins": (512, lambda config: config.codebook_size),
    "n_q": (4, lambda config: config.codebook_count),
    "codebook_dim": (8, lambda config: config.codebook_dim),
    "semantic_techer": ("wavlm_base_plus", lambda config: f"{config.speech_model.kind}_base_plus"),
    "semantic_sample_rate": (8_000, lambda config: config.semantic_sample_rate),
}
"""Another value of each field that is read, and where it comes to stand."""

UNREAD = {
    "n_filters": 16,
    "target_bandwidths": [1],
    "normalize": True,
    "causal": True,
    "last_layer_semantic": False,
    "merge_mode": "add",
    "semantic_mode": "modern",
}
"""Another value of each field that the original's class takes and never looks at."""

REFUSED = {
    "downsample_mode": ["avg", "none", 3, None],
    "vq_scale": [2, 0, "1", True, None],
    "codebook_dim": [None, 1024, 0, -1, 2.5, "64"],
    "bins": [[8, 5, 5, 5], 1, 0, None],
    "D": [0, "256", None],
    "ratios": [[], [0], "85423", [8.5], 8, None],
    "sample_rate": [0, 44_100, 24_000.5, None],
    "n_q": [0, -8, True, None],
    "semantic_techer": ["whisper", "mert_music", None, 3],
    "semantic_sample_rate": [22_050, 0, -1, "16000"],
}
"""Values by which the original's class would make another codec than we can, or none."""


def test_every_argument_of_the_originals_class_is_accounted_for() -> None:
    assert {*READ, *UNREAD, "downsample_mode", "vq_scale"} == set(CLASS)


def test_what_a_file_does_not_say_has_the_default_of_the_originals_class() -> None:
    assert json.loads(json.dumps(asdict(OriginalCodecConfig()))) == CLASS
    sparse = parse_codec_config({"n_q": 8, "codebook_dim": 64})
    assert sparse == parse_codec_config({**CLASS, "codebook_dim": 64})
    assert (sparse.sample_rate, sparse.acoustic.latent_size, sparse.hop_length) == (
        16_000,
        128,
        320,
    )


@pytest.mark.parametrize("name", [name for name in CLASS if name not in ("codebook_dim", "n_q")])
def test_leaving_a_field_out_is_writing_its_default(name: str) -> None:
    sound = {**CLASS, "codebook_dim": 64}
    assert parse_codec_config({k: v for k, v in sound.items() if k != name}) == parse_codec_config(
        sound
    )


@pytest.mark.parametrize("name", READ)
def test_a_field_that_decides_the_codec_comes_to_stand_in_it(name: str) -> None:
    other, found = READ[name]
    assert found(parse_codec_config({**PUBLISHED, name: other})) == other


@pytest.mark.parametrize("name", UNREAD)
def test_a_field_that_the_original_never_looks_at_changes_nothing(name: str) -> None:
    assert parse_codec_config({**PUBLISHED, name: UNREAD[name]}) == parse_codec_config(PUBLISHED)


@pytest.mark.parametrize(("name", "value"), [(n, v) for n, vs in REFUSED.items() for v in vs])
def test_a_value_that_we_cannot_honour_is_refused(name: str, value: object) -> None:
    with pytest.raises(CodecConfigError):
        parse_codec_config({**PUBLISHED, name: value})


@pytest.mark.parametrize(
    ("name", "value"), [("downsample_mode", "avg"), ("vq_scale", 2), ("semantic_techer", "mert")]
)
def test_what_only_the_original_can_do_is_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(CodecConfigError, match=f"`{name}`"):
        parse_codec_config({**PUBLISHED, name: value})


@pytest.mark.parametrize("name", [*CLASS, "device", "model_type", "codebook_size", "kernel_size"])
def test_a_name_that_the_original_does_not_know_is_refused(name: str) -> None:
    misspelt = name + "s" if name in CLASS else name
    with pytest.raises(CodecConfigError, match=f"`{misspelt}` is unknown") as caught:
        parse_codec_config({**PUBLISHED, misspelt: 1})
    if name in CLASS and len(name) > 1:
        assert caught.value.hint == f"did you mean {name}?"


def test_the_published_file_is_the_published_codec() -> None:
    assert parse_codec_config(PUBLISHED) == CodecConfig()
