"""A JSON object that may be far larger than what is made of it, read value by value.

Of its long lists each element is handed over as soon as it is read, and forgotten; so neither the
text of the file nor all that stands in it is ever in memory at once. What one value may take is
bounded, like the depth of each, before anything is made of it.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO

from higgs_cli.errors import FormatError
from higgs_cli.files.strict_json import MOST_DEPTH, Record, depth_of

BLOCK_BYTES = 1 << 18
LONGEST_VALUE = 8 << 20
"""In characters: of one value of the object, or of one element of a long list."""
MOST_VALUES = 1 << 20
"""In one value."""
MOST_ELEMENTS = 1 << 17
"""Of a long list: the chunks of 250 hours, which are held in less than 512 MB."""

SPACE = re.compile(r"[ \t\n\r]*")
ENDS = " \t\n\r,:]}"
"""What may follow a value."""
READ = json.JSONDecoder().raw_decode

MakeElement = Callable[[Record], Any]
"""What becomes of an element of a long list."""


def stream_record(
    file: BinaryIO, what: str, most_bytes: int, long_lists: Mapping[str, MakeElement]
) -> Record:
    """The object that a file holds; a long list is the tuple of what was made of its elements."""
    text, values = _Text(file, what, most_bytes), dict[str, Any]()
    for name in _members(text):
        if name in values:
            raise FormatError(f"{what}: `{name[:40]}` is there twice")
        make = long_lists.get(name)
        if make is None or text.following() != "[":
            values[name] = text.value()
        else:
            values[name] = tuple(map(make, _elements(text, f"{what}: {name}")))
    return Record(values, what)


def _members(text: _Text) -> Iterator[str]:
    """The names of an object, each to be followed by the reading of its value."""
    text.mark("{")
    while text.following() != "}":
        name = text.value()
        if not isinstance(name, str):
            raise text.refusal()
        text.mark(":")
        yield name
        if text.following() != "}":
            text.mark(",")
            if text.following() == "}":
                raise text.refusal()
    text.mark("}")
    if text.following():
        raise text.refusal()


def _elements(text: _Text, what: str) -> Iterator[Record]:
    text.mark("[")
    at = 0
    while text.following() != "]":
        value = text.value()
        if not isinstance(value, dict):
            raise FormatError(f"{what} {at} is not an object")
        yield Record(value, f"{what} {at}")
        at += 1
        if at > MOST_ELEMENTS:
            raise FormatError(f"{what}: more than {MOST_ELEMENTS:,} of them")
        if text.following() != "]":
            text.mark(",")
            if text.following() == "]":
                raise text.refusal()
    text.mark("]")


class _Text:
    """The text of a file, of which only what is being read is held."""

    def __init__(self, file: BinaryIO, what: str, most_bytes: int) -> None:
        self._file = file
        self._what = what
        self._left = most_bytes
        self._decoded = codecs.getincrementaldecoder("utf-8-sig")()
        self._held, self._at = "", 0
        self._is_all = False

    def refusal(self) -> FormatError:
        return FormatError(f"{self._what}: not JSON")

    def following(self) -> str:
        """The next character that is no space; nothing at the end."""
        while True:
            found = SPACE.match(self._held, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(self._held) or self._is_all:
                return self._held[self._at : self._at + 1]
            self._read_on()

    def mark(self, wanted: str) -> None:
        if self.following() != wanted:
            raise self.refusal()
        self._at += 1

    def value(self) -> Any:
        self.following()
        while True:
            try:
                value, end = READ(self._held, self._at)
            except ValueError:
                end = -1
            except RecursionError:
                raise self.refusal() from None
            if 0 < end < len(self._held) and self._held[end] in ENDS:
                break
            if self._is_all:
                raise self.refusal()
            self._read_on()  # also of a number: more of it may follow
        self._check_depth(self._held[self._at : end])
        self._at = end
        return value

    def _check_depth(self, read: str) -> None:
        if read.count("[") + read.count("{") > MOST_DEPTH and depth_of(read.encode()) > MOST_DEPTH:
            raise FormatError(f"{self._what}: nested deeper than {MOST_DEPTH} levels")

    def _read_on(self) -> None:
        """As much again as is held, so that a long value is tried a few times only."""
        held = self._held[self._at :]
        data = self._file.read(max(BLOCK_BYTES, len(held)))
        self._left -= len(data)
        try:
            self._held = held + self._decoded.decode(data, final=not data)
        except UnicodeDecodeError:
            raise self.refusal() from None
        self._at, self._is_all = 0, not data
        if self._left < 0 or self._is_too_long(held):
            raise FormatError(f"{self._what}: too large for what it should be")

    @staticmethod
    def _is_too_long(held: str) -> bool:
        """Of a value that has not ended yet."""
        if len(held) < BLOCK_BYTES:
            return False
        return len(held) > LONGEST_VALUE or sum(map(held.count, ",[{")) > MOST_VALUES
