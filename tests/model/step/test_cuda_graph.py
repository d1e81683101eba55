"""A recorded step says what the step itself says: buckets, resting lanes, moved memory."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from model.checkpoint.language_model import LanguageModel
from model.checkpoint.random_model import random_model
from model.engine.engine import Engine
from model.runs.engine_settings import StepKind
from model.runs.events import Accept, SpokenChunk
from model.runs.sampling_settings import Sampling
from model.step.cuda_graph import (
    LANE_BUCKETS,
    GraphLimits,
    PlainRecorder,
    Recorder,
    RecordingError,
    StepGraph,
    _what_failed,
    key_bucket,
    lane_buckets,
)
from model.step.description import StepDescription
from model.step.torch_step import FusedStep, TorchStep
from tests.model.engine.test_bursts import by_run, told_by_run
from tests.model.speaking import engine, frames, run
from tests.model.tape import TapeRecorder
from tests.model.tiny import tiny

CONFIG = tiny(layer_count=2)
FAST = {"exact": False, "step": StepKind.TORCH, "stream_codes": True}


@pytest.fixture(scope="module")
def lm() -> LanguageModel:
    return random_model(CONFIG, seed=21)


def recorded(
    lm: LanguageModel,
    recorder: Recorder,
    version: Callable[[], int] = int,
    by_keys: bool = True,
    **settings: object,
) -> Engine:
    """An engine whose torch step is recorded."""
    speaker = engine(lm, **(FAST | settings))  # type: ignore[arg-type]
    inner = speaker._step
    assert isinstance(inner, TorchStep)
    limits = GraphLimits(len(speaker._lanes), speaker._position_count, by_keys)
    speaker._step = StepGraph(inner, speaker._state, limits, recorder, version)
    return speaker


@pytest.mark.parametrize("recorder", [PlainRecorder, TapeRecorder])
@pytest.mark.parametrize("lanes", [1, 5])
def test_a_recorded_step_tells_what_the_step_tells(
    lm: LanguageModel, lanes: int, recorder: Callable[[], Recorder]
) -> None:
    """Refilled lanes, retries and parked lanes; five lanes step in buckets of 1, 2, 4 and 5."""
    runs = [run(CONFIG, seed, chunk_count=1 + seed % 3) for seed in range(2 + lanes)]
    expected = by_run(engine(lm, lanes=lanes, **FAST), runs)  # type: ignore[arg-type]
    assert by_run(recorded(lm, recorder(), lanes=lanes, burst_steps=3), runs) == expected


def test_shapes_are_recorded_as_they_come_and_replayed_often(lm: LanguageModel) -> None:
    recorder = TapeRecorder()
    speaker = recorded(lm, recorder, lanes=3)
    for _ in range(2):
        by_run(speaker, [run(CONFIG, seed) for seed in range(5)])
    assert len(recorder.tapes) <= 3
    assert sum(tape.replays for tape in recorder.tapes) > 100


def test_where_keys_do_not_matter_every_width_is_recorded_at_once(lm: LanguageModel) -> None:
    """And the recording of a width that nobody speaks in yet changes no lane."""
    recorder = TapeRecorder()
    runs = [run(CONFIG, seed, 1) for seed in range(5)]
    expected = by_run(engine(lm, lanes=5, **FAST), runs)  # type: ignore[arg-type]
    speaker = recorded(lm, recorder, by_keys=False, lanes=5)
    counts = set()
    outcome: dict[str, list] = {one.key: [] for one in runs}
    for event in speaker.generate(runs):
        for run_key, one in told_by_run(event):
            outcome[run_key].append(one)
        counts.add(len(recorder.tapes))
        if isinstance(event, SpokenChunk):
            speaker.answer(event, Accept())
    assert counts == {4} and outcome == expected


def test_lanes_draw_by_new_settings_after_a_recording(lm: LanguageModel) -> None:
    """A longer list of candidates is another shape; a temperature is only a number in memory."""
    mixed = [
        Sampling(top_k=12),
        Sampling(temperature=0.5, top_k=12, top_p=0.7),
        Sampling(temperature=0),
        Sampling(top_k=0, repeat_window=3, repeat_limit=1),
    ]
    runs = [run(CONFIG, seed, 1, sampling=one) for seed, one in enumerate(mixed)]
    expected = by_run(engine(lm, lanes=1, **FAST), runs)  # type: ignore[arg-type]
    assert by_run(recorded(lm, TapeRecorder(), lanes=1), runs) == expected


def test_what_has_moved_is_recorded_anew_in_the_middle_of_a_take(lm: LanguageModel) -> None:
    """Recording takes steps of its own: nobody sees them."""
    runs = [run(CONFIG, seed, 2, minimum=8) for seed in range(2)]
    version = [0]

    def outcome(speaker: Engine) -> list[tuple[object, ...]]:
        events = []
        for event in speaker.generate(runs):
            events += told_by_run(event)
            if isinstance(event, SpokenChunk):
                speaker.answer(event, Accept())
            elif any(index == 4 for _, _, _, index, _ in frames(event)):
                version[0] += 1
        return events

    expected = outcome(engine(lm, **FAST))  # type: ignore[arg-type]
    recorder = TapeRecorder()
    assert outcome(recorded(lm, recorder, lambda: version[0])) == expected
    assert len(recorder.tapes) >= 4


class FailingRecorder:
    """Takes the steps that a recording takes first, then fails."""

    def __init__(self, problem: Exception) -> None:
        self.problem, self.tries = problem, 0

    def record(self, step: Callable[[], None]) -> Callable[[], None]:
        self.tries += 1
        step()
        raise self.problem


def test_a_step_that_cannot_be_recorded_goes_on_without_and_says_so_once(lm: LanguageModel) -> None:
    runs = [run(CONFIG, seed, 1 + seed % 2) for seed in range(4)]
    expected = by_run(engine(lm, lanes=2, **FAST), runs)  # type: ignore[arg-type]
    recorder = FailingRecorder(RecordingError("the decode step cannot be recorded: no such call"))
    speaker = recorded(lm, recorder, lanes=2)
    with pytest.warns(RuntimeWarning, match="goes on without") as warned:
        assert by_run(speaker, runs) == expected
    assert len(warned) == recorder.tries == 1
    assert isinstance(speaker._step, StepGraph)
    description = speaker._step._description
    assert description.choices["graphs"] == "none"
    assert "no such call" in description.warnings[0]


def test_too_little_memory_for_a_recording_is_told_to_those_who_can_take_fewer_lanes(
    lm: LanguageModel,
) -> None:
    """And the steps it took have changed no lane."""
    speaker = recorded(lm, FailingRecorder(torch.OutOfMemoryError("no")), lanes=2)
    before = [one.clone() for one in speaker._state.remembered()]
    with pytest.raises(torch.OutOfMemoryError):
        speaker._step.step(2, 64)
    after = speaker._state.remembered()
    assert all(torch.equal(one, other) for one, other in zip(before, after, strict=True))


def test_the_first_error_of_a_recording_says_what_failed() -> None:
    """Ending a recording that has failed fails too; of memory, the runtime speaks in two ways."""

    def after(first: Exception) -> RuntimeError:
        last = RuntimeError("CUDA error: operation failed due to a previous error during capture")
        last.__context__ = first
        return last

    for first in (torch.OutOfMemoryError("no"), RuntimeError("CUDA error: out of memory")):
        assert isinstance(_what_failed(after(first)), torch.OutOfMemoryError)
    said = _what_failed(after(RuntimeError("CUDA error: not permitted\nCompile with …")))
    assert isinstance(said, RecordingError) and str(said).endswith("not permitted")


def test_a_draw_that_takes_any_candidates_is_recorded_once_for_all_of_them(
    lm: LanguageModel,
) -> None:
    recorder = TapeRecorder()
    speaker = engine(lm, lanes=1, **FAST)  # type: ignore[arg-type]
    inner, state = speaker._step, speaker._state
    assert isinstance(inner, TorchStep)
    limits = GraphLimits(1, 64, depends_on_keys=False, depends_on_candidates=False)
    step = StepGraph(inner, state, limits, recorder)
    for top_k in (5, 12, 0):
        state.begin(0, 3, 1, 0, Sampling(top_k=top_k))
        step.step(1, 64)
    assert len(recorder.tapes) == 1


@pytest.mark.parametrize(
    ("seconds", "best"),
    [((2e-3, 1.9e-3), "quick"), ((2e-3, 1.99e-3), "sure"), ((2e-3, 3e-3), "sure")],
)
def test_the_way_that_is_clearly_faster_here_is_taken_and_named(
    lm: LanguageModel,
    seconds: tuple[float, float],
    best: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each is recorded and measured in the widths that have several; no lane is taken along."""
    speaker = engine(lm, lanes=2, **FAST)  # type: ignore[arg-type]
    inner, state = speaker._step, speaker._state
    assert isinstance(inner, TorchStep)
    taken: list[tuple[int, str]] = []
    monkeypatch.setattr(inner, "ways", lambda width: ("sure", "quick")[: 3 - width])
    monkeypatch.setattr(inner, "take", lambda width, way: taken.append((width, way)))
    told = iter(reversed(seconds))

    def measured(replay: Callable[[], None]) -> float:
        replay()
        return next(told)

    recorder, description = TapeRecorder(), StepDescription()
    limits = GraphLimits(2, 64, depends_on_keys=False)
    step = StepGraph(inner, state, limits, recorder, int, description, measured)
    before = [one.clone() for one in state.remembered()]
    step._record(step._shape(1, 64))
    after = zip(before, state.remembered(), strict=True)
    assert all(torch.equal(one, other) for one, other in after)
    assert taken == [(1, "quick"), (1, "sure"), (1, best)]
    assert list(description.choices) == ["step of 1"]
    assert description.choices["step of 1"].startswith(
        f"{best} {1e3 * min(seconds) if best == 'quick' else 2:.3f} ms"
    )
    step.step(1, 64)
    assert [tape.replays for tape in recorder.tapes][1:] == ([2, 1] if best == "quick" else [1, 2])
    step._recordings.clear()
    step.step(1, 64)
    assert len(recorder.tapes) == 5, "both widths once: what is known is not measured again"


