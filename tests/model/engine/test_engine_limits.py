"""What is wrong ends one run by name, and no take, context or reply is longer than it may be."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch

from model.cache.static import StaticCache
from model.checkpoint.language_model import LanguageModel
from model.checkpoint.random_model import random_model
from model.config.config import ModelConfig
from model.engine.reply import ReplyEnd, ReplyRequest, ReplyText, reply
from model.errors import GenerationError
from model.lanes.lane_tensors import LaneState
from model.runs.engine_settings import ClosingRule, EngineSettings, StepKind
from model.runs.events import Accept, ChunkFailed, Ending, LanesParked, Retry, SpokenChunk
from model.runs.prompt import Prompt
from model.runs.run import ChunkRequest, RunRequest
from model.runs.sampling_settings import Sampling
from model.step.cpu_step import CompiledStep
from tests.model.speaking import chunk, codes_by_chunk, engine, prefix, run, speak, takes
from tests.model.tiny import tiny

CONFIG = tiny()
BOOKS = CONFIG.codebook_count
EVERYTHING = Sampling(top_k=0, top_p=1.0)


@pytest.fixture(scope="module")
def lm() -> LanguageModel:
    return random_model(CONFIG, seed=11)


@pytest.mark.parametrize("rule", ClosingRule)
def test_no_take_has_more_frames_than_its_budget(lm: LanguageModel, rule: ClosingRule) -> None:
    """Also one that begins to close while the budget's last frames are still incomplete."""
    asked = [
        RunRequest(
            f"{budget} {seed}",
            prefix(CONFIG, 1),
            (chunk(CONFIG, "c", seed, budget),),
            (),
            seed,
            EVERYTHING,
        )
        for budget in (1, 2, 3, 8)
        for seed in range(12)
    ]
    ends = set()
    for (key, _), take in takes(speak(engine(lm, lanes=8, closing_rule=rule), asked)).items():
        budget = int(key.split()[0])
        assert take.codes.shape[1] <= budget
        if take.ending is Ending.BUDGET and rule is ClosingRule.FIRST_CODEBOOK:
            assert take.codes.shape[1] == budget
        ends.add(take.ending)
    assert ends == {Ending.ENDED, Ending.BUDGET}


def single_minded(config: ModelConfig, text: int, code: int) -> LanguageModel:
    """A model that always wants this id, and this code of every codebook."""
    lm = random_model(config, seed=3)
    parameters = dict(lm.network.named_parameters())
    with torch.no_grad():
        for name, weight in parameters.items():
            weight.fill_("embed" in name or "norm" in name)
        parameters["text_lm_head.weight"][text] = 1.0
        parameters["audio_lm_head.weight"][code :: config.rows_per_codebook] = 1.0
    return lm


def test_a_take_that_ends_with_the_last_frame_of_its_budget_is_closed() -> None:
    lm = single_minded(CONFIG, 0, CONFIG.stream_eos_id)
    greedy = Sampling(temperature=0)
    for budget, minimum in ((5, 0), (5, 4), (5, 5), (1, 1), (9, 100)):
        asked = chunk(CONFIG, "c", 5, budget, minimum)
        events = speak(engine(lm), [RunRequest("r", prefix(CONFIG, 1), (asked,), (), 0, greedy)])
        (take,) = takes(events).values()
        assert (take.codes.shape[1], take.ending) == (min(minimum, budget), Ending.ENDED)


NO_CODES = {
    "an end among them": np.full((BOOKS, 5), CONFIG.stream_eos_id),
    "too large": np.full((BOOKS, 5), 99),
    "negative": np.full((BOOKS, 5), -1),
    "three books": np.zeros((3, 5), np.int16),
    "one axis": np.zeros(5, np.int16),
    "fractions": np.full((BOOKS, 5), 0.5),
}


