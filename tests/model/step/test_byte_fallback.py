"""Processors without the byte dot product compute the very same integers, hence the same bits."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from numba import njit

from model.step.cpu.strip_matrix import BYTE_GROUP, WeightFormat, quantize_matrix, strip_matrix
from model.step.cpu.vector_tiles import STRIP, byte_strip, has_byte_dot_product, plain_byte_strip

ROOT = Path(__file__).parents[3]


@njit
def by_instruction(x, lanes, words, steps, sums):  # type: ignore[no-untyped-def]
    byte_strip(x, 0, x.shape[1] // BYTE_GROUP, lanes, words, 0, steps, sums, 0, sums.shape[1])


@njit
def byte_by_byte(x, lanes, words, steps, sums):  # type: ignore[no-untyped-def]
    plain_byte_strip(x, 0, x.shape[1] // BYTE_GROUP, lanes, words, 0, steps, sums, 0, sums.shape[1])


def sums_of(product, lanes: int, inputs: int, extreme: bool = False):  # type: ignore[no-untyped-def]
    """What a product makes of one strip, and what it should be."""
    chance = np.random.default_rng(lanes * 100 + inputs)
    weight = chance.normal(size=(STRIP, inputs)).astype(np.float32)
    x = chance.integers(0, 256, (lanes, inputs)).astype(np.uint8)
    if extreme:
        weight[:], x[:] = -1.0, 255
    matrix = strip_matrix(torch.from_numpy(weight), None, WeightFormat.INT8)
    found = np.zeros((lanes, STRIP), np.int32)
    product(x, lanes, matrix.words, inputs // BYTE_GROUP, found)
    return found, x.astype(np.int64) @ quantize_matrix(weight)[0].astype(np.int64).T


@pytest.mark.parametrize("product", [byte_by_byte, by_instruction])
@pytest.mark.parametrize("lanes", [1, 2, 3, 7, 13, 32])
def test_sums_are_the_exact_integers_for_every_tile(product, lanes: int) -> None:  # type: ignore[no-untyped-def]
    for inputs in (4, 48, 260):
        found, expected = sums_of(product, lanes, inputs)
        assert np.array_equal(found, expected)


@pytest.mark.parametrize("product", [byte_by_byte, by_instruction])
def test_the_largest_sums_do_not_saturate(product) -> None:  # type: ignore[no-untyped-def]
    """Some older instructions add pairs of products in sixteen bits: 255 * -127 * 2 is too much."""
    found, expected = sums_of(product, 3, 3072, extreme=True)
    assert np.array_equal(found, expected) and found.min() == -255 * 127 * 3072


SPEAKER = """
import json, sys
from llvmlite import binding
features = binding.get_host_cpu_features()
features["avx512vnni"] = False
binding.get_host_cpu_features = lambda: features
sys.path[:0] = [sys.argv[1]]
from model.step.cpu.vector_tiles import has_byte_dot_product
assert not has_byte_dot_product()
from tests.model.step.test_byte_fallback import spoken
print(json.dumps(spoken()))
"""


def spoken() -> list[list[list[int]]]:
    """Codes of three lanes in int8."""
    from model.checkpoint.random_model import random_model
    from tests.model.speaking import codes_by_chunk, engine, run, speak
    from tests.model.tiny import tiny

    lm = random_model(tiny(layer_count=2), seed=31)
    runs = [run(lm.config, seed, chunk_count=1) for seed in range(3)]
    said = codes_by_chunk(speak(engine(lm, lanes=2, int8=True), runs))
    return [said[key] for key in sorted(said)]


def elsewhere(**environment: str) -> list[list[list[int]]]:
    """The same in a process that believes there is no such instruction."""
    done = subprocess.run(
        [sys.executable, "-c", SPEAKER, str(ROOT)],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={**os.environ, **environment},
    )
    return json.loads(done.stdout)


@pytest.mark.slow
@pytest.mark.skipif(not has_byte_dot_product(), reason="this processor has no other way anyway")
def test_a_model_without_the_instruction_speaks_the_same_codes() -> None:
    assert elsewhere() == spoken()


@pytest.mark.slow
def test_a_processor_with_short_vectors_speaks_in_int8_too() -> None:
    """Haswell: no AVX-512 at all. Sums of norms round in another order, so few codes may part."""
    said, expected = elsewhere(NUMBA_CPU_NAME="haswell", NUMBA_CPU_FEATURES=""), spoken()
    assert [len(books) for books in said] == [len(books) for books in expected]
    same = [one == other for one, other in zip(said, expected, strict=True)]
    assert sum(same) >= 2
