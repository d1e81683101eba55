"""Compiles the codec's activation for an H200 that need not be there, and prints what a binary does
with memory, a line of JSON each; see `test_biased_snake.py`, which runs this outside of triton's
interpreter."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from pathlib import Path

import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from tokenizer.codec.fast.biased_snake import BLOCK, biased_snake_kernel

HOPPER = GPUTarget("cuda", 90, 32)
TOOLS = Path(triton.__file__).parent / "backends" / "nvidia" / "bin"
FORMATS = ("fp16", "bf16", "fp32")
WIDTHS = (512, 32)
"""The widest that is long, and the narrowest."""


def main() -> None:
    for channels in WIDTHS:
        for dtype in FORMATS:
            print(json.dumps({"format": dtype, "channels": channels, **figures(dtype, channels)}))


def figures(dtype: str, channels: int) -> dict[str, int]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "kernel.cubin"
        path.write_bytes(compiled(dtype, channels))
        usage, code = said("cuobjdump", "-res-usage", path), said("nvdisasm", "-c", path)
    lines = re.findall(r"^\s*/\*[0-9a-f]{4,}\*/\s+(?:@!?U?P\w+\s+)?([A-Z][\w.]*)", code, re.M)
    return {
        "registers": int(re.findall(r"REG:(\d+)", usage)[0]),
        "spilled_bytes": int(re.findall(r"STACK:(\d+)", usage)[0]),
        "instructions": len(lines),
        "wide_loads": sum(one.startswith("LDG") and "128" in one for one in lines),
        "narrow_loads": sum(one.startswith("LDG") and "128" not in one for one in lines),
        "wide_stores": sum(one.startswith("STG") and "128" in one for one in lines),
        "narrow_stores": sum(one.startswith("STG") and "128" not in one for one in lines),
    }


def compiled(dtype: str, channels: int) -> bytes:
    """As a launch compiles it: pointers and strides are multiples of 16, the rate is any number."""
    kernel = biased_snake_kernel
    types = {
        "raw": f"*{dtype}", "bias": "*fp32", "alpha": "*fp32", "inverse": "*fp32",
        "counts": "*i64", "out": f"*{dtype}", "window_stride": "i32", "steps": "i32",
        "steps_per_frame": "i32",
    }  # fmt: skip
    names = kernel.arg_names
    signature = {name: types.get(name, "constexpr") for name in names}
    aligned = [["tt.divisibility", 16]]
    attributes = {(names.index(one),): aligned for one in types if one != "steps_per_frame"}
    values = {(names.index("channels"),): channels, (names.index("block"),): BLOCK}
    made = triton.compile(ASTSource(kernel, signature, values, attributes), HOPPER)
    return made.asm["cubin"]


def said(tool: str, option: str, path: Path) -> str:
    command = [str(TOOLS / tool), option, str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    main()
