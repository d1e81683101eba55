"""The step of the public 3B model, at every bucket, without its memory: what it asks of a card."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import torch

from model.step.torch_step import MOST_SKINNY_LANES, OWN_PRODUCTS
from tests.model.step.fake_step import PRECISIONS, buckets, fake_step

pytest.importorskip("triton", reason="fused kernels need triton")


@dataclass(frozen=True)
class Ceiling:
    """Nodes of a recorded step: of each layer, and of the rest, from the table to the columns."""

    layer: int
    rest: int


CEILINGS = {
    "bfloat16": Ceiling(9, 5),
    "int8 keys": Ceiling(9, 5),
    "fp8 keys": Ceiling(9, 5),
    "int8 weights": Ceiling(9, 5),
    "fp8 weights": Ceiling(9, 5),
}
"""At every bucket."""
FEW_LANES = Ceiling(5, 5)
"""Up to as many as products of our own take, where they are the faster way."""
LAYERS = 28


@pytest.mark.parametrize("precision", CEILINGS)
def test_a_step_looks_at_no_value_and_has_few_nodes_at_every_bucket(precision: str) -> None:
    """Tensors without memory have no value to look at: a step that asks for one fails here."""
    counts: dict[int, dict[int, int]] = {}
    for layers in (1, 2):
        with fake_step(layers, PRECISIONS[precision]) as step:
            counts[layers] = {width: len(step.nodes(width).names) for width in buckets()}
    ceiling = CEILINGS[precision]
    for width, one in counts[1].items():
        layer = counts[2][width] - one
        assert layer <= ceiling.layer, f"{layer} nodes a layer at {width} lanes"
        assert one - layer <= ceiling.rest, f"{one - layer} nodes besides at {width} lanes"


@pytest.mark.parametrize("precision", ["bfloat16", "int8 keys"])
def test_a_step_of_few_lanes_has_fewer_nodes_by_products_of_our_own(precision: str) -> None:
    few = [width for width in buckets() if width <= MOST_SKINNY_LANES]
    counts = {}
    for layers in (1, 2):
        with fake_step(layers, PRECISIONS[precision]) as step:
            counts[layers] = {width: len(step.nodes(width, OWN_PRODUCTS).names) for width in few}
    for width, one in counts[1].items():
        layer = counts[2][width] - one
        assert layer <= FEW_LANES.layer, f"{layer} nodes a layer at {width} lanes"
        assert one - layer <= FEW_LANES.rest, f"{one - layer} nodes besides at {width} lanes"


def test_the_whole_model_is_so_many_times_its_layer() -> None:
    ceiling = CEILINGS["bfloat16"]
    with fake_step(LAYERS) as step:
        nodes = step.nodes(128)
    assert len(nodes.names) <= LAYERS * ceiling.layer + ceiling.rest


def test_a_look_at_a_value_fails() -> None:
    with fake_step(1) as step:
        nodes = step.nodes(2)
    assert nodes.logits.shape == (2, 8, 1026) and nodes.logits.dtype == torch.bfloat16
    with pytest.raises((RuntimeError, NotImplementedError)):
        bool(nodes.logits.isfinite().all())
