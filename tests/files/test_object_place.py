"""A place is the same wherever it lies: a folder, memory, a real server of the S3 protocol."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from higgs_cli.errors import FormatError, HiggsError, LockedError, UsageError
from higgs_cli.files.cached_place import CachedPlace
from higgs_cli.files.object_address import ObjectAddress, object_address, opened_store
from higgs_cli.files.object_place import ObjectPlace
from higgs_cli.files.object_requests import answered
from higgs_cli.files.place import LocalPlace, Place
from tests.files.object_stores import BUCKET, FAULTS, KEYS, Network, network, s3_server

obstore = pytest.importorskip("obstore", reason="obstore is not installed")

SHORT = 0.6
"""Seconds of a lease."""


@pytest.fixture(scope="module")
def server_port() -> Iterator[int]:
    with s3_server() as port:
        yield port


@pytest.fixture(params=["folder", "memory", "server", "cached"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "folder":
        return LocalPlace(tmp_path / "store")
    if request.param == "memory":
        return ObjectPlace(obstore.store.MemoryStore(), "memory", SHORT)
    port = request.getfixturevalue("server_port")
    far = ObjectPlace(client(port, tmp_path.name), f"s3://{BUCKET}/{tmp_path.name}", SHORT)
    if request.param == "server":
        return far
    return CachedPlace(far, LocalPlace(tmp_path / "near"), 1 << 20, lambda name: True)


def client(port: int, prefix: str, seconds: float = 20.0, **more: object) -> object:
    pause = timedelta(milliseconds=10)
    return obstore.store.S3Store(
        BUCKET,
        prefix=prefix,
        endpoint=f"http://127.0.0.1:{port}",
        region="us-east-1",
        access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
        secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
        checksum_algorithm="sha256",
        client_options={"allow_http": True, "timeout": timedelta(seconds=seconds)},
        retry_config={
            "max_retries": 2,
            "backoff": {"init_backoff": pause, "max_backoff": pause, "base": 2},
        },
        **more,
    )


def test_what_was_written_is_read_and_what_was_not_is_nothing(place: Place) -> None:
    place.write_whole("takes/3f/one.0.take", b"first")
    place.write_whole("takes/3f/one.0.take", b"second")
    place.write_passing("sounds/7b/x.sound", b"head", memoryview(b"tail"))
    assert place.read("takes/3f/one.0.take") == b"second"
    assert place.read("sounds/7b/x.sound") == b"headtail"
    assert place.read("takes/3f/two.0.take") is None
    assert place.read("nowhere/at/all") is None


def test_names_are_those_directly_in_a_folder_and_folders_end_in_a_slash(place: Place) -> None:
    place.write_whole("store.json", b"{}")
    place.write_whole("takes/3f/one.0.take", b"1")
    place.write_whole("takes/3f/two.0.take", b"12")
    assert place.names() == ["store.json", "takes/"]
    assert place.names("takes") == ["3f/"]
    assert place.names("takes/3f") == ["one.0.take", "two.0.take"]
    assert place.names("voices") == []
    entries = place.entries("takes/3f")
    assert [(each.name, each.size) for each in entries] == [
        ("takes/3f/one.0.take", 1),
        ("takes/3f/two.0.take", 2),
    ]


def test_what_is_removed_is_gone_and_what_is_not_there_may_be_removed(place: Place) -> None:
    place.write_whole("voices/a.take", b"1")
    place.remove("voices/a.take")
    place.remove("voices/a.take")
    assert place.read("voices/a.take") is None
    place.sweep("voices")


def test_what_is_damaged_is_set_aside_under_another_name(place: Place) -> None:
    place.write_whole("takes/3f/one.0.take", b"damaged")
    place.set_aside("takes/3f/one.0.take")
    place.set_aside("takes/3f/none.0.take")
    assert place.read("takes/3f/one.0.take") is None
    assert place.names("takes/3f") == ["one.0.damaged"]


@pytest.mark.parametrize("name", ["../other", "a/../../b", "a//b", "/etc/passwd", "."])
def test_no_name_leads_out_of_a_place(place: Place, name: str) -> None:
    with pytest.raises(FormatError):
        place.read(name)
    with pytest.raises(FormatError):
        place.write_whole(name, b"x")


def test_one_holds_a_lock_and_the_next_is_told_who(place: Place) -> None:
    with place.lock("lock", "rendering"):
        with pytest.raises(LockedError, match=r"another higgs \(process \d+.*\) is rendering"):
            place.lock("lock", "rendering").__enter__()
        place.write_whole("takes/3f/one.0.take", b"1")
    with place.lock("lock", "rendering"):
        assert place.read("takes/3f/one.0.take") == b"1"
    assert "lock" not in place.names()


# -- leases --------------------------------------------------------------------------------


def memory_places() -> tuple[ObjectPlace, ObjectPlace]:
    """Two machines that see one store."""
    store = obstore.store.MemoryStore()
    return ObjectPlace(store, "memory", SHORT), ObjectPlace(store, "memory", SHORT)


def test_a_lease_that_nobody_renews_is_taken_over_after_its_time() -> None:
    dead, living = memory_places()
    assert dead.make("lock", b'{"token": "x", "seconds": 0.6, "host": "elsewhere", "process": 7}')
    with living.lock("lock", "rendering"):
        living.write_whole("a", b"1")


def test_a_lease_that_is_renewed_is_never_taken_over() -> None:
    first, second = memory_places()
    with first.lock("lock", "rendering"), pytest.raises(LockedError):
        second.lock("lock", "rendering", seconds=4 * SHORT).__enter__()


def test_a_damaged_lease_holds_nobody_up_for_longer_than_a_lease() -> None:
    one, _ = memory_places()
    one.make("lock", b"\x00\xff" * 40)
    with one.lock("lock", "rendering"):
        pass


def test_who_lost_a_lease_writes_nothing_more(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = memory_places()
    with first.lock("lock", "rendering"):
        monkeypatch.setattr(first, "replace", lambda *asked: False)  # its requests are lost
        with second.lock("lock", "rendering", seconds=5.0):
            with pytest.raises(LockedError, match="was lost"):
                first.write_whole("takes/3f/one.0.take", b"late")
            second.write_whole("takes/3f/one.0.take", b"in time")
    assert second.read("takes/3f/one.0.take") == b"in time"


def test_of_many_who_ask_at_once_one_at_a_time_holds_the_lock() -> None:
    store = obstore.store.MemoryStore()
    inside: list[int] = []
    most: list[int] = []

    def work(number: int) -> None:
        for _ in range(3):
            try:
                with ObjectPlace(store, "memory", SHORT).lock("lock", "rendering"):
                    inside.append(number)
                    most.append(len(inside))
                    inside.pop()
            except LockedError:
                pass

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most
    assert max(most) == 1


# -- nearby --------------------------------------------------------------------------------


def test_what_is_nearby_is_not_asked_for_again_and_damage_there_is_no_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    far = ObjectPlace(obstore.store.MemoryStore(), "memory")
    far.write_whole("takes/3f/one.0.take", b"sound")
    asked: list[str] = []
    read = far.read
    monkeypatch.setattr(far, "read", lambda name: (asked.append(name), read(name))[1])
    cached = CachedPlace(far, LocalPlace(tmp_path), 1 << 20, lambda name: name.endswith(".take"))
    assert [cached.read("takes/3f/one.0.take") for _ in range(3)] == [b"sound"] * 3
    assert len(asked) == 1
    (kept,) = [path for path in tmp_path.rglob("*") if path.is_file()]
    kept.write_bytes(kept.read_bytes()[:-1] + b"?")
    assert cached.read("takes/3f/one.0.take") == b"sound"
    assert far.names("takes/3f") == ["one.0.take"]


def test_what_is_kept_nearby_stays_within_its_size(tmp_path: Path) -> None:
    far = ObjectPlace(obstore.store.MemoryStore(), "memory")
    cached = CachedPlace(far, LocalPlace(tmp_path), 10_000, lambda name: True)
    for number in range(40):
        cached.write_whole(f"takes/3f/{number}.take", bytes(1000))
    kept = sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())
    assert 2_000 < kept <= 10_000
    assert len(far.names("takes/3f")) == 40


# -- faults --------------------------------------------------------------------------------


def test_two_hundred_faults_lose_nothing_and_write_nothing_twice(server_port: int) -> None:
    with network(server_port) as between:
        place = ObjectPlace(client(between.port, "faults", seconds=1.0), "s3://books/faults", 30.0)
        between.faults = [fault for fault in FAULTS for _ in range(29)][:201]
        between.dice.shuffle(between.faults)
        between.chance = 0.45
        written = spoken_through(place, between)
    calm = ObjectPlace(client(server_port, "faults"), "s3://books/faults")
    assert len(between.done) >= 200
    assert set(between.done) == set(FAULTS)
    names = calm.names("takes/3f")
    assert sorted(written) == names  # nothing lost, nothing twice
    assert all(calm.read(f"takes/3f/{name}") == data for name, data in written.items())


def spoken_through(place: ObjectPlace, between: Network) -> dict[str, bytes]:
    """Takes written and read while the network fails; who is told of a fault asks again."""
    dice, written = random.Random(1), dict[str, bytes]()
    while between.faults:
        name = f"{len(written):04d}.take"
        data = dice.randbytes(dice.randrange(100, 20_000))
        while True:
            try:
                place.write_whole(f"takes/3f/{name}", data)
                assert place.read(f"takes/3f/{name}") == data
                break
            except HiggsError as told:
                assert KEYS["AWS_SECRET_ACCESS_KEY"] not in str(told)
        written[name] = data
    return written


def test_a_lock_whose_answer_was_lost_is_ours_all_the_same(server_port: int) -> None:
    with network(server_port) as between:
        store = client(between.port, "lost", seconds=1.0)
        between.faults, between.chance = ["cut-after"], 1.0
        with ObjectPlace(store, "s3://books/lost", 30.0).lock("lock", "rendering"):
            assert between.done == ["cut-after"]


# -- addresses and messages ----------------------------------------------------------------


def test_an_address_is_taken_apart_and_put_together() -> None:
    address = object_address("s3://books/night/one/")
    assert address == ObjectAddress("books", "night/one")
    assert str(address / "out.wav") == "s3://books/night/one/out.wav"
    assert (address.name, str(address.parent)) == ("one", "s3://books/night")
    assert str(object_address("s3://books")) == "s3://books"


@pytest.mark.parametrize("text", ["s3://", "s3://B/x", "s3://books//x", "s3://books/../x"])
def test_what_is_no_address_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(UsageError):
        object_address(text)


def test_trouble_is_one_line_without_keys(
    server_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{server_port}")
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    there = ObjectPlace(opened_store(ObjectAddress(BUCKET, "x")), f"s3://{BUCKET}/x")
    assert there.read("nothing") is None
    nowhere = ObjectPlace(opened_store(ObjectAddress("nobody", "x")), "s3://nobody/x")
    for ask in (lambda: nowhere.read("a"), lambda: nowhere.write_whole("a", b"1"), nowhere.names):
        with pytest.raises(HiggsError, match="no such bucket") as told:
            ask()
        assert "\n" not in told.value.message
        assert KEYS["AWS_SECRET_ACCESS_KEY"] not in told.value.message


def test_keys_that_are_missing_are_told_with_where_they_are_looked_for() -> None:
    asked = (
        "Generic S3 error: Error performing PUT http://169.254.169.254/latest/api/token in 1ms - "
        "Server returned non-2xx status code: 403 Forbidden: denied"
    )

    def ask() -> None:
        raise obstore.exceptions.GenericError(asked)

    with pytest.raises(HiggsError, match="no keys for the object store were found") as told:
        answered(ask, "list", "s3://books")
    assert all(name in (told.value.hint or "") for name in ("AWS_ACCESS_KEY_ID", "~/.aws", "role"))


@pytest.mark.parametrize("name", KEYS)
def test_half_of_a_pair_of_keys_is_a_mistake(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    for each in KEYS:
        monkeypatch.delenv(each, raising=False)
    monkeypatch.setenv(name, "half")
    with pytest.raises(UsageError, match=f"{name} is set"):
        opened_store(object_address("s3://books"))
