"""Slips of the hand in a configuration are told by the words of the file, and never crash."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from model.config.reader import parse_config, read_config
from model.errors import ConfigError

ASSETS = Path(__file__).parents[2] / "assets" / "model"
Values = dict[str, Any]
REAL: dict[str, Values] = {
    name: json.loads((ASSETS / f"lm.{name}.config.json").read_text())
    for name in ("transformers", "boson")
}
ODD = (None, "x", [], {}, -1, 0, 1.5, True, 10**30, 10**400, float("nan"), [None], {"a": [1]})


def fields(values: Values, outer: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, value in values.items():
        yield (*outer, name)
        if isinstance(value, dict):
            yield from fields(value, (*outer, name))


def inner(values: Values, path: tuple[str, ...]) -> Values:
    for name in path[:-1]:
        values = values[name]
    return values


def changed(values: Values, path: tuple[str, ...], value: object) -> Values:
    values = copy.deepcopy(values)
    inner(values, path)[path[-1]] = value
    return values


@pytest.mark.parametrize("name", REAL)
def test_an_odd_value_anywhere_is_read_or_refused_and_never_crashes(name: str) -> None:
    for path in fields(REAL[name]):
        for value in ODD:
            try:
                parse_config(changed(REAL[name], path, value))
            except ConfigError as problem:
                assert "\n" not in str(problem)
                assert len(str(problem)) < 300


@pytest.mark.parametrize("name", REAL)
def test_every_misspelt_field_is_named(name: str) -> None:
    for path in fields(REAL[name]):
        if {"id2label", "label2id"} & set(path[:-1]):
            continue
        values = copy.deepcopy(REAL[name])
        section = inner(values, path)
        section[f"{path[-1][:-1]}_x"] = section.pop(path[-1])
        with pytest.raises(ConfigError, match=f"{path[-1][:-1]}_x: this field is unknown"):
            parse_config(values)


def test_what_only_training_reads_may_be_absent() -> None:
    values = {k: v for k, v in REAL["transformers"].items() if k != "initializer_range"}
    assert parse_config(values) == parse_config(REAL["transformers"])


ROPE = ("text_config", "rope_scaling")


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        (("text_config", "rope_theta"), None, "text_config.rope_theta:"),
        (("text_config", "rope_theta"), 0, "text_config.rope_theta:"),
        ((*ROPE, "factor"), 0, "text_config.rope_scaling.factor:"),
        ((*ROPE, "high_freq_factor"), 0.5, "text_config.rope_scaling.high_freq_factor:"),
        ((*ROPE, "rope_type"), None, "text_config.rope_scaling.rope_type:"),
        (("text_config", "vocab_size"), 2**62, "text_config.vocab_size:"),
        (("audio_eos_token_id",), 128016, "audio_eos_token_id:"),
        (("audio_eos_token_id",), 128013, "audio_eos_token_id:"),
        (("audio_in_token_idx",), 128016, "audio_in_token_idx: 128016 is the id of <|AUDIO_OUT|>"),
        (("audio_encoder_config", "d_model"), 1281, "audio_encoder_config.d_model:"),
        (("audio_encoder_config", "encoder_ffn_dim"), 0, "audio_encoder_config.encoder_ffn_dim:"),
        (("audio_encoder_config", "max_source_positions"), 3, "encoder_config.max_source_posit"),
    ],
)
def test_a_slip_in_an_inner_section_is_named_with_its_section(
    path: tuple[str, ...], value: object, field: str
) -> None:
    with_tower = changed(REAL["boson"], ("skip_audio_tower",), False)
    with pytest.raises(ConfigError) as caught:
        parse_config(changed(with_tower, path, value))
    assert str(caught.value).startswith("config.json: ")
    assert field in str(caught.value)


def test_a_file_too_deep_to_read_is_an_error_and_a_byte_order_mark_is_not(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text("[" * 100_000)
    with pytest.raises(ConfigError, match="is not JSON"):
        read_config(tmp_path)
    file.write_text(json.dumps(REAL["boson"]), "utf-8-sig")
    assert read_config(tmp_path) == parse_config(REAL["boson"])
