"""What came with the package is pinned: a changed file is named, and a changed mini not opened."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from higgs_cli.checkpoints.find import find_checkpoint
from higgs_cli.errors import ModelLoadError
from higgs_cli.files import installation
from higgs_cli.files.bundled import own_folder, package_folder
from higgs_cli.settings.views import ModelChoice
from tests.helpers import CommandLine


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of what is bundled, which may be spoiled."""
    copies = {}
    for kind, folder in installation.KINDS.items():
        copies[kind] = tmp_path / "installed" / kind
        shutil.copytree(folder(), copies[kind])
    kinds = {kind: (lambda path=path: path) for kind, path in copies.items()}
    monkeypatch.setattr(installation, "KINDS", kinds)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "installed"


def test_the_list_is_that_of_what_is_bundled() -> None:
    """After a change: python -m higgs_cli.files.installation"""
    assert installation.PINNED.read_text() == installation.pinned_now()
    for folder in (package_folder("model") / "mini", package_folder("tokenizer") / "mini"):
        assert f"{folder.parent.name}/mini/model.safetensors" in installation.PINNED.read_text()
    assert (own_folder("voices") / "profile.yaml").is_file()


def test_verify_without_a_file_checks_what_is_installed(
    installed: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    higgs = CommandLine(tmp_path, monkeypatch, capsys)
    assert higgs("verify").exit_code == 0
    voice, codec = installed / "voices/wren.wav", installed / "tokenizer/mini/model.safetensors"
    voice.write_bytes(voice.read_bytes()[:-1] + b"\x7f")
    codec.unlink()
    ran = higgs("verify")
    assert ran.exit_code == 1
    assert ran.stdout.split() == ["tokenizer/mini/model.safetensors", "voices/wren.wav"]


@pytest.mark.parametrize("name", ["model/mini/tokenizer.json", "tokenizer/mini/model.safetensors"])
def test_a_mini_that_was_tampered_with_is_not_opened(installed: Path, name: str) -> None:
    checkpoint = find_checkpoint(ModelChoice(model="mini"))
    checkpoint.check_bundled()
    path = installed / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(ModelLoadError, match=f"{name} is not the file that was installed"):
        checkpoint.check_bundled()


def test_a_codec_of_ones_own_beside_mini_is_not_compared(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"x")
    checkpoint = find_checkpoint(ModelChoice(model="mini", codec=tmp_path))
    assert checkpoint.bundled == ("model/mini",)
