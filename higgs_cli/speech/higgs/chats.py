"""A conversation as the model reads it, and its answer as it comes, in words and codes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import torch

from higgs_cli.errors import UsageError
from higgs_cli.speech.chat import ChatEnd, ChatEvent, ChatFrames, ChatPrompt, ChatTurn, ChatWords
from higgs_cli.speech.higgs.errors import translated
from higgs_cli.speech.higgs.opening import OpenedModel
from model.engine.reply import ReplyEnd, ReplyFrame, ReplyRequest, ReplyText, reply
from model.runs.engine_settings import StepKind
from model.runs.prompt import Prompt
from tokenizer.prompts.messages import AudioContent, Content, MarkContent, Message, TextContent
from tokenizer.prompts.special_tokens import END_OF_TEXT, END_OF_TURN, SCENE_END, SCENE_START
from tokenizer.prompts.text import TextTokenizer
from tokenizer.prompts.writer import PromptWriter

if TYPE_CHECKING:
    from higgs_cli.speech.protocol import Codes

SCENE_MARK = re.compile(rf"({re.escape(SCENE_START)}|{re.escape(SCENE_END)})")
"""The only tokens that a message may place, and only the system's."""
NOT_YET = "\ufffd"


def chat_with(opened: OpenedModel, writer: PromptWriter, asked: ChatPrompt) -> Iterator[ChatEvent]:
    """See `speech.chat.Converses.chat`."""
    with translated():
        written = writer.question([_message(turn, asked.may_speak) for turn in asked.turns])
        prompt = Prompt(written.ids, written.codes if written.codes.shape[1] else None)
        room = opened.plan.position_count - asked.most_steps
        if len(prompt.ids) > room:
            raise UsageError(
                f"the conversation takes {len(prompt.ids):,} of {max(0, room):,} positions",
                hint="leave its oldest messages out, or ask for a shorter answer",
            )
        request = ReplyRequest(
            prompt,
            stop_ids=tuple(opened.text.special_id(name) for name in (END_OF_TURN, END_OF_TEXT)),
            step_limit=asked.most_steps,
            seed=asked.seed,
            sampling=asked.sampling,
            may_speak=asked.may_speak,
            step=StepKind.TORCH if opened.in_int8 else opened.step,
        )
        with opened.cores():
            yield from _events(opened, request)


def _events(opened: OpenedModel, request: ReplyRequest) -> Iterator[ChatEvent]:
    words = _Words(opened.text)
    for steps, event in enumerate(reply(opened.language_model, request)):
        if isinstance(event, ReplyEnd):
            is_whole = event is not ReplyEnd.LIMIT
            if rest := words.finish():
                yield ChatWords(rest)
            yield ChatEnd(is_whole, len(request.prompt.ids), steps)
            return
        if isinstance(event, ReplyFrame):
            yield ChatFrames(_codes(event.codes), event.segment)
        elif isinstance(event, ReplyText) and (told := words.add(event.id)):
            yield ChatWords(told)


def _message(turn: ChatTurn, may_speak: bool) -> Message:
    """Words of a user may be words to be spoken, where anything may be."""
    is_spoken = may_speak and turn.role == "user"
    parts = SCENE_MARK.split(turn.text) if turn.role == "system" else [turn.text]
    content: list[Content] = [
        MarkContent(part) if SCENE_MARK.fullmatch(part) else TextContent(part, spoken=is_spoken)
        for part in parts
        if part
    ]
    for codes in turn.recordings:
        content.append(AudioContent(torch.from_numpy(codes.astype(np.int64))))
    return Message(turn.role, tuple(content))


def _codes(frame: torch.Tensor) -> Codes:
    return frame.numpy().astype(np.int16)[:, None]


class _Words:
    """Ids to words, a whole character at a time."""

    def __init__(self, text: TextTokenizer) -> None:
        self._text = text
        self._ids: list[int] = []
        """Since there was last nothing but whole characters."""
        self._told = 0

    def add(self, drawn: int) -> str:
        self._ids.append(drawn)
        written = self._text.read(self._ids)
        settled = written.rstrip(NOT_YET)
        told, self._told = settled[self._told :], len(settled)
        if settled == written:
            self._ids, self._told = [], 0
        return told

    def finish(self) -> str:
        return self._text.read(self._ids)[self._told :]
