"""JSON of our own that may have been damaged or made by a stranger, read value by value.

Each value is of the kind that is asked for, or a `FormatError` names it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from higgs_cli.errors import FormatError

LARGEST_NUMBER = 2**53


class Record:
    """One JSON object; `what` is what errors call it."""

    def __init__(self, values: Mapping[str, Any], what: str) -> None:
        self._values = values
        self._what = what

    def __contains__(self, name: str) -> bool:
        """Whether it says anything: null is the same as absent."""
        return self._values.get(name) is not None

    def refusal(self, name: str, wanted: str) -> FormatError:
        return FormatError(f"{self._what}: `{name}` is not {wanted}")

    def refuse_unknown(self, known: frozenset[str]) -> None:
        for name in self._values:
            if name not in known:
                raise FormatError(f"{self._what}: `{name[:40]}` is not known here")

    def text(self, name: str) -> str:
        value = self._values.get(name)
        if not isinstance(value, str):
            raise self.refusal(name, "a string")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        value = self._values.get(name)
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise self.refusal(name, "a list of strings")
        return tuple(value)

    def text_table(self, name: str) -> dict[str, str]:
        value = self._values.get(name)
        if not isinstance(value, dict) or not all(isinstance(each, str) for each in value.values()):
            raise self.refusal(name, "a table of texts")
        return value

    def whole(self, name: str, least: int = 0) -> int:
        value = self._values.get(name)
        if type(value) is not int or not least <= value <= LARGEST_NUMBER:
            raise self.refusal(name, f"a whole number from {least} on")
        return value

    def number(self, name: str) -> float:
        value = self._values.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            number = float(value) if abs(value) <= LARGEST_NUMBER else math.inf
            if math.isfinite(number):
                return number
        raise self.refusal(name, "a number")

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

    def records(self, name: str) -> list[Record]:
        value = self._values.get(name)
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            raise self.refusal(name, "a list of objects")
        return [Record(each, self._what) for each in value]


def read_record(data: bytes, what: str) -> Record:
    """The one object of a JSON text."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        raise FormatError(f"{what}: not JSON") from None
    if not isinstance(value, dict):
        raise FormatError(f"{what}: not a JSON object")
    return Record(value, what)
