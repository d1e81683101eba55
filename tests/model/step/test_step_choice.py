"""Which step and which cache an engine gets; what cannot be had is refused by name."""

from __future__ import annotations

import pytest
import torch

from model.cache.shared_prefix import SharedPrefixCache
from model.cache.static import StaticCache
from model.checkpoint.random_model import random_model
from model.config.config import Adapter
from model.engine.engine import Engine
from model.errors import GenerationError
from model.lanes.lane_tensors import LaneState
from model.runs.engine_settings import ClosingRule, EngineSettings, StepKind
from model.step.choice import StepChoice, _can_fuse_here, can_share_prefixes, choose_step
from model.step.cpu_step import CompiledStep
from model.step.torch_step import FusedStep, PlainStep, TorchStep
from tests.model.tiny import tiny

LM = random_model(tiny(layer_count=1), seed=5)
SHARED = {"exact": False, "shares_prefixes": True}


def made(choice: StepChoice, settings: EngineSettings) -> tuple[object, StaticCache]:
    config, rule = choice.language_model.config, ClosingRule.FIRST_CODEBOOK
    cache = choice.cache(settings)
    step = choice.step(cache, LaneState(config, cache.lane_count, rule, torch.device("cpu")))
    return (step._logits_step if isinstance(step, TorchStep) else step), cache


@pytest.mark.parametrize(
    ("wish", "kind"),
    [
        ({}, CompiledStep),
        ({"exact": False}, CompiledStep),
        ({"step": StepKind.COMPILED, "int8": True}, CompiledStep),
        ({"step": StepKind.TORCH}, FusedStep),
        ({"step": StepKind.PLAIN}, PlainStep),
        (SHARED, FusedStep),
    ],
)
def test_a_small_model_on_a_cpu_gets_what_is_wanted(wish: dict[str, object], kind: type) -> None:
    settings = EngineSettings(lane_count=2, position_count=100, **wish)  # type: ignore[arg-type]
    choice = choose_step(LM, settings)
    step, cache = made(choice, settings)
    assert isinstance(step, kind) and not choice.captures and not choice.fuses
    assert isinstance(cache, SharedPrefixCache) == ("shares_prefixes" in wish)
    assert cache.position_count == 512


def test_what_was_chosen_and_what_was_left_out_is_said_in_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And an engine hands it on to those who print figures."""
    settings = EngineSettings(lane_count=1, position_count=100, exact=False, step=StepKind.TORCH)
    description = Engine(LM, settings).step_description
    wanted = {"step": "torch", "layers": "torch", "prefixes": "copied", "graphs": "none"}
    assert description.as_dict() == {"choices": wanted, "warnings": []}
    assert str(description) == "step: torch, layers: torch, prefixes: copied, graphs: none"
    monkeypatch.setattr("model.step.choice.find_spec", lambda name: None)
    with pytest.warns(RuntimeWarning, match="triton"):
        assert not _can_fuse_here(LM, settings, description)
    assert description.warnings == ["fused kernels are left out: triton is not installed"]


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        ({"shares_prefixes": True}, "exact mode"),
        ({"fuses": True}, "exact mode"),
        ({"fuses": True, "exact": False, "shares_prefixes": False}, "fused kernels are for"),
        ({"step": StepKind.PLAIN, **SHARED}, "fused"),
        ({"captures": True, "step": StepKind.TORCH}, "on a GPU alone"),
        ({"captures": True}, "on a GPU alone"),
        ({"int8": True, "step": StepKind.TORCH}, "int8"),
    ],
)
def test_what_cannot_be_had_is_refused(wish: dict[str, object], message: str) -> None:
    with pytest.raises(GenerationError, match=message):
        choose_step(LM, EngineSettings(**wish))  # type: ignore[arg-type]


def test_a_model_that_cannot_be_compiled_says_so() -> None:
    rare = random_model(tiny(layer_count=1, audio_self_attention=True), seed=1)
    with pytest.raises(GenerationError, match="compiled for a small model"):
        choose_step(rare, EngineSettings(step=StepKind.COMPILED))
    assert choose_step(rare, EngineSettings()).kind is StepKind.PLAIN


def test_prefixes_are_shared_only_where_audio_hears_all_of_them() -> None:
    assert can_share_prefixes(tiny()) and can_share_prefixes(tiny(dual_ffn_layers=(0, 2)))
    assert not can_share_prefixes(tiny(audio_self_attention=True))
    skipping = tiny(adapter=Adapter.FAST_FORWARD, dual_ffn_layers=(1, 2))
    assert not can_share_prefixes(skipping)
