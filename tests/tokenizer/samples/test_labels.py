from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.tokenizer.prompt_fixtures import SHAPE, small_text, small_writer
from tokenizer.errors import PromptError
from tokenizer.prompts.layouts import Conversation
from tokenizer.prompts.messages import (
    AudioContent,
    AudioSource,
    ChatSample,
    MarkContent,
    Message,
    TextContent,
)
from tokenizer.prompts.special_tokens import PUBLISHED_IDS, SOUND_MARKS
from tokenizer.prompts.writer import PromptWriter
from tokenizer.samples.conversations import read_samples
from tokenizer.samples.labels import IGNORED, LabelledSample, for_tower, label_sample

TEXT = small_text()
WRITER: PromptWriter = small_writer()


def clip(frames: int = 2) -> AudioContent:
    return AudioContent(torch.full((8, frames), 5))


def user(text: str) -> Message:
    return Message("user", (TextContent(text, spoken=True),))


def spoken(frames: int = 2) -> Message:
    return Message("assistant", (clip(frames),))


def learned_text(labelled: LabelledSample) -> str:
    return TEXT.decode([label for label in labelled.text_labels if label != IGNORED])


def test_only_what_the_assistant_says_is_learned() -> None:
    system = Message("system", (TextContent("Be good."),))
    labelled = label_sample(ChatSample((system, user("Hello."), spoken())), WRITER)
    assert learned_text(labelled) == "<|audio_out_bos|><|audio_eos|><|eot_id|>"
    for label, identifier in zip(labelled.text_labels, labelled.prompt.ids, strict=True):
        assert label in (IGNORED, identifier)


def test_a_labelled_sample_has_the_positions_of_the_prompt() -> None:
    sample = ChatSample((user("Hello."), spoken(), user("Again."), spoken(3)))
    labelled = label_sample(sample, WRITER)
    prompt = WRITER.prefix(Conversation(None, turns=sample.messages))
    assert labelled.prompt.ids == prompt.ids
    assert torch.equal(labelled.prompt.codes, prompt.codes)
    assert labelled.clips == ((11, True), (12, True))


def test_no_position_of_a_recording_has_a_text_label() -> None:
    labelled = label_sample(ChatSample((user("Hello."), spoken())), WRITER)
    labels = zip(labelled.text_labels, labelled.prompt.audio_mask, strict=True)
    assert all(label == IGNORED for label, is_audio in labels if is_audio)


def test_turns_before_the_start_index_are_context_only() -> None:
    sample = ChatSample((user("A."), spoken(), user("B."), spoken()), start_index=2)
    labelled = label_sample(sample, WRITER)
    assert [is_learned for _, is_learned in labelled.clips] == [False, True]
    assert learned_text(labelled) == "<|audio_out_bos|><|audio_eos|><|eot_id|>"


def test_a_model_that_hears_no_codes_learns_from_its_own_clips_alone() -> None:
    deaf = PromptWriter(TEXT, SHAPE, encodes_audio_in=False)
    sample = ChatSample((Message("system", (clip(),)), Message("user", (clip(),)), spoken(3)))
    lesson = label_sample(sample, deaf)
    assert lesson.clips == ((12, True),)
    assert sum(lesson.prompt.audio_mask) == lesson.prompt.codes.shape[1] == 12
    assert len(lesson.text_labels) == len(lesson.prompt)


def test_recordings_of_user_and_system_are_never_learned() -> None:
    system = Message("system", (clip(),))
    sample = ChatSample((system, Message("user", (clip(),)), spoken()))
    assert [is_learned for _, is_learned in label_sample(sample, WRITER).clips] == [
        False,
        False,
        True,
    ]


def test_recipients_are_learned_and_headers_are_not() -> None:
    reply = Message("assistant", (TextContent("Yes."),), recipient="bob")
    labelled = label_sample(ChatSample((user("A."), reply, reply), start_index=2), WRITER)
    assert learned_text(labelled) == "bob<|recipient|>bob<|recipient|>Yes.<|eot_id|>"


