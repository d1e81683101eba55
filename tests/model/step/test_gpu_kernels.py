"""Fused kernels say what their plain twins say: on a GPU, or in triton's interpreter without."""

# ruff: noqa: E402 (without triton there is nothing to import)
from __future__ import annotations

import pytest
import torch

from tests.model.cache.test_shared_prefix import VOICES, prefilled
from tests.model.step.test_torch_step import columns_of
from tests.model.tiny import tiny

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
pytest.importorskip("triton", reason="fused kernels need triton")

from model.cache.shared_prefix import SharedPrefixCache
from model.checkpoint.language_model import LanguageModel
from model.checkpoint.random_model import random_model
from model.config.config import ModelConfig
from model.hardware.quantized_rows import QuantizedFormat
from model.network.layers import RotaryPositions
from model.step.audio_layer import FusedLayer
from model.step.audio_weights import CodebookTable
from model.step.gpu.agreement import (
    TRIED_LANES,
    TriedLanes,
    disagreement,
    filled_cache,
    layer_of,
    worst_error,
)
from model.step.gpu.fused_draw import FusedDraw
from model.step.gpu.fused_workspace import FusedWorkspace, can_fuse
from model.step.shared_attention import SharedWorkspace
from model.step.torch_step import LIBRARY_PRODUCTS, FusedStep

VARIANTS = {
    "three queries per key head": tiny(layer_count=1),
    "one key head": tiny(layer_count=1, kv_head_count=1, head_dim=32),
    "no groups": tiny(layer_count=1, kv_head_count=6),
}


def ready(config: ModelConfig) -> tuple[LanguageModel, SharedPrefixCache, list[int]]:
    lm = random_model(config, seed=1)
    lm.network.to(DEVICE)
    lanes = len(VOICES)
    cache, lengths = prefilled(lm, SharedPrefixCache(config, lanes, 160, DEVICE, lm.dtype))
    assert isinstance(cache, SharedPrefixCache)
    return lm, cache, lengths


def said(
    lm: LanguageModel,
    cache: SharedPrefixCache,
    kind: type[SharedWorkspace],
    lengths: list[int],
    width: int,
    steps: int = 2,
) -> torch.Tensor:
    step = FusedStep(lm, cache)
    step._workspaces[width, LIBRARY_PRODUCTS] = kind(lm.config, cache, width)
    positions = torch.tensor(lengths[:width], device=DEVICE)
    logits = []
    for number in range(steps):
        columns = torch.cat([columns_of(lm.config, number), columns_of(lm.config, number + 50)])
        logits.append(step.logits(columns[:width].to(DEVICE), positions + number, 96).clone())
    return torch.stack(logits)


@pytest.mark.parametrize(
    ("name", "width"),
    [("three queries per key head", 6), ("one key head", 1), ("no groups", 2)],
)
def test_logits_of_fused_layers_are_those_of_plain_ones(name: str, width: int) -> None:
    """Several voices and a lane without one; a step attends to the one before. One lane alone
    splits its keys."""
    config = VARIANTS[name]
    assert can_fuse(config)
    lm, cache, lengths = ready(config)
    expected = said(lm, cache, SharedWorkspace, lengths, width)
    fused = said(lm, cache, FusedWorkspace, lengths, width)
    assert float((expected - fused).abs().max()) <= 2e-5 * float(expected.abs().max())


