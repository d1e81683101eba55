"""`higgs doctor` names what is wrong with a machine, each with what mends it."""

from __future__ import annotations

import importlib.metadata
import json
from pathlib import Path
from typing import Any

import pytest

from higgs_cli.checkpoints.hub import CODEC, LANGUAGE_MODEL, PublicRepository
from higgs_cli.tools import checkpoint_health, device_health, doctor
from tests.helpers import CommandLine, Ran


@pytest.fixture
def higgs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    from huggingface_hub import constants

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    return CommandLine(tmp_path, monkeypatch, capsys)


def symptoms(ran: Ran) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(ran.stdout)["symptoms"]
    return found


def about(ran: Ran, words: str) -> dict[str, Any]:
    (found,) = [each for each in symptoms(ran) if words in each["detail"]]
    return found


def cached(folder: Path, repository: PublicRepository, **files: bytes) -> Path:
    """As the hub's client would have laid it out."""
    name = "models--" + repository.name.replace("/", "--")
    snapshot = folder / "hub" / name / "snapshots" / repository.revision
    snapshot.mkdir(parents=True)
    for file in repository.files:
        (snapshot / file.name).write_bytes(files.get(file.name.replace(".", "_"), b"{}"))
    return snapshot


def test_a_machine_in_order_has_no_problem_and_nothing_is_left_behind(higgs: CommandLine) -> None:
    before = set(higgs.folder.iterdir())
    ran = higgs("doctor", "--json")
    assert ran.exit_code == 0, ran.stdout
    subjects = {each["subject"] for each in symptoms(ran)}
    assert subjects >= {"python", "packages", "torchaudio", "device", "checkpoints", "ffmpeg"}
    assert subjects >= {"recognisers", "settings", "folders", "terminal"}
    assert "mini by default: float32" in ran.stdout
    assert about(ran, "public model is not here")["mend"] == "higgs download"
    assert {path.name for path in set(higgs.folder.iterdir()) - before} <= {"cache"}


def test_every_problem_has_its_mend_and_an_exit_code(
    higgs: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = higgs.write(
        "site/torchaudio/__init__.py", "raise OSError('undefined symbol: _ZN3c10')"
    )
    monkeypatch.syspath_prepend(str(broken.parent.parent))
    monkeypatch.setenv("PYTHONPATH", str(broken.parent.parent))

    def read_only(path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    version = importlib.metadata.version
    monkeypatch.setattr(
        importlib.metadata, "version", lambda name: "1.0" if name == "torch" else version(name)
    )
    monkeypatch.setattr(doctor, "try_writing", read_only)
    monkeypatch.setattr(
        importlib.metadata, "requires", lambda name: ["torch>=2.10", 'lxml>=6; extra == "books"']
    )
    monkeypatch.setenv("PATH", "")
    higgs.write("higgs.toml", "loudnes = -18\n")
    ran = higgs("doctor", "--json")
    assert ran.exit_code == 1
    problems = [each for each in symptoms(ran) if each["state"] == "problem"]
    assert all(each["mend"] for each in problems)
    said = " ".join(each["detail"] for each in problems)
    for words in ("undefined symbol", "torch 1.0, where torch>=2.10", "not writable", "loudnes"):
        assert words in said
    assert about(ran, "only WAV and FLAC")["state"] == "note"
    shown = higgs("doctor", "--quiet")
    assert "mend: pip uninstall torchaudio" in shown.stdout and "ok  " not in shown.stdout


def test_a_card_that_torch_cannot_use_is_a_problem(
    higgs: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("this one can be used")
    monkeypatch.setattr(device_health, "NVIDIA_DEVICE", Path("/dev/null"))
    ran = higgs("doctor", "--json")
    assert ran.exit_code == 1 and about(ran, "NVIDIA card")["state"] == "problem"


def test_checkpoints_are_verified_damaged_or_not_looked_at_yet(
    higgs: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace
    from hashlib import sha256

    weights = b"not weights, but these very bytes"
    pinned = replace(CODEC.files[0], byte_count=len(weights), sha256=sha256(weights).hexdigest())
    codec = replace(CODEC, files=(pinned, *CODEC.files[1:]))
    monkeypatch.setattr(checkpoint_health, "CODEC", codec)
    folder = cached(higgs.folder, codec, model_safetensors=weights)
    cached(higgs.folder, LANGUAGE_MODEL, model_safetensors=b"far too short")
    ran = higgs("doctor", "--json")
    assert ran.exit_code == 1
    assert "higgs download" in about(ran, "13 bytes where")["mend"]
    assert about(ran, f"{codec.name} at")["state"] == "note"
    verified = higgs("doctor", "--json", "--verify")
    assert about(verified, f"{codec.name} at")["detail"].endswith("verified")
    assert about(higgs("doctor", "--json"), f"{codec.name} at")["detail"].endswith(": verified")
    (folder / "model.safetensors").write_bytes(weights[::-1])
    damaged = higgs("doctor", "--json", "--verify")
    assert about(damaged, "its checksum is not")["state"] == "problem"


def test_a_check_that_breaks_down_is_a_problem_and_the_others_go_on(
    higgs: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks() -> None:
        raise RuntimeError("no such thing as memory")

    monkeypatch.setattr("model.hardware.free_memory.device_memory", lambda device: breaks())
    ran = higgs("doctor", "--json")
    assert ran.exit_code == 1 and about(ran, "no such thing as memory")["state"] == "problem"
    assert "ffmpeg" in {each["subject"] for each in symptoms(ran)}
