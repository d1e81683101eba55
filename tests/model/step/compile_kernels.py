"""Compile kernels for a GPU that need not be there, at the public model's shape; see
`test_gpu_compiling.py`, which runs this outside of triton's interpreter."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from model.step.gpu.attention_kernels import attention_kernel
from model.step.gpu.fused_product import PRODUCT_TILES
from model.step.gpu.layer_kernels import rotary_kernel
from model.step.gpu.quantized_kernel import quantized_product_kernel

HOPPER = GPUTarget("cuda", 90, 32)
SHARED_BYTES = 227 * 1024
"""Of one program."""


def compiled(kernel: Any, types: Mapping[str, str], constants: Mapping[str, float], **options: int):
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


def compile_products(values: str) -> None:
    types = {
        "rows": "*bf16",
        "values": f"*{values}",
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
            quantized_product_kernel,
            types,
            constants | {"adds": True},
            num_warps=4,
            num_stages=tile.stages,
        )
        assert made.metadata.shared <= SHARED_BYTES, tile
        assert "wgmma.mma_async" in made.asm["ptx"], "matrix units are not used"


HEADS = {"kv_heads": 8, "head_dim": 128}
CACHE = ("head_rows", "lane_rows", "lane_count", "width", "split_count", "first_split")


def compile_attention(cached: str, largest: float) -> None:
    """Over rows of the type `cached`; `largest`: the largest number in them, 0 if they are not
    quantized."""
    row = HEADS["head_dim"] + (4 if largest else 0)
    scales = "*fp32" if largest else f"*{cached}"
    types = {
        **dict.fromkeys(("queries", "projected"), "*bf16"),
        **dict.fromkeys(("keys", "values"), f"*{cached}"),
        **dict.fromkeys(("key_scales", "value_scales"), scales),
        **dict.fromkeys(("mixed", "weights", "cosines", "sines"), "*fp32"),
        **dict.fromkeys(("positions", "prefix_lengths", "prefix_starts", "lane_order"), "*i64"),
        "scale": "fp32",
        **dict.fromkeys((*CACHE, "all_splits"), "i32"),
    }
    block = 32 if largest else 64
    reads = {**HEADS, "group": 3, "block": block, "row_size": row, "is_quantized": bool(largest)}
    writes = {"kv_heads": 8, "query_heads": 24, "half": 64, "row_size": row, "largest": largest}
    writes |= {"lane_block": 4}
    for kernel, constants in (
        (rotary_kernel, writes),
        (own_keys_kernel, reads | {"rows": 16}),
        (prefix_kernel, reads | {"rows": 64, "tile_lanes": 21}),
    ):
        own = {name: types[name] for name in kernel.arg_names if name in types}
        made = compiled(kernel, own, constants)
        assert made.metadata.shared <= SHARED_BYTES, kernel


KERNELS = {
    "attention": lambda: compile_attention("bf16", 0),
    "attention in int8": lambda: compile_attention("i8", 127.0),
    "attention in fp8": lambda: compile_attention("fp8e4nv", 448.0),
    "product in fp8": lambda: compile_products("fp8e4nv"),
    "product in int8": lambda: compile_products("i8"),
}

if __name__ == "__main__":
    KERNELS[sys.argv[1]]()
