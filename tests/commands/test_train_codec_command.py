"""`higgs train codec` with settings that cannot be: one line, exit code 2, nothing written."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from higgs_cli.app import main
from higgs_cli.files.strict_settings import read_settings
from tokenizer.training.codec_run import CodecRunSettings

RUN = """
recordings: .
start: codec
out: out
lanes: 2
recipe: {steps: 30, quantize_from: 4, freeze_encoder_from: 20, warmup_steps: 5}
"""


@pytest.mark.parametrize(
    ("given", "instead", "message"),
    [
        ("steps: 30", "steps: 0", "recipe.steps: 0 is not a whole number from 1 on"),
        ("warmup_steps: 5", "warmup_steps: 0", "recipe.warmup_steps: 0 is not a whole number"),
        ("warmup_steps: 5", "learning_rate: .nan", "recipe.learning_rate: '.nan' is not a number"),
        ("quantize_from: 4", "quantize_from: 30", "recipe.quantize_from: 30 is not a step from 0"),
        ("warmup_steps: 5", "weights: {mel: -1}", "recipe.weights.mel: -1.0 is not a number from"),
        (
            "warmup_steps: 5",
            "freeze: [decodr]",
            "recipe.freeze: 'decodr' is not one of encoder, decoder, quantizer, semantic",
        ),
        ("lanes: 2", "lanes: 0", "lanes: 0 is not a whole number from 1 on"),
        ("lanes: 2", "seconds: .nan", "seconds: '.nan' is not a number"),
    ],
)
def test_a_setting_that_cannot_be_is_one_line_and_no_traceback(
    given: str,
    instead: str,
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("run.yaml").write_text(RUN.replace(given, instead))
    assert main(["train", "codec", "run.yaml"]) == 2
    printed = capsys.readouterr().err
    assert f"run.yaml: {message}" in printed
    assert len(printed.splitlines()) == 1
    assert not Path("out").exists()


def test_what_saves_memory_and_what_is_frozen_reach_the_recipe() -> None:
    given = "{bf16: true, gradient_checkpointing: true, freeze: [semantic], "
    values = yaml.safe_load(RUN.replace("{", given))
    recipe = read_settings(CodecRunSettings, values, Path("here/run.yaml")).recipe
    assert recipe.bf16
    assert recipe.gradient_checkpointing
    assert recipe.freeze == ("semantic",)
