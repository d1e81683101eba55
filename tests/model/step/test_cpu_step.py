"""The compiled step does what the plain one does, and a lane of it does not know its neighbours."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from model.cache.static import StaticCache
from model.checkpoint.language_model import LanguageModel
from model.checkpoint.random_model import random_model
from model.codes.noise import noise_key
from model.config.config import Adapter, ModelConfig
from model.lanes.lane_tensors import LaneState
from model.prefill.one_lane import Prefiller
from model.runs.engine_settings import ClosingRule
from model.runs.prompt import Prompt
from model.runs.sampling_settings import Sampling
from model.step.cpu_step import CompiledStep, can_compile
from model.step.torch_step import FrameStep, PlainStep, TorchStep
from tests.model.tiny import random_prompt, tiny

STEPS = 40
VARIANTS = {
    "dual": tiny(),
    "some layers dual": tiny(dual_ffn_layers=(0, 2)),
    "stack": tiny(adapter=Adapter.STACK, dual_ffn_layers=()),
    "mean of codebooks": tiny(average_codebooks=True),
    "one key head": tiny(kv_head_count=1),
    "no groups, odd heads": tiny(kv_head_count=6, head_dim=10),
    "heads of three vectors": tiny(head_dim=48),
    "biases": tiny(attention_bias=True, mlp_bias=True),
    "twelve books of 258": tiny(
        codebook_count=12, rows_per_codebook=258, stream_bos_id=257, stream_eos_id=256
    ),
}
SAMPLINGS = (
    Sampling(top_k=12),
    Sampling(temperature=0.0),
    Sampling(temperature=0.7, top_k=0, top_p=0.8, repeat_window=0),
    Sampling(temperature=1.3, top_k=5, top_p=1.0, repeat_window=12, repeat_limit=1),
)

Maker = Callable[[LanguageModel, StaticCache, LaneState], FrameStep]


def plain(lm: LanguageModel, cache: StaticCache, state: LaneState) -> FrameStep:
    return TorchStep(PlainStep(lm, cache), state)


def in_int8(lm: LanguageModel, cache: StaticCache, state: LaneState) -> FrameStep:
    return CompiledStep(lm, cache, state, in_int8=True)


def begun(
    lm: LanguageModel,
    make: Maker,
    lanes: list[int],
    rule: ClosingRule = ClosingRule.FIRST_CODEBOOK,
) -> tuple[FrameStep, LaneState, StaticCache]:
    """Lane i of the batch speaks what `lanes[i]` says, whatever the others do."""
    cache = StaticCache(lm.config, len(lanes), 128, lm.device, lm.dtype)
    state = LaneState(lm.config, len(lanes), rule, lm.device)
    prefiller = Prefiller(lm, cache)
    step = make(lm, cache, state)
    for lane, name in enumerate(lanes):
        ids, codes = random_prompt(lm.config, 5 + name, 4, seed=name)
        length = prefiller.prefill(lane, 0, Prompt(tuple(ids.tolist()), codes))
        key = noise_key(3, f"chunk {name}", 0)
        state.begin(lane, length, key, 6 + name, SAMPLINGS[name % len(SAMPLINGS)])
    return step, state, cache


def spoken(
    lm: LanguageModel,
    make: Maker,
    lanes: list[int],
    rule: ClosingRule = ClosingRule.FIRST_CODEBOOK,
) -> torch.Tensor:
    """`[steps, lanes, codebooks]`, lanes resting once their stream is closed."""
    step, state, _ = begun(lm, make, lanes, rule)
    said = []
    for _ in range(STEPS):
        step.step(len(lanes), 128)
        said.append(torch.where(state.is_speaking[:, None], state.columns, -1))
        for lane in range(len(lanes)):
            if state.is_speaking[lane] and state.is_closed[lane]:
                state.rest(lane, 0)
    return torch.stack(said)


@pytest.mark.parametrize("config", VARIANTS.values(), ids=VARIANTS.keys())
def test_compiled_and_plain_steps_speak_the_same_codes(config: ModelConfig) -> None:
    """One lane of five may part: of thousands of draws, rounding decides one now and then."""
    lm = random_model(config, seed=7)
    lanes = list(range(5))
    expected = spoken(lm, plain, lanes)
    is_equal = spoken(lm, CompiledStep, lanes) == expected
    assert int(is_equal.all(dim=2).all(dim=0).sum()) >= 4
    if config.rows_per_codebook < 100:  # random models of more rows close too seldom
        assert (expected[:, :, 0] == config.stream_eos_id).any(), "closing was not compared"


@pytest.mark.parametrize("rule", [ClosingRule.LOWEST_INDEX, ClosingRule.TRANSFORMERS])
def test_parity_rules_work_on_compiled_logits(rule: ClosingRule) -> None:
    lm = random_model(tiny(), seed=6)
    expected = spoken(lm, plain, [0, 1, 2], rule)
    assert torch.equal(spoken(lm, CompiledStep, [0, 1, 2], rule), expected)


@pytest.mark.parametrize("make", [CompiledStep, in_int8])
def test_a_lane_has_the_same_bits_in_any_company(make: Maker) -> None:
    lm = random_model(tiny(hidden_size=64, initializer_range=0.1), seed=7)
    alone = {name: logits_of(lm, make, [name])[:, 0] for name in range(4)}
    for company in ([0, 1], [3, 2, 1], [2, 0, 3, 1, 0], [1] * 13 + [3], list(range(4)) * 7):
        together = logits_of(lm, make, company)
        for lane, name in enumerate(company):
            assert torch.equal(together[:, lane], alone[name])


def logits_of(lm: LanguageModel, make: Maker, lanes: list[int]) -> torch.Tensor:
    step, _, _ = begun(lm, make, lanes)
    assert isinstance(step, CompiledStep)
    said = []
    for _ in range(4):
        said.append(step.logits(len(lanes)).clone())
        step.step(len(lanes), 128)
    return torch.stack(said)


@pytest.mark.parametrize("make", [CompiledStep, in_int8])
def test_a_lane_a_thousand_times_as_loud_changes_no_other(make: Maker) -> None:
    lm = random_model(tiny(), seed=8)
    quiet, loud = (begun(lm, make, [0, 1, 2]) for _ in range(2))
    loud[2].values[:, 1] *= 1000.0
    loud[2].keys[:, 1] *= 1000.0
    for _ in range(3):
        first, second = (one[0].logits(3) for one in (quiet, loud))  # type: ignore[attr-defined]
        assert torch.equal(first[0], second[0]) and torch.equal(first[2], second[2])
        assert not torch.equal(first[1], second[1])
        for step, _, _ in (quiet, loud):
            step.step(3, 128)


def test_weights_stored_in_bfloat16_give_the_bits_of_float32(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lm = random_model(tiny(), seed=9)
    for weight in lm.network.parameters():
        weight.data = weight.data.bfloat16().float()
    alone = logits_of(lm, CompiledStep, [0, 1, 2])
    monkeypatch.setattr("model.step.cpu_step.is_lossless_in_bfloat16", lambda _: False)
    assert torch.equal(logits_of(lm, CompiledStep, [0, 1, 2]), alone)


def test_int8_stays_close_to_float32() -> None:
    lm = random_model(tiny(initializer_range=0.1), seed=10)
    exact = logits_of(lm, CompiledStep, [0, 1, 2])[0]
    rounded = logits_of(lm, in_int8, [0, 1, 2])[0]
    assert float((rounded - exact).std() / exact.std()) < 0.05


def test_what_is_not_finite_is_told_and_stays_in_its_lane() -> None:
    lm = random_model(tiny(), seed=11)
    for make in (CompiledStep, in_int8):
        step, state, cache = begun(lm, make, [0, 1, 2])
        cache.values[0, 1, 0, 2, 0] = torch.nan
        step.step(3, 128)
        assert state.is_finite.tolist() == [True, False, True]


def test_lanes_that_rest_are_neither_computed_nor_changed() -> None:
    lm = random_model(tiny(), seed=12)
    step, state, cache = begun(lm, CompiledStep, [0, 1, 2])
    state.rest(1, 0)
    before = (state.columns[1].clone(), cache.keys[:, 1].clone(), state.history[1].clone())
    step.step(3, 128)
    after = (state.columns[1], cache.keys[:, 1], state.history[1])
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))


def test_rare_architectures_and_other_devices_are_left_to_torch() -> None:
    assert can_compile(random_model(tiny()))
    assert not can_compile(random_model(tiny(audio_self_attention=True)))
    assert not can_compile(random_model(tiny(embed_projector=True)))
    assert not can_compile(random_model(tiny(), dtype=torch.bfloat16))
    assert can_compile(random_model(tiny()), in_int8=True)
    assert not can_compile(random_model(tiny(intermediate_size=78)), in_int8=True)
