"""Kernels compiled for an H200 that is not there: what their binaries take and how they read."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


def binaries(module: str, subject: str) -> list[dict[str, Any]]:
    """A line of figures for each binary that `module` compiles, outside of triton's interpreter."""
    environment = {name: value for name, value in os.environ.items() if name != "TRITON_INTERPRET"}
    command = [sys.executable, "-m", module, subject]
    with tempfile.TemporaryDirectory() as folder:
        environment |= {
            "TRITON_CACHE_DIR": folder,
            "TRITON_DEFAULT_FP_FUSION": "1",
            "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
        }
        done = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    made = [json.loads(line) for line in done.stdout.splitlines()]
    assert made, "no kernel was launched"
    return made


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
    stores = [one for one in names if one.startswith("STG")]
    return {
        "registers": int(re.search(r"REG:(\d+)", usage)[1]),  # type: ignore[index]
        "local_bytes": int(re.search(r"STACK:(\d+)", usage)[1]),  # type: ignore[index]
        "shared_bytes": binary.metadata.shared,
        "instructions": len(names),
        "wide_loads": sum("128" in one for one in loads),
        "narrow_loads": sum("128" not in one for one in loads),
        "wide_copies": sum("128" in one for one in copies),
        "narrow_copies": sum("128" not in one for one in copies),
        "wide_stores": sum("128" in one for one in stores),
        "narrow_stores": sum("128" not in one for one in stores),
        "matrix_unit": any(one.startswith(("HGMMA", "HMMA", "IGMMA", "QGMMA")) for one in names),
    }


def _said(tool: str, *arguments: str) -> str:
    import triton

    tools = Path(triton.__file__).parent / "backends" / "nvidia" / "bin"
    done = subprocess.run([tools / tool, *arguments], capture_output=True, text=True, check=True)
    return done.stdout
