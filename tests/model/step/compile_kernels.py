"""Compiles for an H200 every kernel that a step of the public 3B shape launches, with the very
arguments of the launches; see `test_gpu_compiling.py`, which runs this outside of triton's
interpreter and reads the lines of JSON that it prints, one a binary."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import torch
import triton
from triton.backends.compiler import GPUTarget
from triton.runtime.driver import driver

from tests.model.launches import Launch
from tests.model.step.fake_step import PRECISIONS, Precision, buckets, fake_step

_TOOLS = Path(triton.__file__).parent / "backends" / "nvidia" / "bin"


class Hopper:
    """What triton asks of a device in order to compile for it; nothing can be run on this one."""

    def get_current_target(self) -> GPUTarget:
        return GPUTarget("cuda", 90, 32)

    def get_current_device(self) -> int:
        return 0

    def get_current_stream(self, device: int) -> int:
        return 0


class Pointer:
    """A tensor as triton sees it when it chooses a binary: its type, and whether it is aligned."""

    def __init__(self, tensor: torch.Tensor) -> None:
        self.dtype = tensor.dtype
        self._offset = tensor.storage_offset() * tensor.element_size()

    def data_ptr(self) -> int:
        return self._offset


def main(precision: str) -> None:
    driver.set_active(Hopper())
    for name, binary in binaries(step_launches(PRECISIONS[precision])):
        print(json.dumps({"kernel": name, **figures_of(binary)}), flush=True)


def step_launches(precision: Precision) -> list[Launch]:
    """Of one layer, the head and the draw, at every bucket."""
    with fake_step(1, precision) as step:
        nodes = [one for width in buckets() for one in step.every_way(width).values()]
    return [launch for one in nodes for launch in one.launches]


def binaries(launches: Iterable[Launch]) -> Iterator[tuple[str, Any]]:
    """Each binary once, however many launches it serves."""
    seen: set[str] = set()
    for launch in launches:
        args = [_seen(one) for one in launch.args]
        named = {name: _seen(one) for name, one in launch.named.items()}
        made = launch.kernel.run(*args, grid=launch.grid, warmup=True, **named)
        if made.hash not in seen:
            seen.add(made.hash)
            yield launch.name, made


def _seen(value: Any) -> Any:
    return Pointer(value) if isinstance(value, torch.Tensor) else value


def figures_of(binary: Any) -> dict[str, Any]:
    """What a binary takes of a processor, and how it reads memory."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "kernel.cubin"
        path.write_bytes(binary.asm["cubin"])
        usage = _said("cuobjdump", "-res-usage", str(path))
        code = re.findall(r"^\s*/\*[0-9a-f]{4,}\*/\s+(.*?);", _said("nvdisasm", str(path)), re.M)
    names = [re.sub(r"^@!?U?P\w+\s+", "", line).split()[0] for line in code]
    loads = [one for one in names if one.startswith(("LDG", "LDGSTS"))]
    copies = [one for one in names if one.startswith("LDGSTS")]  # on their way while others run
    return {
        "registers": int(re.search(r"REG:(\d+)", usage)[1]),  # type: ignore[index]
        "local_bytes": int(re.search(r"STACK:(\d+)", usage)[1]),  # type: ignore[index]
        "shared_bytes": binary.metadata.shared,
        "instructions": len(names),
        "wide_loads": sum("128" in one for one in loads),
        "narrow_loads": sum("128" not in one for one in loads),
        "wide_copies": sum("128" in one for one in copies),
        "narrow_copies": sum("128" not in one for one in copies),
        "matrix_unit": any(one.startswith(("HGMMA", "HMMA", "IGMMA", "QGMMA")) for one in names),
    }


def _said(tool: str, *arguments: str) -> str:
    done = subprocess.run([_TOOLS / tool, *arguments], capture_output=True, text=True, check=True)
    return done.stdout


if __name__ == "__main__":
    main(sys.argv[1])
