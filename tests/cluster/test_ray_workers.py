"""Ray actors speak as one model does: the same takes, whatever dies, hangs, is slow or joins."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from higgs_cli.cluster import ray_workers
from higgs_cli.cluster.ray_workers import RayWorkers
from higgs_cli.cluster.synthesizer import RemoteSynthesizer
from higgs_cli.errors import DeviceError, HiggsError, ModelLoadError
from higgs_cli.planning.plan import Plan
from higgs_cli.speech.protocol import Synthesizer
from tests import plans
from tests.cluster.logged_voice import open_voice, spoken_in
from tests.fake_ears import CountGate, FakeEars
from tests.fakes import FakeSynthesizer
from tests.speaking import speak

ray = pytest.importorskip("ray", reason="ray is not installed")

WORKERS = 3


@pytest.fixture(scope="module", autouse=True)
def cluster() -> Iterator[None]:
    """One for all tests: it takes seconds to start."""
    ray_workers._started(None, 8)
    yield
    ray.shutdown()


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[RayWorkers]:
    made = started(tmp_path)
    yield made
    made.close()


def started(folder: Path, count: int = WORKERS, seconds: float = 0.02) -> RayWorkers:
    made = RayWorkers(partial(open_voice, str(folder), seconds), None, count, False)
    end = time.monotonic() + 60
    while len(made.numbers) < count and time.monotonic() < end:
        made.reports(0.1)
    return made


def plan_of(lines: int) -> Plan:
    """By two speakers, in runs of three."""
    words = ("lamp", "river", "stone", "letter", "garden", "window", "winter", "paper")
    dice = random.Random(lines)
    texts = (f"{' '.join(dice.choices(words, k=dice.randrange(4, 12)))} {n}" for n in range(lines))
    said = [(dice.choice(("Elena", "Hale")), text) for text in texts]
    return plans.plan_of(said, run_chunks=3)


def remote(workers: RayWorkers) -> RemoteSynthesizer:
    return RemoteSynthesizer(workers, FakeSynthesizer)


def takes_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*.take")}


def spoken_alone(plan: Plan, folder: Path) -> dict[str, bytes]:
    speak(plan, folder, FakeSynthesizer())
    return takes_in(folder)


def test_workers_speak_the_takes_that_one_model_speaks(workers: RayWorkers, tmp_path: Path) -> None:
    plan = plan_of(60)
    done = speak(plan, tmp_path / "shared", remote(workers))
    assert takes_in(tmp_path / "shared") == spoken_alone(plan, tmp_path / "alone")
    assert all(each.take is not None for chapter in done.chapters for each in chapter.chunks)
    assert set(Counter(spoken_in(tmp_path)).values()) == {1}


def test_takes_of_workers_are_heard_and_spoken_again_as_those_of_one_model(
    workers: RayWorkers, tmp_path: Path
) -> None:
    plan = plan_of(60)
    (tmp_path / "alone").mkdir()
    for folder in (tmp_path, tmp_path / "alone"):
        (folder / "lapses").write_text("17 31 44")
    gate, ears = CountGate(), FakeEars()

    def spoken(voice: Synthesizer, folder: Path) -> dict[str, bytes]:
        done = speak(plan, folder, voice, gates=[gate], listeners={gate.listener: ears})
        assert done.ledger.is_settled
        return takes_in(folder) | {path.name: path.read_bytes() for path in folder.rglob("*.heard")}

    shared = spoken(remote(workers), tmp_path / "shared")
    heard = sum(ears.heard)
    assert shared == spoken(open_voice(str(tmp_path / "alone")), tmp_path / "alone" / "store")
    assert sorted(attempt for _, attempt in spoken_in(tmp_path)) == ["0"] * 60 + ["1"] * 3
    assert heard == 63 and sum(ears.heard) == 2 * heard
    assert len(spoken_in(tmp_path)) == 63


def test_all_workers_have_something_to_do(workers: RayWorkers, tmp_path: Path) -> None:
    speak(plan_of(60), tmp_path / "shared", remote(workers))
    processes = {line.split()[2] for line in (tmp_path / "log").read_text().splitlines()}
    assert len(processes) == WORKERS


def test_what_is_stored_is_not_spoken_again(workers: RayWorkers, tmp_path: Path) -> None:
    plan = plan_of(30)
    speak(plan, tmp_path / "shared", remote(workers))
    count = len(spoken_in(tmp_path))
    speak(plan, tmp_path / "shared", remote(workers))
    assert len(spoken_in(tmp_path)) == count


def kill(workers: RayWorkers, number: int, how: int = signal.SIGKILL) -> None:
    actor = workers._hands[number].actor
    os.kill(ray.get(actor.process_id.remote()), how)


def disturbed(workers: RayWorkers, moments: list[float], how: Any) -> threading.Thread:
    """Something happens at these seconds, while the plan is spoken."""

    def work() -> None:
        began = time.monotonic()
        for moment in moments:
            time.sleep(max(0.0, began + moment - time.monotonic()))
            how()

    thread = threading.Thread(target=work)
    thread.start()
    return thread


@pytest.mark.parametrize("at_once", [1, 2])
def test_killed_workers_lose_nothing(workers: RayWorkers, tmp_path: Path, at_once: int) -> None:
    plan = plan_of(150)

    def kill_some() -> None:
        for number in workers.numbers[:at_once]:
            kill(workers, number)

    disturbing = disturbed(workers, [0.3], kill_some)
    speak(plan, tmp_path / "shared", remote(workers))
    disturbing.join()
    check_whole(plan, tmp_path, faults=at_once)


def check_whole(plan: Plan, folder: Path, faults: int) -> None:
    """Every chunk is stored, as without faults, and spoken at most once more for each."""
    assert takes_in(folder / "shared") == spoken_alone(plan, folder / "alone")
    counts = Counter(spoken_in(folder))
    assert max(counts.values()) <= 1 + faults
    assert len({key for key, _ in counts}) == len(plan.chunks)


def test_a_worker_that_hangs_is_ended_and_its_lines_are_spoken_by_others(
    workers: RayWorkers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plan_of(60)
    monkeypatch.setattr("higgs_cli.cluster.remote_speech.SILENT_SECONDS", 2.0)
    (tmp_path / "hang").touch()
    speak(plan, tmp_path / "shared", remote(workers))
    assert not (tmp_path / "hang").exists()
    check_whole(plan, tmp_path, faults=1)


def test_who_speaks_is_lost_again_and_again_and_in_the_end_somebody_speaks(
    workers: RayWorkers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the first line on, of which a voice is made."""
    monkeypatch.setattr("higgs_cli.cluster.remote_speech.SILENT_SECONDS", 0.0)
    monkeypatch.setattr(ray_workers, "LOOKED_AGAIN_SECONDS", 0.2)
    plan = plan_of(12)

    def be_patient() -> None:
        monkeypatch.setattr("higgs_cli.cluster.remote_speech.SILENT_SECONDS", 60.0)

    disturbing = disturbed(workers, [4.0], be_patient)
    speak(plan, tmp_path / "shared", remote(workers))
    disturbing.join()
    assert takes_in(tmp_path / "shared") == spoken_alone(plan, tmp_path / "alone")


