"""Quantized weights in the fused step: the same arithmetic at every width, and no second copy."""

from __future__ import annotations

import pytest
import torch

from model.checkpoint.language_model import LanguageModel
from model.checkpoint.random_model import random_model
from model.errors import GenerationError
from model.hardware.quantized_rows import QuantizedFormat
from model.placement.quantized_weights import QuantizedMatrix, quantize_layers, quantized_format
from model.placement.text_on_host import keep_text_on_host
from model.runs.engine_settings import EngineSettings, StepKind
from model.step.audio_layer import fuse_layers
from model.step.choice import _fuses_products, choose_step
from model.step.description import StepDescription
from model.step.torch_step import FusedStep
from tests.model.prefill.test_carry_over import observed, worst_difference
from tests.model.speaking import engine, run, takes
from tests.model.step.test_torch_step import LANES, STEPS, columns_of, decoded, prefilled
from tests.model.tiny import random_prompt, tiny

FORMATS = list(QuantizedFormat)
TOLERANCE = 1e-4


def quantized_model(quantized: QuantizedFormat, layers: int = 2) -> LanguageModel:
    lm = random_model(tiny(layer_count=layers), seed=5)
    quantize_layers(lm.network, quantized)
    return lm


@pytest.mark.parametrize("quantized", FORMATS)
def test_every_step_agrees_with_the_whole_sequence(quantized: QuantizedFormat) -> None:
    lm = quantized_model(quantized)
    said = decoded(FusedStep(lm, prefilled(lm)), lm.config)
    for lane in range(LANES):
        ids, codes = random_prompt(lm.config, 8 + lane, 5, seed=lane)
        fed = torch.stack([columns_of(lm.config, number)[lane] for number in range(STEPS)], dim=1)
        ids = torch.cat((ids, torch.full((STEPS,), lm.config.audio_out_id)))
        whole = lm.logits(ids, torch.cat((codes, fed), dim=1))[1][-STEPS:]
        assert float((whole - torch.stack([one[lane] for one in said])).abs().max()) <= TOLERANCE


@pytest.mark.parametrize("quantized", FORMATS)
@pytest.mark.parametrize("lanes", [1, 2, 3, 5])
def test_lanes_of_every_bucket_agree_with_one_full_pass(
    quantized: QuantizedFormat, lanes: int
) -> None:
    """Prefixes shared, as on a GPU; two layers, retold chunk by chunk."""
    lm = quantized_model(quantized)
    asked = [run(lm.config, seed, chunk_count=2) for seed in range(lanes)]
    speaker = engine(lm, lanes, exact=False, shares_prefixes=True)
    events, outcome = observed(speaker, asked, [])
    assert len(takes(events)) == 2 * lanes
    assert worst_difference(lm, asked, events, outcome) <= TOLERANCE


@pytest.mark.parametrize("quantized", FORMATS)
def test_fusing_makes_no_second_copy(quantized: QuantizedFormat) -> None:
    lm = quantized_model(quantized, layers=1)
    keep_text_on_host(lm.network, lm.device)
    layer = fuse_layers(lm.network, lm.config, prefilled(lm))[0]
    assert isinstance(layer.qkv, QuantizedMatrix)
    attention = lm.network.model.layers[0].self_attn
    start = 0
    for one in (attention.q_proj, attention.k_proj, attention.v_proj):
        part = slice(start, start + len(one.scales))
        assert one.values.data_ptr() == layer.qkv.values[part].data_ptr()
        assert one.scales.data_ptr() == layer.qkv.scales[part].data_ptr()
        start = part.stop
    assert start == len(layer.qkv.scales)


def test_a_quantized_model_gets_the_fused_step() -> None:
    lm = quantized_model(QuantizedFormat.INT8)
    assert quantized_format(lm.network) is QuantizedFormat.INT8
    for wish in ({}, {"exact": False}, {"exact": False, "shares_prefixes": True}):
        choice = choose_step(lm, EngineSettings(lane_count=2, **wish))  # type: ignore[arg-type]
        assert choice.kind is StepKind.TORCH and not choice.fuses_products
    with pytest.raises(GenerationError, match="compiled for a small model"):
        choose_step(lm, EngineSettings(step=StepKind.COMPILED))


def test_a_kernel_that_errs_is_left_out_with_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("triton", reason="fused kernels need triton")
    asked: list[object] = []

    def errs(*arguments: object) -> str:
        asked.append(arguments[-1])
        return "it is wrong by 3.0e-01"

    monkeypatch.setattr("model.step.gpu.agreement.product_disagreement", errs)
    with pytest.warns(RuntimeWarning, match=r"quantized weights save no time.*wrong by"):
        assert not _fuses_products(
            quantized_model(QuantizedFormat.FP8), EngineSettings(exact=False), StepDescription()
        )
    assert asked == [QuantizedFormat.FP8]
