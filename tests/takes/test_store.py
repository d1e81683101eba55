"""A store adopts nothing of the user's, lets nothing lead out of it, and reads no file twice."""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from higgs_cli.errors import UsageError
from higgs_cli.files.place import LocalPlace
from higgs_cli.takes.choices import Choice
from higgs_cli.takes.kept_takes import KeptTakes
from higgs_cli.takes.lock import store_held
from higgs_cli.takes.store import TakeStore
from higgs_cli.takes.take import Levels, Take, TakeRecord
from tests.fakes import FakeSynthesizer
from tests.helpers import CommandLine

SCRIPT = "".join(f"[SPEAKER{number % 3}] This is line number {number}.\n" for number in range(9))
DEAD_ASIDE = ".higgs-01234567-0123456789abcdef.partial"


@pytest.fixture
def higgs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path.parent / "cache"))
    (tmp_path / "book.txt").write_text(SCRIPT)
    return CommandLine(tmp_path, monkeypatch, capsys)


def take_of(number: int, attempt: int = 0, frames: int = 10) -> Take:
    record = TakeRecord(
        f"{number:064x}", attempt, {"text": "words"}, (), frames, "ended", (), Levels(0.5, 1.0, 3)
    )
    return Take(record, np.full((8, frames), number, dtype=np.int64))


