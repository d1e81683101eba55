"""Which model speaks, and what it likes, found without opening it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from higgs_cli.checkpoints.defaults import checkpoint_defaults
from higgs_cli.checkpoints.find import find_checkpoint
from higgs_cli.checkpoints.hub import PublicFile, check_file, language_model_at
from higgs_cli.errors import ModelLoadError, UsageError
from higgs_cli.settings.sources import resolve_settings
from higgs_cli.settings.table import Settings
from higgs_cli.settings.views import ModelChoice, choices_of


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    model = tmp_path / "voice-3"
    (model / "codec").mkdir(parents=True)
    for name in ("config.json", "tokenizer.json", "model.safetensors", "codec/model.safetensors"):
        (model / name).write_text("{}")
    defaults = {"temperature": 0.4, "top_k": None, "ras_win_len": 0, "chunk_seconds": 8}
    defaults |= {"run_chunks": 2, "context_chunks": 1}
    (model / "generation_config.json").write_text(json.dumps(defaults))
    return model


def test_a_folder_is_named_and_finds_its_own_codec(folder: Path) -> None:
    found = find_checkpoint(ModelChoice(model=str(folder)))
    assert (found.name, found.codec_folder) == ("voice-3", folder / "codec")


@pytest.mark.parametrize("model", ["mini", "voice-3"])
def test_a_codec_that_is_named_is_taken_or_refused(folder: Path, model: str) -> None:
    wanted = model if model == "mini" else str(folder)
    named = folder / "codec"
    assert find_checkpoint(ModelChoice(model=wanted, codec=named)).codec_folder == named
    with pytest.raises(UsageError, match=r"--codec .*nowhere: no model\.safetensors"):
        find_checkpoint(ModelChoice(model=wanted, codec=folder / "nowhere"))


def test_the_fingerprint_changes_with_a_byte_and_not_with_the_place(
    folder: Path, tmp_path: Path
) -> None:
    settings = ModelChoice(model=str(folder))
    before = find_checkpoint(settings).identity(settings).model_fingerprint
    moved = folder.rename(tmp_path / "elsewhere")
    settings = ModelChoice(model=str(moved))
    assert find_checkpoint(settings).identity(settings).model_fingerprint == before
    (moved / "model.safetensors").write_text("{ }")
    assert find_checkpoint(settings).identity(settings).model_fingerprint != before


def test_precision_is_part_of_the_identity_and_the_device_is_not(folder: Path) -> None:
    def precision(**choices: str) -> str:
        settings = ModelChoice(model=str(folder), **choices)  # type: ignore[arg-type]
        return find_checkpoint(settings).identity(settings).precision

    assert precision(device="cpu") == "float32"
    assert precision(device="cuda") == precision(device="cpu", dtype="bfloat16") == "bfloat16"


def test_the_defaults_of_a_checkpoint_stand_under_what_the_user_says(folder: Path) -> None:
    def resolved(**flags: object) -> Settings:
        return resolve_settings({"model": str(folder), **flags}, {}, None, own_defaults)

    def own_defaults(settings: Settings) -> dict[str, float]:
        return checkpoint_defaults(choices_of(settings).model)

    defaults = resolved()
    assert (defaults.temperature, defaults.top_k, defaults.repeat_window) == (0.4, 0, 0)
    assert defaults.chunk_seconds == 8 and defaults.top_p == 0.9
    assert (defaults.run_chunks, defaults.context_chunks) == (2, 1)
    assert resolved(temperature=1.0).temperature == 1.0
    bold = resolved(preset="fast_generation")
    assert (bold.temperature, bold.repeat_window, bold.chunk_seconds) == (1.0, 0, 8)


@pytest.mark.parametrize("name", ["./nowhere", "/nowhere/at/all"])
def test_a_path_that_does_not_exist_is_not_looked_for_on_the_hub(folder: Path, name: str) -> None:
    with pytest.raises(UsageError, match="no such folder"):
        find_checkpoint(ModelChoice(model=name))


def test_the_public_model_is_pinned_and_others_must_be(folder: Path) -> None:
    pinned = language_model_at("bosonai/higgs-audio-v2-generation-3B-base", None)
    assert pinned.revision == "d80c511612b3040ff2877ce3d408747df1739f11"
    assert len(language_model_at(pinned.name, "10840182").files) > len(pinned.files)
    with pytest.raises(ModelLoadError, match="name a revision"):
        language_model_at("someone/model", None)


def test_a_model_that_is_not_here_is_never_fetched_unasked(folder: Path) -> None:
    with pytest.raises(ModelLoadError) as caught:
        find_checkpoint(ModelChoice(model="bosonai/higgs-audio-v2-generation-3B-base"))
    assert "higgs download" in (caught.value.hint or "")


def test_a_file_of_the_right_size_and_the_wrong_bytes_is_refused(folder: Path) -> None:
    path = folder / "model.safetensors"
    with pytest.raises(ModelLoadError, match="checksum"):
        check_file(path, PublicFile(path.name, path.stat().st_size, "0" * 64))
    with pytest.raises(ModelLoadError, match="bytes where"):
        check_file(path, PublicFile(path.name, 99))


@pytest.mark.parametrize(
    ("model", "revision"),
    [
        ("org/../../etc", "x"), ("a b/c", None), ("x" * 400, "x"), ("a--b", "x"), ("org/a.", "x"),
        ("org/model", "../../../etc/hostname"), ("org/model", "/etc/hostname"), ("org/model", ""),
    ],
)  # fmt: skip
def test_no_name_or_revision_leads_out_of_the_cache_of_the_hub(
    model: str, revision: str | None
) -> None:
    with pytest.raises(UsageError, match=r"--(model|revision)"):
        language_model_at(model, revision)
