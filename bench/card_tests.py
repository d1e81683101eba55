"""The tests that run kernels, on the device that is here."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from bench.deadline import Deadline
from bench.part_runs import ROOT
from bench.rig import Rig

TESTS = (
    "tests/model/codes/test_noise.py",
    "tests/model/step/test_gpu_[!c]*.py",  # compiling for a card needs none
    "tests/model/prefill/test_many_lanes.py",
    "tests/tokenizer/codec/test_*snake.py",
    "tests/tokenizer/codec/test_*unit.py",
    "tests/tokenizer/codec/test_window_decoder.py",
)
_MOST_FAILURES = 10
_OUTCOME = re.compile(r"^(tests/\S+\.py)::.* (PASSED|FAILED|ERROR|SKIPPED|XFAIL)\b")
_END = re.compile(r"^=+ .* in [\d.]+s.* =+$")
_REASON = re.compile(r"^(?:FAILED|ERROR) (tests/\S+) - (.*)$")


def card_tests(rig: Rig, deadline: Deadline) -> dict[str, Any]:
    """How many passed, file by file, and what those said that failed. Without a card the first file
    stands for all: kernels are interpreted slowly."""
    files = _files(TESTS if rig.device.type == "cuda" else TESTS[:1])
    counts: dict[str, Counter[str]] = {}
    reasons: dict[str, str] = {}
    has_ended = False
    for line in _lines(files, deadline.left):
        if found := _OUTCOME.match(line):
            file, outcome = found[1], found[2].lower()
            if file not in counts:
                rig.tell({"files": _plain(counts)})
            counts.setdefault(file, Counter())[outcome] += 1
        elif (found := _REASON.match(line)) and len(reasons) < _MOST_FAILURES:
            reasons[found[1]] = found[2][:300]
        has_ended = has_ended or _END.match(line) is not None
    bad = sum(one["failed"] + one["error"] for one in counts.values())
    missing = [file for file in files if file not in counts]
    return {
        "files": _plain(counts),
        "failures": reasons,
        "did_not_run": missing,
        "has_ended": has_ended,
        "agrees": has_ended and not bad and not missing,
    }


def _files(patterns: Sequence[str]) -> list[str]:
    found = [one for pattern in patterns for one in sorted(ROOT.glob(pattern))]
    return [one.relative_to(ROOT).as_posix() for one in found]


def _lines(files: Sequence[str], seconds: float) -> Iterator[str]:
    """What pytest says while it runs, until it ends or its time does."""
    command = [sys.executable, "-m", "pytest", "-v", "-rfE", "--tb=no", "-W", "default"]
    command += ["-o", "addopts=", "--import-mode=importlib", "-p", "no:cacheprovider"]
    command += ["--continue-on-collection-errors", *files]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    timer = threading.Timer(seconds, process.kill)
    timer.start()
    try:
        with process.stdout as lines:
            yield from lines
    finally:
        timer.cancel()
        process.kill()
        process.wait()


def _plain(counts: dict[str, Counter[str]]) -> dict[str, dict[str, int]]:
    return {file: dict(one) for file, one in counts.items()}
