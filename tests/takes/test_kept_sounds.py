"""What was decoded to be checked is not decoded again, and no byte of the audio knows of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from higgs_cli import pipeline
from higgs_cli.checkpoints.find import find_checkpoint
from higgs_cli.checks import signal as take_checks
from higgs_cli.errors import DeviceError
from higgs_cli.jobs.render_job import ScriptFile, job_of
from higgs_cli.pipeline import Book
from higgs_cli.progress import SilentProgress
from higgs_cli.settings.table import Settings
from higgs_cli.settings.views import ModelChoice, TakeRules
from higgs_cli.speech.higgs.synthesizer import HiggsSynthesizer, open_synthesizer
from higgs_cli.speech.protocol import Synthesizer
from higgs_cli.takes.kept_sounds import LOOK_AHEAD, KeptSounds, codes_digest
from higgs_cli.takes.settled import SpokenPlan
from tests.checks.test_checker import LINES, Watched
from tests.fakes import FakeSynthesizer
from tests.plans import plan_of
from tests.speaking import speak
from tests.tiny_checkpoint import write_checkpoint

FEW = [(("ANN", "BEN")[number % 2], f"Line {number}.") for number in range(4)]
NO_ROOM = 0


def codes_of(number: int, frames: int = 5) -> np.ndarray:
    return np.full((8, frames), number, dtype=np.int16)


class Counting(FakeSynthesizer):
    """Counts what it decodes, and where."""

    def __init__(self, **options: int) -> None:
        super().__init__(**options)  # type: ignore[arg-type]
        self.decoded: list[str] = []
        self.threads: set[str] = set()

    def decode(self, codes: np.ndarray) -> np.ndarray:
        self.decoded.append(codes_digest(codes))
        self.threads.add(threading.current_thread().name)
        return super().decode(codes)


def written(
    folder: Path, synthesizer: Synthesizer, lines: list[tuple[str, str]], most_bytes: int
) -> tuple[bytes, bytes]:
    """The audio and the manifest of a render into a store that may hold takes already."""
    plan, output, sounds = plan_of(lines), folder / "book.wav", KeptSounds(most_bytes)
    here = speak(plan, folder / "book.higgs", synthesizer, TakeRules(retries=0), sounds=sounds)
    spoken = SpokenPlan(synthesizer.description, here.chapters, here.ledger.voice_takes())
    job = job_of(ScriptFile("book.txt"), output, Settings())
    store = here.ledger.store
    pipeline.finished(Book(job, plan), spoken, store, synthesizer, sounds, SilentProgress())
    return output.read_bytes(), output.with_suffix(".json").read_bytes()


def test_a_take_is_decoded_once_and_never_by_the_main_thread(tmp_path: Path) -> None:
    fake = Counting()
    written(tmp_path, fake, LINES, 1 << 30)
    assert len(fake.decoded) == len(LINES) and len(set(fake.decoded)) == len(LINES)
    assert threading.main_thread().name not in fake.threads


def test_the_audio_is_the_same_whether_sounds_were_kept_or_not(tmp_path: Path) -> None:
    """Kept, with room for a few, with room for none, and resumed: the takes are all stored."""
    room_for_some = 4 * FakeSynthesizer().decode(codes_of(1, 100)).nbytes
    ways = {"kept": 1 << 30, "some": room_for_some, "none": NO_ROOM}
    results = {}
    for name, most_bytes in ways.items():
        (tmp_path / name).mkdir()
        fake = Counting()
        results[name] = written(tmp_path / name, fake, LINES, most_bytes)
        extra = len(fake.decoded) - len(LINES)
        assert extra == {"kept": 0, "none": len(LINES)}.get(name, extra)
        assert name != "some" or 0 < extra < len(LINES)
    resumed = Counting()
    results["resumed"] = written(tmp_path / "kept", resumed, LINES, 1 << 30)
    assert not resumed.chunks_spoken and len(resumed.decoded) == len(LINES)
    assert len({audio for audio, _ in results.values()}) == 1
    assert len({manifest for _, manifest in results.values()}) == 1


@pytest.fixture
def synthesizer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> HiggsSynthesizer:
    """The real codec; takes of random weights are let pass."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(take_checks, "check_take", lambda evidence: ())
    folder = write_checkpoint(tmp_path / "checkpoint")
    settings = ModelChoice(model=str(folder), device="cpu", lanes=3, max_seconds=4)
    return open_synthesizer(find_checkpoint(settings), settings)


def test_the_real_codec_writes_the_same_audio_either_way(
    synthesizer: HiggsSynthesizer, tmp_path: Path
) -> None:
    kept = written(tmp_path, synthesizer, FEW, 1 << 30)
    resumed = written(tmp_path, synthesizer, FEW, NO_ROOM)
    assert kept == resumed and len(kept[0]) > 24000


def test_a_failed_take_is_not_kept(tmp_path: Path) -> None:
    fake = Watched(mishap=lambda chunk, attempt: "clipping" if attempt == 0 else None)
    here = speak(plan_of(LINES), tmp_path, fake, TakeRules(retries=1))
    assert len(here.sounds._samples) == len(LINES)


def test_what_is_taken_out_leaves_room() -> None:
    sounds, sound = KeptSounds(most_bytes=4000), np.zeros(600, dtype=np.float32)
    sounds.keep(codes_of(1), sound)
    sounds.keep(codes_of(1), sound)
    sounds.keep(codes_of(2), sound)
    assert sounds.take_out(codes_digest(codes_of(2))) is None, "there was no room"
    assert sounds.take_out(codes_digest(codes_of(1))) is sound
    assert sounds.take_out(codes_digest(codes_of(1))) is None
    sounds.keep(codes_of(2), sound)
    assert sounds.take_out(codes_digest(codes_of(2))) is sound


def test_sounds_come_in_order_and_only_a_little_ahead() -> None:
    fake = Watched(thread_count=2)
    fake.before = lambda codes: time.sleep(0.002 * (codes[0, 0] % 3))  # type: ignore[assignment]
    asked: list[int] = []

    def takes() -> Iterator[np.ndarray | None]:
        for number in range(20):
            asked.append(number)
            yield None if number % 7 == 3 else codes_of(number)

    for place, samples in enumerate(KeptSounds().in_order(takes(), fake)):
        assert len(asked) <= place + 2 + LOOK_AHEAD * fake.thread_count
        if place % 7 == 3:
            assert samples is None
        else:
            assert samples is not None
            assert np.array_equal(samples, FakeSynthesizer().decode(codes_of(place)))
    assert asked == list(range(20))


def test_an_error_reaches_who_asks_and_leaves_no_thread() -> None:
    def lost(codes: np.ndarray) -> np.ndarray:
        raise DeviceError("the GPU failed")

    fake = Watched(before=lost)
    with pytest.raises(DeviceError, match="GPU failed"):
        list(KeptSounds().in_order(map(codes_of, range(9)), fake))
    stopped = KeptSounds().in_order(map(codes_of, range(9)), FakeSynthesizer())
    next(stopped)
    stopped.close()  # type: ignore[attr-defined]
    assert not [one.name for one in threading.enumerate() if one.name.startswith("decode")]
