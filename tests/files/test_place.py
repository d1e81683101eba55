"""A place keeps named data whole, and no name and no link in it leads anywhere else."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from higgs_cli.errors import DiskFullError, FormatError, HiggsError, UsageError
from higgs_cli.files.memory_place import MemoryPlace
from higgs_cli.files.place import MOST_BYTES, Entry, LocalPlace, Place
from tests.helpers import AT_ONCE_SECONDS

DEAD_ASIDE = ".higgs-01234567-0123456789abcdef.partial"


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder of the user's own, which must stay as it is."""
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "a.take").write_bytes(b"mine")
    (folder / DEAD_ASIDE).write_bytes(b"mine too")
    return folder


@pytest.fixture
def place(tmp_path: Path) -> LocalPlace:
    return LocalPlace(tmp_path / "store")


@pytest.fixture(params=["on a disk", "in memory"])
def any_place(request: pytest.FixtureRequest, place: LocalPlace) -> Place:
    return place if request.param == "on a disk" else MemoryPlace()


def everything(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_what_is_written_is_read_and_listed(any_place: Place) -> None:
    place = any_place
    assert place.read("takes/3f/a.take") is None and place.names() == []
    place.write_whole("takes/3f/a.take", b"one")
    place.write_whole("takes/3f/a.take", b"two")
    place.write_whole("store.json", b"{}")
    assert place.read("takes/3f/a.take") == b"two"
    assert place.names() == ["store.json", "takes/"] and place.names("takes") == ["3f/"]
    assert place.names("takes/3f") == ["a.take"] and place.names("voices") == []


def test_what_is_removed_or_set_aside_is_not_read_again(place: LocalPlace) -> None:
    place.write_whole("takes/3f/a.0.take", b"one")
    place.set_aside("takes/3f/a.0.take")
    place.set_aside("takes/3f/none.take")
    assert place.read("takes/3f/a.0.take") is None
    assert place.names("takes/3f") == ["a.0.damaged"]
    place.remove("takes/3f/a.0.damaged")
    place.remove("takes/3f/a.0.damaged")
    assert place.names("takes/3f") == []


def test_asides_are_never_listed_and_only_dead_ones_are_swept(place: LocalPlace) -> None:
    place.write_whole("spool/mine", b"")
    for name in (DEAD_ASIDE, ".mine.partial"):
        (place.path / "spool" / name).write_bytes(b"")
    assert place.names("spool") == [".mine.partial", "mine"]
    place.sweep("spool")
    place.sweep("no such folder")
    assert sorted(p.name for p in (place.path / "spool").iterdir()) == [".mine.partial", "mine"]


VERBS: dict[str, Callable[[LocalPlace], object]] = {
    "read": lambda place: place.read("takes/3f/a.take"),
    "write": lambda place: place.write_whole("takes/3f/a.take", b"ours"),
    "list": lambda place: place.names("takes/3f"),
    "remove": lambda place: place.remove("takes/3f/a.take"),
    "sweep": lambda place: place.sweep("takes/3f"),
    "lock": lambda place: place.lock("takes/3f/a.take", "doing that").__enter__(),
    "set aside": lambda place: place.set_aside("takes/3f/a.take"),
}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("level", ["", "takes", "takes/3f"])
def test_a_folder_that_is_a_link_is_refused_by_name(
    place: LocalPlace, outside: Path, verb: str, level: str
) -> None:
    link = place.path / level if level else place.path
    link.parent.mkdir(parents=True, exist_ok=True)
    target = outside
    if level != "takes/3f":  # so that the rest of the name is found behind the link
        target = outside / "behind"
        (target / ("3f" if level else "takes/3f")).mkdir(parents=True)
        os.link(outside / "a.take", next(target.rglob("3f")) / "a.take")
    link.symlink_to(target)
    before = everything(outside)
    with pytest.raises(UsageError, match="is a link, and links are not followed") as caught:
        VERBS[verb](place)
    assert str(link) in caught.value.message
    assert everything(outside) == before


@pytest.mark.parametrize("verb", VERBS)
def test_a_link_in_the_place_of_a_file_is_never_followed(
    place: LocalPlace, outside: Path, verb: str
) -> None:
    link = place.path / "takes/3f/a.take"
    link.parent.mkdir(parents=True)
    link.symlink_to(outside / "a.take")
    before = everything(outside)
    try:
        VERBS[verb](place)
    except UsageError as error:
        assert verb in ("read", "lock"), error
    else:
        assert verb not in ("read", "lock")
    assert everything(outside) == before


def test_pipes_devices_and_folders_are_no_data_and_are_not_waited_for(place: LocalPlace) -> None:
    place.write_whole("takes/one", b"")
    os.mkfifo(place.path / "takes" / "pipe")
    (place.path / "takes" / "folder").mkdir()
    (place.path / "takes" / "zero").symlink_to("/dev/zero")
    began = time.monotonic()
    for name in ("pipe", "folder", "zero"):
        with pytest.raises(FormatError, match="not a plain file"):
            place.read(f"takes/{name}")
    with pytest.raises(UsageError, match="not a lock"), place.lock("takes/pipe", "that"):
        pass
    assert time.monotonic() - began < AT_ONCE_SECONDS


def test_more_than_fits_in_memory_is_no_data(place: LocalPlace) -> None:
    place.write_whole("takes/big", b"")
    os.truncate(place.path / "takes" / "big", MOST_BYTES + 1)
    with pytest.raises(FormatError, match="larger than"):
        place.read("takes/big")


@pytest.mark.parametrize("name", ["../outside/a.take", "takes/../../outside/a.take", "/etc/passwd"])
def test_a_name_that_leads_elsewhere_is_none(place: LocalPlace, outside: Path, name: str) -> None:
    place.write_whole("takes/one", b"")
    for verb in (place.read, place.remove, place.names, place.sweep):
        with pytest.raises(FormatError, match="not a name"):
            verb(name)
    with pytest.raises(FormatError, match="not a name"):
        place.write_whole(name, b"")
    assert set(everything(outside)) == {"a.take", DEAD_ASIDE}


def test_a_file_in_the_place_of_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("mine")
    for verb in VERBS.values():
        with pytest.raises(HiggsError, match="is not a folder"):
            verb(LocalPlace(tmp_path / "store"))
    assert (tmp_path / "store").read_text() == "mine"


def test_what_is_passing_is_written_without_waiting_for_the_disk(
    place: LocalPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def flushed(handle: int) -> None:
        raise AssertionError("nobody waits")

    monkeypatch.setattr(os, "fsync", flushed)
    place.write_passing("sounds/ab/one", b"head", memoryview(b"and more"))
    assert place.read("sounds/ab/one") == b"headand more"
    assert place.names("sounds/ab") == ["one"] and place.free_bytes() > 0


def test_entries_say_size_and_age_of_data_alone(place: LocalPlace) -> None:
    place.write_whole("sounds/one", b"12345")
    (place.path / "sounds" / "folder").mkdir()
    (place.path / "sounds" / "link").symlink_to(place.path / "sounds" / "one")
    os.utime(place.path / "sounds" / "one", (7, 7))
    assert place.entries("sounds") == [Entry("sounds/one", 5, 7.0)]
    assert place.entries("nowhere") == []


def test_a_place_in_memory_takes_no_more_than_it_may() -> None:
    place = MemoryPlace(most_bytes=10)
    place.write_whole("takes/a", b"12345")
    place.write_whole("takes/a", b"12345678")
    assert place.free_bytes() == 2 and place.entries("takes")[0].size == 8
    with pytest.raises(DiskFullError):
        place.write_passing("takes/b", b"12", b"3")
    place.set_aside("takes/a")
    assert place.free_bytes() == 10 and place.names() == []