@pytest.mark.parametrize("quantized", list(QuantizedFormat))
def test_quantized_keys_are_written_and_read_as_plain_layers_do(quantized: QuantizedFormat) -> None:
    """Both read what the kernel wrote. The interpreter loses the carry where fp8 is rounded up to
    a power of two: there a number may be half of what a GPU would write."""
    config, dtype, device = VARIANTS["three queries per key head"], torch.float32, DEVICE
    cache, positions = filled_cache(config, torch.device(device), dtype, quantized)
    codes = torch.zeros(len(positions), config.codebook_count, dtype=torch.int64, device=device)
    plain = SharedWorkspace(config, cache, len(positions))
    fused = FusedWorkspace(config, cache, len(positions))
    fused.projected.normal_()
    plain.projected.copy_(fused.projected)
    layer, rotary = layer_of(cache, positions), RotaryPositions(config).to(device)
    table = torch.zeros(config.audio_row_count, config.hidden_size, device=device)
    for space in (plain, fused):
        space.aim(rotary, positions, cache.position_count)
        space.embed(codes, CodebookTable(table, codes[0], False))
    plain.rotate()
    plain.write_keys(layer)
    wanted = [cache.dequantize(rows).clone() for rows in (layer.keys, layer.values)]
    layer.key_rows.index_fill_(0, plain.places, 0)
    layer.value_rows.index_fill_(0, plain.places, 0)
    fused.write_keys(layer)
    step = 0.55 if quantized is QuantizedFormat.FP8 and device == "cpu" else 1e-5
    for rows, numbers in zip((layer.keys, layer.values), wanted, strict=True):
        off = (cache.dequantize(rows) - numbers).abs()
        assert (off <= step * numbers.abs() + 1e-2 * step).all()
    attended = plain.attend(layer).clone()
    assert float((fused.attend(layer) - attended).abs().max()) <= 1e-5 * float(attended.abs().max())


def test_kernels_are_tried_before_they_are_relied_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel that attends to too few keys, one that cannot be compiled, a shape nobody knows."""
    config, device = VARIANTS["one key head"], torch.device(DEVICE)
    assert disagreement(config, device, torch.float32) is None
    assert "shape" in str(disagreement(tiny(head_dim=24), device, torch.float32))
    with monkeypatch.context() as broken:
        broken.setattr(FusedWorkspace, "attend", lambda self, layer: self._attended.zero_())
        said = disagreement(config, device, torch.float32, QuantizedFormat.INT8)
        assert "wrong by" in str(said)

    def fails(self: FusedWorkspace, layer: object) -> None:
        raise ValueError("no such instruction")

    monkeypatch.setattr(FusedWorkspace, "attend", fails)
    assert disagreement(config, device, torch.float32) == "ValueError: no such instruction"


def test_a_draw_that_chooses_otherwise_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def first_code(self: FusedDraw, logits: torch.Tensor) -> None:
        self._state.draw(torch.zeros_like(logits, dtype=torch.float32))

    monkeypatch.setattr(FusedDraw, "draw", first_code)
    said = disagreement(VARIANTS["one key head"], torch.device(DEVICE), torch.float32)
    assert "draws are others" in str(said)


def test_one_lane_that_is_wrong_is_not_hidden_by_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Off by less than the largest number of all, and written beside its place."""
    config, device = VARIANTS["one key head"], torch.device(DEVICE)
    opens, writes = FusedWorkspace.open_gate, FusedWorkspace.write_keys

    def almost(self: FusedWorkspace) -> torch.Tensor:
        gated = opens(self)
        gated[3] *= 1.001
        gated[0, 0] = 100.0 * gated[0, 0].sign()
        return gated

    def beside(self: FusedWorkspace, layer: FusedLayer) -> None:
        writes(self, layer)
        layer.key_rows[-1] += 1

    with monkeypatch.context() as broken:
        broken.setattr(FusedWorkspace, "open_gate", almost)
        assert "5 lanes are wrong by" in str(disagreement(config, device, torch.float32))
    monkeypatch.setattr(FusedWorkspace, "write_keys", beside)
    assert "wrong by inf" in str(disagreement(config, device, torch.float32))


@pytest.mark.parametrize(
    "trial",
    [
        TriedLanes(6, 112, (70, 3), (20, 33)),
        *(pytest.param(one, marks=pytest.mark.slow) for one in TRIED_LANES),
    ],
    ids=lambda trial: f"{trial.width} lanes of {trial.room} positions",
)
def test_kernels_agree_at_every_width_with_two_prefixes_in_a_tile_and_long_splits(
    trial: TriedLanes,
) -> None:
    config = VARIANTS["three queries per key head"]
    assert worst_error(config, torch.device(DEVICE), torch.float32, None, trial) <= 2e-5
