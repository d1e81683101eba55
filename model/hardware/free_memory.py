"""How much memory a device has, and how much of it is free now.

On a CPU a container's limit counts where it is the tighter one. What cannot be found out is None:
then nothing is planned by it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import torch

_CONTAINER = Path("/sys/fs/cgroup")
_MACHINE = Path("/proc/meminfo")


@dataclass(frozen=True)
class DeviceMemory:
    """In bytes."""

    free_bytes: int
    total_bytes: int
    is_apart: bool = False
    """A device with memory of its own: weights may lie in the host's instead."""


def device_memory(device: torch.device) -> DeviceMemory | None:
    """Of the device as it is now, before anything of ours is on it."""
    if device.type == "cuda":
        free, total = torch.cuda.mem_get_info(device)
        return DeviceMemory(free, total, is_apart=True)
    return host_memory()


def host_memory(machine: Path = _MACHINE, container: Path = _CONTAINER) -> DeviceMemory | None:
    """The machine's memory, or the container's share of it."""
    found = _machine_memory(machine)
    if found is None:
        return None
    limit, used = _number(container / "memory.max"), _number(container / "memory.current")
    if limit is None or used is None or limit >= found.total_bytes:
        return found
    free = limit - used + _inactive_file(container / "memory.stat")
    return DeviceMemory(max(0, min(found.free_bytes, free)), limit)


def _machine_memory(path: Path) -> DeviceMemory | None:
    try:
        rows = dict(line.split(":", 1) for line in path.read_text().splitlines())
        free, total = (int(rows[name].split()[0]) for name in ("MemAvailable", "MemTotal"))
    except (OSError, ValueError, KeyError):
        return _all_of_it()
    return DeviceMemory(free * 1024, total * 1024)


def _all_of_it() -> DeviceMemory | None:
    """Where only the size is known, three quarters are taken for free."""
    try:
        total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return None
    return DeviceMemory(total * 3 // 4, total) if total > 0 else None


def _inactive_file(path: Path) -> int:
    """Pages of files that a container counts as used and gives up when asked."""
    try:
        rows = dict(line.split(" ", 1) for line in path.read_text().splitlines())
        return int(rows["inactive_file"])
    except (OSError, ValueError, KeyError):
        return 0


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):  # not there, or "max"
        return None
