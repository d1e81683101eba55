"""The compiled snake against its plain twin, and against double precision."""

from __future__ import annotations

import pytest
import torch

from tokenizer.codec.acoustic import Snake
from tokenizer.codec.fast import snake_kernel
from tokenizer.codec.fast.snake_kernel import plain_snake, suits
from tokenizer.codec.stream import FusedSnake, PlainSnake

ALPHA = torch.tensor([0.0, 0.05, 0.5, 1.0, 7.0]).view(1, 5, 1)


@pytest.mark.parametrize("loudness", [0.0, 0.1, 3.0, 100.0])
def test_the_kernel_is_as_good_as_torch(loudness: float) -> None:
    hidden = loudness * torch.randn(3, 5, 1001, generator=torch.Generator().manual_seed(0))
    exact = plain_snake(hidden.double(), ALPHA.double())
    fused, plain = torch.empty_like(hidden), torch.empty_like(hidden)
    FusedSnake(ALPHA).into(fused, hidden)
    PlainSnake(ALPHA).into(plain, hidden)
    scale = exact.abs().max() + 1
    assert (fused - exact).abs().max() <= 2 * (plain - exact).abs().max() + 1e-6 * scale


def test_rows_may_lie_apart_and_outputs_in_place() -> None:
    whole = torch.randn(2, 5, 40)
    given = whole[..., 3:30]
    target = torch.zeros(2, 5, 50)
    FusedSnake(ALPHA).into(target[..., 10:37], given)
    assert torch.allclose(target[..., 10:37], plain_snake(given, ALPHA), atol=1e-6)
    assert not target[..., :10].any() and not target[..., 37:].any()
    inner = given.clone()
    FusedSnake(ALPHA).into(inner, inner)
    assert torch.equal(inner, target[..., 10:37])
    FusedSnake(ALPHA).into(target[..., :0], given[..., :0])


def test_both_twins_are_the_layer() -> None:
    layer = Snake(5)
    layer.alpha.data.copy_(ALPHA)
    hidden = torch.randn(1, 5, 300)
    for twin in (FusedSnake(layer.alpha), PlainSnake(layer.alpha)):
        target = torch.empty_like(hidden)
        twin.into(target, hidden)
        assert torch.allclose(target, layer(hidden), atol=1e-6)


def test_the_kernel_is_for_few_threads_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snake_kernel.torch, "get_num_threads", lambda: 1)
    assert suits(ALPHA) and not suits(ALPHA.double())
    monkeypatch.setattr(snake_kernel.torch, "get_num_threads", lambda: 16)
    assert not suits(ALPHA)
