"""The codec's fused activation says what the plain one says: on a GPU, or in the interpreter."""

# ruff: noqa: E402 (without triton there is nothing to import)
from __future__ import annotations

import pytest
import torch

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
pytest.importorskip("triton", reason="fused kernels need triton")

from tests.tokenizer.codec_fixtures import randomize, small_config
from tokenizer.codec.fast import biased_snake
from tokenizer.codec.fast.window_decoder import WindowDecoder, WindowSettings
from tokenizer.codec.network import CodecNetwork

FORMATS = (torch.float32, torch.float16, torch.bfloat16)
WIDTHS = (2, 12, 64, 512)


@pytest.mark.parametrize("dtype", FORMATS, ids=str)
def test_the_kernel_agrees_with_its_twin(dtype: torch.dtype) -> None:
    assert biased_snake.disagreement(DEVICE, dtype, WIDTHS) is None


def test_a_kernel_that_is_wrong_is_left_out_with_a_warning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network = CodecNetwork(small_config())
    randomize(network)
    network.to(DEVICE)
    codes = torch.randint(0, 256, (8, 6))
    settings = WindowSettings(window_frames=21, batch_size=1, fuses=True)
    fused = WindowDecoder(network, settings)
    right = fused.decode([codes])[0]
    monkeypatch.setattr(biased_snake, "biased_snake", lambda raw, layer, counts: raw)
    with pytest.warns(RuntimeWarning, match="left out"):
        plain = WindowDecoder(network, settings)
    assert float((plain.decode([codes])[0] - right).abs().max()) <= 1e-5 * float(right.abs().max())
    assert "by a kernel" in fused.description and "plain activations" in plain.description
