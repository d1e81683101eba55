"""Looking at the device only now and then changes nothing of what is heard."""

from __future__ import annotations

from collections import defaultdict

import pytest
import torch

from model.checkpoint.language_model import LanguageModel
from model.checkpoint.random_model import random_model
from model.engine.engine import Engine
from model.errors import GenerationError
from model.lanes.burst_log import StepLog
from model.lanes.lane_tensors import LaneState
from model.runs.engine_settings import ClosingRule, EngineSettings, StepKind
from model.runs.events import Accept, EndReason, Event, Frame, LaneFailure, Retry, Take
from model.runs.run import RunRequest, SamplingSettings
from tests.model.speaking import chunk, engine, prefix, run
from tests.model.tiny import tiny

CONFIG = tiny(layer_count=2)
BURSTS = [(4, 0), (16, 0), (1, 1), (4, 1), (5, 2)]
Told = tuple[object, ...]


@pytest.fixture(scope="module")
def lm() -> LanguageModel:
    return random_model(CONFIG, seed=21)


def told(event: Event) -> Told:
    """An event in a form that can be compared."""
    if isinstance(event, Frame):
        return ("frame", event.chunk_key, event.attempt, event.index, event.codes.tolist())
    if isinstance(event, Take):
        codes = event.codes.tolist()
        return ("take", event.chunk_key, event.attempt, codes, event.end, event.context_keys)
    assert isinstance(event, LaneFailure)
    return ("failure", event.chunk_key, event.attempt, event.message)


def by_run(speaker: Engine, runs: list[RunRequest]) -> dict[str, list[Told]]:
    """All events of each run in order; the first take of every other chunk is refused."""
    heard: dict[str, list[Told]] = defaultdict(list)
    for event in speaker.generate(runs):
        if isinstance(event, Take | Frame | LaneFailure):
            heard[event.run_key].append(told(event))
        if isinstance(event, Take):
            is_refused = event.attempt == 0 and event.chunk_key in ("c1", "c3")
            speaker.answer(event, Retry() if is_refused else Accept())
    return heard


@pytest.mark.parametrize("ahead", [0, 1])
@pytest.mark.parametrize("steps", [1, 4, 16])
@pytest.mark.parametrize("step", [StepKind.FASTEST, StepKind.TORCH])
def test_every_run_tells_the_same_however_rarely_it_is_heard(
    lm: LanguageModel, step: StepKind, steps: int, ahead: int
) -> None:
    """Frames, takes, retries, budgets and rebases of more runs than lanes."""
    runs = [run(CONFIG, seed, chunk_count=1 + seed % 5) for seed in range(7)]
    settings = {"stream_frames": True, "step": step}
    expected = by_run(engine(lm, burst_steps=1, bursts_ahead=0, **settings), runs)
    speaker = engine(lm, burst_steps=steps, bursts_ahead=ahead, **settings)
    assert by_run(speaker, runs) == expected
    ends = {one[4] for heard in expected.values() for one in heard if one[0] == "take"}
    assert ends == {EndReason.CLOSED, EndReason.BUDGET}


@pytest.mark.parametrize(("steps", "ahead"), BURSTS)
def test_lanes_that_are_never_refilled_keep_the_order_of_all_events(
    lm: LanguageModel, steps: int, ahead: int
) -> None:
    runs = [run(CONFIG, seed, chunk_count=1) for seed in range(3)]

    def everything(**bursts: int) -> list[tuple[str, Told]]:
        events = []
        speaker = engine(lm, stream_frames=True, **bursts)
        for event in speaker.generate(runs):
            assert isinstance(event, Frame | Take)
            events.append((event.run_key, told(event)))
            if isinstance(event, Take):
                speaker.answer(event, Accept())
        return events

    assert everything(burst_steps=steps, bursts_ahead=ahead) == everything()


