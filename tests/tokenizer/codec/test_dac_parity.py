"""Our acoustic half against the layers of the installed `descript-audio-codec`, bit for bit."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

from tests.tokenizer.codec_fixtures import randomize, small_config
from tokenizer.codec.convert import dac_parity
from tokenizer.codec.network import CodecNetwork


@pytest.mark.skipif(not dac_parity.is_installed(), reason="needs descript-audio-codec")
def test_both_halves_are_bit_identical_to_the_packages_layers() -> None:
    network = CodecNetwork(small_config()).eval()
    with torch.no_grad():
        randomize(network)
    before = set(sys.modules)
    found = list(dac_parity.compare(network))
    assert {(c.half, c.frame_count) for c in found} == {
        (half, count) for half in ("encoder", "decoder") for count in (1, 7, 20, 333)
    }
    assert [c for c in found if not c.is_identical] == []
    left = {name.split(".")[0] for name in set(sys.modules) - before}
    assert not left & {"dac", "audiotools", "torchaudio"}


def test_a_torchaudio_that_cannot_be_imported_is_detected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "torchaudio"
    package.mkdir()
    (package / "__init__.py").write_text("raise OSError('libc10_cuda.so: cannot open')")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert dac_parity.broken_torchaudio() == "libc10_cuda.so: cannot open"


def test_a_torchaudio_that_is_not_there_breaks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dac_parity.importlib.util, "find_spec", lambda _: None)
    assert dac_parity.broken_torchaudio() is None