def test_for_the_tower_long_recordings_are_cut_but_not_the_assistants() -> None:
    given = Message("user", (clip(800),))
    sample = for_tower(ChatSample((given, spoken(800))), 750)
    labelled = label_sample(sample, WRITER)
    assert labelled.clips == ((759, False), (59, False), (809, True))
    assert sum(labelled.prompt.tower_mask) == 800


def lines(tmp_path: Path, *values: Any) -> Path:
    path = tmp_path / "samples.jsonl"
    path.write_text("\n".join(v if isinstance(v, str) else json.dumps(v) for v in values))
    return path


def test_every_form_of_content_is_read(tmp_path: Path) -> None:
    audio = {"type": "audio", "audio_url": "a.wav", "offset": 1, "duration": 2.5, "row_id": 3}
    path = lines(
        tmp_path,
        {
            "messages": [
                {
                    "role": "system",
                    "content": "S\n\n<|scene_desc_start|>\nQuiet.<|scene_desc_end|>",
                },
                {"role": "user", "content": {"type": "text", "text": "Hi <|eot_id|>."}},
                {"role": "assistant", "content": [audio, "And?"], "recipient": "bob"},
            ],
            "start_index": 2,
            "misc": {"source": "here"},
            "speaker": "belinda",
        },
        "",
        {"messages": [{"role": "assistant", "content": {"type": "audio", "raw_audio": "AAAA"}}]},
    )
    (line, first), (other_line, second) = read_samples(path)
    assert (line, other_line) == (1, 3)
    assert first.messages[0].content == (
        TextContent("S\n\n", sounds=True),
        MarkContent("<|scene_desc_start|>"),
        TextContent("\nQuiet.", sounds=True),
        MarkContent("<|scene_desc_end|>"),
    )
    assert first.messages[1].content == (TextContent("Hi <|eot_id|>.", spoken=True, sounds=True),)
    assert first.messages[2].content == (
        AudioSource("a.wav", None, 1.0, 2.5),
        TextContent("And?", sounds=True),
    )
    assert (first.start_index, first.speaker) == (2, "belinda")
    assert second.messages[0].content == (AudioSource(None, "AAAA"),)


@pytest.mark.parametrize("mark", ["".join(mark) for mark in SOUND_MARKS])
@pytest.mark.parametrize("place", ["system", "user", "assistant", "instruction", "recipient"])
def test_a_sound_mark_is_its_tokens_wherever_it_is_written(
    tmp_path: Path, place: str, mark: str
) -> None:
    """As in the original, which tokenizes all of a conversation in one way."""
    words = f"Well {mark} then."
    given = f"<|generation_instruction_start|>{words}<|generation_instruction_end|>"
    role = {"instruction": "user", "recipient": "assistant"}.get(place, place)
    message = {"role": role, "content": given if place == "instruction" else words}
    if place == "recipient":
        message = {"role": role, "content": "Well.", "recipient": words}
    (_, sample), *_ = read_samples(lines(tmp_path, {"messages": [message]}))
    ids = label_sample(sample, WRITER).prompt.ids
    opening, name, closing = next(one for one in SOUND_MARKS if "".join(one) == mark)
    sound = (TEXT.special_id(opening), *TEXT.encode(name), TEXT.special_id(closing))
    assert any(ids[at : at + len(sound)] == sound for at in range(len(ids)))
    rest = {*ids} - {*sound}
    assert not rest & {TEXT.special_id(one) for trio in SOUND_MARKS for one in (trio[0], trio[2])}


@pytest.mark.parametrize("role", ["system", "user", "assistant"])
@pytest.mark.parametrize("text", ["<SE>", "<SE>[Laughter]", "</SE_e>", "<|eot_id|>", "<|AUDIO|>"])
def test_any_other_token_in_a_text_is_only_text(tmp_path: Path, role: str, text: str) -> None:
    chat = {"messages": [{"role": role, "content": f"Well {text} then."}]}
    plain = {"messages": [{"role": role, "content": "Well then."}]}
    (_, sample), (_, other) = read_samples(lines(tmp_path, chat, plain))
    specials = {TEXT.special_id(name) for name in PUBLISHED_IDS}
    marks, others = (
        [one for one in label_sample(each, WRITER).prompt.ids if one in specials]
        for each in (sample, other)
    )
    assert marks == others


