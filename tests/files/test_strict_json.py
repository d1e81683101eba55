"""Our own JSON, damaged or forged, ends in a FormatError that names what is wrong."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from higgs_cli.errors import FormatError
from higgs_cli.files.strict_json import Record, read_record
from higgs_cli.takes import take as take_file
from higgs_cli.takes.take import DIGEST_BYTES, MAGIC, Finding, Levels, Take, TakeRecord, Verdict

DEEP = json.loads("[" * 300 + "]" * 300)
WRONG = (None, True, "x", -1, 1.5, 10**400, float("nan"), [], {}, [1], {"a": 1}, DEEP)

READERS: dict[str, tuple[Callable[[Record], object], Any]] = {
    "text": (lambda record: record.text("it"), "x"),
    "texts": (lambda record: record.texts("it"), ["x", "y"]),
    "text_table": (lambda record: record.text_table("it"), {"a": "b"}),
    "whole": (lambda record: record.whole("it"), 3),
    "number": (lambda record: record.number("it"), 1.5),
    "flag": (lambda record: record.flag("it"), True),
    "record": (lambda record: record.record("it").text("a"), {"a": "b"}),
    "records": (lambda record: [one.text("a") for one in record.records("it")], [{"a": "b"}]),
}


@pytest.mark.parametrize("kind", READERS)
def test_a_value_is_of_the_kind_that_is_asked_for_or_named(kind: str) -> None:
    read, good = READERS[kind]
    read(Record({"it": good}, "x.json"))
    with pytest.raises(FormatError, match="`it` is not"):
        read(Record({}, "x.json"))
    refused = 0
    for wrong in WRONG:
        try:
            read(Record({"it": wrong}, "x.json"))
        except FormatError as error:
            assert error.message.startswith("x.json: `")
            refused += 1
    assert refused >= len(WRONG) - 3, "a few of them are right for one kind or the other"


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"7", b"\xff", b"[" * 100_000, b'{"a": 1,}'])
def test_what_is_no_object_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError, match=r"x\.json: not "):
        read_record(data, "x.json")


def forged(change: Callable[[dict[str, Any]], Any]) -> bytes:
    """A take with a right checksum and another record."""
    finding = Finding("silent", Verdict.FAIL, "said nothing", 1.5)
    levels = Levels(0.5, 1.25, 3)
    record = TakeRecord("k" * 64, 1, {"text": "a"}, ("b.0",), 4, "ended", (finding,), levels)
    whole = take_file.to_bytes(Take(record, np.ones((8, 4), dtype=np.int16)))
    line, _, payload = whole[len(MAGIC) : -DIGEST_BYTES].partition(b"\n")
    header = json.loads(line)
    changed = change(header)
    text = json.dumps(header if changed is None else changed).encode()
    content = MAGIC + text + b"\n" + payload
    return content + hashlib.sha256(content).digest()


def test_a_take_is_read_back_as_it_was() -> None:
    take = take_file.from_bytes(forged(lambda header: None), "a.take")
    assert take.record.findings[0] == Finding("silent", Verdict.FAIL, "said nothing", 1.5)
    assert take.record.levels == Levels(0.5, 1.25, 3) and take.record.heard == ("b.0",)


FIELDS = ("key", "attempt", "recipe", "heard", "frame_count", "ending", "findings", "levels")


@pytest.mark.parametrize("field", [*FIELDS, "codebook_count"])
def test_a_forged_record_with_a_right_checksum_is_refused(field: str) -> None:
    with pytest.raises(FormatError):
        take_file.record_from_bytes(forged(lambda header: header.pop(field) and None), "a.take")
    for wrong in (None, True, [1], {"a": 1}, -1, DEEP):

        def put(header: dict[str, Any], wrong: object = wrong) -> None:
            header[field] = wrong

        with pytest.raises(FormatError, match=r"a\.take: "):
            take_file.record_from_bytes(forged(put), "a.take")


@pytest.mark.parametrize("changed", [[], {}, "x", 7])
def test_a_record_that_is_none_is_refused(changed: object) -> None:
    with pytest.raises(FormatError, match=r"a\.take: "):
        take_file.record_from_bytes(forged(lambda header: changed), "a.take")


def test_a_verdict_that_is_none_is_refused() -> None:
    def put(header: dict[str, Any]) -> None:
        header["findings"][0]["verdict"] = "zzz"

    with pytest.raises(FormatError, match="`verdict` is not one of fail"):
        take_file.record_from_bytes(forged(put), "a.take")
