"""What is remembered between commands may be lost, damaged or forbidden, and nobody is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from higgs_cli.files.fingerprint import bytes_fingerprint, file_fingerprint
from higgs_cli.files.user_cache import recall, remember


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "higgs"


def test_a_table_is_recalled_as_it_was(cache: Path) -> None:
    assert recall("rates") == {}
    remember("rates", {"mini on cpu": 1.5})
    assert recall("rates") == {"mini on cpu": 1.5}
    assert [path.name for path in cache.iterdir()] == ["rates.json"]


def test_the_home_folder_serves_where_no_cache_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for named in ("", "relative/cache"):
        monkeypatch.setenv("XDG_CACHE_HOME", named)
        remember("rates", {"x": named})
        assert recall("rates") == {"x": named}
    assert (tmp_path / ".cache" / "higgs" / "rates.json").is_file()


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff", b"[" * 100_000])
def test_a_damaged_table_is_an_empty_one(cache: Path, content: bytes) -> None:
    cache.mkdir(parents=True)
    (cache / "rates.json").write_bytes(content)
    assert recall("rates") == {}
    remember("rates", {"a": 1})
    assert recall("rates") == {"a": 1}


def test_a_cache_that_cannot_be_written_costs_nothing(cache: Path, tmp_path: Path) -> None:
    cache.parent.write_text("a file in its place")
    remember("rates", {"a": 1})
    assert recall("rates") == {}
    assert file_fingerprint(cache.parent) == bytes_fingerprint(cache.parent)


def test_a_remembered_fingerprint_of_the_wrong_kind_is_made_again(
    cache: Path, tmp_path: Path
) -> None:
    weights = tmp_path / "weights"
    weights.write_bytes(b"weights")
    right = file_fingerprint(weights)
    remember("fingerprints", {name: 7 for name in recall("fingerprints")})
    assert file_fingerprint(weights) == right