def everything(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


# -- what becomes a store --------------------------------------------------------------------


@pytest.mark.parametrize(
    "files",
    [
        ["notes.txt"],
        ["spool/thesis.txt"],
        ["takes/notes.take"],
        ["store.json"],
        ["lock"],
        [".hidden"],
        ["spool/performance.f32"],
        ["choices/aa/x.json"],
    ],
)
def test_a_folder_of_the_users_own_is_not_adopted(higgs: CommandLine, files: list[str]) -> None:
    for name in files:
        higgs.write(f"mine/{name}", '{"mine": 1}')
    before = everything(higgs.folder / "mine")
    ran = higgs("render", "book.txt", "-o", "book.wav", "--store", "mine")
    assert ran.exit_code == 2 and higgs.synthesizer.chunks_spoken == []
    assert "mine is neither empty nor a take store" in ran.stderr or "not a lock" in ran.stderr
    assert everything(higgs.folder / "mine") == before
    assert not (higgs.folder / "book.wav").exists()


def test_a_new_an_empty_and_a_barely_begun_folder_become_stores(higgs: CommandLine) -> None:
    (higgs.folder / "empty").mkdir()
    begun = higgs.folder / "begun"
    for name in ("takes", "choices", "voices", "spool"):
        (begun / name).mkdir(parents=True)
    (begun / "lock").write_text("12345\n")
    for store in ("new/store", "empty", "begun"):
        ran = higgs("render", "book.txt", "-o", "book.wav", "--store", store)
        assert ran.exit_code == 0, ran.stderr
        assert json.loads((higgs.folder / store / "store.json").read_text()) == {"format": 1}


def test_a_store_that_lost_its_marker_is_one_while_nothing_foreign_lies_in_it(
    tmp_path: Path,
) -> None:
    store = TakeStore(tmp_path / "store")
    store.open()
    store.add(take_of(1))
    (tmp_path / "store" / "store.json").unlink()
    with store_held(tmp_path / "store") as again:
        assert again.attempts(f"{1:064x}") == [0]
    (tmp_path / "store" / "store.json").write_text("{")
    (tmp_path / "store" / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match="neither empty nor a take store"):
        store_held(tmp_path / "store").__enter__()


def test_a_users_file_in_a_store_is_left_alone(higgs: CommandLine) -> None:
    """The spool and every folder may hold what is not ours: only our own names are swept."""
    higgs("render", "book.txt", "-o", "book.wav")
    mine = ["notes.txt", "spool/thesis.txt", "takes/x.partial", "voices/.a.wav.partial"]
    for name in mine:
        higgs.write(f"book.higgs/{name}", "mine")
    left = ["spool/performance.f32", DEAD_ASIDE, f"voices/{DEAD_ASIDE}", f"takes/aa/{DEAD_ASIDE}"]
    for name in left:
        higgs.write(f"book.higgs/{name}", "of a killed process")
    assert higgs("render", "book.txt", "-o", "book.wav").exit_code == 0
    found = everything(higgs.folder / "book.higgs")
    assert all(found[name] == b"mine" for name in mine)
    assert not set(left) & set(found)


# -- a store from a stranger -----------------------------------------------------------------


@pytest.fixture
def stranger(higgs: CommandLine, tmp_path: Path) -> CommandLine:
    """A finished render, as it comes out of somebody's archive, and a folder of the user's."""
    higgs("render", "book.txt", "-o", "book.wav", "--retake", "3")
    higgs.write("home/.bashrc", "alias ls='ls -l'\n")
    higgs.write("home/thesis.txt", "years of work")
    return higgs


LINKED = ["", "spool", "takes", "choices", "voices", "sounds"]
LINKED += ["takes/*", "choices/*", "sounds/*"]


@pytest.mark.parametrize("way", [["--from", "book.json"], ["book.txt", "-o", "book.wav"]])
@pytest.mark.parametrize("level", LINKED)
def test_a_folder_of_a_strangers_store_that_is_a_link_is_refused(
    stranger: CommandLine, way: list[str], level: str
) -> None:
    store = stranger.folder / "book.higgs"
    (store / "spool").mkdir(exist_ok=True)  # as earlier versions left it
    link = next(iter(sorted(store.glob(level)))) if level else store
    shutil.rmtree(link)
    link.symlink_to(stranger.folder / "home")
    before = everything(stranger.folder / "home")
    ran = stranger("render", *way, "--retake", "5")
    assert ran.exit_code == 2 and "is a link" in ran.stderr and "hint" in ran.stderr
    assert everything(stranger.folder / "home") == before


@pytest.mark.parametrize("name", ["lock", "choices.lock", "store.json", "spool/performance.f32"])
@pytest.mark.parametrize("kind", ["link", "hard link"])
def test_a_file_of_a_strangers_store_that_is_a_link_spoils_nothing(
    stranger: CommandLine, name: str, kind: str
) -> None:
    bashrc = stranger.folder / "home" / ".bashrc"
    link = stranger.folder / "book.higgs" / name
    link.unlink(missing_ok=True)
    link.parent.mkdir(exist_ok=True)
    if kind == "link":
        link.symlink_to(bashrc)
    else:
        link.hardlink_to(bashrc)
    stranger("render", "book.txt", "-o", "book.wav", "--retake", "5")
    assert bashrc.read_text() == "alias ls='ls -l'\n"
    assert (stranger.folder / "home" / "thesis.txt").exists()


def test_the_old_predictable_aside_names_are_not_used(stranger: CommandLine) -> None:
    """Nor followed when somebody put links there."""
    store, bashrc = stranger.folder / "book.higgs", stranger.folder / "home" / ".bashrc"
    (store / "store.json").write_text("{}")
    for folder, name in ((store, "store.json"), (stranger.folder, "book.wav")):
        (folder / f".{name}.partial").symlink_to(bashrc)
    for suffix in ("json", "srt", "vtt"):
        (stranger.folder / f".book.{suffix}.partial").symlink_to(bashrc)
    ran = stranger("render", "book.txt", "-o", "book.wav", "--subtitles", "both")
    assert ran.exit_code == 2, "with a foreign file and no marker it is no store"
    (store / ".store.json.partial").unlink()
    ran = stranger("render", "book.txt", "-o", "book.wav", "--subtitles", "both")
    assert ran.exit_code == 0 and not (stranger.folder / "book.wav").is_symlink()
    assert bashrc.read_text() == "alias ls='ls -l'\n"


@pytest.mark.parametrize("kind", ["link", "pipe", "folder", "device"])
def test_a_take_that_is_no_file_is_set_aside_and_spoken_again(
    stranger: CommandLine, kind: str
) -> None:
    take = sorted((stranger.folder / "book.higgs").glob("takes/*/*.take"))[0]
    take.unlink()
    if kind == "pipe":
        os.mkfifo(take)
    elif kind == "folder":
        take.mkdir()
    else:
        take.symlink_to("/dev/zero" if kind == "device" else stranger.folder / "home" / ".bashrc")
    assert stranger("verify", "book.wav").stdout.split() == [take.name]
    stranger.synthesizer = FakeSynthesizer()
    ran = stranger("render", "book.txt", "-o", "book.wav")
    assert ran.exit_code == 0 and len(stranger.synthesizer.chunks_spoken) == 1
    assert take.is_file() and not take.is_symlink()
    assert (stranger.folder / "home" / ".bashrc").read_text() == "alias ls='ls -l'\n"


def test_who_only_looks_changes_nothing(stranger: CommandLine) -> None:
    take = sorted((stranger.folder / "book.higgs").glob("takes/*/*.take"))[0]
    take.write_bytes(take.read_bytes()[:-1])
    stranger.write(f"book.higgs/{DEAD_ASIDE}", "")
    before = everything(stranger.folder)
    assert stranger("plan", "book.txt").exit_code == 0
    assert stranger("verify", "book.wav").exit_code == 1
    assert everything(stranger.folder) == before


# -- reading once ----------------------------------------------------------------------------


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each name of a store was read."""
    counted: Counter[str] = Counter()
    read = LocalPlace.read

    def counting(place: LocalPlace, name: str) -> bytes | None:
        counted[name] += 1
        return read(place, name)

    monkeypatch.setattr(LocalPlace, "read", counting)
    return counted


def test_no_file_is_read_twice_within_a_render(higgs: CommandLine, reads: Counter[str]) -> None:
    """Fresh with retries and generated voices, resumed, with a retake, and from the manifest."""
    higgs.synthesizer = FakeSynthesizer(
        mishap=lambda chunk, attempt: "silent" if attempt == 0 and "5" in chunk.text else None
    )
    ways = [
        ["book.txt", "-o", "book.wav"],
        ["book.txt", "-o", "book.wav"],
        ["book.txt", "-o", "book.wav", "--retake", "3,4", "--lock", "2"],
        ["--from", "book.json"],
        ["book.txt", "-o", "again.flac", "--store", "book.higgs"],
    ]
    for number, way in enumerate(ways):
        reads.clear()
        ran = higgs("render", *way)
        assert ran.exit_code == 0, ran.stderr
        kept = {
            name: count for name, count in reads.items() if name.startswith(("takes", "voices"))
        }
        assert not kept or max(kept.values()) == 1, kept
        takes = [name for name in kept if name.startswith("takes")]
        assert len(takes) == 0 if number == 0 else len(takes) >= len(SCRIPT.splitlines())


def test_what_was_just_written_is_as_it_would_be_read(tmp_path: Path) -> None:
    writer, reader = TakeStore(tmp_path), TakeStore(tmp_path)
    writer.open()
    take = take_of(7)
    writer.add(take)
    reader.open()
    ours, theirs = writer.take(take.record.key, 0), reader.take(take.record.key, 0)
    assert ours is not None and theirs is not None
    assert ours.codes.dtype == theirs.codes.dtype and np.array_equal(ours.codes, theirs.codes)
    assert writer.record(take.record.key, 0) == reader.record(take.record.key, 0)


def test_codes_are_kept_while_there_is_room_and_records_always() -> None:
    kept = KeptTakes(most_bytes=take_of(1).codes.astype(np.int16).nbytes * 2)
    for number in range(4):
        kept.keep(take_of(number))
        kept.keep(take_of(number))
    assert [kept.take(f"{number:064x}", 0) is not None for number in range(4)] == [
        True, True, False, False,
    ]  # fmt: skip
    assert all(kept.record(f"{number:064x}", 0) is not None for number in range(4))


# -- choices ---------------------------------------------------------------------------------


def test_choices_are_written_while_another_process_renders(tmp_path: Path) -> None:
    """And a render goes by those it found when it began."""
    with store_held(tmp_path / "store") as rendering:
        rendering.add(take_of(1))
        rendering.add(take_of(2))
        key, other = f"{1:064x}", f"{2:064x}"
        assert rendering.choice(key) == Choice()
        TakeStore(tmp_path / "store").decide(key, Choice(0, True, 0))
        TakeStore(tmp_path / "store").ask_for_another(other)
        assert rendering.choice(key) == Choice() and rendering.choice(other) == Choice()
    with store_held(tmp_path / "store") as next_one:
        assert next_one.choice(key) == Choice(0, True, 0)
        assert next_one.choice(other) == Choice(None, False, 1)


def test_what_another_decided_meanwhile_is_kept(tmp_path: Path) -> None:
    with store_held(tmp_path / "store") as rendering:
        key = f"{1:064x}"
        rendering.add(take_of(1))
        assert rendering.choice(key) == Choice()
        TakeStore(tmp_path / "store").decide(key, Choice(0, False, 0))
        rendering.ask_for_another(key)
        assert TakeStore(tmp_path / "store").choice(key) == Choice(0, False, 1)
    assert not (tmp_path / "store" / "choices.lock").exists()


@pytest.mark.parametrize(
    "content", [b"[" * 100_000, b'{"chosen": "x", "locked": 1, "wanted": -1}', b"[]", b"\xff"]
)
def test_a_choice_that_is_none_is_told_and_not_followed(tmp_path: Path, content: bytes) -> None:
    key = f"{1:064x}"
    path = tmp_path / "choices" / key[:2] / f"{key}.json"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    store = TakeStore(tmp_path)
    assert store.choice(key) == Choice() and store.damaged == [path.name]


def test_a_choice_is_changed_by_what_stands_there_or_not_at_all(tmp_path: Path) -> None:
    key = "0" * 64
    with store_held(tmp_path / "store"):
        store = TakeStore(tmp_path / "store")
        TakeStore(tmp_path / "store").decide(key, Choice(1, True, 1))

        def refused(now: Choice) -> Choice:
            assert now == Choice(1, True, 1)
            raise UsageError("another was expected")

        with pytest.raises(UsageError):
            store.change_choice(key, refused)
        assert TakeStore(tmp_path / "store").choice(key) == Choice(1, True, 1)
        store.change_choice(key, lambda now: Choice())
        assert TakeStore(tmp_path / "store").choice(key) == Choice()


def test_a_store_is_looked_at_again_without_reading_a_take_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with store_held(tmp_path / "store") as store:
        store.add(take_of(1))
    first = TakeStore(tmp_path / "store")
    assert len(first.records(take_of(1).record.key)) == 1
    with store_held(tmp_path / "store") as store:
        store.add(take_of(1, attempt=1))
    read: list[str] = []
    read_place = LocalPlace.read
    monkeypatch.setattr(
        LocalPlace, "read", lambda self, name: read.append(name) or read_place(self, name)
    )
    again = first.looked_at_again()
    assert [each.attempt for each in again.records(take_of(1).record.key)] == [0, 1]
    assert len([name for name in read if name.startswith("takes/")]) == 1
