"""The GPU benchmark runs from end to end anywhere, and no part of it stops the others."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from bench import contact, contact_parts, gpu, gpu_checks, gpu_worker, part_runs
from bench.gpu_parts import PARTS
from bench.gpu_profile import covered, figures_of
from bench.gpu_report import markdown
from bench.lane_speed import Load
from bench.measurement import TINY
from bench.part_runs import PartRuns, failed, known_parts
from bench.quantized import quantized_roofline
from bench.rig import SMALL, Part, Rig
from bench.roofline import Roofline
from bench.shapes import PUBLIC
from model.checkpoint.random_model import random_model
from model.engine.decode_speed import measure_copying
from model.step.cuda_graph import StepGraph
from tests.model.step.test_cuda_graph import CONFIG, recorded
from tests.model.tape import TapeRecorder


def runs(parts: dict[str, float], **changes: Any) -> PartRuns:
    wanted = {"shape": TINY, "device": "cpu", "dtype": "float32", "seconds": 200.0} | changes
    return PartRuns(parts, **wanted)


def seconds_of(parts: Mapping[str, tuple[Part, float]]) -> dict[str, float]:
    return {name: seconds for name, (_, seconds) in parts.items()}


def test_a_dry_run_measures_every_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "gpu.json"
    monkeypatch.delenv("PYTHONPATH", raising=False)
    monkeypatch.setattr(
        "sys.argv",
        ["gpu", "--shape", TINY, "--device", "cpu", "--no-record", "--output", str(kept)],
    )
    gpu.main()
    document = json.loads(kept.read_text())
    assert list(document["parts"]) == list(PARTS)
    failures = {name: one for name, one in document["parts"].items() if "failure" in one}
    assert failures == {}
    assert document["versions"]["torch"] == version("torch") and document["machine"]
    exact = document["parts"]["G9 exactness"]["figures"]
    assert exact["fast"]["agrees"] and exact["exact"]["bit_equal"]
    quantized = document["parts"]["G2 quantized weights"]["figures"]
    assert quantized and all(one["agrees"] for one in quantized.values())
    assert "step: compiled" in document["parts"]["G1 one lane"]["figures"]["stepped_with"]
    assert "| G1 one lane |" in capsys.readouterr().out


def test_what_failed_on_a_device_is_told_before_the_device_is_asked_for_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An illegal access is said by whatever comes next, too, and the process is lost."""
    said: list[tuple[str, dict[str, Any]]] = []

    def fails(rig: Rig, deadline: object) -> dict[str, Any]:
        raise RuntimeError("CUDA error: an illegal memory access")

    def lost(rig: Rig) -> None:
        raise RuntimeError("CUDA error: again")

    monkeypatch.setattr(gpu_worker, "_parts", lambda: {"lanes": fails})
    monkeypatch.setattr(gpu_worker, "_clear", lost)
    monkeypatch.setattr(gpu_worker, "interpret_kernels", lambda: None)
    monkeypatch.setattr(gpu_worker, "say", lambda event, content: said.append((event, content)))
    argv = "worker --shape tiny --device cpu --dtype float32 --parts lanes=1"
    monkeypatch.setattr("sys.argv", argv.split())
    with pytest.raises(RuntimeError, match="again"):
        gpu_worker.main()
    assert [event for event, _ in said] == ["ready", "begin", "end"]
    assert "an illegal memory access" in said[-1][1]["failure"]


def test_the_budgets_of_all_parts_leave_room_to_start() -> None:
    assert sum(seconds_of(PARTS).values()) <= gpu.SECONDS - 30
    beginning = 8 * len(contact_parts.PARTS)
    assert sum(seconds_of(contact_parts.PARTS).values()) + beginning <= contact.SECONDS < 600


WORKER = """
import json, os, sys, time
for name in sys.argv[1].split(","):
    print(json.dumps({"event": "begin", "part": name}), flush=True)
    print(json.dumps({"event": "figures", "part": name, "figures": {"early": 2}}), flush=True)
    if name == "G3 many lanes":
        os._exit(7)
    if name == "G4 book":
        time.sleep(600)
    print("noise of a library", "{'config': 3}", '{"config": 3}', "3", sep="\\n", flush=True)
    print(json.dumps({"event": "end", "part": name, "figures": {"x": 1}}), flush=True)
"""


