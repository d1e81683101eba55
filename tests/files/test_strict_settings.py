"""A settings file becomes a dataclass strictly: every slip is named by its file and its field."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from higgs_cli.errors import UsageError
from higgs_cli.files.strict_settings import read_settings
from model.training.lm_settings import LmSettings

FILE = Path("runs/run.yaml")
GOOD = {
    "samples": "s",
    "start": "m",
    "out": "o",
    "steps": 5,
    "batch_positions": 10,
    "learning_rate": 1e-3,
}


def test_settings_are_read_from_the_folder_of_their_file() -> None:
    changed = {**GOOD, "codebook_weights": [1, 0.5], "learning_rate": 1}
    settings = read_settings(LmSettings, changed, FILE)
    assert settings.samples == Path("runs/s")
    assert settings.codebook_weights == (1.0, 0.5)
    assert settings.learning_rate == 1.0
    assert read_settings(LmSettings, {**GOOD, "learning_rate": "1e-3"}, FILE).learning_rate == 0.001


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"stps": 1}, "stps: unknown setting; steps?"),
        ({"steps": None}, "steps: None is not a whole number"),
        ({"steps": True}, "steps: True is not a whole number"),
        ({"learning_rate": "fast"}, "learning_rate: 'fast' is not a number"),
        ({"precision": "fp8"}, "precision: 'fp8' is not one of fp32, bf16"),
        ({"betas": [0.9]}, "betas: [0.9] is not a list"),
        ({"freeze": "x"}, "freeze: 'x' is not a list"),
        ({"freeze_rows": {"x": "y"}}, "freeze_rows: 'y' is not a whole number"),
        ({"samples": 3}, "samples: 3 is not a path"),
    ],
)
def test_a_wrong_setting_is_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_settings(LmSettings, {**GOOD, **change}, FILE)
    assert caught.value.message == f"runs/run.yaml: {message}"


def test_a_missing_setting_is_named() -> None:
    with pytest.raises(UsageError, match="learning_rate: this setting is missing"):
        read_settings(LmSettings, {k: v for k, v in GOOD.items() if k != "learning_rate"}, FILE)
    with pytest.raises(UsageError, match="names and values belong here"):
        read_settings(LmSettings, [], FILE)