@pytest.mark.parametrize("codes", NO_CODES.values(), ids=NO_CODES.keys())
def test_a_stored_take_that_holds_no_codes_ends_its_run_alone(
    lm: LanguageModel, codes: np.ndarray
) -> None:
    broken, whole = run(CONFIG, 3, 2, stored={"c0": codes}), run(CONFIG, 4, 1)
    events = speak(engine(lm, lanes=2), [broken, whole])
    failures = [one for one in events if isinstance(one, ChunkFailed)]
    assert [(one.run_key, one.chunk_key) for one in failures] == [("run 3", "c1")]
    assert "code" in failures[0].reason
    assert codes_by_chunk(events) == codes_by_chunk(speak(engine(lm, lanes=2), [whole]))


@pytest.mark.parametrize("codes", NO_CODES.values(), ids=NO_CODES.keys())
def test_codes_to_go_on_with_are_refused_when_they_are_none(
    lm: LanguageModel, codes: np.ndarray
) -> None:
    """The take can still be answered, and the others never notice."""
    speaker = engine(lm, lanes=2)
    said = {}
    for event in speaker.generate([run(CONFIG, 3, 2), run(CONFIG, 4, 1)]):
        if not isinstance(event, SpokenChunk):
            continue
        said[event.run_key, event.chunk_key] = event.codes.tolist()
        with pytest.raises(GenerationError, match="code"):
            speaker.answer(event, Accept(codes))
        speaker.answer(event, Accept())
    assert said == codes_by_chunk(
        speak(engine(lm, lanes=2), [run(CONFIG, 3, 2), run(CONFIG, 4, 1)])
    )


def broken_runs() -> Iterator[tuple[RunRequest, str]]:
    whole = run(CONFIG, 5, 2)
    first = whole.chunks[0]

    def with_chunk(**changes: object) -> RunRequest:
        return replace(whole, chunks=(replace(first, **changes), whole.chunks[1]))

    column = torch.full((BOOKS, 1), 40)
    opening = CONFIG.audio_out_bos_id
    yield with_chunk(prompt=Prompt((999, opening))), "id 999"
    yield with_chunk(prompt=Prompt((-1, opening))), "id -1"
    yield with_chunk(frame_budget=0), "budget of chunk 'c0' is 0"
    yield replace(whole, context_chunks=-1), "keeps -1 chunks"
    yield replace(whole, prefix=Prompt((1, CONFIG.audio_out_id, 2), column)), "from 0 to 33"
    yield replace(whole, prefix=Prompt((1, CONFIG.audio_out_id, 2), column[:3])), r"are not \[4"
    yield replace(whole, prefix=Prompt((1, 2, 3), column - 9)), "0 audio ids and 1 columns"


def test_what_no_model_could_read_ends_its_run_by_name(lm: LanguageModel) -> None:
    whole = run(CONFIG, 6, 1)
    for broken, complaint in broken_runs():
        events = speak(engine(lm, lanes=2), [broken, whole])
        (failure,) = [one for one in events if isinstance(one, ChunkFailed)]
        assert failure.run_key == broken.key
        with pytest.raises(GenerationError, match=complaint):
            raise GenerationError(failure.reason)
        assert list(takes(events)) == [(whole.key, "c0")]


def test_a_checkpoint_without_the_delay_pattern_is_refused() -> None:
    straight = random_model(tiny(uses_delay_pattern=False))
    with pytest.raises(GenerationError, match="delay pattern"):
        engine(straight)
    with pytest.raises(GenerationError, match="delay pattern"):
        list(reply(straight, ReplyRequest(Prompt((1, 2)), ())))


@pytest.mark.parametrize(
    "wrong",
    [{"lane_count": 0}, {"position_count": 0}, {"silence_frames": -1}, {"loop_period": -1}],
)
def test_engine_settings_out_of_range_are_named(wrong: dict[str, int]) -> None:
    with pytest.raises(GenerationError, match=next(iter(wrong))):
        EngineSettings(**wrong)  # type: ignore[arg-type]


