"""The tests that run kernels, on the device that is here."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from bench.deadline import Deadline
from bench.part_runs import ROOT
from bench.rig import Rig

TESTS = (
    "tests/model/codes/test_noise.py",
    "tests/model/step/test_gpu_draw.py",
    "tests/model/step/test_gpu_kernels.py",
    "tests/model/step/test_gpu_products.py",
    "tests/model/prefill/test_many_lanes.py",
    "tests/tokenizer/codec/test_masked_snake.py",
    "tests/tokenizer/codec/test_window_decoder.py",
)
_MOST_FAILURES = 10


def card_tests(rig: Rig, deadline: Deadline) -> dict[str, Any]:
    """How many passed, file by file, and what those said that failed. Without a card the first file
    stands for all: kernels are interpreted slowly."""
    files = TESTS if rig.device.type == "cuda" else TESTS[:1]
    counts: dict[str, str] = {}
    failures: dict[str, str] = {}
    for file in files:
        if not deadline.holds(1.0):
            counts[file] = "left out: no time"
            continue
        outcome, failed = _outcome(file, deadline.left)
        counts[file], failures = outcome, failures | failed
        rig.tell({"files": counts, "failures": dict(list(failures.items())[:_MOST_FAILURES])})
    done = all("passed" in one for one in counts.values())
    return {"agrees": done and not failures}


def _outcome(file: str, seconds: float) -> tuple[str, dict[str, str]]:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-W", "default", "-o", "addopts="]
        command += ["--import-mode=importlib", "-p", "no:cacheprovider", f"--junitxml={report}"]
        try:
            done = subprocess.run(
                [*command, file],
                cwd=ROOT,
                capture_output=True,
                text=True,
                timeout=seconds,
            )
        except subprocess.TimeoutExpired:
            return "out of time", {}
        if not report.exists():
            return "did not begin", {file: (done.stdout + done.stderr)[-300:]}
        return _read(report)


def _read(report: Path) -> tuple[str, dict[str, str]]:
    suite = ElementTree.parse(report).getroot()[0]
    failures = {}
    for case in suite.iter("testcase"):
        for problem in (*case.findall("failure"), *case.findall("error")):
            failures[str(case.get("name"))] = str(problem.get("message"))[:300]
    skipped = int(suite.get("skipped", 0))
    passed = int(suite.get("tests", 0)) - skipped - len(failures)
    counted = f"{passed} passed, {skipped} skipped, {len(failures)} failed"
    return f"{counted}, {float(suite.get('time', 0)):.1f} s", failures
