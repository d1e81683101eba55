"""The codec's kernels, compiled for an H200 that is not there, read memory as they should."""

from __future__ import annotations

import pytest

from tests.compiled_kernels import binaries

pytest.importorskip("triton", reason="fused kernels need triton")

MODULE = "tests.tokenizer.codec.compile_codec_kernels"


def test_an_activation_loads_sixteen_bytes_at_a_time() -> None:
    """But for the one number of a window: how many frames there are."""
    made = binaries(MODULE, "snake")
    assert len(made) == 6
    for one in made:
        assert one["narrow_loads"] <= 1 and not one["narrow_stores"], one
        assert one["wide_loads"] >= 3 and one["wide_stores"] >= 1, one
        assert one["registers"] <= 64 and not one["local_bytes"], one
        assert one["instructions"] <= 320, "an activation is 30 instructions, not a sine's 350"


@pytest.mark.slow
def test_a_unit_multiplies_on_the_matrix_unit_and_spills_nothing() -> None:
    """Rows and weights are loaded sixteen bytes at a time; the parameters of its two activations
    eight, two channels for a thread, as the matrix unit deals them out."""
    made = binaries(MODULE, "unit")
    assert len(made) == 4
    for one in made:
        assert one["matrix_unit"] and not one["local_bytes"] and not one["narrow_stores"], one
        assert one["narrow_loads"] <= 1 + 6 * one["channels"] // 8, one
        assert one["registers"] <= 96 and one["shared_bytes"] <= 32 * 1024, one
