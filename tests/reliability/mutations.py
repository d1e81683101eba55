"""Mutations of records: bytes cut, doubled and flipped; values deleted, moved, and made wrong."""

from __future__ import annotations

import copy
import json
import random
import resource
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from higgs_cli.errors import HiggsError

SEED = 20261
FAST, SLOW = 300, 10_000
COUNTS = [FAST, pytest.param(SLOW, marks=[pytest.mark.slow, pytest.mark.timeout(3600)])]
CAST = ("--cast", "SPEAKER1=marigold", "--cast", "SPEAKER0=smart")
"""Of the render that is mutated: see `conftest.py`."""
LONGEST_SECONDS = 1.0
MOST_GROWTH_KIB = 512 << 10

WRONG: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 7, 2**31, 2**53, 2**63, 10**30, 10**400, 0.5, -5.0, 1e12, 1e308,
    float("nan"), float("inf"), "", "x", "\x00", "\ud800", "../../etc/passwd", "/dev/zero",
    "x" * 5000, "\u202e\x1b]0;title\x07", [], {}, [[]], [None], ["x"], [1], {"": None}, {"a": {}},
    json.loads("[" * 90 + "]" * 90), list(range(2000)),
)  # fmt: skip
"""For any value: other kinds, out of range, paths that lead away, deep and long ones."""


def mutated_value(value: Any, chance: random.Random) -> Any:
    """The same with one to three of its values wrong, missing, doubled or moved."""
    made = copy.deepcopy(value)
    for _ in range(chance.randint(1, 3)):
        holders = list(_holders(made))
        holder, key = chance.choice(holders)
        kind = chance.randrange(5)
        if kind == 0:
            del holder[key]
        elif kind == 1:
            other, name = chance.choice(holders)
            holder[key] = copy.deepcopy(other[name]) if name in _keys(other) else None
        elif kind == 2 and isinstance(holder, list):
            holder.insert(key, copy.deepcopy(holder[key]))
        else:
            holder[key] = copy.deepcopy(chance.choice(WRONG))
        if not list(_holders(made)):
            return made
    return made


def mutated_json(value: Any, chance: random.Random) -> bytes:
    """As a file: a wrong value, or wrong bytes."""
    if chance.randrange(4):
        return json.dumps(mutated_value(value, chance)).encode()
    return mutated_bytes(json.dumps(value).encode(), chance)


def mutated_bytes(data: bytes, chance: random.Random) -> bytes:
    made = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(made) + 1)
        kind = chance.randrange(4)
        if kind == 0:
            del made[at : at + chance.randint(1, 30)]
        elif kind == 1:
            made[at:at] = chance.choice(
                [b"[" * 50_000, b'{"a":' * 9_000, b"\x00", b'"', b"}", b"]"]
            )
        elif kind == 2 and made:
            made[chance.randrange(len(made))] = chance.randrange(256)
        else:
            made[at:at] = made[chance.randrange(len(made) + 1) :][: chance.randint(1, 99)]
    return bytes(made)


def outlives(
    count: int, mutated: Callable[[random.Random], bytes], read: Callable[[bytes], object]
) -> int:
    """Reading ends in a `HiggsError` or in nothing, each within its bounds; how many were refused.

    The seed and the number of a mutation make it again.
    """
    chance, refused = random.Random(SEED), 0
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"seed {SEED}, {count} mutations")
    for number in range(count):
        data = mutated(chance)
        began = time.process_time()
        try:
            read(data)
        except HiggsError as error:
            refused += 1
            assert "\n" not in error.message.strip(), error.message
            assert not str(error.hint).startswith("this is a fault"), error.message
        except Exception as error:
            pytest.fail(f"seed {SEED}, number {number}: {error!r} from {data[:3000]!r}")
        seconds = time.process_time() - began
        assert seconds < LONGEST_SECONDS, f"seed {SEED}, number {number}: {seconds:.1f} s"
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < MOST_GROWTH_KIB, f"{grown >> 10} MiB"
    return refused


def _holders(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place of a value in its object or list."""
    waiting = [value]
    while waiting:
        here = waiting.pop()
        for key in _keys(here):
            yield here, key
            waiting.append(here[key])


def _keys(holder: Any) -> list[Any]:
    if isinstance(holder, dict):
        return list(holder)
    return list(range(len(holder))) if isinstance(holder, list) else []
