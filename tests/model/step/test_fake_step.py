"""The step of the public 3B model, at every bucket, without its memory: what it asks of a card."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from model.step.torch_step import LIBRARY_PRODUCTS, OWN_PRODUCTS
from tests.model.step.fake_step import PRECISIONS, buckets, fake_step

pytest.importorskip("triton", reason="fused kernels need triton")


@dataclass(frozen=True)
class Ceiling:
    """Nodes of a recorded step: of each layer, and of the rest, from the table to the columns."""

    layer: int
    rest: int


CEILINGS = {
    ("bfloat16", LIBRARY_PRODUCTS): Ceiling(9, 5),
    ("bfloat16", OWN_PRODUCTS): Ceiling(5, 4),
    ("int8 keys", LIBRARY_PRODUCTS): Ceiling(9, 5),
    ("int8 keys", OWN_PRODUCTS): Ceiling(5, 4),
    ("fp8 keys", LIBRARY_PRODUCTS): Ceiling(9, 5),
    ("fp8 keys", OWN_PRODUCTS): Ceiling(5, 4),
    ("int8 weights", LIBRARY_PRODUCTS): Ceiling(9, 5),
    ("fp8 weights", LIBRARY_PRODUCTS): Ceiling(9, 5),
}
"""At every bucket that goes this way."""
LAYERS = 28


@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_step_looks_at_no_value_and_has_few_nodes_at_every_bucket(precision: str) -> None:
    """Tensors without memory have no value to look at: a step that asks for one fails here."""
    counts: dict[int, dict[tuple[int, str], int]] = {1: {}, 2: {}}
    for layers, found in counts.items():
        with fake_step(layers, PRECISIONS[precision]) as step:
            for width in buckets():
                for way, nodes in step.every_way(width).items():
                    found[width, way] = len(nodes.names)
    for (width, way), one in counts[1].items():
        layer, ceiling = counts[2][width, way] - one, CEILINGS[precision, way]
        assert layer <= ceiling.layer, f"{layer} nodes a layer at {width} lanes, {way}"
        assert one - layer <= ceiling.rest, f"{one - layer} besides at {width} lanes, {way}"


def test_the_whole_model_is_so_many_times_its_layer() -> None:
    ceiling = CEILINGS["bfloat16", LIBRARY_PRODUCTS]
    with fake_step(LAYERS) as step:
        nodes = step.nodes(128)
    assert len(nodes.names) <= LAYERS * ceiling.layer + ceiling.rest


def test_a_look_at_a_value_fails() -> None:
    with fake_step(1) as step:
        nodes = step.nodes(2)
    assert nodes.logits.shape == (2, 8, 1026) and nodes.logits.is_floating_point()
    with pytest.raises((RuntimeError, NotImplementedError)):
        bool(nodes.logits.isfinite().all())
