"""Looking at the device only now and then changes nothing of what is spoken."""

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
from model.runs.events import (
    Accept,
    BurstSpoken,
    ChunkFailed,
    Ending,
    Retry,
    SpeechEvent,
    SpokenChunk,
)
from model.runs.run import RunRequest
from model.runs.sampling_settings import Sampling
from tests.model.speaking import chunk, engine, frames, prefix, run
from tests.model.tiny import tiny

CONFIG = tiny(layer_count=2)
BURSTS = [(4, 0), (16, 0), (1, 1), (4, 1), (5, 2)]
Told = tuple[object, ...]


@pytest.fixture(scope="module")
def lm() -> LanguageModel:
    return random_model(CONFIG, seed=21)


def told(event: SpeechEvent) -> Told:
    """How a chunk ended, in a form that can be compared."""
    if isinstance(event, SpokenChunk):
        codes = event.codes.tolist()
        return ("take", event.chunk_key, event.attempt, codes, event.ending, event.heard_keys)
    assert isinstance(event, ChunkFailed)
    return ("failure", event.chunk_key, event.attempt, event.reason)


def told_by_run(event: SpeechEvent) -> list[tuple[str, Told]]:
    """What an event says of each run: its frames, or how its chunk ended."""
    if isinstance(event, BurstSpoken):
        return [(run_key, ("frame", *rest)) for run_key, *rest in frames(event)]
    assert isinstance(event, SpokenChunk | ChunkFailed)
    return [(event.run_key, told(event))]


def by_run(speaker: Engine, runs: list[RunRequest]) -> dict[str, list[Told]]:
    """All events of each run in order; the first take of every other chunk is refused."""
    outcome: dict[str, list[Told]] = defaultdict(list)
    for event in speaker.generate(runs):
        for run_key, one in told_by_run(event):
            outcome[run_key].append(one)
        if isinstance(event, SpokenChunk):
            is_refused = event.attempt == 0 and event.chunk_key in ("c1", "c3")
            speaker.answer(event, Retry() if is_refused else Accept())
    return outcome


@pytest.mark.parametrize("ahead", [0, 1])
@pytest.mark.parametrize("steps", [1, 4, 16])
@pytest.mark.parametrize("step", [StepKind.FASTEST, StepKind.TORCH])
def test_every_run_tells_the_same_however_rarely_it_is_read(
    lm: LanguageModel, step: StepKind, steps: int, ahead: int
) -> None:
    """Frames, takes, retries, budgets and rebases of more runs than lanes."""
    runs = [run(CONFIG, seed, chunk_count=1 + seed % 5) for seed in range(7)]
    settings = {"stream_codes": True, "step": step}
    expected = by_run(engine(lm, burst_steps=1, bursts_ahead=0, **settings), runs)
    speaker = engine(lm, burst_steps=steps, bursts_ahead=ahead, **settings)
    assert by_run(speaker, runs) == expected
    ends = {one[4] for run in expected.values() for one in run if one[0] == "take"}
    assert ends == {Ending.ENDED, Ending.BUDGET}


@pytest.mark.parametrize(("steps", "ahead"), BURSTS)
def test_lanes_that_are_never_refilled_end_in_the_same_order(
    lm: LanguageModel, steps: int, ahead: int
) -> None:
    runs = [run(CONFIG, seed, chunk_count=1) for seed in range(3)]

    def ends(**bursts: int) -> list[tuple[str, Told]]:
        told_ends = []
        speaker = engine(lm, **bursts)
        for event in speaker.generate(runs):
            if isinstance(event, SpokenChunk):
                told_ends += told_by_run(event)
                speaker.answer(event, Accept())
        return told_ends

    assert ends(burst_steps=steps, bursts_ahead=ahead) == ends()


@pytest.mark.parametrize(("steps", "ahead"), [(4, 0), (4, 1)])
def test_whoever_shares_the_device_has_a_turn_before_each_burst(
    lm: LanguageModel, steps: int, ahead: int
) -> None:
    """And nowhere else: never between two steps."""
    told: list[str] = []
    speaker = engine(lm, burst_steps=steps, bursts_ahead=ahead)
    step = speaker._step

    class Noting:
        def step(self, width: int, key_count: int) -> None:
            told.append("step")
            step.step(width, key_count)

    speaker._step = Noting()  # type: ignore[assignment]
    runs = [run(CONFIG, seed, chunk_count=2) for seed in range(4)]
    for event in speaker.generate(runs, lambda: told.append("turn")):
        if isinstance(event, SpokenChunk):
            speaker.answer(event, Accept())
    assert told and told == ["turn", *["step"] * steps] * (len(told) // (1 + steps))


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
        sampling=Sampling(temperature=0),
    )

    def outcome(**bursts: int) -> dict[str, list[Told]]:
        speaker = engine(stuck, silence_frames=30, stream_codes=True, **bursts)
        return by_run(speaker, [asked])

    expected = outcome()
    assert outcome(burst_steps=steps, bursts_ahead=ahead) == expected
    first = next(one for one in expected["r"] if one[0] == "take")
    assert first[4] is Ending.STALLED


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
    healthy = by_run(engine(lm, stream_codes=True), runs)
    speaker = engine(lm, stream_codes=True, burst_steps=4, bursts_ahead=1)
    outcome: dict[str, list[Told]] = defaultdict(list)
    for event in speaker.generate(runs):
        for run_key, one in told_by_run(event):
            outcome[run_key].append(one)
        if any(run_key == "run 1" and index == 1 for run_key, _, _, index, _ in frames(event)):
            lane = next(one for one in speaker._lanes if one.run is runs[1])
            speaker._context._cache.values[:, lane.index, :, 0] = torch.nan
        elif isinstance(event, SpokenChunk):
            is_refused = event.attempt == 0 and event.chunk_key in ("c1", "c3")
            speaker.answer(event, Retry() if is_refused else Accept())
    assert outcome.pop("run 1")[-1][0] == "failure"
    assert outcome == {key: events for key, events in healthy.items() if key != "run 1"}


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
    drawn = told.read()
    books = CONFIG.codebook_count
    assert drawn.columns[0, 2].tolist() == list(range(2 * books, 3 * books))
    assert drawn.columns[1, 0].tolist() == [100 + book for book in range(books)]
    assert drawn.is_closed.tolist() == [[False, False, True], [True, False, True]]
    assert drawn.is_finite.tolist() == [[True, True, True], [True, False, True]]
    assert drawn.is_plain == [False] * 3, "codes of 100 are none here, and one lane has no numbers"