@pytest.mark.parametrize("shares_process", [True, False])
def test_a_part_that_dies_or_hangs_is_reported_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch, shares_process: bool
) -> None:
    """What it has told until then is kept, and was handed on at once."""
    asked: list[list[str]] = []

    def command(runs: PartRuns, parts: list[str]) -> list[str]:
        asked.append(parts)
        return [sys.executable, "-c", WORKER, ",".join(parts)]

    monkeypatch.setattr(PartRuns, "command", command)
    monkeypatch.setattr(part_runs, "_GRACE", 0.01)
    monkeypatch.setattr(part_runs, "_GRACE_SECONDS", 3.0)
    began, kept = time.monotonic(), []
    outcomes = runs(
        seconds_of(PARTS),
        shares_process=shares_process,
        keep=lambda outcomes, about: kept.append(json.dumps(outcomes)),
    ).run()
    assert list(outcomes) == list(PARTS)
    early = {"figures": {"early": 2}}
    assert outcomes.pop("G3 many lanes") == {"failure": "the process ended with 7"} | early
    assert outcomes.pop("G4 book") == {"failure": "it was out of time"} | early
    assert all(one == {"figures": {"x": 1}} for one in outcomes.values())
    assert any("early" in one and "G4 book" not in one for one in kept)
    assert len(asked) == 3 if shares_process else all(len(parts) == 1 for parts in asked)
    assert time.monotonic() - began < 60


def test_what_no_time_is_left_for_is_said() -> None:
    outcomes = runs(seconds_of(PARTS), seconds=1.0).run()
    assert {one["failure"] for one in outcomes.values()} == {"no time was left"}


def test_an_unknown_part_is_refused() -> None:
    with pytest.raises(SystemExit, match="no such part: G12"):
        known_parts("G1 one lane,G12", seconds_of(PARTS))


def test_wrong_numbers_count_as_a_failure_however_deep_they_lie() -> None:
    said = {
        "good": {"figures": {"float32": {"agrees": True}}},
        "off": {"figures": {"buckets": {"8 lanes": {"agrees": False}}}},
        "replayed": {"figures": {"buckets": [{"replay": {"bit_equal": False}}]}},
        "dead": {"failure": "it was out of time", "figures": {"agrees": True}},
    }
    assert failed(said) == ["off", "replayed", "dead"]


def test_the_report_tells_failures_and_sweeps_apart() -> None:
    row = dict.fromkeys(("lanes", "shared", "text", "frames", "step_ms", "times_real_time"), 1)
    said = markdown(
        {
            "G1 one lane": {"figures": {"step_ms": 1.9, "why": "a | b"}, "seconds": 3},
            "G4 book": {"failure": "it was out of time", "figures": {"speech_s": 7}},
            "lanes": {"figures": {"rows": [row | {"share_of_roofline": 0.5}], "left_out": 2}},
        }
    )
    assert "| G1 one lane | step_ms 1.9; why a / b |" in said
    assert "FAILED: it was out of time; speech_s 7" in said
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


def test_a_measurement_of_one_width_records_no_other() -> None:
    recorder = TapeRecorder()
    speaker = recorded(random_model(CONFIG, seed=21), recorder, by_keys=False, lanes=5)
    assert isinstance(speaker._step, StepGraph)
    speaker._step.records_ahead = False
    for _ in range(2):
        speaker._step.step(3, 64)
    assert len(recorder.tapes) == 1


def test_copies_are_of_random_bytes_that_differ_from_page_to_page(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    copied, copy = [], torch.Tensor.copy_

    def seen(target: torch.Tensor, source: torch.Tensor) -> torch.Tensor:
        copied.append(source)
        return copy(target, source)

    monkeypatch.setattr(torch.Tensor, "copy_", seen)
    assert measure_copying(torch.device("cpu")) > 0
    source = copied[0]
    assert len(source) == 1 << 28 and len(source[: 1 << 22].unique()) == 256
    assert not torch.equal(source[:4096], source[4096:8192])
