"""Conversations read from a file, one JSON object per line, strictly.

    {"messages": [{"role": "user", "content": "Say hello."},
                  {"role": "assistant", "content": {"type": "audio", "audio_url": "hello.wav"}}]}

Content is a text, a `{"type": "text", "text": …}`, a `{"type": "audio", "audio_url": …}` (or
`raw_audio` in base64), or a list of them. A mistake is reported with its line and its place in it.
The marks of scenes and instructions may be written in the text of system and user, and whole sound
marks (`<SE>[Laughter]</SE>`) in every text; any other special token is only text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from tokenizer.errors import PromptError
from tokenizer.prompts.messages import (
    AudioSource,
    ChatSample,
    Content,
    MarkContent,
    Message,
    Role,
    TextContent,
)
from tokenizer.prompts.special_tokens import (
    INSTRUCTION_END,
    INSTRUCTION_START,
    SCENE_END,
    SCENE_START,
)

_MARKS = re.compile(
    "("
    + "|".join(map(re.escape, (SCENE_START, SCENE_END, INSTRUCTION_START, INSTRUCTION_END)))
    + ")"
)
_NUMBER = (int, float)
_MOST_SECONDS = 1e6  # no recording is as long
_KIND_NAMES = {int: "a whole number", float: "a number", str: "a text", dict: "an object"}


def read_samples(path: Path) -> Iterator[tuple[int, ChatSample]]:
    """The conversations of a JSON-lines file with their lines, as they are asked for."""
    if path.exists() and not path.is_file():
        raise PromptError(f"{path} is not a plain file")
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield number, _read_line(path, number, line)
    except (OSError, UnicodeDecodeError) as problem:
        raise PromptError(f"{path}: cannot be read: {problem}") from None


def _read_line(path: Path, number: int, line: str) -> ChatSample:
    try:
        values = json.loads(line)
    except json.JSONDecodeError as problem:
        raise PromptError(
            f"{path}, line {number}, column {problem.colno}: not JSON ({problem.msg})",
            hint="every line is one whole conversation",
        ) from None
    except (ValueError, RecursionError):
        raise PromptError(f"{path}, line {number}: numbers too long, or lists too deep") from None
    try:
        return _sample(values)
    except _Misplaced as mistake:
        raise PromptError(f"{path}, line {number}: {mistake}") from None


class _Misplaced(Exception):
    """What is wrong, and where in the line."""

    def __init__(self, place: str, what: str) -> None:
        super().__init__(f"{place}: {what}")


def _sample(values: Any) -> ChatSample:
    fields = _object("the line", values, {"messages"}, {"start_index", "misc", "speaker"})
    messages = fields["messages"]
    if not isinstance(messages, list) or not messages:
        raise _Misplaced("messages", "a list of at least one message belongs here")
    _typed("misc", fields.get("misc"), dict)
    start = _typed("start_index", fields.get("start_index"), int)
    if start is not None and not 0 <= start < len(messages):
        raise _Misplaced("start_index", f"{start} is not the number of a message")
    return ChatSample(
        tuple(_message(f"messages[{place}]", value) for place, value in enumerate(messages)),
        start,
        _typed("speaker", fields.get("speaker"), str),
    )


def _message(place: str, value: Any) -> Message:
    fields = _object(place, value, {"role", "content"}, {"recipient"})
    role = fields["role"]
    if role not in get_args(Role):
        raise _Misplaced(f"{place}.role", f"{role!r} is neither of {', '.join(get_args(Role))}")
    recipient = _typed(f"{place}.recipient", fields.get("recipient"), str)
    if recipient and role != "assistant":
        raise _Misplaced(f"{place}.recipient", "only the assistant addresses somebody")
    given = fields["content"]
    items = list(enumerate(given)) if isinstance(given, list) else [(None, given)]
    content: list[Content] = []
    for number, item in items:
        where = f"{place}.content" + ("" if number is None else f"[{number}]")
        content += _content(where, item, role)
    return Message(role, tuple(content), recipient)


def _content(place: str, item: Any, role: str) -> list[Content]:
    if isinstance(item, str):
        return _text(_required(place, item, str), role)
    kind = item.get("type") if isinstance(item, dict) else None
    if kind == "text":
        fields = _object(place, item, {"type", "text"}, set())
        return _text(_required(f"{place}.text", fields["text"], str), role)
    if kind == "audio":
        return [_audio(place, item)]
    raise _Misplaced(place, "a text, or an object of type text or audio, belongs here")


def _text(text: str, role: str) -> list[Content]:
    if role == "assistant":
        return [TextContent(text, sounds=True)]
    parts = [part for part in _MARKS.split(text) if part]
    is_spoken = role == "user" and len(parts) == 1
    return [
        MarkContent(part) if _MARKS.fullmatch(part) else TextContent(part, is_spoken, sounds=True)
        for part in parts
    ]


def _audio(place: str, item: dict[str, Any]) -> AudioSource:
    optional = {"audio_url", "raw_audio", "offset", "duration", "row_id"}
    fields = _object(place, item, {"type"}, optional)
    url = _typed(f"{place}.audio_url", fields.get("audio_url"), str)
    raw = _typed(f"{place}.raw_audio", fields.get("raw_audio"), str)
    path = url if url and url != "placeholder" else None
    if (path is None) == (raw is None):
        raise _Misplaced(place, "either audio_url or raw_audio belongs here")
    offset = _seconds(f"{place}.offset", fields.get("offset")) or 0.0
    duration = _seconds(f"{place}.duration", fields.get("duration"))
    if offset < 0 or (duration is not None and duration <= 0):
        raise _Misplaced(place, "offset is a time from 0, duration a time above 0")
    _typed(f"{place}.row_id", fields.get("row_id"), int)  # it may stand there; nothing asks for it
    return AudioSource(path, raw, offset, duration)


def _seconds(place: str, value: Any) -> float | None:
    """JSON as Python reads it has numbers that are no times: NaN, Infinity, 1e999."""
    given = _typed(place, value, *_NUMBER)
    if given is None:
        return None
    if not abs(given) <= _MOST_SECONDS:
        raise _Misplaced(place, "this is no time within a recording, in seconds")
    return float(given)


def _object(place: str, value: Any, required: set[str], optional: set[str]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _Misplaced(place, "an object belongs here")
    for name in value:
        if name not in required | optional:
            raise _Misplaced(place, f"unknown name {name!r}")
    for name in sorted(required):
        if name not in value:
            raise _Misplaced(place, f"{name!r} is missing")
    return value


def _typed(place: str, value: Any, *kinds: type) -> Any:
    return None if value is None else _required(place, value, *kinds)


def _required(place: str, value: Any, *kinds: type) -> Any:
    if not isinstance(value, kinds) or isinstance(value, bool):
        raise _Misplaced(place, f"{value!r} is not {_KIND_NAMES[kinds[-1]]}")
    if isinstance(value, str) and any("\ud800" <= letter <= "\udfff" for letter in value):
        raise _Misplaced(place, "half a character (a lone surrogate) is no text")
    return value
