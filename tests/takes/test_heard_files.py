"""Hearings come back as they were kept, or not at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from higgs_cli.listening.hearing import HeardWord, Hearing
from higgs_cli.listening.listener import Heard
from higgs_cli.listening.voice_print import VoicePrint
from higgs_cli.takes.heard_files import HeardFiles, sound_of
from higgs_cli.takes.store import TakeStore
from higgs_cli.takes.take import Levels, TakeRecord

SOUNDS = ("one", "two", "three")
HEARD: tuple[Heard | None, ...] = (
    Hearing(
        (HeardWord("Hello,", 0.12, 0.5, 0.9871), HeardWord("world.", 0.5, 1.0, 1.0)), 0.1, -0.2
    ),
    None,
    VoicePrint((0.6, -0.8, 0.0)),
)


def files(folder: Path) -> HeardFiles:
    store = TakeStore(folder)
    store.open()
    return store.heard


def kept(folder: Path) -> Path:
    files(folder).keep("somebody", SOUNDS, HEARD)
    (path,) = folder.glob("hearings/*/*.heard")
    return path


def test_what_was_heard_comes_back(tmp_path: Path) -> None:
    kept(tmp_path)
    assert files(tmp_path).of("somebody", SOUNDS) == HEARD


def test_another_listener_or_other_sounds_have_heard_nothing(tmp_path: Path) -> None:
    kept(tmp_path)
    assert files(tmp_path).of("nobody", SOUNDS) is None
    assert files(tmp_path).of("somebody", SOUNDS[::-1]) is None
    assert files(tmp_path).of("somebody", SOUNDS[:2]) is None


def test_what_is_being_heard_is_waited_for_once_by_who_asks_and_kept(tmp_path: Path) -> None:
    asked: list[str] = []

    def answer() -> tuple[Heard | None, ...]:
        asked.append("asked")
        return HEARD

    heard = files(tmp_path)
    heard.expect("somebody", SOUNDS, answer)
    assert heard.expects("somebody", SOUNDS) and asked == []
    assert heard.of("somebody", SOUNDS) == heard.of("somebody", SOUNDS) == HEARD
    assert asked == ["asked"] and not heard.expects("somebody", SOUNDS)
    assert files(tmp_path).of("somebody", SOUNDS) == HEARD


def test_the_same_hearing_is_the_same_file(tmp_path: Path) -> None:
    assert kept(tmp_path / "one").read_bytes() == kept(tmp_path / "two").read_bytes()


def changed(path: Path, change: Callable[[dict[str, object]], object]) -> None:
    """With a checksum that fits again, as a stranger could make it."""
    magic, line = path.read_bytes()[:-32].splitlines()
    document = json.loads(line)
    change(document)
    content = magic + b"\n" + json.dumps(document).encode() + b"\n"
    path.write_bytes(content + hashlib.sha256(content).digest())


@pytest.mark.parametrize(
    "change",
    [
        lambda it: it.update(listener="another"),
        lambda it: it.update(sounds=["other"] * 3),
        lambda it: it.update(heard=it["heard"][:2]),
        lambda it: it.update(heard=7),
        lambda it: it["heard"][0].update(times=[[0, 1]]),
        lambda it: it["heard"][0].update(times=[[0, -1], [0, 1]]),
        lambda it: it["heard"][0].update(words=["a\x00", "b"]),
        lambda it: it["heard"][0].update(sure=[1.5, 2]),
        lambda it: it["heard"][0].update(no_speech=7),
        lambda it: it["heard"][0].update(log_probability=float("nan")),
        lambda it: it["heard"][2].update({"print": [2.0]}),
        lambda it: it["heard"][2].update({"print": [float("inf")]}),
    ],
)
def test_what_was_not_kept_so_is_none(
    tmp_path: Path, change: Callable[[dict[str, object]], object]
) -> None:
    path = kept(tmp_path)
    changed(path, change)
    assert files(tmp_path).of("somebody", SOUNDS) is None
    assert [*TakeStore(tmp_path).verify()] == [path.name]


@pytest.mark.parametrize("left", [0, 5, 60, -1])
def test_half_a_file_is_none(tmp_path: Path, left: int) -> None:
    path = kept(tmp_path)
    path.write_bytes(path.read_bytes()[:left])
    assert files(tmp_path).of("somebody", SOUNDS) is None
    assert [*TakeStore(tmp_path).verify()] == [path.name]


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    path = kept(tmp_path / "store")
    elsewhere = tmp_path / "elsewhere"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)
    assert files(tmp_path / "store").of("somebody", SOUNDS) is None


def test_a_take_that_sounds_otherwise_is_another_sound() -> None:
    def take(peak: float, attempt: int = 0) -> TakeRecord:
        levels = Levels(peak, 1.0, 2, 0.5)
        return TakeRecord("a" * 64, attempt, {}, (), 25, "ended", (), levels)

    assert sound_of(take(0.5)) == sound_of(take(0.5))
    assert len({sound_of(take(0.5)), sound_of(take(0.6)), sound_of(take(0.5, 1))}) == 3