def test_runs_without_end_are_spoken_until_the_listener_leaves(lm: LanguageModel) -> None:
    def without_end() -> Iterator[RunRequest]:
        seed = 0
        while True:
            yield run(CONFIG, seed % 5, chunk_count=1)
            seed += 1

    speaker = engine(lm, lanes=2)
    events = speaker.generate(without_end())
    spoken = (event for event in events if isinstance(event, SpokenChunk))
    for event in itertools.islice(spoken, 10):
        speaker.answer(event, Accept())
    events.close()  # type: ignore[attr-defined]
    again = codes_by_chunk(speak(speaker, [run(CONFIG, 1)]))
    assert again == codes_by_chunk(speak(engine(lm, lanes=2), [run(CONFIG, 1)]))


def test_a_prefix_is_prefilled_once_however_often_its_lanes_are_rebased(lm: LanguageModel) -> None:
    """Six prefixes in six lanes: more than the engine remembers apart from the lanes."""
    asked = [
        replace(run(CONFIG, seed, 6, context_chunks=1), prefix=prefix(CONFIG, seed, text=30))
        for seed in range(6)
    ]
    speaker, lengths = engine(lm, lanes=6), []
    hook = lm.network.register_forward_pre_hook(
        lambda _, arguments: lengths.append(int(arguments[2].min()))
    )
    speak(speaker, asked)
    hook.remove()
    assert lengths.count(0) == len(asked), "only a prefix is prefilled at position 0"


def test_a_reply_of_many_short_stretches_stays_within_its_cache() -> None:
    """A model that opens audio again as soon as it is closed, and closes it at once."""
    config = replace(CONFIG, audio_eos_id=148)
    eager = single_minded(config, config.audio_out_bos_id, config.stream_eos_id)
    prompt = Prompt((1, 2, 3, config.audio_out_bos_id))
    greedy = Sampling(temperature=0)
    events = list(reply(eager, ReplyRequest(prompt, (), 1000, sampling=greedy)))
    assert events == [ReplyText(config.audio_out_bos_id)] * 200 + [ReplyEnd.LIMIT]


def test_a_step_beyond_the_cache_is_an_error() -> None:
    small = random_model(CONFIG, seed=12)
    cache = StaticCache(CONFIG, 2, 37, small.device, small.dtype)
    state = LaneState(CONFIG, 2, ClosingRule.FIRST_CODEBOOK, small.device)
    step = CompiledStep(small, cache, state)
    state.begin(1, 35, 7, 100, EVERYTHING)
    step.step(2, 37)
    step.step(2, 37)
    with pytest.raises(GenerationError, match="longer than its cache"):
        step.step(2, 37)


@pytest.mark.parametrize("step", [StepKind.FASTEST, StepKind.TORCH])
def test_a_second_retry_and_one_that_comes_late_speak_as_alone(
    lm: LanguageModel, step: StepKind
) -> None:
    """Attempts 1 and 2 of a chunk in mid-run, whatever was said in its lane before."""
    asked = run(CONFIG, 7, 3)

    def from_attempt(attempt: int, stored: np.ndarray) -> RunRequest:
        first, second, _ = asked.chunks
        chunks: tuple[ChunkRequest, ...] = (
            replace(first, stored_codes=stored),
            replace(second, first_attempt=attempt),
        )
        return replace(asked, chunks=chunks)

    speaker = engine(lm, lanes=2, step=step)
    attempts: list[list[list[int]]] = []
    stored: list[np.ndarray] = []
    late: list[SpokenChunk] = []

    for event in speaker.generate([asked, run(CONFIG, 8, 2)]):
        if (
            isinstance(event, SpokenChunk)
            and event.run_key == asked.key
            and event.chunk_key == "c1"
        ):
            attempts.append(event.codes.tolist())
            late.append(event)
        elif isinstance(event, SpokenChunk):
            if event.run_key == asked.key and event.chunk_key == "c0":
                stored.append(event.codes)
            speaker.answer(event, Accept())
        elif isinstance(event, LanesParked):
            take = late.pop()
            speaker.answer(take, Retry() if take.attempt < 2 else Accept())
    assert len(attempts) == 3
    for attempt, said in enumerate(attempts):
        alone = speak(engine(lm, lanes=1, step=step), [from_attempt(attempt, stored[0])])
        assert codes_by_chunk(alone)[asked.key, "c1"] == said
