"""What changes of many lanes together is what would change of each alone, in few launches."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from model.checkpoint.random_model import random_model
from model.codes.noise import noise_key
from model.codes.stopping import OPEN
from model.lanes.lane_changes import LaneChanges, StreamOpening
from model.lanes.lane_tensors import LaneState
from model.runs.engine_settings import ClosingRule
from model.runs.events import Accept, SpokenChunk
from model.runs.sampling_settings import Sampling
from tests.model.speaking import engine, run
from tests.model.tiny import tiny

CONFIG = tiny(layer_count=2)
SAMPLINGS = (
    Sampling(temperature=0),
    Sampling(temperature=0.7, top_k=0, top_p=0.9, repeat_window=0),
    Sampling(top_k=12, repeat_window=5, repeat_limit=1),
)


def used_state(lanes: int = 8) -> LaneState:
    """One whose rows hold what streams have left."""
    state = LaneState(CONFIG, lanes, ClosingRule.FIRST_CODEBOOK, torch.device("cpu"))
    generator = torch.Generator().manual_seed(1)
    for one in (state.columns, state.positions, state.countdown, state.history):
        one.copy_(torch.randint(0, 9, one.shape, generator=generator))
    state.is_speaking.fill_(True)
    return state


def opening(lane: int) -> StreamOpening:
    key = noise_key(lane, "c", 0)
    return StreamOpening(10 + lane, key, lane, SAMPLINGS[lane % len(SAMPLINGS)], 90 + lane)


def told(state: LaneState) -> Iterator[tuple[str, list[object]]]:
    for owner in (state, state.sampling):
        for name, one in vars(owner).items():
            if isinstance(one, torch.Tensor):
                yield name, one.tolist()
    yield "candidates", [state.sampling.candidate_count]


def plainly_begun(state: LaneState, lane: int, one: StreamOpening) -> None:
    """The twin: one row after another, one number after another."""
    sampling = state.sampling
    redraws = one.sampling.repeat_window > 0 and one.sampling.temperature > 0
    count = min(one.sampling.top_k or CONFIG.rows_per_codebook, CONFIG.rows_per_codebook)
    for tensor, number in (
        (state.columns, CONFIG.stream_bos_id), (state.positions, one.position),
        (state.is_speaking, True), (state.column_index, 1), (state.countdown, OPEN),
        (state.noise_keys, one.noise_key), (state.minimum_frames, one.minimum_frames),
        (state.column_limit, one.column_limit), (state.history, -1),
        (sampling.temperature, one.sampling.temperature or 1.0), (sampling.top_k, count),
        (sampling.is_greedy, one.sampling.temperature == 0), (sampling.top_p, one.sampling.top_p),
        (sampling.repeat_window, max(1, one.sampling.repeat_window)),
        (sampling.repeat_limit, one.sampling.repeat_limit if redraws else 1 << 30),
    ):  # fmt: skip
        tensor[lane] = number
    sampling._candidate_counts[lane] = count


def test_lanes_that_begin_and_rest_together_are_as_if_each_had_been_told_alone() -> None:
    together, plain = used_state(), used_state()
    changes = LaneChanges(together)
    for lane in (6, 1, 4):
        changes.begin(lane, opening(lane))
        plainly_begun(plain, lane, opening(lane))
    for lane in (0, 7):
        changes.rest(lane, 3 + lane)
        plain.is_speaking[lane], plain.positions[lane] = False, 3 + lane
    changes.write()
    assert dict(told(together)) == dict(told(plain))
    changes.write()
    assert dict(told(together)) == dict(told(plain)), "what is written is not written again"


@pytest.mark.parametrize("begins_last", [True, False])
def test_a_lane_does_what_it_was_told_last(begins_last: bool) -> None:
    state = used_state()
    changes = LaneChanges(state)
    if not begins_last:
        changes.begin(2, opening(2))
    changes.rest(2, 5)
    if begins_last:
        changes.begin(2, opening(2))
    changes.write()
    assert bool(state.is_speaking[2]) is begins_last
    assert int(state.positions[2]) == (12 if begins_last else 5)


class Launches(TorchDispatchMode):
    """How many operations reach the device."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        self.count += not any(part in str(func) for part in ("view", "select", "slice"))
        return func(*args, **(kwargs or {}))


def test_many_lanes_take_as_many_launches_as_one() -> None:
    counts = []
    for lanes in (range(1), range(200)):
        state = used_state(256)
        with Launches() as launches:
            state.change({lane: opening(lane) for lane in lanes}, {255: 0})
        counts.append(launches.count)
    assert counts[0] == counts[1] <= 24, counts


def test_a_lane_is_only_written_between_two_bursts() -> None:
    """So that no burst begins with lanes that nobody has told yet."""
    speaker = engine(random_model(CONFIG, seed=21), burst_steps=4, bursts_ahead=1)
    begin = speaker._begin_burst

    def checked():  # type: ignore[no-untyped-def]
        assert not speaker._changes._openings and not speaker._changes._resting
        return begin()

    speaker._begin_burst = checked  # type: ignore[method-assign]
    for event in speaker.generate([run(CONFIG, seed) for seed in range(5)]):
        if isinstance(event, SpokenChunk):
            speaker.answer(event, Accept())
