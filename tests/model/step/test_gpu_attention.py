"""Attention of a step in one kernel says what its plain twin says, whoever of its programs comes
last: on a GPU, or in triton's interpreter without."""

# ruff: noqa: E402 (without triton there is nothing to import)
from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor

from tests.model.tiny import tiny

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
triton = pytest.importorskip("triton", reason="fused kernels need triton")

from model.cache.shared_prefix import SharedPrefixCache
from model.cache.static import StaticCache
from model.config.config import ModelConfig
from model.hardware.quantized_rows import QuantizedFormat
from model.network.layers import RotaryPositions
from model.step.gpu import fused_workspace
from model.step.gpu.agreement import layer_of
from model.step.gpu.fused_workspace import FusedWorkspace
from model.step.shared_attention import SharedWorkspace

CONFIG = tiny(layer_count=1)
ONE_HEAD = tiny(layer_count=1, kv_head_count=1, head_count=3)
TOLERANCE = 1e-5
"""Of each lane, relative to the length of what it says."""


@dataclass(frozen=True)
class Lanes:
    """What a step finds, in turns lane by lane."""

    own: tuple[int, ...]
    """Positions written before."""
    prefixes: tuple[int, ...] = (0,)
    """Lengths; equal ones are one prefix, 0 is none."""

    def cache(
        self, count: int, config: ModelConfig, quantized: QuantizedFormat | None = None
    ) -> tuple[SharedPrefixCache, Tensor]:
        generator = torch.Generator().manual_seed(count)
        room, dtype = max(self.own) + 2, torch.float32
        cache = SharedPrefixCache(config, count, room, DEVICE, dtype, 16, quantized)
        kept = {
            one: StaticCache(config, 1, one, DEVICE, dtype, quantized)
            for one in self.prefixes
            if one
        }
        for one in (cache, *kept.values()):
            for rows in (one.keys, one.values):
                numbers = torch.randn(*rows.shape[:-1], config.head_dim, generator=generator)
                rows.copy_(one.quantize(numbers.to(DEVICE)))
        for lane in range(count):
            cache.begin_with_prefix(lane, kept.get(self.prefixes[lane % len(self.prefixes)]))
        own = torch.tensor([self.own[lane % len(self.own)] for lane in range(count)], device=DEVICE)
        return cache, cache.prefix_lengths + own


def attended(
    kind: type[SharedWorkspace],
    cache: SharedPrefixCache,
    positions: Tensor,
    config: ModelConfig,
    times: int = 1,
) -> tuple[Tensor, SharedWorkspace]:
    """Of one layer, for the first lanes; what they ask for depends on the lane alone."""
    width = len(positions)
    space = kind(config, cache, width)
    generator = torch.Generator().manual_seed(7)
    space.projected.copy_(torch.randn(256, space.projected.shape[1], generator=generator)[:width])
    key_count = cache.position_count + int(cache.prefix_lengths.max())
    space.aim(RotaryPositions(config).to(DEVICE), positions, key_count)
    if isinstance(space, FusedWorkspace):
        queries = config.head_count * config.head_dim
        space._rotated.copy_(space.projected[:, :queries].view_as(space._rotated))
    else:
        space.rotated.copy_(space._heads)
    for _ in range(times):
        said = space.attend(layer_of(cache, positions)).clone()
    return said, space


def worst(one: Tensor, other: Tensor) -> float:
    return float(((one - other).norm(dim=1) / one.norm(dim=1)).max())


@pytest.mark.parametrize(
    ("width", "lanes"),
    [
        (1, Lanes(own=(700,), prefixes=(300,))),
        (1, Lanes(own=(5,))),
        (3, Lanes(own=(0, 63, 64), prefixes=(70, 0, 33))),
        (7, Lanes(own=(90, 0, 5), prefixes=(130, 20))),
        (33, Lanes(own=(3, 40), prefixes=(64,))),
        pytest.param(96, Lanes(own=(70, 3, 130), prefixes=(70, 0, 20)), marks=pytest.mark.slow),
        pytest.param(256, Lanes(own=(5, 66), prefixes=(33, 0)), marks=pytest.mark.slow),
    ],
    ids=lambda one: str(one) if isinstance(one, int) else f"own {one.own}, prefixes {one.prefixes}",
)
def test_one_kernel_attends_as_its_plain_twin_does(width: int, lanes: Lanes) -> None:
    """Lanes without a prefix, prefixes of neighbours that differ, more lanes of one prefix than a
    tile takes, and keys around the ends of blocks and of splits."""
    config = ONE_HEAD if width > 7 else CONFIG
    cache, positions = lanes.cache(width, config)
    expected, _ = attended(SharedWorkspace, cache, positions, config)
    said, _ = attended(FusedWorkspace, cache, positions, config)
    assert worst(expected, said) <= TOLERANCE


