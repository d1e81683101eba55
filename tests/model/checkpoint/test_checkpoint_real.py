"""The real model's tensors, to the last name, and its size in memory while it loads."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from model.checkpoint.random_model import random_model
from model.checkpoint.tensor_names import target_name
from model.config.config import ModelConfig
from model.config.reader import parse_config
from model.config.writer import flat_config
from model.network.backbone import HiggsModel
from tests.model.boson_files import boson_names
from tests.model.tiny import tiny

ASSETS = Path(__file__).parents[2] / "assets" / "model"
FINGERPRINT = "3c94f5c8d9e1b52d5a280119f35cbd41d4c6aff41124dafac3bf065858ecbb72"


def real_config(naming: str) -> ModelConfig:
    return parse_config(json.loads((ASSETS / f"lm.{naming}.config.json").read_text()))


def listed(naming: str) -> dict[str, tuple[int, ...]]:
    rows = (ASSETS / f"lm.{naming}.tsv").read_text().splitlines()
    pairs = (row.split("\t") for row in rows)
    return {name: tuple(map(int, shape.split("x"))) for name, shape in pairs}


def on_meta(config: ModelConfig) -> dict[str, Tensor]:
    with torch.device("meta"):
        return HiggsModel(config).bfloat16().state_dict()


def shapes(tensors: dict[str, Tensor]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(one.shape) for name, one in tensors.items()}


@pytest.mark.parametrize("naming", ["transformers", "boson"])
def test_the_real_configuration_makes_exactly_the_real_tensors(naming: str) -> None:
    tensors = on_meta(real_config(naming))
    assert shapes(tensors) == listed("transformers")
    assert shapes(boson_names(tensors)) == listed("boson")
    assert len(tensors) == 397


def test_every_original_name_has_its_place() -> None:
    targets = {name: target_name(name) for name in listed("boson")}
    assert {one.name for one in targets.values() if one is not None} == set(listed("transformers"))


def test_the_real_tensors_have_the_published_fingerprint() -> None:
    rows = [
        f"{name}\tBF16\t{','.join(map(str, one.shape))}"
        for name, one in sorted(on_meta(real_config("transformers")).items())
    ]
    assert hashlib.sha256("\n".join(rows).encode()).hexdigest() == FINGERPRINT


def test_the_real_model_counts_its_parameters() -> None:
    tensors = on_meta(real_config("transformers"))
    assert sum(one.numel() for one in tensors.values()) == 5_771_283_456
    audio = sum(one.numel() for name, one in tensors.items() if "audio" in name)
    assert audio == 2_164_531_200


LOADER = """
import re, sys
from pathlib import Path
import torch
from model import load_model

def peak():   # the most this process ever had in memory, mapped files included
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) * 1024

torch.ones(64, 64) @ torch.ones(64, 64)
before = peak()
lm = load_model(sys.argv[1], dtype=getattr(torch, sys.argv[2]))
for one in lm.network.parameters():
    one.sum()   # what is only mapped counts once it is read
size = sum(one.nbytes for one in lm.network.parameters())
print(peak() - before, size, int("sympy" in sys.modules))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("dtype", ["bfloat16", "float32"])
def test_loading_never_holds_two_copies(dtype: str, tmp_path: Path) -> None:
    config = tiny(
        layer_count=6,
        hidden_size=512,
        intermediate_size=2048,
        head_count=8,
        head_dim=64,
        vocab_size=8000,
    )
    weights = random_model(config, dtype=torch.bfloat16).network.state_dict()
    size = sum(one.nbytes for one in weights.values())
    assert size > 90e6
    save_file(weights, tmp_path / "model.safetensors")
    (tmp_path / "config.json").write_text(json.dumps(flat_config(config, "bfloat16")))
    done = subprocess.run(
        [sys.executable, "-c", LOADER, str(tmp_path), dtype],
        capture_output=True,
        text=True,
        check=True,
    )
    peak, held, symbolic = map(int, done.stdout.split())
    assert not symbolic, "building on meta loaded torch's symbolic mathematics, which takes seconds"
    assert held == size * (2 if dtype == "float32" else 1)
    assert held * 0.9 < peak < held * 1.1 + 15e6


def test_reading_a_configuration_needs_no_torch() -> None:
    code = "import sys, model.config.reader, model.errors; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
