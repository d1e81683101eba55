"""Parts of a measurement, each within a limit, by processes that may hang or die.

A fault of the device takes a whole process with it: the other parts go on in a new one. What is
known is handed on at once, so that a measurement that is cut short has measured something.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
_GRACE = 1.5
"""A part is ended when it takes so many times its budget, and a little."""
_GRACE_SECONDS = 20.0
_START_SECONDS = 120.0
_LEAST_SECONDS = 10.0

Outcomes = dict[str, dict[str, Any]]
About = dict[str, Any]


@dataclass(frozen=True)
class PartRuns:
    """What is measured on which device."""

    seconds_of_part: Mapping[str, float]
    """Budgets, in the order of the parts."""
    shape: str
    device: str
    dtype: str
    seconds: float
    """For everything."""
    budget_share: float = 1.0
    """Of every budget, where there is less time than all of them take, or more."""
    shares_process: bool = True
    """Parts share a process, and what it has loaded, for as long as it lives."""
    keep: Callable[[Outcomes, About], None] = lambda outcomes, about: None
    """Called whenever more is known."""
    about: About = field(default_factory=dict)
    """The machine and its versions, as the processes tell them."""

    def run(self) -> Outcomes:
        """Every part, by as many processes as it takes."""
        end, outcomes = time.monotonic() + self.seconds, Outcomes()
        while left := [name for name in self.seconds_of_part if name not in outcomes]:
            if time.monotonic() > end - _LEAST_SECONDS:
                outcomes |= {name: {"failure": "no time was left"} for name in left}
                break
            before = len(outcomes)
            parts = left if self.shares_process else left[:1]
            Worker(self.command(parts), self, end).follow(outcomes)
            if len(outcomes) == before:
                outcomes[left[0]] = {"failure": "the process ended before it began"}
        self.keep(outcomes, self.about)
        return {name: outcomes[name] for name in self.seconds_of_part}

    def command(self, parts: list[str]) -> list[str]:
        wanted = ",".join(
            f"{name}={self.seconds_of_part[name] * self.budget_share:g}" for name in parts
        )
        command = [sys.executable, "-m", "bench.gpu_worker", "--parts", wanted]
        return [*command, "--shape", self.shape, "--device", self.device, "--dtype", self.dtype]

    def environment(self) -> dict[str, str]:
        """Nothing needs to be set outside; drivers of rented machines lie aside."""
        return os.environ | {
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "HF_HUB_OFFLINE": "1",
            "TRITON_INTERPRET": "0",
            "PATH": f"{os.environ.get('PATH', '')}:/usr/local/nvidia/bin",
        }


def known_parts(wanted: str, parts: Mapping[str, float]) -> dict[str, float]:
    """Those that are named, with commas between, or all."""
    names = wanted.split(",") if wanted else list(parts)
    unknown = [name for name in names if name not in parts]
    if unknown:
        raise SystemExit(f"no such part: {', '.join(unknown)}; there are {', '.join(parts)}")
    return {name: parts[name] for name in names}


def failed(outcomes: Outcomes) -> list[str]:
    """Parts that did not end well, or found numbers that are not as they should be."""
    return [name for name, one in outcomes.items() if "failure" in one or _disagrees(one)]


def _disagrees(value: Any) -> bool:
    if isinstance(value, Mapping):
        wrong = value.get("agrees") is False or value.get("bit_equal") is False
        return wrong or any(_disagrees(one) for one in value.values())
    return isinstance(value, list) and any(_disagrees(one) for one in value)


def _message(line: str) -> dict[str, Any] | None:
    """Libraries print as well, and what they print may look like one."""
    try:
        said = json.loads(line)
    except ValueError:
        return None
    return said if isinstance(said, dict) and "event" in said else None


class Worker:
    """One process that works through parts."""

    def __init__(self, command: list[str], runs: PartRuns, end: float) -> None:
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=runs.environment()
        )
        self._runs, self._end = runs, end
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def follow(self, outcomes: Outcomes) -> None:
        """Gather what it says until it ends, or has to be ended."""
        part, limit = None, time.monotonic() + _START_SECONDS
        known: dict[str, Any] = {}
        try:
            while (message := self._next(min(limit, self._end))) is not None:
                print(json.dumps(message), file=sys.stderr, flush=True)
                event = message.pop("event")
                part = message.pop("part", None)
                if event == "ready":
                    self._runs.about.update(message["about"])
                if event == "figures":
                    known |= message["figures"]
                    self._keep(outcomes | {str(part): {"figures": known}})
                    continue
                limit = self._limit(event, part)
                if event == "end":
                    outcomes[str(part)] = message
                    self._keep(outcomes)
                    part = None
                known = {}
        finally:
            ended_itself = self._process.poll() is not None
            self._process.kill()
            code = self._process.wait()
            self._reader.join()
        if part is not None:
            why = f"the process ended with {code}" if ended_itself else "it was out of time"
            outcomes[part] = {"failure": why} | ({"figures": known} if known else {})

    def _keep(self, outcomes: Outcomes) -> None:
        self._runs.keep(outcomes, self._runs.about)

    def _limit(self, event: str, part: str | None) -> float:
        if event != "begin":
            return time.monotonic() + _GRACE_SECONDS
        seconds = self._runs.seconds_of_part[str(part)] * self._runs.budget_share
        return time.monotonic() + _GRACE * seconds + _GRACE_SECONDS

    def _next(self, limit: float) -> dict[str, Any] | None:
        """The next message; None at the end of them, or of the time for it."""
        while True:
            try:
                line = self._lines.get(timeout=max(0.1, limit - time.monotonic()))
            except queue.Empty:
                return None
            if line is None:
                self._process.wait()
                return None
            if (message := _message(line)) is not None:
                return message

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                self._lines.put(line)
        self._lines.put(None)