GOOD = {"messages": [{"role": "user", "content": "Hi."}]}


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ("{", "line 2, column 2: not JSON"),
        ([], "line 2: the line: an object belongs here"),
        ({}, "line 2: the line: 'messages' is missing"),
        ({"messages": []}, "line 2: messages: a list of at least one"),
        ({**GOOD, "speakr": "x"}, "line 2: the line: unknown name 'speakr'"),
        ({**GOOD, "start_index": 1}, "line 2: start_index: 1 is not the number of a message"),
        ({**GOOD, "start_index": True}, "line 2: start_index: True is not a whole number"),
        ({"messages": [{"role": "user"}]}, r"line 2: messages\[0\]: 'content' is missing"),
        (
            {"messages": [{"role": "scene", "content": "x"}]},
            r"line 2: messages\[0\]\.role: 'scene' is neither of system, user, assistant",
        ),
        (
            {"messages": [{"role": "user", "content": ["a", {"type": "video"}]}]},
            r"line 2: messages\[0\]\.content\[1\]: a text, or an object of type text or audio",
        ),
        (
            {"messages": [{"role": "user", "content": {"type": "audio"}}]},
            r"line 2: messages\[0\]\.content: either audio_url or raw_audio",
        ),
        (
            {"messages": [{"role": "user", "content": "x", "recipient": "bob"}]},
            r"line 2: messages\[0\]\.recipient: only the assistant",
        ),
    ],
)
def test_a_mistake_is_reported_with_its_line(tmp_path: Path, bad: Any, message: str) -> None:
    path = lines(tmp_path, GOOD, bad)
    with pytest.raises(PromptError, match=message):
        list(read_samples(path))


def one_clip(**times: object) -> dict[str, Any]:
    content = {"type": "audio", "audio_url": "a.wav", **times}
    return {"messages": [{"role": "user", "content": content}]}


@pytest.mark.parametrize("name", ["offset", "duration"])
@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e999", "1e300", "1" * 400])
def test_a_number_that_is_no_time_is_refused_with_its_place(
    tmp_path: Path, name: str, value: str
) -> None:
    line = json.dumps(one_clip(**{name: 1})).replace(": 1}", f": {value}}}")
    place = rf"line 1: messages\[0\]\.content\.{name}: this is no time within a recording"
    with pytest.raises(PromptError, match=place):
        list(read_samples(lines(tmp_path, line)))


@pytest.mark.parametrize("line", ["1" * 5000, "[" * 200_000])
def test_json_beyond_measure_is_refused_with_its_line(tmp_path: Path, line: str) -> None:
    with pytest.raises(PromptError, match="line 1: numbers too long, or lists too deep"):
        list(read_samples(lines(tmp_path, line)))


def test_half_a_character_is_refused_with_its_place(tmp_path: Path) -> None:
    bad = {"messages": [{"role": "user", "content": ["a", "\ud800"]}]}
    with pytest.raises(PromptError, match=r"messages\[0\]\.content\[1\]: half a character"):
        list(read_samples(lines(tmp_path, bad)))


def test_samples_are_read_as_they_are_asked_for(tmp_path: Path) -> None:
    path = lines(tmp_path, GOOD, "{")
    line, sample = next(read_samples(path))
    assert (line, sample.messages[0].role) == (1, "user")


def test_a_sample_whose_recordings_were_not_encoded_cannot_be_laid_out() -> None:
    sample = ChatSample((Message("user", (AudioSource("a.wav"),)),))
    with pytest.raises(PromptError, match="read and encoded"):
        label_sample(sample, WRITER)
