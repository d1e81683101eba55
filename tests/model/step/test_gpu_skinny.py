"""Products of few lanes say what a plain layer says."""

# ruff: noqa: E402 (without triton there is nothing to import)
from __future__ import annotations

import pytest
import torch

from tests.model.step.test_torch_step import columns_of
from tests.model.tiny import tiny

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
pytest.importorskip("triton", reason="fused kernels need triton")

from model.cache.shared_prefix import SharedPrefixCache
from model.checkpoint.random_model import random_model
from model.hardware.quantized_rows import QuantizedFormat
from model.step.gpu import skinny_workspace
from model.step.gpu.agreement import skinny_disagreement, worst_layer_error
from model.step.gpu.skinny_workspace import SkinnyWorkspace
from model.step.torch_step import LIBRARY_PRODUCTS, OWN_PRODUCTS, FusedStep

CONFIG = tiny(layer_count=1, hidden_size=144, intermediate_size=208)


@pytest.mark.parametrize("processors", [1, 20])
@pytest.mark.parametrize("width", [1, 5, 16])
def test_a_layer_of_few_lanes_adds_what_a_plain_layer_adds(
    width: int, processors: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With inputs split among many programs, and with none; sizes that are no whole tiles."""
    monkeypatch.setattr(skinny_workspace, "processor_count", lambda device: processors)
    splits: set[int] = set()
    of_shape = SkinnyWorkspace._splits

    def noted(self: SkinnyWorkspace, inputs: int, tiles: int) -> int:
        splits.add(of_shape(self, inputs, tiles))
        return of_shape(self, inputs, tiles)

    monkeypatch.setattr(SkinnyWorkspace, "_splits", noted)
    device = torch.device(DEVICE)
    assert worst_layer_error(CONFIG, device, torch.float32, None, width) <= 1e-5
    assert (max(splits) > 1) == (processors > 1)


def test_keys_that_are_quantized_are_written_by_a_product_too() -> None:
    """A number may be rounded to the other side."""
    device, quantized = torch.device(DEVICE), QuantizedFormat.INT8
    assert worst_layer_error(CONFIG, device, torch.float32, quantized, 3) <= 2e-3


def test_products_are_tried_before_they_are_relied_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model.step.gpu.agreement._SKINNY_WIDTHS", (2,))
    device = torch.device(DEVICE)
    assert skinny_disagreement(CONFIG, device, torch.float32) is None
    adds = SkinnyWorkspace.add_product

    def unnormed(
        self: SkinnyWorkspace,
        hidden: torch.Tensor,
        weight: torch.Tensor,
        weights: torch.Tensor,
        out: torch.Tensor,
    ) -> None:
        adds(self, out.zero_(), hidden, weights)

    monkeypatch.setattr(SkinnyWorkspace, "multiply_normed", unnormed)
    assert "wrong by" in str(skinny_disagreement(CONFIG, device, torch.float32))


def test_a_step_says_the_same_whichever_way_it_takes() -> None:
    """And what was recorded of one way stays good when another is taken."""
    lm = random_model(CONFIG, seed=3)
    lm.network.to(DEVICE)
    cache = SharedPrefixCache(CONFIG, 20, 32, DEVICE, lm.dtype)
    step = FusedStep(lm, cache, fuses=True, skinny_products=True)
    assert step.ways(17) == (LIBRARY_PRODUCTS,)
    columns, positions = columns_of(CONFIG, 1)[:2].to(DEVICE), torch.zeros(2, dtype=torch.int64)
    said = {}
    for way in step.ways(2):
        step.take(2, way)
        said[way] = step.logits(columns, positions.to(DEVICE), 1).clone()
    expected = said[LIBRARY_PRODUCTS]
    off = (said[OWN_PRODUCTS] - expected).abs().max()
    assert float(off) <= 2e-5 * float(expected.abs().max())
    assert set(step._workspaces) == {(2, LIBRARY_PRODUCTS), (2, OWN_PRODUCTS)}
