"""How fast this machine has rendered before: seconds of audio per second, by model and device.

Kept in the user's cache folder, so that a plan can say how long the render will take. Losing it
costs nothing but that sentence.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

SHARE_OF_THE_NEW = 0.5
"""A new measurement counts as much as all before it."""


def recall_rate(model: str, device: str) -> float | None:
    """Times real time, or None where nothing was rendered yet."""
    rate = _read().get(_name(model, device))
    return rate if isinstance(rate, float) and rate > 0 else None


def remember_rate(model: str, device: str, times_real_time: float) -> None:
    """Keep what a render has measured; a cache that cannot be written is no mishap."""
    if times_real_time <= 0:
        return
    rates = _read()
    before = rates.get(_name(model, device), times_real_time)
    rates[_name(model, device)] = before + SHARE_OF_THE_NEW * (times_real_time - before)
    path = _path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_suffix(f".{os.getpid()}.part")
        aside.write_text(json.dumps(rates, indent=2))
        aside.replace(path)
    except OSError:
        return


def _name(model: str, device: str) -> str:
    return f"{model} on {device}"


def _path() -> Path:
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path("~/.cache").expanduser())
    return Path(cache) / "higgs" / "rates.json"


def _read() -> dict[str, float]:
    try:
        rates = json.loads(_path().read_text())
    except (OSError, ValueError, RuntimeError):
        return {}
    if not isinstance(rates, dict):
        return {}
    return {
        str(name): float(rate) for name, rate in rates.items() if isinstance(rate, (int, float))
    }