@pytest.mark.parametrize("quantized", list(QuantizedFormat))
def test_quantized_keys_and_prefixes_are_read_as_the_plain_twin_reads_them(
    quantized: QuantizedFormat,
) -> None:
    cache, positions = Lanes(own=(70, 3, 0), prefixes=(90, 0)).cache(4, CONFIG, quantized)
    expected, _ = attended(SharedWorkspace, cache, positions, CONFIG)
    said, _ = attended(FusedWorkspace, cache, positions, CONFIG)
    assert worst(expected, said) <= TOLERANCE


def test_a_narrower_step_leaves_out_the_lanes_and_tiles_beyond_it() -> None:
    cache, positions = Lanes(own=(9, 70), prefixes=(20, 33, 0)).cache(8, CONFIG)
    whole, _ = attended(FusedWorkspace, cache, positions, CONFIG)
    for width in (1, 2, 5):
        said, _ = attended(FusedWorkspace, cache, positions[:width], CONFIG)
        assert worst(whole[:width], said) <= TOLERANCE


@pytest.fixture
def many_splits(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a GPU of many processors: an interpreted kernel splits little."""
    monkeypatch.setattr(fused_workspace, "processor_count", lambda device: 24)


@pytest.fixture
def few_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each program takes one tile after another."""
    monkeypatch.setattr(fused_workspace, "_SPARE_TILES", 0)


@pytest.mark.usefixtures("many_splits", "few_tiles")
def test_programs_take_splits_and_one_tile_after_another() -> None:
    prefixes = (70, 20, 33, 0, 90)
    cache, positions = Lanes(own=(150, 10, 64), prefixes=prefixes).cache(5, CONFIG)
    expected, _ = attended(SharedWorkspace, cache, positions, CONFIG)
    said, space = attended(FusedWorkspace, cache, positions, CONFIG)
    assert isinstance(space, FusedWorkspace)
    assert space._tile_programs == 1 and space._tile_splits > 1 and space._own_splits > 1
    assert worst(expected, said) <= TOLERANCE


@pytest.mark.usefixtures("many_splits")
def test_a_replayed_step_starts_clean() -> None:
    """Every program that counted is counted out again, and the result is the same bits."""
    cache, positions = Lanes(own=(150, 10, 64), prefixes=(70, 0)).cache(3, CONFIG)
    once, _ = attended(FusedWorkspace, cache, positions, CONFIG)
    again, space = attended(FusedWorkspace, cache, positions, CONFIG, times=3)
    assert isinstance(space, FusedWorkspace)
    assert torch.equal(once, again) and not space._arrivals.any()


@pytest.mark.usefixtures("many_splits")
@pytest.mark.skipif(DEVICE.type == "cuda", reason="a GPU has an order of its own")
def test_whoever_comes_last_joins_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    cache, positions = Lanes(own=(150, 10, 64), prefixes=(70, 70, 0)).cache(3, CONFIG)
    expected, _ = attended(FusedWorkspace, cache, positions, CONFIG)
    sizes: list[int] = []
    for seed in range(3):

        def shuffle(places: list[tuple[int, ...]], seed: int = seed) -> None:
            random.Random(seed).shuffle(places)
            sizes.append(len(places))

        with monkeypatch.context() as patched:
            shuffle_programs(patched, shuffle)
            said, _ = attended(FusedWorkspace, cache, positions, CONFIG)
        assert torch.equal(expected, said)
    assert len(sizes) == 3 and min(sizes) > 20


def shuffle_programs(
    patched: pytest.MonkeyPatch, shuffle: Callable[[list[tuple[int, ...]]], None]
) -> None:
    """The interpreter runs the programs of a grid one after another: now in another order."""
    builder = triton.runtime.interpreter.interpreter_builder
    size, place = builder.set_grid_dim, builder.set_grid_idx
    order: dict[tuple[int, ...], tuple[int, ...]] = {}

    def set_size(*grid: int) -> None:
        places = [(x, y, z) for x in range(grid[0]) for y in range(grid[1]) for z in range(grid[2])]
        others: list[tuple[int, ...]] = list(places)
        shuffle(others)
        order.clear()
        order.update(zip(places, others, strict=True))
        size(*grid)

    def set_place(*at: int) -> None:
        place(*order[at])

    patched.setattr(builder, "set_grid_dim", set_size)
    patched.setattr(builder, "set_grid_idx", set_place)
