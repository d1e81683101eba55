"""Products by narrow weights say what their plain twin says: on a GPU, or in triton's interpreter
without; and they can be compiled for a GPU where there is none."""

# ruff: noqa: E402 (without triton there is nothing to import)
from __future__ import annotations

import pytest
import torch

from tests.model.step.test_torch_step import columns_of
from tests.model.tiny import tiny

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
pytest.importorskip("triton", reason="fused kernels need triton")

from model.hardware.quantized_rows import NarrowFormat, quantized, widened
from model.placement.quantized_weights import NarrowMatrix, quantize_layers
from model.step.gpu.agreement import product_disagreement
from model.step.gpu.fused_product import FusedProduct, split_count
from model.step.torch_step import PackedStep
from tests.model.step.test_gpu_kernels import ready

HALF = torch.bfloat16 if DEVICE.type == "cuda" else torch.float16
"""The interpreter cannot multiply in bfloat16."""
SMALL, ODD = (48, 80), (150, 70)
"""Inputs and outputs: a piece of one tile, and more than one with rests on both sides."""


def matrix(shape: tuple[int, int], narrow: NarrowFormat, seed: int = 0) -> NarrowMatrix:
    generator = torch.Generator().manual_seed(seed)
    weight = torch.randn(shape[1], shape[0], generator=generator)
    values, scales = quantized(weight * torch.logspace(-2, 2, shape[1])[:, None], narrow)
    return NarrowMatrix(values.to(DEVICE), scales.to(DEVICE))


def rows_of(width: int, count: int, dtype: torch.dtype, seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(width, count, generator=generator).to(DEVICE, dtype)


def agree(
    found: torch.Tensor, expected: torch.Tensor, rows: torch.Tensor, weights: NarrowMatrix
) -> bool:
    """Up to roundings, which are as large as what was summed and what was stored."""
    of_sums, of_result = (1e-6, 1e-6) if rows.dtype is torch.float32 else (4e-3, 8e-3)
    lengths = widened(weights.values, weights.scales).norm(dim=1)
    allowed = of_sums * rows.float().norm(dim=1)[:, None] * lengths + of_result * expected.abs()
    return bool(((found.float() - expected).abs() <= allowed).all())


@pytest.mark.parametrize("dtype", [torch.float32, HALF])
@pytest.mark.parametrize("narrow", list(NarrowFormat))
@pytest.mark.parametrize("width", [1, 3, 17, 40, 130])
def test_products_are_those_of_the_plain_twin(
    width: int, narrow: NarrowFormat, dtype: torch.dtype
) -> None:
    """Of several shapes one after the other, alone and added to what exists already."""
    product = FusedProduct(width, [SMALL, ODD], DEVICE, processor_count=4)
    for seed, shape in enumerate((SMALL, ODD, ODD)):
        weights, rows = matrix(shape, narrow, seed), rows_of(width, shape[0], dtype, seed)
        out = torch.full((width, shape[1]), torch.nan, device=DEVICE, dtype=dtype)
        product.multiply(rows, weights, out)
        plain = weights.product(rows)
        assert agree(out, plain, rows, weights)
        added = rows_of(width, shape[1], dtype, seed + 9)
        plain = plain + added.float()
        product.multiply(rows, weights, added, added)
        assert agree(added, plain, rows, weights)


@pytest.mark.parametrize("splits", [1, 2, 3])
def test_splits_change_nothing_but_rounding(splits: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three blocks of inputs in one, two or three parts; nothing is left over for the next one."""
    monkeypatch.setattr(FusedProduct, "_splits", lambda self, inputs, outputs: splits)
    product = FusedProduct(3, [(260, 70)], DEVICE, processor_count=1)
    weights, rows = matrix((260, 70), NarrowFormat.INT8), rows_of(3, 260, torch.float32, 1)
    for _ in range(2):
        out = torch.full((3, 70), torch.nan, device=DEVICE)
        product.multiply(rows, weights, out)
        assert agree(out, weights.product(rows), rows, weights)
        assert product._arrivals.eq(0).all()


def test_a_lane_does_not_know_its_neighbours() -> None:
    """Not a bit of it: sums of a split are put together in their order."""
    weights, rows = matrix(ODD, NarrowFormat.FP8), rows_of(5, ODD[0], torch.float32, 2)
    product = FusedProduct(5, [ODD], DEVICE, processor_count=8)
    heard = []
    for others in (rows, rows * 100):
        others = others.clone()
        others[2] = rows[2]
        out = torch.empty(5, ODD[1], device=DEVICE)
        product.multiply(others, weights, out)
        heard.append(out[2])
    assert torch.equal(*heard)


def test_every_processor_has_work_and_sums_stay_cheap() -> None:
    """An H200 at one lane, then at 128; a machine of one processor."""
    assert [split_count(tiles, 16, 0.003, 132) for tiles in (48, 80, 256)] == [8, 6, 1]
    wide = [split_count(tiles, 16, 0.33, 132) for tiles in (48, 80, 256)]
    assert all(few <= many for few, many in zip(wide, (8, 6, 1), strict=True))
    assert split_count(3, 16, 0.0, 1) == 1


def test_a_product_is_tried_before_it_is_relied_on(monkeypatch: pytest.MonkeyPatch) -> None:
    config = tiny(layer_count=1)
    for narrow in NarrowFormat:
        assert product_disagreement(config, DEVICE, torch.float32, narrow) is None
    with monkeypatch.context() as broken:
        broken.setattr(FusedProduct, "multiply", lambda *_: None)
        said = product_disagreement(config, DEVICE, torch.float32, NarrowFormat.INT8)
        assert "wrong by" in str(said)

    def fails(*_: object) -> None:
        raise ValueError("no such instruction")

    monkeypatch.setattr(FusedProduct, "multiply", fails)
    said = product_disagreement(config, DEVICE, torch.float32, NarrowFormat.INT8)
    assert said == "ValueError: no such instruction"


@pytest.mark.parametrize("width", [1, 6])
def test_logits_of_a_fused_step_are_those_of_the_plain_one(width: int) -> None:
    """All four products of a layer, between the other kernels."""
    config = tiny(layer_count=1)
    lm, cache, lengths = ready(config)
    quantize_layers(lm.network, NarrowFormat.FP8)
    positions = torch.tensor(lengths[:width], device=DEVICE)
    columns = torch.cat([columns_of(config, 0), columns_of(config, 50)])[:width].to(DEVICE)
    said = []
    for fuses in (False, True):
        step = PackedStep(lm, cache, fuses, fuses)
        said.append(step.logits(columns, positions, 96).clone())
    assert float((said[0] - said[1]).abs().max()) <= 2e-5 * float(said[0].abs().max())
