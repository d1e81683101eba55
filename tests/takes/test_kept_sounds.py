"""What was decoded to be checked is not decoded again, and no byte of the audio knows of it."""

from __future__ import annotations

import os
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from higgs_cli.checkpoints.find import find_checkpoint
from higgs_cli.checks import signal as take_checks
from higgs_cli.errors import DiskFullError
from higgs_cli.files.place import LocalPlace
from higgs_cli.jobs.book import Book
from higgs_cli.jobs.finishing import finished
from higgs_cli.jobs.render_job import ScriptFile, job_of
from higgs_cli.progress import SilentProgress
from higgs_cli.settings.table import Settings
from higgs_cli.settings.views import ModelChoice, TakeRules
from higgs_cli.speech.higgs.synthesizer import HiggsSynthesizer, open_synthesizer
from higgs_cli.speech.protocol import Synthesizer
from higgs_cli.takes import sound_files as sound_format
from higgs_cli.takes.kept_sounds import codes_digest, sounds_of
from higgs_cli.takes.settled import SpokenPlan
from higgs_cli.takes.sound_files import LEFT_FREE_BYTES
from higgs_cli.takes.store import TakeStore
from tests.checks.test_checker import LINES, Watched
from tests.fakes import FakeSynthesizer
from tests.plans import plan_of
from tests.speaking import speak
from tests.tiny_checkpoint import write_checkpoint

FEW = [(("ANN", "BEN")[number % 2], f"Line {number}.") for number in range(4)]


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
    folder: Path, synthesizer: Synthesizer, lines: list[tuple[str, str]]
) -> tuple[bytes, bytes]:
    """The audio and the manifest of a render into a store that may hold takes already."""
    plan, output = plan_of(lines), folder / "book.wav"
    here = speak(plan, folder / "book.higgs", synthesizer, TakeRules(retries=0))
    spoken = SpokenPlan(synthesizer.description, here.chapters, here.ledger.voice_takes())
    job = job_of(ScriptFile("book.txt"), output, Settings())
    store = here.ledger.store
    finished(Book(job, plan), spoken, store, here.sounds, SilentProgress())
    return output.read_bytes(), output.with_suffix(".json").read_bytes()


def sound_files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.sound"))


def store_in(folder: Path) -> TakeStore:
    store = TakeStore(folder)
    store.open()
    return store


def test_a_take_is_decoded_once_and_never_by_the_main_thread(tmp_path: Path) -> None:
    fake = Counting()
    written(tmp_path, fake, LINES)
    assert len(fake.decoded) == len(LINES) and len(set(fake.decoded)) == len(LINES)
    assert threading.main_thread().name not in fake.threads


def test_the_audio_is_the_same_whether_sounds_were_kept_or_not(tmp_path: Path) -> None:
    """Kept, some of them lost, none left, and none that could be written."""
    fake = Counting()
    results = [written(tmp_path, fake, LINES)]
    for kept_count in (len(LINES), 5, 0):
        for path in sound_files(tmp_path)[kept_count:]:
            path.unlink()
        (tmp_path / "book.json").unlink()
        again = Counting()
        results.append(written(tmp_path, again, LINES))
        assert not again.chunks_spoken and len(again.decoded) == len(LINES) - kept_count
    assert len(set(results)) == 1


def test_a_full_disk_means_that_takes_are_decoded_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise DiskFullError("the disk is full")

    (tmp_path / "kept").mkdir()
    kept = written(tmp_path / "kept", FakeSynthesizer(), LINES)
    monkeypatch.setattr(LocalPlace, "write_passing", full)
    fake = Counting()
    assert written(tmp_path, fake, LINES) == kept
    assert len(fake.decoded) == 2 * len(LINES)


def test_takes_come_before_sounds_where_there_is_little_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LocalPlace, "free_bytes", lambda place: LEFT_FREE_BYTES)
    written(tmp_path, FakeSynthesizer(), LINES)
    assert not sound_files(tmp_path)


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
    kept = written(tmp_path, synthesizer, FEW)
    assert len(sound_files(tmp_path)) == len(FEW)
    shutil.rmtree(tmp_path / "book.higgs" / "sounds")
    (tmp_path / "book.json").unlink()
    resumed = written(tmp_path, synthesizer, FEW)
    assert kept == resumed and len(kept[0]) > 24000


