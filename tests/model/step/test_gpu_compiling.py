"""Every kernel of a step, compiled for an H200 that is not there, keeps within what a card has."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest

from tests.compiled_kernels import binaries
from tests.model.step.fake_step import PRECISIONS

pytest.importorskip("triton", reason="fused kernels need triton")

SHARED_BYTES = 227 * 1024
"""Of one program."""


@dataclass(frozen=True)
class Ceiling:
    """What the binaries of a kernel may take."""

    registers: int = 128
    local_bytes: int = 0
    """Of a thread: what is spilled, as a rule."""
    instructions: int = 4000
    narrow_loads: int = 16
    """Of less than 16 bytes: numbers that stand alone, as a position or a scale does."""


CEILINGS = {
    "attention_kernel": Ceiling(168, instructions=4800, narrow_loads=100),
    "quantized_product_kernel": Ceiling(registers=168, narrow_loads=42),
    "begin_kernel": Ceiling(local_bytes=32, narrow_loads=20),  # a table for large angles
    "skinny_heads_kernel": Ceiling(narrow_loads=26),  # positions, angles, sums of squares
    "skinny_product_kernel": Ceiling(narrow_loads=20),  # sums of squares
}
"""Where the usual one does not hold yet. A row falls with the kernel that it speaks of."""
QUANTIZED_KEYS = {"attention_kernel": Ceiling(255, instructions=6500, narrow_loads=180)}
"""A scale of each row is loaded by itself."""


@pytest.mark.parametrize(
    "precision",
    [
        "bfloat16",
        *(
            pytest.param(one, marks=pytest.mark.slow)
            for one in ("int8 keys", "fp8 keys", "int8 weights", "fp8 weights")
        ),
    ],
)
def test_kernels_compiled_for_a_card_keep_within_their_ceilings(precision: str) -> None:
    ceilings = CEILINGS | (QUANTIZED_KEYS if PRECISIONS[precision].keys else {})
    for binary in binaries_of(precision):
        ceiling = ceilings.get(binary["kernel"], Ceiling())
        assert binary["local_bytes"] <= ceiling.local_bytes, binary
        assert binary["registers"] <= ceiling.registers, binary
        assert binary["instructions"] <= ceiling.instructions, binary
        assert binary["narrow_loads"] <= ceiling.narrow_loads, binary
        assert binary["shared_bytes"] <= SHARED_BYTES, binary
        multiplies = any(one in binary["kernel"] for one in ("product", "attention", "heads"))
        assert binary["matrix_unit"] or not multiplies, binary


@pytest.mark.parametrize(
    ("precision", "narrow"),
    [
        ("bfloat16", 0),
        *(pytest.param(one, 64, marks=pytest.mark.slow) for one in ("int8 keys", "fp8 keys")),
    ],
)
def test_keys_are_on_their_way_16_bytes_at_a_time(precision: str, narrow: int) -> None:
    """And values; of quantized ones values come by 8, and a scale comes alone."""
    (attention,) = (one for one in binaries_of(precision) if one["kernel"] == "attention_kernel")
    assert attention["wide_copies"] >= 16 and attention["narrow_copies"] <= narrow


def test_a_kernel_has_few_binaries_for_all_numbers_of_lanes() -> None:
    """One that is specialized on a width would be compiled in the middle of a book. Products of few
    lanes have one with a norm before, one with a gate, one with neither."""
    made = Counter(one["kernel"] for one in binaries_of("bfloat16"))
    assert made.pop("skinny_product_kernel", 0) <= 3
    assert set(made.values()) == {1}, made


@cache
def binaries_of(precision: str) -> list[dict[str, Any]]:
    return binaries("tests.model.step.compile_kernels", precision)
