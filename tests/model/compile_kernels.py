"""Compile kernels for a GPU that need not be there, at the public model's shape; see
`test_gpu_compiling.py`, which runs this outside of triton's interpreter."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from model.gpu_kernels.fused_product import PRODUCT_TILES
from model.gpu_kernels.narrow_kernel import narrow_product_kernel

HOPPER = GPUTarget("cuda", 90, 32)
SHARED_BYTES = 99 * 1024
"""Of one program, on the smallest devices."""


def compiled(kernel: Any, types: Mapping[str, str], constants: Mapping[str, int], **options: int):
    """`types` are those of the arguments that are no constants. Pointers, and numbers that are
    multiples of 16 in a launch, are told to be aligned, as a launch does; numbers that a kernel is
    not specialized on are not."""
    names = kernel.arg_names
    alike = {param.name for param in kernel.params if param.do_not_specialize}
    signature = {name: types.get(name, "constexpr") for name in names}
    aligned = [["tt.divisibility", 16]]
    attributes = {(names.index(one),): aligned for one in types if one not in alike}
    values = {(names.index(one),): value for one, value in constants.items()}
    source = ASTSource(kernel, signature, values, attributes)
    return triton.compile(source, HOPPER, options)


def compile_products(narrow: str) -> None:
    types = {
        "rows": "*bf16",
        "values": f"*{narrow}",
        "scales": "*fp32",
        "added": "*bf16",
        "out": "*bf16",
        "sums": "*fp32",
        "arrivals": "*i32",
        "lane_count": "i32",
        "inputs": "i32",
        "outputs": "i32",
        "split_count": "i32",
    }
    for tile in (PRODUCT_TILES[0], PRODUCT_TILES[-1]):
        constants = {"lane_block": tile.lanes, "input_block": tile.inputs, "output_block": 64}
        made = compiled(
            narrow_product_kernel,
            types,
            constants | {"adds": True},
            num_warps=4,
            num_stages=tile.stages,
        )
        assert made.metadata.shared <= SHARED_BYTES, tile
        assert "wgmma.mma_async" in made.asm["ptx"], "matrix units are not used"


KERNELS = {
    "product in fp8": lambda: compile_products("fp8e4nv"),
    "product in int8": lambda: compile_products("i8"),
}

if __name__ == "__main__":
    KERNELS[sys.argv[1]]()
