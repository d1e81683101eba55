"""The decoder laid out for a GPU gives the sound of the network's layers, with fewer launches."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from tests.tokenizer.codec_fixtures import randomize, small_config
from tests.tokenizer.device_launches import LaunchCounter
from tokenizer.codec.config import CodecConfig
from tokenizer.codec.fast.channels_last import ChannelsLastDecoder, CodesTable, activated_widths
from tokenizer.codec.fast.kernel_choice import ChosenKernels
from tokenizer.codec.fast.snake_layer import SnakeLayer
from tokenizer.codec.fast.unit_layer import UnitLayer
from tokenizer.codec.fast.window_decoder import WindowSettings
from tokenizer.codec.network import CodecNetwork


def network(**changes: object) -> CodecNetwork:
    made = CodecNetwork(small_config(**changes)).eval()
    randomize(made)
    return made


def some_codes(batch: int, frames: int, codebooks: int = 8) -> Tensor:
    generator = torch.Generator().manual_seed(frames)
    return torch.randint(0, 256, (batch, codebooks, frames), generator=generator)


def in_one_shot(network: CodecNetwork, codes: Tensor) -> Tensor:
    with torch.inference_mode():
        return network.decode_latent(network.dequantize(codes[None]))[0, 0]


def worst(found: Tensor, expected: Tensor) -> float:
    assert found.shape == expected.shape and found.dtype == torch.float32
    return float((found - expected).abs().max() / expected.abs().max())


@pytest.mark.parametrize("ratios", [[8, 5, 4, 2, 3], [3, 4, 5, 8], [7, 5, 4, 4, 6]], ids=str)
def test_it_gives_the_sound_of_the_layers_one_by_one(ratios: list[int]) -> None:
    """Even and odd strides; windows that are full, that end within, and that are empty."""
    plain, counts = network(ratios=ratios), torch.tensor([32, 7, 1, 0])
    codes = some_codes(4, 32, plain.config.codebook_count)
    sounds = ChannelsLastDecoder(plain, torch.float32)(codes, counts)
    for sound, one, count in zip(sounds, codes, counts.tolist(), strict=True):
        if count:
            expected = in_one_shot(plain, one[:, :count])
            assert worst(sound[: len(expected)], expected) <= 2e-6


def test_what_stands_behind_an_end_does_not_sound() -> None:
    decode = ChannelsLastDecoder(network(), torch.float32)
    codes, counts = some_codes(1, 48).repeat(2, 1, 1), torch.tensor([20, 20])
    codes[1, :, 20:] = some_codes(1, 28)
    one, other = decode(codes, counts)[:, : 20 * 960]
    assert torch.equal(one, other)


def test_the_table_adds_up_to_quantizer_and_layer() -> None:
    plain, codes, counts = network(), some_codes(2, 9), torch.tensor([9, 4])
    with torch.inference_mode():
        found = CodesTable(plain)(codes, counts)
        expected = plain.to_acoustic(plain.dequantize(codes)).transpose(1, 2)
    assert worst(found[0], expected[0]) <= 1e-6 and worst(found[1, :4], expected[1, :4]) <= 1e-6
    assert not found[1, 4:].any()


def test_the_network_is_as_it_was() -> None:
    plain = network()
    before = {name: value.clone() for name, value in plain.state_dict().items()}
    ChannelsLastDecoder(plain, torch.float16)(some_codes(1, 4), torch.tensor([4]))
    assert all(torch.equal(value, before[name]) for name, value in plain.state_dict().items())


def test_every_width_that_is_activated_is_known() -> None:
    assert activated_widths(network()) == (2, 4, 8, 16, 32, 64)


@pytest.fixture
def on_no_device() -> Iterator[CodecNetwork]:
    """The published sizes, without a value."""
    with torch.device("meta"):
        made = CodecNetwork(CodecConfig()).eval()
    yield made.to("meta")


@pytest.mark.parametrize(("fused", "most"), [((), 81), ((32, 64), 63)])
def test_launches_of_a_batch_are_few_and_none_turns_a_layout_over(
    on_no_device: CodecNetwork, fused: tuple[int, ...], most: int
) -> None:
    """The layers one by one, with a kernel for the snake, were 235 for half as many windows.
    Whatever asked for a value would fail here."""
    counter, settings = LaunchCounter(), WindowSettings()

    def snake(raw: Tensor, layer: SnakeLayer, counts: Tensor) -> Tensor:
        counter.counted["snake"] += 1
        assert raw.stride(2) == 1 and raw.stride(1) == len(layer.bias) == len(layer.alpha)
        return torch.empty(raw.shape, dtype=raw.dtype, device=raw.device)

    def unit(seen: Tensor, stream: Tensor, layer: UnitLayer, counts: Tensor) -> Tensor:
        counter.counted["unit"] += 1
        assert seen.is_contiguous() and stream.stride(1) == layer.width in fused
        return torch.empty(seen.shape, dtype=seen.dtype, device=seen.device)

    kernels = ChosenKernels(snake, unit, fused)
    decode = ChannelsLastDecoder(on_no_device, torch.float16, kernels.snake, kernels.unit)
    shape = (settings.batch_size, 8, settings.window_frames)
    codes = torch.empty(shape, dtype=torch.int64, device="meta")
    with counter:
        decode(codes, torch.empty(shape[0], dtype=torch.int64, device="meta"))
    assert counter.counted["bias"] == counter.counted["turned over"] == 0
    assert counter.total <= most, counter.counted
    assert counter.counted["unit"] == 3 * len(fused)
    assert settings.batch_size in range(8, 17)
