"""Everything that is to be known about the engine on one GPU, unattended, in under ten minutes.

    python -m bench.gpu                                  the 3B shape in bfloat16 on cuda
    python -m bench.gpu --parts "G1 one lane,lanes"      some parts
    python -m bench.gpu --shape tiny --device cpu --dtype float32 --no-record      a dry run

Random weights are made on the device; nothing is read from a network. Every part has a budget of
seconds: what does not fit is cut short and says so. A part that fails is reported, one that hangs
or takes the device down is ended, and the others go on in a new process. The figures go to
`bench/gpu.json` and, as a table, to the end of `bench/RESULTS.md`.
"""

from __future__ import annotations

import argparse
import json
import queue
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from bench import results
from bench.gpu_report import markdown
from bench.gpu_worker import TINY

ROOT = Path(__file__).parent.parent
SECONDS = 570.0
_GRACE = 1.5
"""A part is ended when it takes so many times its budget, and a little."""
_GRACE_SECONDS = 20.0
_START_SECONDS = 120.0

Outcomes = dict[str, dict[str, Any]]


def main() -> None:
    options = _options()
    outcomes = run_parts(options)
    document = {"title": _title(options), "machine": results.machine(), "parts": outcomes}
    options.output.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    body = markdown(outcomes)
    print(body)
    if not options.no_record:
        results.append(_title(options), body)


def run_parts(options: argparse.Namespace) -> Outcomes:
    """Every part, by as many processes as it takes."""
    from bench.gpu_parts import PARTS

    wanted = options.parts.split(",") if options.parts else list(PARTS)
    unknown = [name for name in wanted if name not in PARTS]
    if unknown:
        raise SystemExit(f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}")
    end, outcomes = time.monotonic() + options.seconds, Outcomes()
    budget = min(1.0, options.seconds / SECONDS)
    while left := [name for name in wanted if name not in outcomes]:
        if time.monotonic() > end - 10:
            outcomes |= {name: {"failure": "no time was left"} for name in left}
            break
        before = len(outcomes)
        Worker(worker_command(options, left, budget), budget, end).follow(outcomes)
        if len(outcomes) == before:
            outcomes[left[0]] = {"failure": "the process ended before it began"}
    return {name: outcomes[name] for name in wanted}


def worker_command(options: argparse.Namespace, parts: list[str], budget: float) -> list[str]:
    command = [sys.executable, "-m", "bench.gpu_worker", "--parts", ",".join(parts)]
    for name in ("shape", "device", "dtype"):
        command += [f"--{name}", getattr(options, name)]
    return [*command, "--budget", str(budget)]


class Worker:
    """One process that works through parts."""

    def __init__(self, command: list[str], budget: float, end: float) -> None:
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        self._budget, self._end = budget, end
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def follow(self, outcomes: Outcomes) -> None:
        """Gather what it says until it ends, or has to be ended."""
        part, limit = None, time.monotonic() + _START_SECONDS
        try:
            while (message := self._next(min(limit, self._end))) is not None:
                part, limit = message.get("part"), self._limit(message)
                print(json.dumps(message), file=sys.stderr, flush=True)
                if message["event"] == "end":
                    outcomes[str(part)] = {
                        key: message[key] for key in message.keys() - {"event", "part"}
                    }
                    part = None
        finally:
            ended_itself = self._process.poll() is not None
            self._process.kill()
            code = self._process.wait()
            self._reader.join()
        if part is not None:
            why = f"the process ended with {code}" if ended_itself else "it was out of time"
            outcomes[part] = {"failure": why}

    def _limit(self, message: dict[str, Any]) -> float:
        from bench.gpu_parts import PARTS

        if message["event"] != "begin":
            return time.monotonic() + _GRACE_SECONDS
        seconds = PARTS[message["part"]][1] * self._budget
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
            if line.startswith("{"):
                return dict(json.loads(line))

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                self._lines.put(line)
        self._lines.put(None)


def _title(options: argparse.Namespace) -> str:
    return f"Engine on {options.device}, shape {options.shape}, {options.dtype}, random weights"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--shape", default="3B", help=f"3B, A, B or {TINY}")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--dtype", default="bfloat16")
    parser.add_argument("--parts", default="", help="names with commas between; all by default")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="for everything")
    parser.add_argument("--output", type=Path, default=ROOT / "bench" / "gpu.json")
    parser.add_argument("--no-record", action="store_true", help="leave RESULTS.md alone")
    return parser.parse_args()


if __name__ == "__main__":
    main()
