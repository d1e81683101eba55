"""Takes are checked beside the speaking, answered in order, and nothing spoken is lost."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from higgs_cli.checks.checker import Shelf, TakeChecker
from higgs_cli.errors import (
    AudioTokenizationError,
    DeviceError,
    DiskFullError,
    MemoryExhaustedError,
)
from higgs_cli.files.place import LocalPlace
from higgs_cli.progress import ChunkProgress, SilentProgress
from higgs_cli.settings.views import TakeRules
from higgs_cli.speech.protocol import Ending, SpeechChunk, SpokenChunk
from higgs_cli.takes import take as take_file
from higgs_cli.takes.kept_sounds import sounds_of
from higgs_cli.takes.store import TakeStore
from higgs_cli.takes.take import Slate
from tests.fakes import FakeSpeech, FakeSynthesizer
from tests.plans import plan_of
from tests.rendering.test_render_loop import files
from tests.speaking import SpokenHere, speak

LINES = [(f"S{number % 4}", f"This is line number {number} of it.") for number in range(24)]
Decode = Callable[[np.ndarray], np.ndarray]


@dataclass
class Watched(FakeSynthesizer):
    """Tells who decodes, and lets a test come between."""

    before: Decode | None = None
    threads: set[str] = field(default_factory=set)

    def decode(self, codes: np.ndarray) -> np.ndarray:
        self.threads.add(threading.current_thread().name)
        if self.before is not None:
            self.before(codes)
        return super().decode(codes)


class Heard(SilentProgress):
    """Chunks in the order in which their takes were stored."""

    def __init__(self) -> None:
        self.order: list[int] = []

    def spoken(self, at: ChunkProgress, audio_seconds: float, verdict: str) -> None:
        self.order.append(at.chunk_number)


def spoken_by(store: Path, fake: FakeSynthesizer, retries: int = 3) -> tuple[SpokenHere, Heard]:
    heard = Heard()
    return speak(plan_of(LINES), store, fake, TakeRules(retries=retries), progress=heard), heard


def test_the_speaking_thread_never_decodes(tmp_path: Path) -> None:
    fake = Watched()
    spoken_by(tmp_path, fake)
    assert fake.threads and threading.main_thread().name not in fake.threads


@pytest.mark.parametrize("threads", [1, 4])
def test_takes_are_stored_in_the_order_they_were_spoken(tmp_path: Path, threads: int) -> None:
    fake = Watched(lane_count=8, thread_count=threads)
    fake.before = lambda codes: time.sleep(0.004 * (codes.shape[1] % 3))
    _, heard = spoken_by(tmp_path, fake)
    spoken = [next(n for n, line in enumerate(LINES) if line[1] == t) for t in fake.chunks_spoken]
    assert heard.order == spoken


@pytest.mark.parametrize("slow", [0.0, 0.01])
def test_slow_judging_changes_no_byte(tmp_path: Path, slow: float) -> None:
    def clipped(chunk: SpeechChunk, attempt: int) -> str | None:
        return "clipping" if "number 7" in chunk.text and attempt < 2 else None

    fake = Watched(mishap=clipped, lane_count=3)
    fake.before = lambda codes: time.sleep(slow)
    spoken_by(tmp_path / "slow", fake)
    spoken_by(tmp_path / "one", FakeSynthesizer(mishap=clipped, lane_count=1))
    assert files(tmp_path / "slow") == files(tmp_path / "one")


def test_never_more_takes_wait_than_there_are_lanes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, most = 0, 0
    give, finished = TakeChecker.give, FakeSpeech.answer

    def counted(checker: TakeChecker, *arguments: object) -> None:
        nonlocal given, most
        given += 1
        most = max(most, given)
        give(checker, *arguments)  # type: ignore[arg-type]

    def answered(speech: FakeSpeech, *arguments: object) -> None:
        nonlocal given
        given -= 1
        finished(speech, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(TakeChecker, "give", counted)
    monkeypatch.setattr(FakeSpeech, "answer", answered)
    fake = Watched(lane_count=3)
    fake.before = lambda codes: time.sleep(0.003)
    spoken_by(tmp_path, fake)
    assert 1 < most <= 3 and given == 0


def test_a_decoder_without_memory_means_fewer_lanes(tmp_path: Path) -> None:
    tried = 0

    def exhausted(codes: np.ndarray) -> np.ndarray:
        nonlocal tried
        tried += 1
        if tried == 3:
            raise MemoryExhaustedError("the device is out of memory")
        return codes

    fake = Watched(thread_count=1)
    fake.before = exhausted
    rendering, _ = spoken_by(tmp_path, fake)
    assert all(rendering.ledger.state(number).is_used for number in range(len(LINES)))


def test_codes_that_cannot_be_decoded_are_a_take_that_failed(tmp_path: Path) -> None:
    def unspeakable(codes: np.ndarray) -> np.ndarray:
        raise AudioTokenizationError("codes must lie in 0..1023")

    fake = Watched()
    fake.before = unspeakable
    rendering, _ = spoken_by(tmp_path, fake, retries=0)
    assert [finding.check for finding in rendering.ledger.state(0).records[0].findings] == [
        "unspoken"
    ]


def test_a_lost_device_is_the_same_error_and_what_was_spoken_before_is_kept(tmp_path: Path) -> None:
    tried = 0

    def lost(codes: np.ndarray) -> np.ndarray:
        nonlocal tried
        tried += 1
        if tried > 6:
            raise DeviceError("the GPU failed: an illegal memory access")
        return codes

    fake = Watched(thread_count=1)
    fake.before = lost
    with pytest.raises(DeviceError, match="illegal memory"):
        spoken_by(tmp_path, fake)
    assert len(list(tmp_path.glob("takes/*/*.take"))) == 6
    left = [thread.name for thread in threading.enumerate() if thread.name.startswith("checker")]
    assert not left, "no thread is left behind"


def test_what_was_spoken_before_a_stop_is_judged_and_stored(tmp_path: Path) -> None:
    class Stopped(Exception):
        pass

    spoken = 0

    def stop(chunk: SpeechChunk, attempt: int) -> str | None:
        nonlocal spoken
        if spoken == 7:
            raise Stopped
        spoken += 1
        return None

    fake = Watched(mishap=stop, thread_count=1)
    fake.before = lambda codes: time.sleep(0.02)
    with pytest.raises(Stopped):
        spoken_by(tmp_path, fake)
    assert len(list(tmp_path.glob("takes/*/*.take"))) == 7


def test_an_empty_take_needs_no_decoder(tmp_path: Path) -> None:
    fake = Watched()
    silence = np.zeros((8, 0), dtype=np.int16)

    store = TakeStore(tmp_path)
    with TakeChecker(fake) as checker:
        chunk, slate = plan_of(LINES).chunks[0], Slate("ab" * 32, {}, ())
        shelf = Shelf(store, sounds_of(store.sounds, fake))
        spoken = SpokenChunk("run", chunk.key, 0, silence, Ending.ENDED)
        checker.give(spoken, chunk, slate, shelf)
        (checked,) = checker.rest(5.0)
    assert checked.take is not None and not fake.threads
    assert checked.take.record.findings[0].check == "silent"


def test_takes_are_stored_beside_the_speaking(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing in the speaking thread waits for the disk, but for voices."""
    store, flushed, flush = tmp_path / "store", [], os.fsync
    TakeStore(store).open()

    def noted(handle: int) -> None:
        flushed.append(
            (threading.current_thread().name, Path(f"/proc/self/fd/{handle}").readlink())
        )
        flush(handle)

    monkeypatch.setattr(os, "fsync", noted)
    spoken_by(store, Watched())
    where = {name for name, path in flushed if "takes" in path.parts}
    assert where and all(name.startswith("checker") for name in where)
    assert len(flushed) >= 2 * len(LINES)


def test_a_lane_is_answered_when_its_take_is_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = FakeSpeech.answer

    def answered(speech: FakeSpeech, chunk: SpokenChunk, *rest: object) -> None:
        stored = [take_file.from_bytes(path.read_bytes(), "") for path in tmp_path.rglob("*.take")]
        assert any(np.array_equal(take.codes, chunk.codes) for take in stored)
        answer(speech, chunk, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(FakeSpeech, "answer", answered)
    spoken_by(tmp_path, Watched())


def test_a_take_that_cannot_be_stored_stops_the_render_and_no_other_is_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = 0
    write = LocalPlace.write_whole

    def full(place: LocalPlace, name: str, data: bytes) -> None:
        nonlocal written
        written += name.startswith("takes/")
        if written == 5:
            raise DiskFullError(f"the disk is full: cannot write {name}")
        write(place, name, data)

    monkeypatch.setattr(LocalPlace, "write_whole", full)
    with pytest.raises(DiskFullError, match=r"cannot write takes/.*\.0\.take"):
        spoken_by(tmp_path, Watched(thread_count=1, lane_count=8))
    assert written == 5 and len(list(tmp_path.glob("takes/*/*.take"))) == 4
