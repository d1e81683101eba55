"""How fast this machine has rendered before: seconds of audio per second, by model and device.

Kept in the user's cache, so that a plan can say how long the render will take.
"""

from __future__ import annotations

from higgs_cli.files.user_cache import recall, remember

CACHE = "rates"
SHARE_OF_THE_NEW = 0.5
"""A new measurement counts as much as all before it."""


def recall_rate(model: str, device: str) -> float | None:
    """Times real time, or None where nothing was rendered yet."""
    rate = _read().get(_name(model, device))
    return rate if isinstance(rate, float) and rate > 0 else None


def remember_rate(model: str, device: str, times_real_time: float) -> None:
    """Keep what a render has measured."""
    if times_real_time <= 0:
        return
    rates = _read()
    before = rates.get(_name(model, device), times_real_time)
    rates[_name(model, device)] = before + SHARE_OF_THE_NEW * (times_real_time - before)
    remember(CACHE, rates)


def _name(model: str, device: str) -> str:
    return f"{model} on {device}"


def _read() -> dict[str, float]:
    rates = recall(CACHE)
    return {name: float(rate) for name, rate in rates.items() if isinstance(rate, (int, float))}
