"""A recipe that cannot make a codec is refused in one line, before anything is opened."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest

from tokenizer.errors import CodecConfigError
from tokenizer.training.codec_recipe import CodecLossWeights, CodecRecipe
from tokenizer.training.codec_run import CodecRunSettings

STAGES = {"steps": 30, "quantize_from": 4, "freeze_encoder_from": 20}


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("steps", 0, "a whole number from 1 on"),
        ("warmup_steps", 0, "a whole number from 1 on"),
        ("kmeans_batches", 0, "a whole number from 1 on"),
        ("freeze_encoder_from", -1, "a whole number from 0 on"),
        ("discriminators_from", -2, "a whole number from -1 on"),
        ("learning_rate", 0.0, "a number above 0"),
        ("learning_rate", math.nan, "a number above 0"),
        ("discriminator_learning_rate", -1.0, "a number above 0"),
        ("clip_norm", math.inf, "a number above 0"),
        ("final_learning_rate_share", 1.5, "between 0 and 1"),
        ("checkpoint_minutes", math.nan, "a number from 0 on"),
        ("seed", -1, "between 0 and 2147483647"),
        ("quantize_from", 30, "a step from 0 to 29, nor -1, which keeps the codebooks"),
        ("quantize_from", -2, "a step from 0 to 29, nor -1, which keeps the codebooks"),
    ],
)
def test_a_refused_setting_is_named_with_its_value_and_what_is_allowed(
    name: str, value: float, wanted: str
) -> None:
    with pytest.raises(CodecConfigError) as refused:
        CodecRecipe(**STAGES | {name: value})
    assert str(refused.value).startswith(f"recipe.{name}: {value!r} is not {wanted}")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"freeze": ("quantizer",)},
            "quantize_from: 4 is not -1, which a frozen quantizer needs",
        ),
        (
            {"freeze": ("decoder",)},
            "freeze_encoder_from: 20 is not from 30 on, which a frozen decoder needs",
        ),
        (
            {"freeze": ("encoder", "decoder", "semantic"), "freeze_encoder_from": 30},
            "freeze: ('encoder', 'decoder', 'semantic') is not leaving a part that learns",
        ),
    ],
)
def test_what_is_frozen_is_not_what_a_stage_fills_nor_all_it_teaches(
    changes: dict[str, object], message: str
) -> None:
    with pytest.raises(CodecConfigError, match=f"^recipe.{re.escape(message)}"):
        CodecRecipe(**STAGES | changes)


@pytest.mark.parametrize("value", [-0.1, math.nan, math.inf])
def test_a_weight_is_a_number_from_0_on(value: float) -> None:
    with pytest.raises(CodecConfigError, match=r"^recipe.weights.mel: .* is not a number from 0"):
        CodecLossWeights(mel=value)


@pytest.mark.parametrize(
    ("name", "value"), [("lanes", 0), ("seconds", math.nan), ("seconds", -1.0), ("threads", -1)]
)
def test_batches_that_cannot_be_are_refused(name: str, value: float) -> None:
    folder = Path("anywhere")
    values = {"recordings": folder, "start": folder, "out": folder, "recipe": CodecRecipe(**STAGES)}
    with pytest.raises(CodecConfigError, match=f"^{name}: {value!r} is not a (whole )?number"):
        CodecRunSettings(**values | {name: value})


def test_the_last_stage_that_begins_is_the_last_step() -> None:
    assert CodecRecipe(**STAGES | {"quantize_from": 29}).quantize_from == 29
    assert CodecRecipe(**STAGES | {"quantize_from": -1}).quantize_from == -1
