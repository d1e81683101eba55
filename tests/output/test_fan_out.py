"""Several readers of one source: all get all of it, and what breaks one breaks all."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator

import pytest

from higgs_cli.output.formats.fan_out import fan_out


def test_each_reader_gets_its_part_of_all_in_order() -> None:
    source = ((number, str(number)) for number in range(100))
    assert fan_out(source, [list, "".join]) == [
        list(range(100)),
        "".join(map(str, range(100))),
    ]


def test_no_reader_lets_the_source_run_far_ahead() -> None:
    asked: list[int] = []
    seen: list[int] = []

    def source() -> Iterator[tuple[int, int]]:
        for number in range(50):
            asked.append(number)
            yield number, number

    def slow(parts: Iterable[int]) -> None:
        for part in parts:
            seen.append(asked[-1] - part)

    fan_out(source(), [slow, slow])
    assert max(seen) <= 4


def test_what_breaks_one_reader_ends_all_and_is_raised() -> None:
    ended: list[BaseException] = []

    def endless() -> Iterator[tuple[int, int]]:
        while True:
            yield 1, 1

    def breaks(parts: Iterable[int]) -> None:
        next(iter(parts))
        raise OSError("the disk is full")

    def waits(parts: Iterable[int]) -> None:
        try:
            for _ in parts:
                pass
        except BaseException as error:
            ended.append(error)
            raise

    with pytest.raises(OSError, match="the disk is full"):
        fan_out(endless(), [breaks, waits])
    assert len(ended) == 1
    assert not [one for one in threading.enumerate() if one.name.startswith("writing")]


def test_what_breaks_the_source_ends_all_readers() -> None:
    def source() -> Iterator[tuple[int, int]]:
        yield 1, 1
        raise RuntimeError("the samples broke off")

    with pytest.raises(RuntimeError, match="broke off"):
        fan_out(source(), [list, list])
    assert not [one for one in threading.enumerate() if one.name.startswith("writing")]
