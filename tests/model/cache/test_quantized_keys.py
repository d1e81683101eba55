"""Keys and values in one byte each: a lane reads the same at every width and whichever way
it was prefilled, and nearly what it would read in full precision."""

from __future__ import annotations

from typing import cast

import pytest
import torch
from torch import Tensor

from model.cache.protocol import DynamicCache
from model.cache.static import StaticCache
from model.checkpoint.language_model import LanguageModel
from model.checkpoint.random_model import random_model
from model.errors import ModelError
from model.hardware.quantized_rows import (
    ROW_END_BYTES,
    QuantizedFormat,
    dequantize,
    dequantize_rows,
    quantize,
    quantize_rows,
)
from model.network.dual_ffn import Routing
from model.prefill.one_lane import Prefiller
from model.runs.engine_settings import EngineSettings, StepKind
from model.runs.events import Accept, Answer, Retry
from model.runs.prompt import Prompt
from model.step.choice import choose_step
from model.step.torch_step import FusedStep, LogitsStep, PlainStep
from tests.model.prefill.test_carry_over import observed, worst_difference
from tests.model.speaking import engine, run, takes
from tests.model.step.test_torch_step import LANES, STEPS, columns_of, decoded
from tests.model.tiny import random_prompt, tiny

FORMATS = list(QuantizedFormat)
STRAY = 1e-2
"""Of single logits: a rounding of the last bit may turn into a whole step of a quantized number."""
DISTANCE = {QuantizedFormat.INT8: 0.03, QuantizedFormat.FP8: 0.12}
"""Of all logits from those at full width, relative to their length; weights this large (a spread of
0.2) make it more than it is for a trained model."""


