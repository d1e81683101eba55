"""`higgs studio` tells where its page is, serves it until it is stopped, refuses what is none."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import ROOT, CommandLine, hears_signals, start_fake
from tests.studio.desks import TALK

ADDRESS = re.compile(r"open (http://127\.0\.0\.1:\d+)/\?token=(\S+)")
PATIENCE_SECONDS = 120.0


@pytest.fixture
def higgs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "passing"))
    (tmp_path / "passing").mkdir()
    higgs = CommandLine(tmp_path, monkeypatch, capsys)
    higgs.write("talk.txt", TALK)
    return higgs


@contextmanager
def running(child: subprocess.Popen[str]) -> Iterator[tuple[str, str]]:
    """Its address and token; interrupted at the end."""
    assert child.stdout is not None
    try:
        said = ADDRESS.search(child.stdout.readline())
        assert said, child.stderr.read() if child.stderr else ""
        yield said[1], said[2]
        child.send_signal(signal.SIGINT)
        _, told = child.communicate(timeout=PATIENCE_SECONDS)
        assert told == "", told
    finally:
        child.kill()
        child.communicate()


def asked(address: tuple[str, str], path: str, body: Any = None) -> Any:
    headers = {"Authorization": f"Bearer {address[1]}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address[0] + path, data, headers)
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read())


def ended(address: tuple[str, str], number: int) -> Any:
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        tasks = {each["number"]: each for each in asked(address, "/api/state")["tasks"]}
        if tasks[number]["state"] not in ("waiting", "running"):
            return tasks[number]
        time.sleep(0.05)
    raise AssertionError("a task that never ends")


def test_it_serves_until_it_is_stopped_and_leaves_nothing_behind(higgs: CommandLine) -> None:
    child = start_fake(higgs.folder, "studio", "talk.txt", "--port", "0")
    with running(child) as address:
        assert asked(address, "/api/books")[0]["name"] == "talk.txt"
        assert asked(address, "/api/books/0")["totals"]["missing"] == 5
    assert child.returncode == 130
    assert list((higgs.folder / "passing").iterdir()) == []
    assert sorted(path.name for path in higgs.folder.iterdir() if path.is_file()) == ["talk.txt"]


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ("nowhere.txt", "no such file"),
        ("empty", "holds no script"),
        ("other.json", "not a manifest"),
        ("-", "stdin cannot be changed"),
        ("broken.txt", "luagh"),
    ],
)
def test_what_is_no_book_is_one_line(higgs: CommandLine, named: str, told: str) -> None:
    (higgs.folder / "empty").mkdir()
    higgs.write("other.json", "{}")
    higgs.write("broken.txt", "Nobody spoke. [luagh]\n")
    ran = higgs("studio", named)
    assert ran.exit_code == 2 and told in ran.stderr and "Traceback" not in ran.stderr


def test_a_port_that_is_taken_is_told_at_once(higgs: CommandLine) -> None:
    child = start_fake(higgs.folder, "studio", "talk.txt", "--port", "0")
    with running(child) as (address, _):
        ran = higgs("studio", "talk.txt", "--port", address.rpartition(":")[2])
        assert ran.exit_code == 2 and "cannot listen" in ran.stderr


@pytest.mark.slow
def test_with_the_model_that_comes_with_it_a_render_afterwards_speaks_nothing(
    higgs: CommandLine,
) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}

    def start(*argv: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "higgs_cli", *argv],
            cwd=higgs.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=hears_signals,
        )

    with running(start("studio", "talk.txt", "--port", "0")) as address:
        line = asked(address, "/api/books/0/chapters/0")["lines"][0]
        task = asked(address, "/api/books/0/chapters/0/speak", {})
        assert ended(address, task["number"])["state"] == "done"
        seen = asked(address, f"/api/books/0/lines/{line['id']}")["seen"]
        task = asked(address, f"/api/books/0/lines/{line['id']}/retake", {"seen": seen})
        assert ended(address, task["number"])["result"] == {"spoken": 1}
        shape = asked(address, f"/api/books/0/lines/{line['id']}/takes/1/shape")
        assert shape["seconds"] > 0.3 and len(shape["words"]) == 3
        task = asked(address, "/api/books/0/master", {})
        assert ended(address, task["number"])["result"]["files"] == ["talk.wav"]
    render = start("render", "talk.txt")
    _, told = render.communicate(timeout=PATIENCE_SECONDS)
    assert render.returncode == 0 and "5 chunks, 0 of them spoken now" in told, told
