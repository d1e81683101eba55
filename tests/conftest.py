"""Test-wide switches: one thread, no network, slow tests only on request."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


def has_card() -> bool:
    """Asks torch, which takes seconds to load, only where something speaks for one: the program may
    be on no path, and a driver may be there without a torch that knows it."""
    devices = [*Path("/dev").glob("nvidia[0-9]*"), *Path("/dev").glob("dxg")]
    if not devices and shutil.which("nvidia-smi") is None:
        return False
    import torch

    return torch.cuda.is_available()


HAS_CARD = has_card()
if not HAS_CARD:  # fused kernels run in triton's interpreter
    os.environ.setdefault("TRITON_INTERPRET", "1")


def pytest_configure(config: pytest.Config) -> None:
    """Compilers and drivers warn of what is theirs to mend; our own warnings are tested by name."""
    if HAS_CARD:
        config.addinivalue_line("filterwarnings", "default")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="also run the tests that take minutes")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--slow"):
        return
    skip = pytest.mark.skip(reason="slow: run with --slow")
    for item in items:
        if "slow" in item.keywords:
            item.add_marker(skip)
