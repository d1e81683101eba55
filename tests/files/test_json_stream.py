"""A JSON object read value by value is what it is when it is read at once, or is refused."""

from __future__ import annotations

import io
import json
import random
from typing import Any

import pytest

from higgs_cli.errors import FormatError
from higgs_cli.files import json_stream
from higgs_cli.files.json_stream import stream_record
from higgs_cli.files.strict_json import Record

MOST_BYTES = 1 << 22
VALUES = [
    None,
    True,
    0,
    -12,
    3.25,
    1.5e-9,
    10**30,
    "",
    'a "b" \\ \n',
    "中文 🙂",
    [],
    {},
    [1, [2, {}]],
]


def read(data: bytes, long_list: str = "none") -> dict[str, Any]:
    seen: list[Any] = []

    def take(record: Record) -> Record:
        seen.append(record._values)
        return record

    whole = stream_record(io.BytesIO(data), "x.json", MOST_BYTES, {long_list: take})
    return {**whole._values, **({long_list: seen} if whole.has(long_list) else {})}


@pytest.mark.parametrize("block", [1, 2, 7, 64, 1 << 18])
def test_it_is_what_json_says_however_it_is_cut(
    block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_stream, "BLOCK_BYTES", block)
    chance = random.Random(1)
    for number in range(60):
        items = [{str(n): chance.choice(VALUES) for n in range(4)} for _ in range(number % 5)]
        value = {str(n): chance.choice(VALUES) for n in range(number % 7)} | {"items": items}
        text = json.dumps(value, ensure_ascii=chance.random() < 0.5, indent=number % 3 or None)
        assert read(text.encode(), "items") == value
        assert read(b"\xef\xbb\xbf" + text.encode() + b"\n") == value


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{", b"[]", b"7", b"\xff", b"[" * 100_000, b'{"a": 1,}', b'{"a" 1}', b"{1: 2}",
        b'{"a": 1 "b": 2}', b'{"a": 1} x', b'{"a": tru}', b'{"a": 1.}', b'{"a": 1e}',
        b'{"a": "\xc3"}',
        b'{"a": ' + b"[" * 100_000, b'{"a": ' + b"[" * 20 + b"]" * 20 + b"}", b'{"a": 1, "a": 2}',
        b'{"items": [{}, ]}', b'{"items": [{} {}]}', b'{"items": [1]}', b'{"items": [{}',
        b'{"a": ' + b"9" * 5000 + b"}",
    ],
)  # fmt: skip
def test_what_is_none_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError, match=r"^x\.json: "):
        read(data, "items")


def test_a_value_is_bounded_and_so_is_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_stream, "BLOCK_BYTES", 64)
    monkeypatch.setattr(json_stream, "LONGEST_VALUE", 1000)
    monkeypatch.setattr(json_stream, "MOST_VALUES", 100)
    monkeypatch.setattr(json_stream, "MOST_ELEMENTS", 10)
    assert len(read(b'{"items": [' + b"{}," * 9 + b"{}]}", "items")["items"]) == 10
    for wrong in (b"{}," * 11, b'{"a": "' + b"x" * 3000, b'{"a": [' + b"1," * 400):
        with pytest.raises(FormatError, match=r"too large|more than 10"):
            read(b'{"items": [' + wrong, "items")
    with pytest.raises(FormatError, match="too large"):
        stream_record(io.BytesIO(b'{"a": 1}' + b" " * 100), "x.json", 50, {})
