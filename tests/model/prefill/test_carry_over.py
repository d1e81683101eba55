"""Carry-over equals re-prefill: on a carried cache every logit is that of the whole context."""

from __future__ import annotations

from collections import defaultdict

import pytest
import torch

from model.checkpoint.language_model import LanguageModel
from model.checkpoint.random_model import random_model
from model.codes.delay_pattern import delayed
from model.codes.noise import noise_key
from model.config.config import Adapter, ModelConfig
from model.engine.engine import Engine
from model.runs.engine_settings import StepKind
from model.runs.events import Accept, Answer, Ending, Retry, SpeechEvent, SpokenChunk
from model.runs.prompt import Prompt
from model.runs.run import RunRequest
from model.step.torch_step import TorchStep
from tests.model.speaking import engine, run, takes, tensor
from tests.model.tiny import tiny

TOLERANCE = 1e-4
VARIANTS = {
    "dual": tiny(),
    "no groups, twelve books": tiny(kv_head_count=6, codebook_count=12),
    "some layers dual": tiny(dual_ffn_layers=(1,)),
    "audio passes a layer by": tiny(adapter=Adapter.FAST_FORWARD, dual_ffn_layers=(0, 2)),
    "audio among itself": tiny(audio_self_attention=True),
}
Observed = dict[tuple[str, str], tuple[torch.Tensor, torch.Tensor]]


def observed(
    speaker: Engine, runs: list[RunRequest], answers: list[Answer]
) -> tuple[list[SpeechEvent], Observed]:
    """Events, and for the accepted take of each chunk its columns and the logits that drew them."""
    said: dict[int, list[torch.Tensor]] = defaultdict(list)  # by noise key: lanes change places
    inner, state = speaker._step, speaker._state

    class Listener:
        is_width_free = inner.is_width_free

        def step(self, width: int, key_count: int) -> None:
            if isinstance(inner, TorchStep):  # feeding a column twice changes nothing
                fed = (state.columns[:width], state.positions[:width], key_count)
                logits = inner._logits_step.logits(*fed)
            else:
                from model.step.cpu_step import CompiledStep  # tests on a card do without numba

                assert isinstance(inner, CompiledStep)
                logits = inner.logits(width)
            for lane in range(width):
                if state.is_speaking[lane]:
                    said[int(state.noise_keys[lane])].append(logits[lane].clone())
            inner.step(width, key_count)

    speaker._step = Listener()
    events, outcome, script = [], {}, iter(answers)
    for event in speaker.generate(runs):
        events.append(event)
        if isinstance(event, SpokenChunk):
            lane = next(one for one in speaker._lanes if one.spoken is event)
            columns = tensor(lane.stream.columns).t()  # type: ignore[union-attr]
            seed = lane.run.seed  # type: ignore[union-attr]
            spoken = said[noise_key(seed, event.chunk_key, event.attempt)]
            spoken = spoken[: columns.shape[1] - 1]
            outcome[event.run_key, event.chunk_key] = (columns[:, :-1], torch.stack(spoken))
            speaker.answer(event, next(script, Accept()))
    return events, outcome


def whole_context(config: ModelConfig, asked: RunRequest, take: SpokenChunk, codes: dict) -> Prompt:
    """The whole context of a take, written down at once from the plan and the takes."""
    chunks = {one.key: one for one in asked.chunks}
    ids, columns = list(asked.prefix.ids), [asked.prefix.codes]
    for key in take.heard_keys:
        columns_of_take = delayed(
            tensor(codes[asked.key, key]), config.stream_bos_id, config.stream_eos_id
        )
        ids += [
            *chunks[key].prompt.ids,
            *[config.audio_out_id] * columns_of_take.shape[1],
            *asked.closing,
        ]
        columns.append(columns_of_take)
    return Prompt((*ids, *chunks[take.chunk_key].prompt.ids), torch.cat(columns, dim=1))


def worst_difference(
    lm: LanguageModel, asked: list[RunRequest], events: list[SpeechEvent], outcome: Observed
) -> float:
    spoken = takes(events)
    codes = {key: take.codes for key, take in spoken.items()}
    worst = 0.0
    for one in asked:
        for chunk in one.chunks:
            columns, carried = outcome[one.key, chunk.key]
            context = whole_context(lm.config, one, spoken[one.key, chunk.key], codes)
            ids = (*context.ids, *[lm.config.audio_out_id] * columns.shape[1])
            logits = lm.logits(ids, torch.cat((context.codes, columns), dim=1))[1]
            worst = max(worst, float((logits[-columns.shape[1] :] - carried).abs().max()))
    return worst


@pytest.mark.parametrize("step", [StepKind.FASTEST, StepKind.TORCH])
@pytest.mark.parametrize("exact", [False, True], ids=["fast", "exact"])
@pytest.mark.parametrize("config", VARIANTS.values(), ids=VARIANTS.keys())
def test_logits_of_every_chunk_are_those_of_the_whole_context(
    config: ModelConfig, exact: bool, step: StepKind
) -> None:
    """Six chunks and two rebases per run, three lanes of which two share a prefix."""
    lm = random_model(config, seed=5)
    asked = [run(config, seed, chunk_count=6) for seed in (1, 2, 3)]
    events, outcome = observed(engine(lm, exact=exact, step=step), asked, [])
    last = takes(events)["run 1", "c5"]
    assert last.heard_keys == ("c2", "c3", "c4"), "rebased before the fifth chunk"
    assert worst_difference(lm, asked, events, outcome) <= TOLERANCE


@pytest.mark.parametrize("exact", [False, True], ids=["fast", "exact"])
def test_logits_after_retries_are_those_of_the_whole_context(exact: bool) -> None:
    lm = random_model(tiny(), seed=6)
    asked = [run(tiny(), 4, chunk_count=5)]
    answers: list[Answer] = [Retry(), Retry(), Accept(), Retry(), Accept(), Accept(), Retry()]
    events, outcome = observed(engine(lm, lanes=2, exact=exact), asked, answers)
    assert worst_difference(lm, asked, events, outcome) <= TOLERANCE


def test_a_take_cut_off_by_its_budget_is_context_like_a_closed_one() -> None:
    """What lies in the cache must be the take: frames, then the closing ramp."""
    lm = random_model(tiny(), seed=7)
    asked = [run(tiny(), seed, chunk_count=4, minimum=100) for seed in range(3)]
    for exact in (False, True):
        events, outcome = observed(engine(lm, exact=exact), asked, [])
        cut_off = [take for take in takes(events).values() if take.ending is Ending.BUDGET]
        assert len(cut_off) > 3
        assert worst_difference(lm, asked, events, outcome) <= TOLERANCE


@pytest.mark.parametrize("step", [StepKind.FASTEST, StepKind.TORCH])
def test_teacher_forced_logits_of_fast_mode_agree_at_every_width(step: StepKind) -> None:
    """A lane among one, four and seven others, and with lanes that finish at different times."""
    lm = random_model(tiny(), seed=8)
    for others in (0, 1, 4, 7):
        asked = [run(tiny(), seed, chunk_count=1 + seed % 3) for seed in range(1 + others)]
        events, outcome = observed(engine(lm, lanes=1 + others, exact=False, step=step), asked, [])
        assert worst_difference(lm, asked, events, outcome) <= TOLERANCE
