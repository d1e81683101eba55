"""Through the door: runs that come while others are spoken, and codes for whoever asks for them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from higgs_cli.checkpoints.find import find_checkpoint
from higgs_cli.settings.views import ModelChoice
from higgs_cli.speech.higgs.synthesizer import open_synthesizer
from higgs_cli.speech.protocol import (
    Accept,
    BurstSpoken,
    LanesIdle,
    Sampling,
    SpeechChunk,
    SpeechEvent,
    SpeechRun,
    SpokenChunk,
    Synthesizer,
    VoiceReference,
)
from higgs_cli.speech.run_queue import RunQueue
from tests.fakes import FakeSynthesizer
from tests.tiny_checkpoint import write_checkpoint


@pytest.fixture(params=["the real engine", "the fake"])
def synthesizer(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Synthesizer:
    if request.param == "the fake":
        return FakeSynthesizer()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = write_checkpoint(tmp_path / "checkpoint")
    settings = ModelChoice(model=str(folder), device="cpu", lanes=3, max_seconds=4)
    return open_synthesizer(find_checkpoint(settings), settings)


def run(name: str, *lines: str) -> SpeechRun:
    chunks = tuple(SpeechChunk(f"{name} {line}", line, 20, 5) for line in lines)
    return SpeechRun(name, "", (VoiceReference("ANN"),), chunks, 2)


RUNS = [run("one", "Yes.", "Perhaps."), run("two", "No.")]


def codes(events: list[SpeechEvent]) -> dict[str, list[list[int]]]:
    return {one.chunk_key: one.codes.tolist() for one in events if isinstance(one, SpokenChunk)}


def test_a_run_added_when_all_is_said_is_spoken_as_if_it_had_been_there(
    synthesizer: Synthesizer,
) -> None:
    def said(queue: RunQueue[SpeechRun], later: list[SpeechRun]) -> list[SpeechEvent]:
        events, speech = [], synthesizer.speak(queue, Sampling(), seed=0, lane_count=2)
        for event in speech:
            events.append(event)
            if isinstance(event, SpokenChunk):
                speech.answer(event, Accept())
            elif isinstance(event, LanesIdle):
                queue.add(later.pop()) if later else queue.close()
        return events

    one_by_one = said(RunQueue(), RUNS[::-1])
    assert one_by_one.count(LanesIdle()) == 3
    assert codes(one_by_one) == codes(said(RunQueue(RUNS), []))


def test_bursts_carry_codes_only_for_whoever_asks(synthesizer: Synthesizer) -> None:
    for asks in (False, True):
        parts: dict[str, list[np.ndarray]] = {}
        speech = synthesizer.speak(RUNS, Sampling(), 0, 2, stream_codes=asks)
        for event in speech:
            if isinstance(event, BurstSpoken):
                for one in event.frames:
                    parts.setdefault(one.chunk_key, []).append(one.codes)
            elif isinstance(event, SpokenChunk):
                speech.answer(event, Accept())
                streamed = parts.pop(event.chunk_key, None)
                assert (streamed is not None) == asks
                if streamed is not None:
                    assert np.array_equal(np.concatenate(streamed, axis=1), event.codes)
