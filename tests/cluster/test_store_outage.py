"""A store that does not answer for twenty seconds: workers wait it out, and nothing is lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from higgs_cli.cluster import ray_workers
from higgs_cli.cluster.ray_workers import RayWorkers
from higgs_cli.cluster.synthesizer import RemoteSynthesizer
from higgs_cli.files.object_address import object_address
from higgs_cli.files.stand_ins import stand_in
from higgs_cli.takes.store import TakeStore
from tests.cluster.logged_voice import open_voice, spoken_in
from tests.cluster.test_ray_workers import plan_of
from tests.fakes import FakeSynthesizer
from tests.files.object_stores import Network, name_server, network, s3_server
from tests.speaking import speak

ray = pytest.importorskip("ray", reason="ray is not installed")
pytest.importorskip("obstore", reason="obstore is not installed")

OUTAGE_SECONDS = 20.0


@pytest.fixture
def between(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Network]:
    """The network to the store, as the workers know it too: they are started with it named."""
    with s3_server() as port, network(port) as told:
        name_server(monkeypatch, told.port)
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        ray_workers._started(None, 4)
        yield told
        ray.shutdown()


def fail_for_a_while(between: Network) -> None:
    time.sleep(1.0)
    between.chance, between.faults = 1.0, ["503"] * 1_000_000
    time.sleep(OUTAGE_SECONDS)
    between.faults = []


@pytest.mark.slow
def test_workers_wait_out_a_store_that_does_not_answer(between: Network, tmp_path: Path) -> None:
    plan = plan_of(150)
    folder = stand_in(object_address("s3://books/night.higgs"))
    workers = RayWorkers(partial(open_voice, str(tmp_path), 0.05), None, 2, False)
    failing = threading.Thread(target=fail_for_a_while, args=(between,))
    failing.start()
    done = speak(plan, folder, RemoteSynthesizer(workers, FakeSynthesizer))
    failing.join()
    workers.close()
    assert between.done.count("503") > 10
    store = TakeStore(folder)
    assert all(store.attempts(each.key) for chapter in done.chapters for each in chapter.chunks)
    assert not list(store.verify())
    assert all(each.take is not None for chapter in done.chapters for each in chapter.chunks)
    assert len(spoken_in(tmp_path)) == len(set(spoken_in(tmp_path))) == len(plan.chunks)
