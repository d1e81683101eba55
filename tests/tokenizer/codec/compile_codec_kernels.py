"""Compiles the codec's kernels for an H200 that need not be there, and prints a line of JSON for
each; see `test_codec_kernels.py`, which runs this outside of triton's interpreter."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from tests.compiled_kernels import figures_of
from tokenizer.codec.fast.biased_snake import BLOCK, biased_snake_kernel
from tokenizer.codec.fast.fused_unit import ROWS, TAPS, WARPS, unit_kernel

HOPPER = GPUTarget("cuda", 90, 32)
ANY_NUMBERS = ("steps_per_frame", "dilation")
"""Everything else is a multiple of 16 in a launch."""
NUMBERS = {"counts": "*i64"} | dict.fromkeys(
    ("window_stride", "stream_stride", "steps", *ANY_NUMBERS), "i32"
)


def main(kernel: str) -> None:
    made = {"snake": snakes, "unit": units}[kernel]
    for channels, binary in made():
        print(json.dumps({"channels": channels, **figures_of(binary)}), flush=True)


def snakes() -> Iterator[tuple[int, Any]]:
    """The widest that is long, and the narrowest."""
    for channels in (512, 32):
        for dtype in ("fp16", "bf16", "fp32"):
            constants = {"channels": channels, "block": BLOCK}
            yield channels, compiled(biased_snake_kernel, ("raw", "out"), dtype, constants)


def units() -> Iterator[tuple[int, Any]]:
    for channels in (64, 32):
        for is_last in (False, True):
            constants = {"channels": channels, "taps": TAPS, "rows": ROWS, "is_last": is_last}
            tensors = ("seen", "stream", "around", "mix", "out")
            made = compiled(unit_kernel, tensors, "fp16", constants, num_warps=WARPS[channels])
            yield channels, made


def compiled(
    kernel: Any, tensors: tuple[str, ...], dtype: str, constants: Mapping[str, Any], **options: int
) -> Any:
    """As a launch compiles it; what is no tensor and no number is float32, by channels."""
    names = [one for one in kernel.arg_names if one not in constants]
    types = {one: NUMBERS.get(one, "*fp32") for one in names} | dict.fromkeys(tensors, f"*{dtype}")
    places = {one: (place,) for place, one in enumerate(kernel.arg_names)}
    signature = {one: types.get(one, "constexpr") for one in kernel.arg_names}
    aligned = [["tt.divisibility", 16]]
    attributes = {places[one]: aligned for one in names if one not in ANY_NUMBERS}
    values = {places[one]: value for one, value in constants.items()}
    return triton.compile(ASTSource(kernel, signature, values, attributes), HOPPER, options)


if __name__ == "__main__":
    main(sys.argv[1])
