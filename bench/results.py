"""Append a measurement to `RESULTS.md`, with the machine, the versions and the date."""

from __future__ import annotations

import datetime
import os
import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import torch

RESULTS = Path(__file__).with_name("RESULTS.md")


def machine() -> str:
    """What this ran on, without naming the host."""
    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    features = torch.backends.cpu.get_cpu_capability()
    return f"{os.cpu_count()}-core {platform.machine()}, {features}"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(row) + " |" for row in (header, ["---"] * len(header), *rows)]
    return "\n".join(lines)


def append(title: str, body: str) -> None:
    """Add a dated section to the end of the record."""
    date = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d")
    where = f"{machine()}, torch {torch.__version__}, transformers {version('transformers')}"
    with RESULTS.open("a", encoding="utf-8") as record:
        record.write(f"\n## {title} ({date})\n\n{where}\n\n{body}\n")