def test_a_way_that_cannot_be_recorded_is_left_out(
    lm: LanguageModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    speaker = engine(lm, lanes=1, **FAST)  # type: ignore[arg-type]
    inner, state, description = speaker._step, speaker._state, StepDescription()
    assert isinstance(inner, TorchStep)
    taken: list[str] = []
    monkeypatch.setattr(inner, "ways", lambda width: ("sure", "quick"))
    monkeypatch.setattr(inner, "take", lambda width, way: taken.append(way))

    class Partial(PlainRecorder):
        def record(self, step: Callable[[], None]) -> Callable[[], None]:
            if taken[-1] == "quick":
                raise RecordingError("no such call")
            return super().record(step)

    limits = GraphLimits(1, 64, depends_on_keys=False)
    step = StepGraph(inner, state, limits, Partial(), int, description, lambda replay: 1.0)
    with pytest.warns(RuntimeWarning, match="quick of 1 lanes are left out: no such call"):
        step.step(1, 64)
    assert taken[-1] == "sure"
    assert description.choices == {"step of 1": "sure 1000.000 ms (measured; no other)"}


def test_logits_of_a_bucket_are_readable_after_a_replay(lm: LanguageModel) -> None:
    speaker = recorded(lm, TapeRecorder(), lanes=3)
    state, step = speaker._state, speaker._step
    assert isinstance(step, StepGraph) and isinstance(step._inner, TorchStep)
    fused = step._inner._logits_step
    assert isinstance(fused, FusedStep)
    for width in (3, 1, 2, 3):
        fed = state.columns[:width].clone(), state.positions[:width].clone()
        step.step(width, 64)
        said = step.logits.clone()
        assert float((fused.logits(*fed, 64) - said[:width]).abs().max()) <= 1e-5


def test_buckets_hold_every_width_and_every_length() -> None:
    assert lane_buckets(256) == LANE_BUCKETS
    assert lane_buckets(1) == (1,) and lane_buckets(5) == (1, 2, 4, 5)
    assert lane_buckets(300)[-2:] == (256, 300)
    assert [key_bucket(keys, 1536) for keys in (1, 256, 257, 1000, 1025)] == [
        256, 256, 512, 1024, 1536,
    ]  # fmt: skip