@pytest.mark.parametrize(("steps", "ahead"), BURSTS)
def test_a_stall_is_cut_off_at_the_same_frame(steps: int, ahead: int) -> None:
    stuck = random_model(CONFIG, seed=3)
    with torch.no_grad():
        stuck.network.audio_lm_head.weight.zero_()
    asked = RunRequest(
        "r",
        prefix(CONFIG, 1),
        tuple(chunk(CONFIG, f"c{n}", n, 200, 150) for n in range(2)),
        (),
        sampling=SamplingSettings(temperature=0),
    )

    def heard(**bursts: int) -> dict[str, list[Told]]:
        speaker = engine(stuck, silence_frames=30, stream_frames=True, **bursts)
        return by_run(speaker, [asked])

    expected = heard()
    assert heard(burst_steps=steps, bursts_ahead=ahead) == expected
    first = next(one for one in expected["r"] if one[0] == "take")
    assert first[4] is EndReason.SILENCE


def test_a_lane_whose_cache_just_fits_its_budget_stops_by_itself(lm: LanguageModel) -> None:
    """Bursts far longer than the room behind the last column."""
    only = chunk(CONFIG, "c", 1, budget=20, minimum=100)
    asked = RunRequest("r", prefix(CONFIG, 1), (only,), ())
    room = len(asked.prefix.ids) + len(only.prompt.ids) + 20 + 2 * CONFIG.codebook_count + 2
    expected = by_run(engine(lm, position_count=room), [asked])
    speaker = engine(lm, lanes=1, position_count=room, burst_steps=200)
    assert by_run(speaker, [asked]) == expected
    assert int(speaker._state.positions[0]) < room


def test_a_lane_with_nan_fails_alone_in_the_middle_of_a_burst(lm: LanguageModel) -> None:
    runs = [run(CONFIG, seed) for seed in range(3)]
    healthy = by_run(engine(lm, stream_frames=True), runs)
    speaker = engine(lm, stream_frames=True, burst_steps=4, bursts_ahead=1)
    heard: dict[str, list[Told]] = defaultdict(list)
    for event in speaker.generate(runs):
        assert isinstance(event, Frame | Take | LaneFailure)
        heard[event.run_key].append(told(event))
        if isinstance(event, Frame) and event.run_key == "run 1" and event.index == 1:
            lane = next(one for one in speaker._lanes if one.run is runs[1])
            speaker._context._cache.values[:, lane.index, :, 0] = torch.nan
        elif isinstance(event, Take):
            is_refused = event.attempt == 0 and event.chunk_key in ("c1", "c3")
            speaker.answer(event, Retry() if is_refused else Accept())
    assert heard.pop("run 1")[-1][0] == "failure"
    assert heard == {key: events for key, events in healthy.items() if key != "run 1"}


@pytest.mark.parametrize("wrong", [{"burst_steps": 0}, {"bursts_ahead": -1}])
def test_a_burst_that_cannot_be_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(GenerationError, match=next(iter(wrong))):
        EngineSettings(**wrong)  # type: ignore[arg-type]


def test_what_steps_tell_leaves_the_device_in_one_piece_and_is_not_overtaken() -> None:
    state = LaneState(CONFIG, 3, ClosingRule.FIRST_CODEBOOK, torch.device("cpu"))
    log = StepLog(state, 2)
    for step in range(2):
        state.columns.copy_(torch.arange(3 * CONFIG.codebook_count).view(3, -1) + 100 * step)
        state.is_closed.copy_(torch.tensor([step == 1, False, True]))
        state.is_finite.copy_(torch.tensor([True, step == 0, True]))
        log.keep(step)
    told = log.hand_over()
    state.columns.zero_()
    state.is_closed.zero_()
    (first, second) = told.steps()
    assert first[0][2] == list(range(2 * CONFIG.codebook_count, 3 * CONFIG.codebook_count))
    assert second[0][0] == [100 + book for book in range(CONFIG.codebook_count)]
    assert (first[1], second[1]) == ([False, False, True], [True, False, True])
    assert (first[2], second[2]) == ([True, True, True], [True, False, True])
