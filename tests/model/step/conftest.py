"""Kernels are interpreted where there is no card: see `tests/conftest.py`, which decides."""

from __future__ import annotations

import os

from bench.interpreter import interpret_kernels

if os.environ.get("TRITON_INTERPRET") == "1":
    interpret_kernels()
