"""Ears hear in processes of their own, which end with whoever has begun them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from higgs_cli.audio.clip import AudioClip
from higgs_cli.errors import HearingFailedError
from higgs_cli.listening.ears import EarProcesses
from higgs_cli.listening.hearing import Hearing
from higgs_cli.listening.listener import ListenerSource
from tests.fake_ears import HOP, MODULE
from tests.helpers import ROOT


def source(**settings: str) -> ListenerSource:
    return ListenerSource(MODULE, "fake", settings, "a fake")


def tones(count: int) -> AudioClip:
    """So many, with silence between."""
    frames = np.tile([0.0, 0.2], count)
    return AudioClip(np.repeat(frames, HOP).astype(np.float32), 24_000)


def counts(found: list[object]) -> list[int]:
    return [len(each.words) for each in found if isinstance(each, Hearing)]


def test_ears_hear_what_their_listener_hears(tmp_path: Path) -> None:
    with EarProcesses(source()) as ears:
        first = ears.hear(lambda: [tones(3), tones(1)])
        second = ears.hear(lambda: [tones(2)], at_once=True)
        assert counts(first.result()) == [3, 1] and counts(second.result()) == [2]


def test_an_ear_that_dies_is_begun_again(tmp_path: Path) -> None:
    died = tmp_path / "died"
    with EarProcesses(source(dies=str(died), times="1")) as ears:
        assert counts(ears.hear(lambda: [tones(3)]).result()) == [3]
        assert counts(ears.hear(lambda: [tones(4)]).result()) == [4]
    assert died.read_text() == "died\n"


def test_an_ear_that_dies_twice_of_the_same_is_an_error(tmp_path: Path) -> None:
    with EarProcesses(source(dies=str(tmp_path / "died"), times="9")) as ears:
        future = ears.hear(lambda: [tones(3)])
        with pytest.raises(HearingFailedError, match="has ended twice"):
            future.result()


def test_what_a_listener_refuses_is_said(tmp_path: Path) -> None:
    with EarProcesses(source(refuses="no model there")) as ears:
        with pytest.raises(HearingFailedError, match="no model there") as refused:
            ears.hear(lambda: [tones(1)]).result()
        assert refused.value.hint == "another one"


def test_what_cannot_be_sounded_is_told_to_who_asks(tmp_path: Path) -> None:
    def gone() -> list[AudioClip]:
        raise LookupError("gone")

    with EarProcesses(source()) as ears:
        with pytest.raises(LookupError, match="gone"):
            ears.hear(gone).result()
        assert counts(ears.hear(lambda: [tones(1)]).result()) == [1]


def test_leaving_drops_what_has_not_begun(tmp_path: Path) -> None:
    with EarProcesses(source()) as ears:
        futures = [ears.hear(lambda: [tones(1)]) for _ in range(500)]
    assert all(future.done() for future in futures)
    assert any(future.cancelled() for future in futures)


def test_processes_end_when_whoever_began_them_is_killed() -> None:
    code = (
        "import os, sys, time; from tests.listening.test_ears import *\n"
        "ears = EarProcesses(source()); print(counts(ears.hear(lambda: [tones(2)]).result()))\n"
        "print(ears._processes[0]._process.pid, flush=True); time.sleep(60)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True
    ) as child:
        try:
            assert child.stdout is not None
            assert child.stdout.readline() == "[2]\n"
            ear = Path("/proc") / child.stdout.readline().strip()
            assert ear.exists()
        finally:
            child.kill()
    deadline = time.monotonic() + 20
    while ear.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not ear.exists()
