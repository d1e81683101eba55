"""JSON of our own that may have been damaged or made by a stranger, read value by value.

How large and how deep it is, is asked of its bytes before anything is made of them. Each value is
of the kind and in the range that is asked for, or a `FormatError` names it. Texts are what can be
written again: UTF-8, and no zero character.
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Collection, Mapping
from itertools import accumulate
from pathlib import PurePosixPath
from typing import Any

from higgs_cli.errors import FormatError

LARGEST_NUMBER = 2**53
MOST_BYTES = 1 << 20
MOST_VALUES = 1 << 23
"""A value takes two bytes of a file, and a hundred of memory."""
MOST_DEPTH = 16
LONGEST_PATH, LONGEST_NAME = 4096, 255

STRINGS = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
UNWRITABLE = re.compile("[\x00\ud800-\udfff]")
UNNAMEABLE = re.compile("[\x00\ud800-\udc7f\udd00-\udfff]")
"""In the name of a file, a byte that is not UTF-8 stands as U+DC80 to U+DCFF, as Python has it."""


class Record:
    """One JSON object; `what` is what errors call it."""

    def __init__(self, values: Mapping[str, Any], what: str) -> None:
        self._values = values
        self._what = what

    def __contains__(self, name: str) -> bool:
        """Whether it says anything: null is the same as absent."""
        return self._values.get(name) is not None

    def has(self, name: str) -> bool:
        """Whether it is there, be it null."""
        return name in self._values

    def refusal(self, name: str, wanted: str) -> FormatError:
        return FormatError(f"{self._what}: `{name}` is not {wanted}")

    def refuse_unknown(self, known: frozenset[str]) -> None:
        for name in self._values:
            if name not in known:
                raise FormatError(f"{self._what}: `{name[:40]}` is not known here")

    def text(self, name: str) -> str:
        value = self._values.get(name)
        if not _is_text(value):
            raise self.refusal(name, "a string")
        return str(value)

    def optional_text(self, name: str) -> str | None:
        return self.text(name) if name in self else None

    def choice(self, name: str, known: Collection[str]) -> str:
        value = self.text(name)
        if value not in known:
            raise self.refusal(name, f"one of {', '.join(sorted(known))}")
        return value

    def name_text(self, name: str) -> str:
        """A text that was made of the name of a file, which need not be UTF-8."""
        value = self._values.get(name)
        if not isinstance(value, str) or UNNAMEABLE.search(value):
            raise self.refusal(name, "a string")
        return value

    def path(self, name: str) -> PurePosixPath:
        value = self.name_text(name)
        if not value or len(value) > LONGEST_PATH:
            raise self.refusal(name, "a path")
        return PurePosixPath(value)

    def file_name(self, name: str) -> str:
        """The last part of a path: what lies in a folder of one's own."""
        value = self.path(name).name
        if value in ("", "..") or len(os.fsencode(value)) > LONGEST_NAME:
            raise self.refusal(name, "the name of a file")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        value = self._values.get(name)
        if not isinstance(value, list) or not all(map(_is_text, value)):
            raise self.refusal(name, "a list of strings")
        return tuple(value)

    def own_texts(self) -> list[str]:
        """All that stand directly in it, whatever they are called."""
        return [each for each in self._values.values() if _is_text(each)]

    def text_table(self, name: str) -> dict[str, str]:
        value = self._values.get(name)
        if not isinstance(value, dict) or not all(
            _is_text(key) and _is_text(each) for key, each in value.items()
        ):
            raise self.refusal(name, "a table of texts")
        return value

    def whole(self, name: str, least: int = 0, most: int = LARGEST_NUMBER) -> int:
        value = self._values.get(name)
        if type(value) is not int or not least <= value <= most:
            upper = "on" if most == LARGEST_NUMBER else f"to {most}"
            raise self.refusal(name, f"a whole number from {least} {upper}")
        return value

    def wholes(self, name: str) -> tuple[int, ...]:
        value = self._values.get(name)
        if not isinstance(value, list) or not all(
            type(each) is int and 0 <= each <= LARGEST_NUMBER for each in value
        ):
            raise self.refusal(name, "a list of whole numbers")
        return tuple(value)

    def spans(self, name: str) -> tuple[tuple[int, int], ...]:
        """Pairs of whole numbers."""
        value = self._values.get(name)
        if not isinstance(value, list) or not all(
            isinstance(each, list)
            and len(each) == 2
            and all(type(end) is int and 0 <= end <= LARGEST_NUMBER for end in each)
            for each in value
        ):
            raise self.refusal(name, "a list of pairs of whole numbers")
        return tuple((first, last) for first, last in value)

    def number(self, name: str, least: float = -math.inf, most: float = math.inf) -> float:
        value = self._values.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            number = float(value) if abs(value) <= LARGEST_NUMBER else math.inf
            if math.isfinite(number) and least <= number <= most:
                return number
        open_ended = math.isinf(least) and math.isinf(most)
        raise self.refusal(name, "a number" if open_ended else f"a number of {least:g} to {most:g}")

    def numbers(self, name: str, least: float, most: float) -> tuple[float, ...]:
        value = self._values.get(name)
        if not isinstance(value, list) or not all(
            isinstance(each, int | float) and not isinstance(each, bool) and least <= each <= most
            for each in value
        ):
            raise self.refusal(name, f"a list of numbers of {least:g} to {most:g}")
        return tuple(map(float, value))

    def flag(self, name: str) -> bool:
        value = self._values.get(name)
        if not isinstance(value, bool):
            raise self.refusal(name, "true or false")
        return value

    def record(self, name: str) -> Record:
        value = self._values.get(name)
        if not isinstance(value, dict):
            raise self.refusal(name, "an object")
        return Record(value, self._what)

    def optional_record(self, name: str) -> Record | None:
        return self.record(name) if name in self else None

    def records(self, name: str) -> list[Record]:
        value = self._values.get(name)
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            raise self.refusal(name, "a list of objects")
        return [Record(each, f"{self._what}: {name} {at}") for at, each in enumerate(value)]

    def made(self, name: str) -> tuple[Any, ...]:
        """What was made of a long list as it was read (see `json_stream.py`)."""
        value = self._values.get(name)
        if not isinstance(value, tuple):
            raise self.refusal(name, "a list of objects")
        return value

    def record_table(self, name: str) -> dict[str, Record]:
        value = self._values.get(name)
        if not isinstance(value, dict) or not all(
            _is_text(key) and isinstance(each, dict) for key, each in value.items()
        ):
            raise self.refusal(name, "a table of objects")
        return {key: Record(each, self._what) for key, each in value.items()}

    def own_records(self) -> dict[str, Record]:
        """All that it holds, where that is a table of objects."""
        return Record({"table": self._values}, self._what).record_table("table")

    def plain(self, name: str) -> Mapping[str, Any]:
        """An object as it stands, for a reader that checks it itself."""
        return self.record(name)._values


def read_record(data: bytes, what: str, most_bytes: int = MOST_BYTES) -> Record:
    """The one object of a JSON text."""
    if len(data) > most_bytes or sum(map(data.count, (b",", b"[", b"{"))) > MOST_VALUES:
        raise FormatError(f"{what}: too large for what it should be")
    if depth_of(data) > MOST_DEPTH:
        raise FormatError(f"{what}: not JSON of ours (nested deeper than {MOST_DEPTH} levels)")
    try:
        value = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise FormatError(f"{what}: not JSON") from None
    if not isinstance(value, dict):
        raise FormatError(f"{what}: not a JSON object")
    return Record(value, what)


def depth_of(data: bytes) -> int:
    """How many brackets are open at once in a JSON text, at most."""
    brackets = STRINGS.sub(b"", data).translate(None, NOT_BRACKETS)
    return max(accumulate(1 if each in b"[{" else -1 for each in brackets), default=0)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and not UNWRITABLE.search(value)