class QuantizedContext(DynamicCache):
    """One full pass over quantized keys: the plainest twin there is."""

    def __init__(self, quantized: QuantizedFormat) -> None:
        super().__init__()
        self._quantized = quantized

    def extend(self, slot: int, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        rows = (dequantize(*quantize(one, self._quantized)) for one in (keys, values))
        return super().extend(slot, *rows)


class QuantizedTwin:
    """A language model as far as its logits, by such a pass."""

    def __init__(self, lm: LanguageModel, quantized: QuantizedFormat) -> None:
        self.config, self._lm, self._quantized = lm.config, lm, quantized

    @torch.inference_mode()
    def logits(self, ids: object, codes: Tensor) -> tuple[None, Tensor]:
        network, row = self._lm.network, torch.as_tensor(ids)[None]
        hidden = network(
            network.embed(row, codes),
            Routing.of(network.audio_mask(row), self._lm.device),
            torch.arange(row.shape[1])[None],
            QuantizedContext(self._quantized),
        )
        return None, network.audio_logits(hidden)[0].float()


@pytest.mark.parametrize("quantized", FORMATS)
def test_rows_keep_their_scale_behind_them(quantized: QuantizedFormat) -> None:
    generator = torch.Generator().manual_seed(1)
    rows = torch.randn(3, 5, 16, generator=generator) * torch.logspace(-5, 5, 5)[:, None]
    stored = quantize_rows(rows, quantized)
    assert stored.shape == (3, 5, 16 + ROW_END_BYTES) and stored.dtype is torch.uint8
    found = dequantize_rows(stored, quantized, torch.float32)
    assert torch.equal(found, dequantize(*quantize(rows, quantized)))
    step = 0.5001 / 127 if quantized is QuantizedFormat.INT8 else 1 / 16
    allowed = step * (rows.abs().amax(dim=-1, keepdim=True) if step < 0.01 else rows.abs())
    assert ((found - rows).abs() <= allowed + 1e-3 * rows.abs().amax(dim=-1, keepdim=True)).all()


@pytest.mark.parametrize("quantized", FORMATS)
def test_nothing_stays_nothing_and_what_is_not_finite_shows(quantized: QuantizedFormat) -> None:
    rows = torch.zeros(3, 16)
    rows[1, 4], rows[2, 7] = torch.nan, torch.inf
    assert dequantize_rows(torch.zeros(32, dtype=torch.uint8), quantized, torch.float32).eq(0).all()
    found = dequantize_rows(quantize_rows(rows, quantized), quantized, torch.float32)
    assert found[0].eq(0).all() and not found[1].isfinite().any() and not found[2].isfinite().all()


def prefilled(lm: LanguageModel, quantized: QuantizedFormat | None) -> StaticCache:
    cache = StaticCache(lm.config, LANES, 64, lm.device, lm.dtype, quantized)
    prefiller = Prefiller(lm, cache)
    for lane in range(LANES):
        ids, codes = random_prompt(lm.config, 8 + lane, 5, seed=lane)
        prefiller.prefill(lane, 0, Prompt(tuple(ids.tolist()), codes))
    return cache


@pytest.mark.parametrize("quantized", FORMATS)
@pytest.mark.parametrize("kind", [FusedStep, PlainStep])
def test_every_step_agrees_with_the_whole_sequence(
    quantized: QuantizedFormat, kind: type[LogitsStep]
) -> None:
    """PartialAttention by the plainest twin; and near to full width."""
    lm = random_model(tiny(), seed=1)
    said = torch.stack(decoded(kind(lm, prefilled(lm, quantized)), lm.config))  # type: ignore[call-arg]
    plain = torch.stack(decoded(kind(lm, prefilled(lm, None)), lm.config))  # type: ignore[call-arg]
    assert 0 < float((said - plain).norm() / plain.norm()) <= DISTANCE[quantized]
    for lane in range(LANES):
        ids, codes = random_prompt(lm.config, 8 + lane, 5, seed=lane)
        fed = torch.stack([columns_of(lm.config, number)[lane] for number in range(STEPS)], dim=1)
        ids = torch.cat((ids, torch.full((STEPS,), lm.config.audio_out_id)))
        whole = QuantizedTwin(lm, quantized).logits(ids, torch.cat((codes, fed), dim=1))[1][-STEPS:]
        assert float((whole - said[:, lane]).abs().max()) <= STRAY


@pytest.mark.parametrize("quantized", FORMATS)
@pytest.mark.parametrize("shares", [False, True], ids=["copied", "shared"])
@pytest.mark.parametrize("lanes", [1, 2, 5])
def test_lanes_of_every_bucket_agree_with_one_full_pass(
    quantized: QuantizedFormat, shares: bool, lanes: int
) -> None:
    """Retries, rebases, refilled lanes and ready runs; two layers."""
    lm = random_model(tiny(layer_count=2), seed=5)
    asked = [run(lm.config, seed, chunk_count=4) for seed in range(lanes)]
    fast = {"exact": False, "step": StepKind.TORCH, "quantized_keys": quantized}
    speaker = engine(lm, lanes, **fast, shares_prefixes=shares, ready_runs=2)
    answers: list[Answer] = [Retry(), Accept(), Retry()]
    events, outcome = observed(speaker, asked, answers)
    assert len(takes(events)) == 4 * lanes
    twin = cast(LanguageModel, QuantizedTwin(lm, quantized))
    assert worst_difference(twin, asked, events, outcome) <= STRAY


def test_a_quantized_cache_takes_a_byte_for_each_number_and_the_ends_of_rows() -> None:
    lm = random_model(tiny(), seed=1)
    plain, quantized = (
        StaticCache(lm.config, 2, 8, lm.device, torch.bfloat16, one)
        for one in (None, QuantizedFormat.FP8)
    )
    ratio = quantized.keys.nbytes / plain.keys.nbytes
    assert ratio == (lm.config.head_dim + ROW_END_BYTES) / (2 * lm.config.head_dim)


@pytest.mark.parametrize("quantized", FORMATS)
def test_exact_mode_refuses(quantized: QuantizedFormat) -> None:
    with pytest.raises(ModelError, match="quantized_keys is for fast mode"):
        EngineSettings(quantized_keys=quantized)


def test_a_small_model_on_a_cpu_takes_the_step_that_reads_them() -> None:
    lm = random_model(tiny(layer_count=1), seed=1)
    settings = EngineSettings(exact=False, quantized_keys=QuantizedFormat.FP8, position_count=64)
    choice = choose_step(lm, settings)
    assert choice.kind is StepKind.TORCH
    assert choice.cache(settings).quantized is QuantizedFormat.FP8
