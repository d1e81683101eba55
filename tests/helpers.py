"""The command line as a person meets it: argv in; exit code, stdout, stderr and files out."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from higgs_cli import pipeline
from higgs_cli.app import main
from tests.fakes import FakeSynthesizer

ROOT = Path(__file__).parent.parent
AT_ONCE_SECONDS = 5.0
"""A second on a quiet machine; who waits for somebody else waits until the test is ended."""


@dataclass(frozen=True)
class Ran:
    """What came of a command."""

    exit_code: int
    stdout: str
    stderr: str


class CommandLine:
    """Runs commands in a folder of their own, with a fake synthesizer in the model's place."""

    def __init__(
        self,
        folder: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        self.folder = folder
        self.synthesizer = FakeSynthesizer()
        self._capsys = capsys
        monkeypatch.chdir(folder)
        monkeypatch.setattr(pipeline, "open_higgs", lambda settings: self.synthesizer)

    def __call__(self, *argv: str) -> Ran:
        self._capsys.readouterr()
        code = main(list(argv))
        captured = self._capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path


FAKE_ENTRY = """
import sys
from higgs_cli import pipeline
from tests.fakes import FakeSynthesizer
pipeline.open_higgs = lambda settings: FakeSynthesizer({options})
from higgs_cli.__main__ import run
sys.argv[0] = "higgs"
run()
"""


def fake_entry(options: str = "") -> str:
    """Python that is `higgs` with a fake synthesizer."""
    return FAKE_ENTRY.format(options=options)


def start_fake(
    folder: Path, *argv: str, options: str = "", before: str = ""
) -> subprocess.Popen[str]:
    """The same in a process of its own, to be signalled and killed; `before`: Python that comes
    before it."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, "-c", before + fake_entry(options), *argv],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=hears_signals,
    )


def hears_signals() -> None:
    """In a child: also where this process was told to ignore them, as a shell does with `&`."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def stands_still(child: subprocess.Popen[Any]) -> bool:
    """Stop a process where it is, so that nothing of it depends on time; false if it has ended."""
    if child.poll() is not None:
        return False
    os.kill(child.pid, signal.SIGSTOP)
    found = os.waitid(os.P_PID, child.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
    return found is not None and found.si_code == os.CLD_STOPPED
