"""The GPU benchmark runs from end to end anywhere, and no part of it stops the others."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from bench import gpu, gpu_checks
from bench.gpu_parts import PARTS
from bench.gpu_profile import covered, figures_of
from bench.gpu_report import markdown
from bench.gpu_worker import TINY
from bench.lane_speed import Load
from bench.quantized import quantized_roofline
from bench.rig import SMALL, Rig
from bench.roofline import Roofline
from bench.shapes import PUBLIC


def options(tmp_path: Path, seconds: float = 200.0) -> argparse.Namespace:
    return argparse.Namespace(
        shape=TINY,
        device="cpu",
        dtype="float32",
        parts="",
        seconds=seconds,
        output=tmp_path / "gpu.json",
        no_record=True,
    )


def test_a_dry_run_measures_every_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(gpu, "_options", lambda: options(tmp_path))
    gpu.main()
    document = json.loads((tmp_path / "gpu.json").read_text())
    assert list(document["parts"]) == list(PARTS)
    failures = {name: one for name, one in document["parts"].items() if "failure" in one}
    assert failures == {}
    exact = document["parts"]["G9 exactness"]["figures"]
    assert exact["fast"]["agrees"] and exact["exact"]["bit_equal"]
    quantized = document["parts"]["G2 quantized weights"]["figures"]
    assert quantized and all(one["agrees"] for one in quantized.values())
    assert "| G1 one lane |" in capsys.readouterr().out


def test_the_budgets_of_all_parts_leave_room_to_start() -> None:
    assert sum(seconds for _, seconds in PARTS.values()) <= gpu.SECONDS - 30


WORKER = """
import json, os, sys, time
for name in sys.argv[1].split(","):
    print(json.dumps({"event": "begin", "part": name}), flush=True)
    if name == "G3 many lanes":
        os._exit(7)
    if name == "G4 book":
        time.sleep(600)
    print("noise of a library", flush=True)
    print(json.dumps({"event": "end", "part": name, "figures": {"x": 1}}), flush=True)
"""


def test_a_part_that_dies_or_hangs_is_reported_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        gpu, "worker_command", lambda o, left, b: [sys.executable, "-c", WORKER, ",".join(left)]
    )
    monkeypatch.setattr(gpu, "_GRACE", 0.01)
    monkeypatch.setattr(gpu, "_GRACE_SECONDS", 3.0)
    began = time.monotonic()
    outcomes = gpu.run_parts(options(tmp_path))
    assert list(outcomes) == list(PARTS)
    assert outcomes.pop("G3 many lanes") == {"failure": "the process ended with 7"}
    assert outcomes.pop("G4 book") == {"failure": "it was out of time"}
    assert all(one == {"figures": {"x": 1}} for one in outcomes.values())
    assert time.monotonic() - began < 60


def test_what_no_time_is_left_for_is_said(tmp_path: Path) -> None:
    outcomes = gpu.run_parts(options(tmp_path, seconds=1.0))
    assert {one["failure"] for one in outcomes.values()} == {"no time was left"}


def test_an_unknown_part_is_refused(tmp_path: Path) -> None:
    asked = options(tmp_path)
    asked.parts = "G1 one lane,G12"
    with pytest.raises(SystemExit, match="no such part: G12"):
        gpu.run_parts(asked)


def test_the_report_tells_failures_and_sweeps_apart() -> None:
    row = dict.fromkeys(("lanes", "shared", "text", "frames", "step_ms", "times_real_time"), 1)
    said = markdown(
        {
            "G1 one lane": {"figures": {"step_ms": 1.9, "why": "a | b"}, "seconds": 3},
            "G4 book": {"failure": "it was out of time"},
            "lanes": {"figures": {"rows": [row | {"share_of_roofline": 0.5}], "left_out": 2}},
        }
    )
    assert "| G1 one lane | step_ms 1.9; why a / b |" in said
    assert "FAILED: it was out of time" in said
    assert "Sweep: lanes (2 left out: no time)" in said


def test_the_roofline_is_that_of_the_published_shape() -> None:
    """Figures worked out by hand: 5.69 GB of weights, 114,688 bytes of keys per position."""
    roof = Roofline(PUBLIC, bytes_per_second=4.3e12, flops=790e12)
    assert roof.step_bytes == pytest.approx(5.69e9, rel=0.001)
    assert roof.position_bytes == 114_688
    assert roof.step_seconds(Load(1, 0, 0, 0)) == pytest.approx(1.323e-3, rel=0.001)
    shared = Load(128, 450, 75, 450)
    assert 128 / roof.step_seconds(shared) / 25 == pytest.approx(2170, rel=0.005)
    assert roof.share(shared, 2 * roof.step_seconds(shared)) == pytest.approx(0.5)


def test_quantized_weights_have_a_roofline_of_their_own() -> None:
    """2.87 GB: one byte for each weight of the layers, two for those of the head."""
    roof = quantized_roofline(Roofline(PUBLIC, bytes_per_second=4.3e12, flops=790e12))
    assert roof.step_bytes == pytest.approx(2.87e9, rel=0.002)
    assert roof.step_seconds(Load(1, 0, 0, 0)) == pytest.approx(0.667e-3, rel=0.003)


def test_busy_time_counts_overlaps_once() -> None:
    assert covered([(0, 4), (1, 2), (6, 7), (3, 5)]) == (6, 7)
    assert covered([]) == (0.0, 0.0)


def test_a_profile_counts_kernels_and_waits_by_step() -> None:
    def event(name: str, kind: torch.autograd.DeviceType, start: int, end: int) -> SimpleNamespace:
        span = SimpleNamespace(start=start, end=end)
        return SimpleNamespace(name=name, device_type=kind, time_range=span)

    gpu_kind, cpu_kind = torch.autograd.DeviceType.CUDA, torch.autograd.DeviceType.CPU
    events = [
        event("gemm", gpu_kind, 0, 3000),
        event("attend", gpu_kind, 3000, 4000),
        event("gemm", gpu_kind, 6000, 8000),
        event("cudaEventSynchronize", cpu_kind, 0, 9000),
        event("aten::mm", cpu_kind, 0, 10),
    ]
    figures = figures_of(events, steps=2)
    assert figures["busy_share"] == 0.75 and figures["kernels_per_step"] == 1.5
    assert figures["waits"] == {"cudaEventSynchronize": 1} and figures["waits_per_step"] == 0.5
    assert figures["slowest_kernels_ms_per_step"] == {"gemm": 2.5, "attend": 0.5}


def test_a_wrong_code_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    rig = Rig("T", "cpu", torch.float32, SMALL)
    spoken = gpu_checks._spoken

    def spoilt(*arguments, **named):  # type: ignore[no-untyped-def]
        takes = spoken(*arguments, **named)
        takes[0].codes[3, 1] = (takes[0].codes[3, 1] + 1) % 1024
        return takes

    assert gpu_checks.worst_regret(rig.model, SMALL, 1) < 1e-3
    monkeypatch.setattr(gpu_checks, "_spoken", spoilt)
    assert gpu_checks.worst_regret(rig.model, SMALL, 1) > 0.1
