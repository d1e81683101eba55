"""Whoever listens may go away: the work goes on, and what was lost is said in one line."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers import ROOT, Ran, fake_entry
from tests.reliability.renders import results, write_script

RENDER = "render book.txt -o book.wav"


def in_shell(folder: Path, command: str) -> Ran:
    """`command` after `higgs`, with its redirections; the exit code is that of higgs."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "XDG_CACHE_HOME": str(folder / "cache"),
        "HIGGS_ENTRY": fake_entry(),
    }
    line = f'"{sys.executable}" -c "$HIGGS_ENTRY" {command}; exit ${{PIPESTATUS[0]}}'
    done = subprocess.run(
        ["bash", "-c", line],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "Traceback" not in done.stderr and "Exception" not in done.stderr, done.stderr
    return Ran(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("whole")
    write_script(folder, 6)
    assert in_shell(folder, RENDER).exit_code == 0
    return results(folder)


@pytest.mark.parametrize(
    ("redirection", "exit_code"),
    [
        ("| head -1", 0),
        ("--json | head -1", 0),
        ("2>&1 | head -1", 0),
        ("2>&1 | true", 0),
        ("2>&-", 0),
        ("2>/dev/full", 0),
        ("<&-", 0),
        (">&-", 1),
        (">/dev/full", 1),
        ("--json >/dev/full", 1),
        (">/dev/full 2>/dev/full", 1),
        ("<&- >&- 2>&-", 1),
    ],
)
def test_a_render_ends_as_it_would_have(
    tmp_path: Path, whole: dict[str, bytes], redirection: str, exit_code: int
) -> None:
    write_script(tmp_path, 6)
    ran = in_shell(tmp_path, f"{RENDER} {redirection}")
    assert ran.exit_code == exit_code
    assert results(tmp_path) == whole
    if exit_code and "2>" not in redirection:
        assert "error: results could not be written" in ran.stderr.splitlines()[-1]


@pytest.mark.parametrize("command", ["plan book.txt", "--help", "voices list", "plan --help"])
def test_results_that_cannot_be_written_are_told(tmp_path: Path, command: str) -> None:
    write_script(tmp_path, 2)
    for place in (">&-", ">/dev/full"):
        ran = in_shell(tmp_path, f"{command} {place}")
        assert ran.exit_code == 1 and ran.stderr.count("\n") == 1, ran.stderr
    assert in_shell(tmp_path, f"{command} | head -1").exit_code == 0
    assert in_shell(tmp_path, f"{command} 2>&-").exit_code == 0


def test_a_closed_input_is_an_empty_one(tmp_path: Path) -> None:
    assert in_shell(tmp_path, "plan - <&-").exit_code == 2
    assert in_shell(tmp_path, "render - -o a.wav <&-").exit_code == 2


def test_a_terminal_that_closes_is_not_an_error_of_ours(
    tmp_path: Path, whole: dict[str, bytes]
) -> None:
    """Its bar is drawn into nothing; as under `nohup`, the render goes on to its end."""
    write_script(tmp_path, 6)
    master, slave = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-c", fake_entry("seconds_per_chunk=0.1"), *RENDER.split()],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(tmp_path / "cache")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=slave,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),
    )
    os.close(slave)
    os.read(master, 10)
    os.close(master)
    assert child.wait(60) == 0
    assert results(tmp_path) == whole