def test_a_failed_take_is_not_kept(tmp_path: Path) -> None:
    fake = Watched(mishap=lambda chunk, attempt: "clipping" if attempt == 0 else None)
    speak(plan_of(LINES), tmp_path, fake, TakeRules(retries=1))
    assert len(sound_files(tmp_path)) == len(LINES)


@pytest.mark.parametrize("place", [0, 20, 49, 52, 60, 64, 2000, -1])
def test_one_wrong_bit_anywhere_means_decoding_again(tmp_path: Path, place: int) -> None:
    fake = Counting()
    sounds = sounds_of(store_in(tmp_path).sounds, fake)
    first = sounds.of(codes_of(3))
    (path,) = sound_files(tmp_path)
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)
    assert list(TakeStore(tmp_path).verify()) == [path.name]
    assert np.array_equal(sounds.of(codes_of(3)), first)
    assert len(fake.decoded) == 2
    assert np.array_equal(sounds.of(codes_of(3)), first)
    assert len(fake.decoded) == 2, "it has been mended"
    assert not list(TakeStore(tmp_path).verify())


@pytest.mark.parametrize("cut", [0, 10, 64, 1000])
def test_half_a_sound_is_none(tmp_path: Path, cut: int) -> None:
    """As a power failure may leave it."""
    fake = Counting()
    sounds = sounds_of(store_in(tmp_path).sounds, fake)
    first = sounds.of(codes_of(3))
    (path,) = sound_files(tmp_path)
    path.write_bytes(path.read_bytes()[:cut])
    assert np.array_equal(sounds.of(codes_of(3)), first) and len(fake.decoded) == 2


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf, 1e30])
def test_what_is_no_sound_is_neither_kept_nor_believed(tmp_path: Path, wrong: float) -> None:
    files = store_in(tmp_path).sounds
    samples, name = np.full(960, wrong, dtype=np.float32), "ab" * 32
    files.write(name, samples)
    assert not sound_files(tmp_path)
    path = tmp_path / "sounds" / "ab" / f"{name}.sound"
    path.parent.mkdir(parents=True)
    path.write_bytes(sound_format._header(name, samples.tobytes()) + samples.tobytes())
    assert files.read(name, 960) is None


def test_a_sound_is_of_its_codes_and_its_decoder_alone(tmp_path: Path) -> None:
    """Another decoder, other codes and another name in the place of a file are told apart."""
    files = store_in(tmp_path).sounds
    first, other = Counting(), Counting()
    other.decodes_as = "fake in float16"
    sounds_of(files, first).of(codes_of(3))
    sounds_of(files, other).of(codes_of(3))
    sounds_of(files, first).of(codes_of(4))
    assert len(other.decoded) == 1 and len(first.decoded) == 2
    one, two, _ = sound_files(tmp_path)
    one.write_bytes(two.read_bytes())
    assert list(TakeStore(tmp_path).verify()) == [one.name]


def test_what_is_kept_is_bounded_and_the_oldest_goes_first(tmp_path: Path) -> None:
    sounds = sounds_of(store_in(tmp_path).sounds, FakeSynthesizer())
    for number in range(6):
        sounds.of(codes_of(number))
        (newest,) = (path for path in sound_files(tmp_path) if path.stat().st_mtime > 1e6)
        os.utime(newest, (number, number))
    size = newest.stat().st_size
    files = store_in(tmp_path).sounds
    sounds_of(files, FakeSynthesizer()).of(codes_of(1))
    assert files.trim(3 * size) == 3 * size
    left = sorted(path.stat().st_mtime for path in sound_files(tmp_path))
    assert left == [1, 4, 5], "what was used now is worth more than what is new"
    assert files.trim(3 * size) == 0
    foreign = tmp_path / "sounds" / "ab" / "notes.txt"
    foreign.parent.mkdir(exist_ok=True)
    foreign.write_text("mine")
    assert files.trim(0) == 3 * size and foreign.exists() and not sound_files(tmp_path)


def test_no_more_are_decoded_at_a_time_than_the_decoder_can(tmp_path: Path) -> None:
    fake, files = Watched(thread_count=2), store_in(tmp_path).sounds
    running, most, changing = [0], [0], threading.Lock()

    def busy(codes: np.ndarray) -> None:
        with changing:
            running[0] += 1
            most[0] = max(most[0], running[0])
        time.sleep(0.01)
        with changing:
            running[0] -= 1

    fake.before = busy  # type: ignore[assignment]
    sounds = sounds_of(files, fake)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(sounds.of, map(codes_of, range(16))))
    assert most[0] == 2
