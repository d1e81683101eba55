"""A step of fused kernels, recorded and replayed launch by launch, says what it says itself."""

from __future__ import annotations

from collections import Counter
from functools import partial

import pytest
import torch

from model.checkpoint.random_model import random_model
from model.codes.noise import noise_key
from model.lanes.lane_tensors import LaneState
from model.runs.engine_settings import ClosingRule, EngineSettings, StepKind
from model.runs.sampling_settings import Sampling
from model.step.choice import StepChoice
from model.step.torch_step import LIBRARY_PRODUCTS, OWN_PRODUCTS, TorchStep
from tests.model.cache.test_shared_prefix import VOICES, prefilled
from tests.model.tape import TapeRecorder
from tests.model.tiny import tiny

pytest.importorskip("triton", reason="fused kernels need triton")
pytestmark = pytest.mark.skipif(torch.cuda.is_available(), reason="a card has graphs of its own")

LANES = len(VOICES)
STEPS = 3


def spoken(width: int, way: str, replays: bool) -> tuple[list[torch.Tensor], Counter[str]]:
    """What the lanes hold after each of some steps, and what a recorded step launches."""
    config = tiny(layer_count=2)
    lm = random_model(config, 21)
    choice = StepChoice(lm, StepKind.TORCH, False, True, True, skinny_products=True)
    cache = choice.cache(EngineSettings(LANES, 512, exact=False))
    _, lengths = prefilled(choice.language_model, cache)
    state = LaneState(config, LANES, ClosingRule.FIRST_CODEBOOK, torch.device("cpu"))
    state.may_look = False
    for lane, length in enumerate(lengths):
        state.begin(lane, length, noise_key(3, f"chunk {lane}", 1), 2, Sampling(top_k=12))
    state.rest(1, lengths[1])  # a bucket takes lanes along that do not speak
    step = choice.step(cache, state)
    assert isinstance(step, TorchStep)
    step.take(width, way)
    again, recorder = partial(step.step, width, cache.position_count), TapeRecorder()
    if replays:
        with state.kept():
            again = recorder.record(again)
    said = []
    for _ in range(STEPS):
        again()
        said += [step.logits[:width].clone(), state.drawn.memory.clone(), state.positions.clone()]
    return said, Counter(name for tape in recorder.tapes for name in tape.launches)


@pytest.mark.parametrize(
    ("width", "way"), [(1, LIBRARY_PRODUCTS), (LANES, LIBRARY_PRODUCTS), (LANES, OWN_PRODUCTS)]
)
def test_replayed_launches_say_what_the_step_says_bit_for_bit(width: int, way: str) -> None:
    """Every replay but the first reads what the one before wrote: keys, columns, counters."""
    expected, _ = spoken(width, way, replays=False)
    found, launched = spoken(width, way, replays=True)
    assert launched, "kernels are among what is replayed"
    assert ("skinny_product_kernel" in launched) == (way == OWN_PRODUCTS)
    for one, other in zip(expected, found, strict=True):
        assert torch.equal(one, other)
    assert not torch.equal(expected[0], expected[3]), (
        "a step that says the same again proves nothing"
    )
