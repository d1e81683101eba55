"""A render that can be killed: a child process made by fork, with a fake synthesizer in it."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from higgs_cli import pipeline
from higgs_cli.app import main
from tests.fakes import FakeSynthesizer

OPERATIONS = {"open", "os.rename", "os.remove", "os.mkdir", "os.listdir", "os.truncate"}


@dataclass(frozen=True)
class ChildEnd:
    """How a child ended, and how many chunks it spoke."""

    exit_code: int | None
    signal_number: int | None
    operations: int
    spoken: int


def write_script(folder: Path, chunk_count: int) -> None:
    lines = [
        f"[SPEAKER{number % 3}] This is line number {number}." for number in range(chunk_count)
    ]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "book.txt").write_text("\n".join(lines) + "\n")


def render_in_child(
    folder: Path,
    *argv: str,
    kill_at_operation: int | None = None,
    kill_after_seconds: float | None = None,
    prepare: Callable[[], None] | None = None,
) -> ChildEnd:
    """`higgs render book.txt …` in a child; counts its file operations, and kills it at one."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        _run_child(folder, argv, kill_at_operation, kill_after_seconds, prepare, writer)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        said = pipe.read().split()
    _, status = os.waitpid(child, 0)
    operations, spoken = (int(said[0]), int(said[1])) if len(said) == 2 else (0, 0)
    if os.WIFSIGNALED(status):
        return ChildEnd(None, os.WTERMSIG(status), operations, spoken)
    return ChildEnd(os.WEXITSTATUS(status), None, operations, spoken)


def _run_child(
    folder: Path,
    argv: tuple[str, ...],
    kill_at_operation: int | None,
    kill_after_seconds: float | None,
    prepare: Callable[[], None] | None,
    writer: int,
) -> None:
    """Never returns."""
    code = 99
    try:
        _silence(folder)
        os.chdir(folder)
        fake = FakeSynthesizer()
        pipeline.open_higgs = lambda settings: fake  # type: ignore[assignment,return-value]
        counted = _count_operations(kill_at_operation)
        if kill_after_seconds is not None:
            _kill_later(kill_after_seconds)
        if prepare is not None:
            prepare()
        code = main(["render", "book.txt", "-o", "book.wav", *argv])
        os.write(writer, f"{counted[0]} {len(fake.chunks_spoken)}".encode())
    finally:
        os._exit(code)


def _silence(folder: Path) -> None:
    """Talk goes to a file, so that a test can read it."""
    log = os.open(folder / "log.txt", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115


def _count_operations(kill_at: int | None) -> list[int]:
    counted = [0]

    def count(event: str, arguments: tuple[object, ...]) -> None:
        if event in OPERATIONS:
            counted[0] += 1
            if counted[0] == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)
    return counted


def _kill_later(seconds: float) -> None:
    def kill() -> None:
        time.sleep(seconds)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=kill, daemon=True).start()


def results(folder: Path) -> dict[str, bytes]:
    """The final files and every take; no temporary file may be among them."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name not in ("log.txt", "lock"):
            found[str(path.relative_to(folder))] = path.read_bytes()
    return found


def leftovers(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if ".partial" in path.name] + [
        path.name for path in folder.rglob("spool/*")
    ]
