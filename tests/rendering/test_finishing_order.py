"""What is rendered follows from plan, settings and earlier takes: never from who is ready first."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from higgs_cli.checkpoints.find import find_checkpoint
from higgs_cli.settings.views import ModelChoice, TakeRules
from higgs_cli.speech.higgs.synthesizer import HiggsSynthesizer, open_synthesizer
from higgs_cli.speech.protocol import (
    Answer,
    LanesParked,
    Sampling,
    SideDecoder,
    SpeechChunk,
    SpeechEvent,
    SpokenChunk,
)
from higgs_cli.takes.take import Verdict
from tests.fakes import FakeSpeech, FakeSynthesizer
from tests.helpers import CommandLine
from tests.plans import plan_of
from tests.rendering.test_render_loop import files
from tests.speaking import speak
from tests.tiny_checkpoint import write_checkpoint

SCRIPT = "".join(
    f"[SPEAKER{number % 3}] This is line number {number} of the talk.\n\n" for number in range(12)
)
MOST_TRIES = 16
"""Two renders may take the same order by chance."""
LINES = [(f"S{number % 3}", f"Line {number}.") for number in range(6)]


def mishaps(chunk: SpeechChunk, attempt: int) -> str | None:
    """A third of the lines fail at first, two of them always."""
    if "number 7 " in chunk.text or "number 10 " in chunk.text:
        return "endless"
    return "clipping" if len(chunk.text) + attempt < 40 and chunk.key[0] in "0123456" else None


@dataclass
class Shuffled(FakeSynthesizer):
    """Lanes take their turns, judges come to their ends and answers are given as chance has it."""

    chance: random.Random = field(default_factory=random.Random)

    def speak(self, *arguments: object, **options: object) -> FakeSpeech:
        return ShuffledSpeech(super().speak(*arguments, **options), self.chance)  # type: ignore

    def decode(self, codes: np.ndarray) -> np.ndarray:
        time.sleep(self.chance.choice([0, 0, 0.001, 0.004]))
        return super().decode(codes)


class ShuffledSpeech:
    """Hands answers on late, in an order of its own, and holds events back."""

    def __init__(self, speech: FakeSpeech, chance: random.Random) -> None:
        self._speech, self._chance = speech, chance
        self._answers: list[tuple[SpokenChunk, Answer]] = []

    def answer(self, chunk: SpokenChunk, answer: Answer) -> None:
        self._answers.append((chunk, answer))

    def __iter__(self) -> Iterator[SpeechEvent]:
        for event in self._speech:
            has_to = isinstance(event, LanesParked)
            self._chance.shuffle(self._answers)
            while self._answers and (has_to or self._chance.random() < 0.3):
                self._speech.answer(*self._answers.pop())
                has_to = False
            yield event


def everything(folder: Path) -> dict[str, bytes]:
    """All that a render has left, but the lock."""
    paths = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock")
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def test_takes_audio_and_manifest_do_not_follow_the_order_of_finishing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    left, orders = [], set()
    for seed in range(MOST_TRIES):
        if len(orders) == 4:
            break
        folder = tmp_path / str(seed)
        folder.mkdir()
        higgs = CommandLine(folder, monkeypatch, capsys)
        speaker = Shuffled if seed else FakeSynthesizer
        higgs.synthesizer = speaker(lane_count=5, mishap=mishaps, thread_count=1 + seed % 4)
        if isinstance(higgs.synthesizer, Shuffled):
            higgs.synthesizer.chance = random.Random(seed)
        higgs.write("book.txt", SCRIPT)
        ran = higgs("render", "book.txt", "-o", "book.wav", "--retries", "2")
        assert ran.exit_code == 1, ran.stderr
        orders.add(tuple(higgs.synthesizer.chunks_spoken))
        left.append(everything(folder))
    assert any(name.endswith(".json") for name in left[0])
    assert sum(name.endswith(".take") for name in left[0]) > 12 + 4
    assert len(orders) == 4, "chance has done its work"
    for other in left[1:]:
        assert other == left[0]


class LateDecoder:
    """A side decoder whose threads come to their ends as chance has it."""

    def __init__(self, decoder: SideDecoder, chance: random.Random) -> None:
        self._decoder, self._chance = decoder, chance
        self.thread_count = 3
        self.decodes_as = decoder.decodes_as

    def decode(self, codes: np.ndarray) -> np.ndarray:
        samples = self._decoder.decode(codes)
        time.sleep(self._chance.choice([0, 0.002, 0.01]))
        return samples


def test_takes_of_the_real_engine_do_not_follow_the_order_of_finishing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In exact mode, with retries, in one lane and in several."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    checkpoint = write_checkpoint(tmp_path / "checkpoint")
    sampling = Sampling(retry_temperature=0.6)
    stores = []
    for seed, lanes in enumerate((1, 4, 3)):
        choice = ModelChoice(model=str(checkpoint), device="cpu", lanes=lanes, max_seconds=4)
        synthesizer = open_synthesizer(find_checkpoint(choice), choice)
        late = LateDecoder(HiggsSynthesizer.side_decoder(synthesizer), random.Random(seed))
        monkeypatch.setattr(synthesizer, "side_decoder", lambda late=late: late)
        store = tmp_path / f"store {seed}"
        rendering = speak(
            plan_of(LINES), store, synthesizer, TakeRules(retries=1), sampling=sampling
        )
        verdicts = {
            record.verdict
            for number in range(len(LINES))
            for record in rendering.ledger.state(number).records
        }
        assert Verdict.FAIL in verdicts, "something is spoken again"
        stores.append(files(store))
    assert stores[0] and stores[1:] == [stores[0]] * 2
