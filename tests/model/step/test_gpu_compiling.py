"""Kernels that are only interpreted here can be compiled for an H200 as well."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("triton", reason="fused kernels need triton")

SCRIPT = Path(__file__).with_name("compile_kernels.py")


KERNELS = (
    "product in fp8",
    "attention in fp8",
    *(
        pytest.param(one, marks=pytest.mark.slow)
        for one in ("product in int8", "attention in int8", "attention")
    ),
)


@pytest.mark.parametrize("kernels", KERNELS)
def test_kernels_can_be_compiled_for_a_gpu(kernels: str, tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "TRITON_INTERPRET"}
    environment |= {"TRITON_CACHE_DIR": str(tmp_path), "TRITON_DEFAULT_FP_FUSION": "1"}
    done = subprocess.run(
        [sys.executable, str(SCRIPT), kernels], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
