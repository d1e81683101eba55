"""A free reply is what the whole sequence says, in all three modes."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from model.checkpoint.language_model import LanguageModel
from model.checkpoint.random_model import random_model
from model.codes.delay_pattern import delayed
from model.engine.reply import ReplyEnd, ReplyEvent, ReplyFrame, ReplyRequest, ReplyText, reply
from model.errors import GenerationError
from model.runs.prompt import Prompt
from model.runs.sampling_settings import Sampling
from tests.model.speaking import prefix
from tests.model.tiny import tiny

CONFIG = replace(tiny(), audio_eos_id=148)
STOP = 154
GREEDY = Sampling(temperature=0)


def talkative(seed: int) -> LanguageModel:
    """A model that likes to open audio, and to stop after it."""
    lm = random_model(CONFIG, seed=seed)
    head = lm.network.text_lm_head
    assert head is not None
    with torch.no_grad():
        head.weight[CONFIG.audio_out_bos_id] *= 5
    return lm


def question(seed: int, *last: int) -> Prompt:
    before = prefix(CONFIG, seed)
    return Prompt((*before.ids, 5, 6, 7, *last), before.codes)


def written_down(prompt: Prompt, events: list[ReplyEvent]) -> Prompt:
    """Prompt and reply as one sequence; every stretch of audio was closed."""
    ids, codes = list(prompt.ids), [prompt.codes]
    segments = {one.segment for one in events if isinstance(one, ReplyFrame)}
    frames = {
        n: torch.stack([e.codes for e in events if isinstance(e, ReplyFrame) and e.segment == n], 1)
        for n in segments
    }

    def speak(segment: int) -> None:
        none = torch.empty(CONFIG.codebook_count, 0, dtype=torch.int64)
        spoken = frames.get(segment, none)
        columns = delayed(spoken, CONFIG.stream_bos_id, CONFIG.stream_eos_id)
        ids.extend([*[CONFIG.audio_out_id] * columns.shape[1], CONFIG.audio_eos_id])
        codes.append(columns)

    opened = 0
    if ids[-1] == CONFIG.audio_out_bos_id:
        speak(opened)
        opened += 1
    for event in events:
        if isinstance(event, ReplyText):
            ids.append(event.id)
            if event.id == CONFIG.audio_out_bos_id:
                speak(opened)
                opened += 1
    return Prompt(tuple(ids), torch.cat([one for one in codes if one is not None], dim=1))


def check_greedy(lm: LanguageModel, prompt: Prompt, events: list[ReplyEvent]) -> None:
    """Each id and each code is the largest logit that may be drawn there."""
    whole = written_down(prompt, events)
    text, audio = lm.logits(whole.ids, whole.codes)
    assert text is not None and whole.codes is not None
    text, audio = text.clone(), audio.clone()
    text[:, list(CONFIG.audio_ids)] = -torch.inf
    audio[:, :, CONFIG.stream_bos_id] = -torch.inf
    audio[:, 1:, CONFIG.stream_eos_id] = -torch.inf
    column = 0
    for place, one in enumerate(whole.ids):
        column += one in CONFIG.audio_ids
        if place < len(prompt.ids) - 1 or place + 1 == len(whole.ids):
            continue
        following = whole.ids[place + 1]
        if following == CONFIG.audio_out_id:
            drawn = whole.codes[:, column]
            is_code = drawn < CONFIG.codebook_size
            assert torch.equal(audio[place].argmax(-1)[is_code], drawn[is_code])
        elif following != CONFIG.audio_eos_id:
            assert int(text[place].argmax()) == following


def without_open_audio(events: list[ReplyEvent]) -> list[ReplyEvent]:
    """Without the stretch of audio that the limit may have cut off, and the id that opened it."""
    kept = [one for one in events if not isinstance(one, ReplyEnd)]
    while kept and (isinstance(kept[-1], ReplyFrame) or kept[-1].id == CONFIG.audio_out_bos_id):
        kept.pop()
    return kept


@pytest.mark.parametrize("opens_audio", [False, True], ids=["text first", "audio first"])
def test_a_greedy_reply_is_what_the_whole_sequence_says(opens_audio: bool) -> None:
    checked = 0
    for seed in range(6):
        lm = talkative(seed)
        prompt = question(seed, *[CONFIG.audio_out_bos_id] * opens_audio)
        events = list(reply(lm, ReplyRequest(prompt, (STOP,), 120, sampling=GREEDY)))
        assert isinstance(events[-1], ReplyEnd)
        events = without_open_audio(events)
        if events:
            check_greedy(lm, prompt, events)
            checked += any(isinstance(one, ReplyFrame) for one in events)
    assert checked >= 2, "replies of text and audio were among them"


def replies(seeds: range, lm: LanguageModel) -> list[list[ReplyEvent]]:
    sampling = Sampling(top_k=0, top_p=1.0)
    return [
        list(reply(lm, ReplyRequest(question(1), (STOP,), 150, seed, sampling))) for seed in seeds
    ]


def test_a_reply_may_be_text_or_both_and_ends_with_its_reason() -> None:
    kinds = set()
    models = (talkative(1), random_model(CONFIG, seed=1))
    for events in (one for lm in models for one in replies(range(5), lm)):
        assert [one for one in events if isinstance(one, ReplyEnd)] == events[-1:]
        kinds.add(any(isinstance(one, ReplyFrame) for one in events))
        for one in events:
            if isinstance(one, ReplyFrame):
                assert int(one.codes.max()) < CONFIG.codebook_size
            if isinstance(one, ReplyText):
                assert one.id not in (*CONFIG.audio_ids, STOP)
    assert kinds == {True, False}


def test_a_reply_is_the_same_for_the_same_seed_alone() -> None:
    def said(events: list[ReplyEvent]) -> list[object]:
        return [one.codes.tolist() if isinstance(one, ReplyFrame) else one for one in events]

    first, second = replies(range(3), talkative(1)), replies(range(3), talkative(1))
    assert [said(one) for one in first] == [said(one) for one in second]
    assert said(first[0]) != said(first[1])


def test_the_limit_counts_ids_and_columns() -> None:
    lm = talkative(2)
    prompt = question(3, CONFIG.audio_out_bos_id)
    events = list(reply(lm, ReplyRequest(prompt, (), 25, sampling=GREEDY)))
    assert events[-1] is ReplyEnd.LIMIT
    assert 0 < len(events) <= 26


def test_without_an_id_after_audio_the_reply_ends_with_it() -> None:
    lm = random_model(tiny(), seed=4)
    prompt = question(4, CONFIG.audio_out_bos_id)
    events = list(reply(lm, ReplyRequest(prompt, (STOP,), 500)))
    assert events[-1] is ReplyEnd.CLOSED


def test_a_reply_that_may_not_speak_is_words_alone() -> None:
    lm = talkative(seed=4)
    asked = ReplyRequest(question(4), (STOP,), step_limit=60, sampling=GREEDY)
    assert any(isinstance(event, ReplyFrame) for event in reply(lm, asked))
    events = list(reply(lm, replace(asked, may_speak=False)))
    assert all(isinstance(event, ReplyText | ReplyEnd) for event in events)
    assert not any(event == ReplyText(CONFIG.audio_out_bos_id) for event in events)


def test_a_checkpoint_without_a_text_head_is_named() -> None:
    lm = random_model(CONFIG, seed=5, with_text_head=False)
    with pytest.raises(GenerationError, match="no text head"):
        list(reply(lm, ReplyRequest(question(5), (STOP,))))
