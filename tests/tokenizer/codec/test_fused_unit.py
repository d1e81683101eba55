"""A residual unit in one kernel says what its layers say: on a GPU, or in the interpreter."""

# ruff: noqa: E402 (without triton there is nothing to import)
from __future__ import annotations

import pytest
import torch

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
pytest.importorskip("triton", reason="fused kernels need triton")

from tests.tokenizer.codec_fixtures import randomize, small_config
from tokenizer.codec.fast import fused_unit
from tokenizer.codec.fast.channels_last import ChannelsLastDecoder, activated_widths
from tokenizer.codec.fast.kernel_choice import choose_kernels
from tokenizer.codec.network import CodecNetwork

FORMATS = [torch.float32, torch.float16]
"""The interpreter cannot multiply in bfloat16."""
if DEVICE.type == "cuda":
    FORMATS.append(torch.bfloat16)


@pytest.mark.parametrize("channels", fused_unit.WIDTHS)
@pytest.mark.parametrize("dtype", FORMATS, ids=str)
def test_the_kernel_agrees_with_its_twin(dtype: torch.dtype, channels: int) -> None:
    assert fused_unit.disagreement(DEVICE, dtype, channels) is None


@pytest.fixture
def network() -> CodecNetwork:
    made = CodecNetwork(small_config()).eval()
    randomize(made)
    return made.to(DEVICE)


def test_a_whole_decode_with_it_is_the_decode_without(network: CodecNetwork) -> None:
    """Every unit that can be, those of 32 and of 16 channels."""
    kernels = choose_kernels(DEVICE, torch.float16, activated_widths(network))
    assert kernels.fused_widths == (16, 32, 64)
    codes = torch.randint(0, 256, (2, 8, 9), device=DEVICE)
    counts = torch.tensor([9, 4], device=DEVICE)
    plain = ChannelsLastDecoder(network, torch.float32)(codes, counts)
    run = fused_unit.fused_unit
    units = {32: run, 16: run}
    fused = ChannelsLastDecoder(
        network, torch.float32, units=lambda width: units.get(width, kernels.unit(width))
    )(codes, counts)
    for one, other, count in zip(fused, plain, counts.tolist(), strict=True):
        apart = (one - other)[: count * 960].abs().max()
        assert float(apart) <= 1e-5 * float(other.abs().max())


def test_float32_is_left_to_the_libraries(network: CodecNetwork) -> None:
    kernels = choose_kernels(DEVICE, torch.float32, activated_widths(network))
    assert kernels.fused_widths == () and "no channels" in str(kernels)


def test_a_kernel_that_is_wrong_is_left_out_with_a_warning(
    network: CodecNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fused_unit, "fused_unit", lambda seen, stream, layer, counts: seen)
    with pytest.warns(RuntimeWarning, match="left out"):
        kernels = choose_kernels(DEVICE, torch.float16, activated_widths(network))
    assert kernels.fused_widths == () and kernels.unit(32) is not fused_unit.fused_unit