def test_a_worker_that_is_stopped_is_ended_too(
    workers: RayWorkers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plan_of(100)
    monkeypatch.setattr(ray_workers, "ANSWER_SECONDS", 3.0)
    stopped = workers.numbers[0]
    disturbing = disturbed(workers, [0.2], lambda: kill(workers, stopped, signal.SIGSTOP))
    speak(plan, tmp_path / "shared", remote(workers))
    disturbing.join()
    check_whole(plan, tmp_path, faults=1)


def test_a_slow_worker_gets_less_and_holds_nobody_up(workers: RayWorkers, tmp_path: Path) -> None:
    plan = plan_of(120)
    slow = ray.get(workers._hands[workers.numbers[0]].actor.process_id.remote())
    (tmp_path / "slow").write_text(str(slow))
    speak(plan, tmp_path / "shared", remote(workers))
    check_whole(plan, tmp_path, faults=0)
    by_process = Counter(line.split()[2] for line in (tmp_path / "log").read_text().splitlines())
    assert by_process[str(slow)] < len(plan.chunks) / WORKERS


def test_a_machine_that_joins_is_put_to_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ray_workers, "LOOKED_AGAIN_SECONDS", 0.2)
    workers = started(tmp_path, count=1)
    plan = plan_of(150)
    disturbing = disturbed(workers, [0.5], lambda: setattr(workers, "_count", 3))
    speak(plan, tmp_path / "shared", remote(workers))
    disturbing.join()
    processes = {line.split()[2] for line in (tmp_path / "log").read_text().splitlines()}
    workers.close()
    assert len(processes) > 1
    check_whole(plan, tmp_path, faults=0)


def no_model() -> FakeSynthesizer:
    raise ModelLoadError("no checkpoint is here")


def test_workers_that_cannot_open_their_model_are_one_error() -> None:
    with pytest.raises(HiggsError, match="no checkpoint is here"):
        RayWorkers(no_model, None, 2, False)


def test_a_cluster_without_the_wanted_devices_is_refused() -> None:
    with pytest.raises(DeviceError, match="no GPU"):
        RayWorkers(no_model, None, 2, True)


@pytest.mark.slow
def test_thirty_workers_killed_at_random_moments_lose_nothing(tmp_path: Path) -> None:
    workers = started(tmp_path, seconds=0.03)
    plan, dice = plan_of(3000), random.Random(7)
    moments = [0.4 + 1.2 * n + dice.random() for n in range(30)]
    killed = []

    def kill_one() -> None:
        if numbers := workers.numbers:
            killed.append(numbers[dice.randrange(len(numbers))])
            kill(workers, killed[-1])

    disturbing = disturbed(workers, moments, kill_one)
    speak(plan, tmp_path / "shared", remote(workers))
    disturbing.join()
    workers.close()
    check_whole(plan, tmp_path, faults=len(killed))
    counts = Counter(spoken_in(tmp_path))
    again = sum(count - 1 for count in counts.values())
    assert again <= len(killed) * 12  # what the lanes of a worker had, and what waited there
