"""Full disks, damaged files, two processes: nothing is lost, and what is wrong is named."""

from __future__ import annotations

import errno
import json
import os
import random
import time
from pathlib import Path

import pytest

from tests.fakes import FakeSynthesizer
from tests.helpers import CommandLine, start_fake
from tests.reliability.renders import leftovers, results, write_script
from tests.reliability.test_kill import wait_for_takes

CHUNKS = 8


@pytest.fixture
def higgs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path.parent / "cache"))
    write_script(tmp_path, CHUNKS)
    return CommandLine(tmp_path, monkeypatch, capsys)


def render(higgs: CommandLine) -> int:
    higgs.synthesizer = FakeSynthesizer()
    return higgs("render", "book.txt", "-o", "book.wav").exit_code


@pytest.mark.parametrize("kind", ["ENOSPC", "EIO", "EROFS"])
@pytest.mark.parametrize("at", [1, 2, 7, 12, 17])
def test_a_write_that_fails_is_one_line_and_the_next_render_goes_on(
    higgs: CommandLine, monkeypatch: pytest.MonkeyPatch, kind: str, at: int
) -> None:
    count = 0
    flush = os.fsync

    def failing(handle: int) -> None:
        nonlocal count
        count += 1
        if count == at:
            raise OSError(getattr(errno, kind), os.strerror(getattr(errno, kind)))
        flush(handle)

    monkeypatch.setattr(os, "fsync", failing)
    ran = higgs("render", "book.txt", "-o", "book.wav")
    assert ran.exit_code == 1
    error = next(line for line in ran.stderr.splitlines() if line.startswith("error"))
    assert str(higgs.folder.name) in error or "book." in error
    assert "Traceback" not in ran.stderr
    in_flight = 2 * (higgs.synthesizer.thread_count - 1)
    assert at <= count <= at + in_flight, "a full disk is not tried again"
    assert leftovers(higgs.folder) == []
    monkeypatch.setattr(os, "fsync", flush)
    assert render(higgs) == 0
    resumed = results(higgs.folder)
    for path in list(higgs.folder.glob("book.*")):
        if path.is_file() and path.suffix != ".txt":
            path.unlink()
    assert render(higgs) == 0 and results(higgs.folder) == resumed


def test_bits_flipped_in_takes_are_named_and_only_those_are_spoken(higgs: CommandLine) -> None:
    render(higgs)
    whole = results(higgs.folder)
    takes = sorted(higgs.folder.rglob("takes/*/*.take"))
    chance = random.Random(5)
    flipped, cut, swapped = takes[0], takes[1], takes[2]
    data = bytearray(flipped.read_bytes())
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    flipped.write_bytes(data)
    cut.write_bytes(cut.read_bytes()[:-40])
    swapped.write_bytes(takes[3].read_bytes())
    ran = higgs("verify", "book.wav")
    assert ran.exit_code == 1
    assert sorted(ran.stdout.split()) == sorted(path.name for path in (flipped, cut, swapped))
    assert render(higgs) == 0
    assert len(higgs.synthesizer.chunks_spoken) == 3
    damaged = {name for name in results(higgs.folder) if name.endswith(".damaged")}
    assert len(damaged) == 3
    assert {k: v for k, v in results(higgs.folder).items() if k not in damaged} == whole
    assert higgs("verify", "book.wav").exit_code == 0


def test_every_single_bit_of_a_take_is_guarded(tmp_path: Path, higgs: CommandLine) -> None:
    from higgs_cli.errors import FormatError
    from higgs_cli.takes import take as take_file

    render(higgs)
    path = next(higgs.folder.rglob("takes/*/*.take"))
    data = path.read_bytes()
    chance = random.Random(6)
    for _ in range(300):
        broken = bytearray(data)
        broken[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        with pytest.raises(FormatError):
            take_file.from_bytes(bytes(broken), path.name)
    for length in range(0, len(data), 7):
        with pytest.raises(FormatError):
            take_file.from_bytes(data[:length], path.name)


@pytest.mark.parametrize("content", [b"", b"{", b"\x00" * 40, b"[]", b'{"format": "x"}'])
def test_a_damaged_store_marker_or_choice_costs_nothing(higgs: CommandLine, content: bytes) -> None:
    higgs("render", "book.txt", "-o", "book.wav", "--retake", "3")
    whole = results(higgs.folder)
    (higgs.folder / "book.higgs" / "store.json").write_bytes(content)
    assert render(higgs) == 0
    assert higgs.synthesizer.chunks_spoken == []
    assert results(higgs.folder) == whole


def test_a_damaged_choice_is_told_and_the_best_take_is_heard(higgs: CommandLine) -> None:
    higgs("render", "book.txt", "-o", "book.wav", "--retake", "3")
    choice = next(higgs.folder.rglob("choices/*/*.json"))
    choice.write_bytes(choice.read_bytes()[:5])
    assert render(higgs) == 0


def test_a_store_of_a_newer_version_is_refused_by_name(higgs: CommandLine) -> None:
    render(higgs)
    (higgs.folder / "book.higgs" / "store.json").write_text(json.dumps({"format": 99}))
    ran = higgs("render", "book.txt", "-o", "book.wav")
    assert ran.exit_code == 2 and "newer higgs (format 99" in ran.stderr


def test_a_second_process_on_one_output_is_told_so_and_stops(higgs: CommandLine) -> None:
    first = start_fake(
        higgs.folder, "render", "book.txt", "-o", "book.wav", options="seconds_per_chunk=0.3"
    )
    wait_for_takes(higgs.folder, 1)
    began = time.monotonic()
    ran = higgs("render", "book.txt", "-o", "book.wav")
    assert ran.exit_code == 75 and time.monotonic() - began < 1
    assert f"process {first.pid}" in ran.stderr
    first.kill()
    first.communicate()
    assert render(higgs) == 0, "a dead holder's lock is free at once"


def test_lanes_do_not_change_a_byte_of_any_file(higgs: CommandLine) -> None:
    def rendered(lanes: int, store: str) -> dict[str, bytes]:
        higgs.synthesizer = FakeSynthesizer(lane_count=lanes)
        for suffix in (".wav", ".flac"):
            higgs("render", "book.txt", "-o", f"book{suffix}", "--store", store)
        manifest = json.loads((higgs.folder / "book.json").read_text())
        del manifest["model"]["lane_count"], manifest["store"]
        del manifest["settings"]["takes"]["store"]
        return {
            "wav": (higgs.folder / "book.wav").read_bytes(),
            "flac": (higgs.folder / "book.flac").read_bytes(),
            "json": json.dumps(manifest).encode(),
        }

    assert rendered(1, "one") == rendered(8, "eight")
