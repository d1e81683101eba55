"""The first contact with a card, rehearsed without one: it runs, and sees what is wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from bench import buckets, card_tests, contact, forced_logits
from bench.contact_parts import PARTS
from bench.deadline import Deadline
from bench.device_costs import _product_costs, device_costs, step_products
from bench.rig import SMALL, Rig
from tests.conftest import has_card

ROOT = Path(__file__).parents[2]
REHEARSAL = ("--shape", "tiny", "--device", "cpu", "--no-record", "--seconds", "3000")


def rehearsed(tmp_path: Path, parts: str) -> tuple[int, dict[str, dict]]:
    """From the command line, with nothing set outside."""
    kept = tmp_path / "contact.json"
    command = [sys.executable, "-m", "bench.contact", *REHEARSAL, "--output", str(kept)]
    outside = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run([*command, "--parts", parts], cwd=ROOT, env=outside, capture_output=True)
    return done.returncode, json.loads(kept.read_text())["parts"]


def test_a_rehearsal_finds_our_numbers_to_be_those_of_transformers(tmp_path: Path) -> None:
    code, parts = rehearsed(tmp_path, "transformers")
    found = parts["transformers"]["figures"]["float32"]
    assert found["agrees"] and found["positions"] == 24 + 4 + 4 + 9
    assert code == 0


def test_tests_are_counted_as_they_end_and_those_that_fail_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One file ends badly, one cannot be read, and one does not end in time."""
    told, rig = [], Rig("T", "cpu", torch.float32, SMALL)
    rig.say = told.append
    lines = [
        "tests/a.py::test_good[8 lanes] PASSED   [ 10%]\n",
        "tests/b.py::test_bad FAILED   [ 20%]\n",
        "FAILED tests/b.py::test_bad - AssertionError: lane 3\n",
        "ERROR tests/c.py - ModuleNotFoundError: no such thing\n",
    ]
    files = ["tests/a.py", "tests/b.py", "tests/c.py"]
    monkeypatch.setattr(card_tests, "_files", lambda patterns: files)
    monkeypatch.setattr(rig, "device", torch.device("cuda", 0))
    monkeypatch.setattr(card_tests, "_lines", lambda files, seconds: iter(lines))
    found = card_tests.card_tests(rig, Deadline(5))
    assert found["files"] == {"tests/a.py": {"passed": 1}, "tests/b.py": {"failed": 1}}
    assert found["failures"]["tests/b.py::test_bad"] == "AssertionError: lane 3"
    assert found["did_not_run"] == ["tests/c.py"]
    assert not found["has_ended"] and not found["agrees"] and told


@pytest.mark.slow
def test_a_rehearsal_of_everything_ends_well(tmp_path: Path) -> None:
    code, parts = rehearsed(tmp_path, ",".join(PARTS))
    assert list(parts) == list(PARTS)
    assert code == 0, {name: one for name, one in parts.items() if "failure" in one}


def test_costs_are_told_one_by_one_for_as_long_as_there_is_time() -> None:
    told, rig = [], Rig("T", "cpu", torch.float32, SMALL)
    rig.say = told.append
    left = device_costs(rig, Deadline(0))
    assert [*rig.told] == [key for one in told for key in one] and rig.told["read_TB_per_s"] > 0
    assert rig.told["node_us, 1 rows"]["add"] > 0 and left == {"products_left_out": 5}
    product = step_products(rig.config)["out"]
    assert set(_product_costs(rig, *product)) == {
        f"{rows} rows {layout}" for rows in (1, 3) for layout in ("[in, out]", "[out, in]")
    }


def test_what_is_right_comes_before_what_is_fast() -> None:
    order = [name.partition(" ")[0] for name in PARTS]
    assert order[:5] == ["tests", "kernels", "transformers", "buckets", "costs"]
    assert order[5:] == ["G1", "G3", "G7", "G4", "G6", "G8", "G9"]


def test_a_network_that_is_not_theirs_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    rig = Rig("T", "cpu", torch.float32, SMALL)
    theirs = forced_logits._theirs
    monkeypatch.setattr(forced_logits, "_theirs", lambda *given: 1.01 * theirs(*given))
    forced_logits.beside_transformers(rig, Deadline(60))
    assert rig.told["float32"]["agrees"] is False


@pytest.mark.slow
def test_a_replay_that_leaves_other_bits_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("triton", reason="fused kernels need triton")
    monkeypatch.setattr(buckets, "recorder_for", lambda device: Forgetful())
    rig = Rig("T", "cpu", torch.float32, SMALL)
    buckets.every_bucket(rig, Deadline(1))
    (row,) = rig.told["buckets"].values()
    assert row["agrees"] and not row["replay"]["bit_equal"]


class Forgetful:
    """Its recordings do nothing."""

    def record(self, step):  # type: ignore[no-untyped-def]
        step()
        return lambda: None


ALONE = """
import sys
for name in ("soundfile", "soxr", "librosa", "av", "numba", "llvmlite", "pydub", "typer", "rich"):
    sys.modules[name] = None
import bench.contact, bench.gpu_worker, bench.gpu_parts
"""


def test_help_shows_a_newcomer_the_first_call_a_rehearsal_and_the_parts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["contact", "--help"])
    with pytest.raises(SystemExit):
        contact.main()
    said = capsys.readouterr().out
    assert "--shape tiny --device cpu --no-record    a rehearsal" in said
    assert all(name in " ".join(said.split()) for name in PARTS)


def test_where_there_is_no_card_no_part_is_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "contact.json"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr("sys.argv", ["contact", "--output", str(kept)])
    with pytest.raises(SystemExit, match="a rehearsal: python -m bench"):
        contact.main()
    assert not kept.exists()


def test_what_is_measured_once_more_in_less_time_has_the_time_that_it_needs() -> None:
    """A second call of two minutes for two parts is not two minutes for all of them."""
    measured, some = contact.CONTACT, {"G1 one lane": 35.0, "buckets": 50.0}
    everything = dict(measured.seconds_of_part)
    assert measured.budget_share(everything, measured.seconds) == 1
    assert measured.budget_share(some, measured.seconds) == 1
    assert measured.budget_share(some, 130) == 1
    assert measured.budget_share(some, 30) < 0.3
    assert measured.budget_share(everything, measured.seconds / 2) == pytest.approx(0.5)
    assert measured.budget_share(some, 2 * measured.seconds) == 2


def test_a_contact_needs_nothing_that_only_the_command_line_needs() -> None:
    done = subprocess.run([sys.executable, "-c", ALONE], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_program_on_the_path_is_not_yet_a_card(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert has_card() == torch.cuda.is_available()
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert has_card()
