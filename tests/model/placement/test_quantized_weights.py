"""Quantized weights err by half a step, scale by output, and leave tables and heads alone."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from model.checkpoint.random_model import random_model
from model.hardware.quantized_rows import QuantizedFormat, dequantize, quantize
from model.placement.quantized_weights import QuantizedLinear, quantize_layers
from tests.model.tiny import tiny

FORMATS = list(QuantizedFormat)


def weights(seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    rows = torch.randn(24, 64, generator=generator)
    return rows * torch.logspace(-4, 3, 24)[:, None]


def test_int8_errs_by_half_a_step_at_most() -> None:
    values, scales = quantize(weights(), QuantizedFormat.INT8)
    error = (dequantize(values, scales) - weights()).abs()
    assert (error <= 0.5001 * scales[:, None]).all()
    assert values.dtype is torch.int8 and values.abs().amax(dim=1).eq(127).all()


def test_fp8_errs_by_a_sixteenth_of_each_weight_or_by_its_smallest_step() -> None:
    values, scales = quantize(weights(), QuantizedFormat.FP8)
    error = (dequantize(values, scales) - weights()).abs()
    allowed = torch.maximum(weights().abs() / 16, scales[:, None] * 2.0**-10)
    assert (error <= 1.001 * allowed).all()


@pytest.mark.parametrize("quantized", FORMATS)
def test_an_output_has_a_scale_of_its_own(quantized: QuantizedFormat) -> None:
    loud = weights()
    loud[3] *= 1e6
    quiet, louder = (dequantize(*quantize(each, quantized)) for each in (weights(), loud))
    others = [row for row in range(24) if row != 3]
    assert torch.equal(quiet[others], louder[others])


@pytest.mark.parametrize("quantized", FORMATS)
def test_an_output_of_zeros_stays_one(quantized: QuantizedFormat) -> None:
    values, scales = quantize(torch.zeros(2, 8), quantized)
    assert dequantize(values, scales).eq(0).all() and scales.isfinite().all()


@pytest.mark.parametrize("quantized", FORMATS)
@pytest.mark.parametrize("has_bias", [False, True])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_product_is_that_of_the_dequantized_weights(
    quantized: QuantizedFormat, has_bias: bool, dtype: torch.dtype
) -> None:
    linear = nn.Linear(64, 24, bias=has_bias).to(dtype)
    layer = QuantizedLinear(linear, quantized)
    hidden = torch.randn(5, 3, 64, generator=torch.Generator().manual_seed(1)).to(dtype)
    expected = hidden.float() @ dequantize(layer.values, layer.scales).t()
    if linear.bias is not None:
        expected = expected + linear.bias.detach().float()
    found = layer(hidden)
    tolerance = 1e-5 if dtype is torch.float32 else 2e-2
    assert found.dtype is dtype
    torch.testing.assert_close(found.float(), expected, atol=tolerance, rtol=tolerance)


@pytest.mark.parametrize("quantized", FORMATS)
def test_a_network_keeps_its_tables_heads_and_norms(quantized: QuantizedFormat) -> None:
    model = random_model(tiny(), seed=3)
    ids, codes = [5, 6, 150, 150, 7], torch.randint(0, 32, (4, 2))
    _, before = model.logits(ids, codes)
    tables = model.network.model.embed_audio_tokens.embed_audio_tokens.weight
    head, norm = model.network.audio_lm_head, model.network.model.layers[0].input_layernorm
    quantize_layers(model.network, quantized)
    _, after = model.logits(ids, codes)
    assert model.network.model.embed_audio_tokens.embed_audio_tokens.weight is tables
    assert model.network.audio_lm_head is head
    assert model.network.model.layers[0].input_layernorm is norm
    assert not any(isinstance(one, nn.Linear) for one in model.network.model.layers.modules())
    distance = (after - before).norm() / before.norm()
    assert 0 < distance < (0.05 if quantized is QuantizedFormat.INT8 else 0.15)
