"""A render that is killed, at any point, goes on and ends as one that was not."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

import pytest

from tests.helpers import start_fake
from tests.reliability.renders import leftovers, render_in_child, results, write_script


def whole_render(folder: Path, chunk_count: int) -> tuple[dict[str, bytes], int]:
    write_script(folder, chunk_count)
    end = render_in_child(folder)
    assert (end.exit_code, end.spoken) == (0, chunk_count)
    return results(folder), end.operations


def resume_and_compare(folder: Path, whole: dict[str, bytes]) -> int:
    end = render_in_child(folder)
    assert end.exit_code == 0
    assert results(folder) == whole
    assert leftovers(folder) == []
    return end.spoken


def kill_at_points(tmp_path: Path, chunk_count: int, points: int, seed: int) -> None:
    whole, operations = whole_render(tmp_path / "whole", chunk_count)
    chance = random.Random(seed)
    for index in range(points):
        folder = tmp_path / f"cut-{index}"
        write_script(folder, chunk_count)
        end = render_in_child(folder, kill_at_operation=chance.randrange(1, operations))
        assert end.signal_number == signal.SIGKILL
        stored = len(list(folder.rglob("takes/*/*.take")))
        spoken = resume_and_compare(folder, whole)
        # What a lane had spoken but not stored is spoken again: one chunk, and no more.
        assert spoken == chunk_count - stored


def test_killed_at_file_operations(tmp_path: Path) -> None:
    kill_at_points(tmp_path, chunk_count=12, points=8, seed=1)


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_killed_at_a_hundred_file_operations(tmp_path: Path) -> None:
    kill_at_points(tmp_path, chunk_count=200, points=100, seed=2)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_killed_at_twenty_moments(tmp_path: Path) -> None:
    began = time.monotonic()
    whole, _ = whole_render(tmp_path / "whole", 200)
    lasted = time.monotonic() - began
    chance = random.Random(3)
    for index in range(20):
        folder = tmp_path / f"cut-{index}"
        write_script(folder, 200)
        render_in_child(folder, kill_after_seconds=chance.uniform(0.0, lasted))
        resume_and_compare(folder, whole)


def test_killed_ten_times_in_a_row(tmp_path: Path) -> None:
    whole, operations = whole_render(tmp_path / "whole", 12)
    folder = tmp_path / "cut"
    write_script(folder, 12)
    for _ in range(10):
        render_in_child(folder, kill_at_operation=operations // 4)
    resume_and_compare(folder, whole)


@pytest.mark.parametrize(
    ("signal_number", "exit_code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)]
)
def test_a_first_signal_stops_cleanly_and_names_the_command_that_goes_on(
    tmp_path: Path, signal_number: int, exit_code: int
) -> None:
    write_script(tmp_path, 40)
    child = start_fake(
        tmp_path, "render", "book.txt", "-o", "book.wav", options="seconds_per_chunk=0.2"
    )
    wait_for_takes(tmp_path, 3)
    child.send_signal(signal_number)
    asked = time.monotonic()
    _, said = child.communicate(timeout=20)
    assert time.monotonic() - asked < 5
    assert child.returncode == exit_code
    assert said.splitlines()[-1] == "hint: to continue: higgs render book.txt -o book.wav"
    assert "Traceback" not in said
    stored = len(list(tmp_path.rglob("takes/*/*.take")))
    end = render_in_child(tmp_path)
    assert (end.exit_code, end.spoken) == (0, 40 - stored)


def test_a_second_signal_stops_at_once(tmp_path: Path) -> None:
    write_script(tmp_path, 40)
    child = start_fake(
        tmp_path, "render", "book.txt", "-o", "book.wav", options="seconds_per_chunk=0.2"
    )
    wait_for_takes(tmp_path, 1)
    os.kill(child.pid, signal.SIGINT)
    os.kill(child.pid, signal.SIGINT)
    child.communicate(timeout=10)
    assert child.returncode == 130


def wait_for_takes(folder: Path, count: int) -> None:
    deadline = time.monotonic() + 120
    while len(list(folder.rglob("takes/*/*.take"))) < count:
        assert time.monotonic() < deadline, "the render did not begin"
        time.sleep(0.02)
