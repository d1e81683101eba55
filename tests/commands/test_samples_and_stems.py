"""Beside the book: a sample for shops, and a stem for each speaker, cut from the same mastering."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from tests.helpers import CommandLine
from tests.output.test_manifest_schema import problems

SCRIPT = """---
title: The Lamp
cast: {Ann: marigold, Mr. Hale: fergus}
---
# The first night

Ann: It was a dark night, and the lamp burned low.

Mr. Hale: Who is there?

# A storm

Ann: The wind rose in the evening. Nobody slept until the morning came.

Mr. Hale: All was still.
"""
STEMS = ["01-ann.wav", "02-mr-hale.wav", "labels.txt"]


@pytest.fixture
def higgs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path.parent / "cache"))
    command = CommandLine(tmp_path, monkeypatch, capsys)
    command.write("book.txt", SCRIPT)
    return command


def manifest(higgs: CommandLine) -> dict[str, Any]:
    return dict(json.loads((higgs.folder / "book.json").read_text()))


def sound(path: Path) -> np.ndarray:
    samples, _ = soundfile.read(path, dtype="float32")
    return np.asarray(samples)


def stem_names(higgs: CommandLine) -> list[str]:
    return sorted(path.name for path in (higgs.folder / "book.stems").iterdir())


def place_of(whole: np.ndarray, part: np.ndarray) -> int:
    """Where a part begins, found by its middle, which no fade has touched."""
    middle = len(part) // 2
    window = part[middle : middle + 2000]
    spread = np.lib.stride_tricks.sliding_window_view(whole, len(window))
    return int(np.flatnonzero((spread == window).all(axis=1))[0]) - middle


def test_a_sample_is_the_first_words_cut_at_a_pause_and_faded(higgs: CommandLine) -> None:
    ran = higgs("render", "book.txt", "--sample")
    assert ran.exit_code == 0, ran.stderr
    assert "book.sample.wav" in ran.stdout
    whole, part = (sound(higgs.folder / name) for name in ("book.wav", "book.sample.wav"))
    chunks = manifest(higgs)["chunks"]
    start = place_of(whole, part)
    assert start / 24000 <= chunks[0]["start_seconds"] + 0.001
    last = [each for each in chunks if each["chapter"] == 0][-1]
    end = (start + len(part)) / 24000
    assert last["end_seconds"] < end < chunks[chunks.index(last) + 1]["start_seconds"]
    inner = slice(round(0.3 * 24000), -round(0.8 * 24000))
    assert np.array_equal(part[inner], whole[start : start + len(part)][inner])
    assert abs(part[-1]) < 1e-4, "faded out"
    assert "nothing has changed" in higgs("render", "book.txt", "--sample").stderr
    assert higgs("verify", "book.wav").exit_code == 0


def test_a_sample_is_never_stale_and_never_foreign(higgs: CommandLine) -> None:
    assert higgs("render", "book.txt", "--sample").exit_code == 0
    before = (higgs.folder / "book.sample.wav").read_bytes()
    higgs.write("book.txt", SCRIPT.replace("dark night", "bright and silent night"))
    ran = higgs("render", "book.txt")
    assert ran.exit_code == 0 and "stay" not in ran.stderr
    after = (higgs.folder / "book.sample.wav").read_bytes()
    assert after != before, "it is written anew, also when nobody asks again"
    assert manifest(higgs)["companions"][0]["path"] == "book.sample.wav"
    (higgs.folder / "book.sample.wav").write_bytes(b"mine")
    ran = higgs("render", "book.txt", "--sample", "--loudness", "-20")
    assert ran.exit_code == 2 and "was not written by a render" in ran.stderr


def test_a_book_names_its_sample_and_its_room(higgs: CommandLine) -> None:
    wanted = "sample: {place: 2:1, seconds: 10}\nroom tone: {head: 1.5, tail: 3, level: -72}\n"
    higgs.write("book.yaml", wanted)
    assert higgs("render", "book.txt", "--delivery", "audiobook").exit_code == 0
    said = manifest(higgs)
    assert problems(said, schema()) == []
    assert said["about"]["sample"] == {"chapter": None, "place": "2:1", "seconds": 10.0}
    mastering = said["settings"]["mastering"]
    assert (mastering["head"], mastering["tail"], mastering["room_tone"]) == (1.5, 3.0, -72.0)
    first = next(each for each in said["chunks"] if each["place"] == "2:1")
    whole, part = (sound(higgs.folder / name) for name in ("book.wav", "book.sample.wav"))
    start = place_of(whole, part) / 24000
    assert first["start_seconds"] - 0.3 < start <= first["start_seconds"]
    ran = higgs("render", "book.txt", "--delivery", "audiobook", "--head", "0.5", "--no-sample")
    assert ran.exit_code == 0
    mastering = manifest(higgs)["settings"]["mastering"]
    assert (mastering["head"], mastering["tail"]) == (0.5, 3.0), "an option still wins"
    sample = (higgs.folder / "book.sample.wav").read_bytes()
    ran = higgs("render", "--from", "book.json", "--loudness", "-21")
    assert ran.exit_code == 0 and (higgs.folder / "book.sample.wav").read_bytes() != sample


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("sample: {chapter: 9}", "nothing is spoken in chapter 9"),
        ("sample: {place: '9:1'}", "nothing is spoken at 9:1"),
        ("sample: {seconds: 400}", "between 10 and 300"),
        ("sample: {chapter: 1, place: '1:1'}", "two beginnings"),
        ("sample: maybe", "must be a table"),
        ("room tone: {head: 99}", "between 0 and 10"),
        ("room tone: {length: 1}", "unknown key"),
    ],
)
def test_a_mistake_in_it_is_told_with_its_line(higgs: CommandLine, wanted: str, said: str) -> None:
    higgs.write("book.yaml", f"title: The Lamp\n{wanted}\n")
    ran = higgs("render", "book.txt")
    assert ran.exit_code == 2 and said in ran.stderr and "book.yaml, line 2" in ran.stderr


def test_a_long_chunk_is_cut_where_it_is_quietest(higgs: CommandLine) -> None:
    words = "and the lamp burned low in the wind of the long and silent night " * 6
    higgs.write("long.txt", f"{words}.\n")
    higgs.write("book.yaml", "sample: {seconds: 10}\n")
    ran = higgs("render", "long.txt", "--chunk-seconds", "50")
    assert ran.exit_code == 0, ran.stderr
    part = sound(higgs.folder / "long.sample.wav")
    assert 5 < len(part) / 24000 <= 10.0


def test_with_a_file_a_chapter_the_sample_is_of_its_chapter(higgs: CommandLine) -> None:
    higgs.write("book.yaml", "sample: {chapter: 2}\n")
    assert higgs("render", "book.txt", "--per-chapter").exit_code == 0
    whole = sound(higgs.folder / "book-02-a-storm.wav")
    part = sound(higgs.folder / "book.sample.wav")
    assert place_of(whole, part) == 0


def test_a_sample_of_an_encoded_book_is_encoded(higgs: CommandLine) -> None:
    pytest.importorskip("av")
    for output, sample in (("book.mp3", "book.sample.mp3"), ("tale.m4b", "tale.sample.m4a")):
        ran = higgs("render", "book.txt", "-o", output, "--sample")
        assert ran.exit_code == 0, ran.stderr
        assert (higgs.folder / sample).stat().st_size > 1000


def test_stems_are_aligned_and_their_sum_is_the_mix(higgs: CommandLine) -> None:
    options = ("--stems", "--sample-format", "float", "--true-peak", "0", "--loudness", "-30")
    ran = higgs("render", "book.txt", *options)
    assert ran.exit_code == 0, ran.stderr
    assert stem_names(higgs) == STEMS
    mix = sound(higgs.folder / "book.wav")
    stems = [sound(higgs.folder / "book.stems" / name) for name in STEMS[:2]]
    assert all(len(each) == len(mix) for each in stems)
    assert np.array_equal(stems[0] + stems[1], mix), "bit for bit, where nothing is limited"
    assert all(each.any() for each in stems) and not (stems[0] * stems[1]).any()
    said = manifest(higgs)
    assert problems(said, schema()) == []
    labels = (higgs.folder / "book.stems" / "labels.txt").read_text().splitlines()
    start, end, label = labels[1].split("\t")
    assert label == "#2 Mr. Hale: Who is there?"
    chunk = said["chunks"][1]
    assert float(start) == pytest.approx(chunk["start_seconds"], abs=1e-4)
    assert float(end) == pytest.approx(chunk["end_seconds"], abs=1e-4)
    assert "nothing has changed" in higgs("render", "book.txt", *options).stderr


def test_stems_in_whole_numbers_add_up_too_and_the_room_is_one_of_them(
    higgs: CommandLine,
) -> None:
    assert higgs("render", "book.txt", "--stems", "--loudness", "-30").exit_code == 0
    numbers = [soundfile.read(higgs.folder / "book.wav", dtype="int16")[0]]
    numbers += [
        soundfile.read(higgs.folder / "book.stems" / name, dtype="int16")[0] for name in STEMS[:2]
    ]
    assert np.array_equal(numbers[1] + numbers[2], numbers[0])
    options = ("--stems", "--loudness", "-30", "--room-tone", "-70", "--sample-format", "float")
    assert higgs("render", "book.txt", *options).exit_code == 0
    names = [name for name in stem_names(higgs) if name.endswith(".wav")]
    assert names == ["00-room-tone.wav", *STEMS[:2]]
    total = sum(sound(higgs.folder / "book.stems" / name) for name in names)
    assert np.abs(total - sound(higgs.folder / "book.wav")).max() < 1e-7


def test_stems_are_the_same_bytes_twice_and_follow_the_book(higgs: CommandLine) -> None:
    assert higgs("render", "book.txt", "--stems").exit_code == 0
    folder = higgs.folder / "book.stems"
    first = {name: (folder / name).read_bytes() for name in STEMS}
    for name in STEMS:
        (folder / name).unlink()
    assert higgs("render", "book.txt", "--stems").exit_code == 0
    assert {name: (folder / name).read_bytes() for name in STEMS} == first
    higgs.write("book.txt", SCRIPT.replace("Mr. Hale:", "Old Tom:"))
    ran = higgs("render", "book.txt")
    assert ran.exit_code == 0, ran.stderr
    assert stem_names(higgs) == ["01-ann.wav", "02-old-tom.wav", "labels.txt"]
    assert higgs("verify", "book.wav").exit_code == 0
    (folder / "01-ann.wav").write_bytes(b"mine")
    ran = higgs("render", "book.txt", "--loudness", "-20")
    assert ran.exit_code == 2 and "01-ann.wav is there already" in ran.stderr


def test_with_a_file_a_chapter_stems_are_of_each_chapter_and_add_up_to_it(
    higgs: CommandLine,
) -> None:
    higgs.write("book.txt", f"{SCRIPT}\n# Alone\n\nMr. Hale: He said no more.\n")
    options = ("--stems", "--sample-format", "float", "--true-peak", "0", "--loudness", "-30")
    assert higgs("render", "book.txt", *options).exit_code == 0
    ran = higgs("render", "book.txt", *options, "--per-chapter")
    assert ran.exit_code == 0, ran.stderr
    assert stem_names(higgs) == [
        *STEMS[:2],
        "chapter-01-01-ann.wav",
        "chapter-01-02-mr-hale.wav",
        "chapter-01-labels.txt",
        "chapter-02-01-ann.wav",
        "chapter-02-02-mr-hale.wav",
        "chapter-02-labels.txt",
        "chapter-03-02-mr-hale.wav",
        "chapter-03-labels.txt",
        "labels.txt",
    ], "those of the whole book are as true as they were"
    for number in (1, 2, 3):
        (chapter,) = higgs.folder.glob(f"book-0{number}-*.wav")
        stems = (higgs.folder / "book.stems").glob(f"chapter-0{number}-*.wav")
        assert np.array_equal(sum(map(sound, stems)), sound(chapter))
    labels = (higgs.folder / "book.stems" / "chapter-02-labels.txt").read_text().splitlines()
    assert [line.split("\t")[2][:7] for line in labels] == ["#3 Ann:", "#4 Mr. "]
    assert float(labels[0].split("\t")[0]) < 1.0, "in the time of the chapter's file"
    assert problems(manifest(higgs), schema()) == []
    assert higgs("verify", "book.json").exit_code == 0
    assert "nothing has changed" in higgs("render", "book.txt", *options, "--per-chapter").stderr
    assert higgs("render", "book.txt", "--per-chapter", "--loudness", "-20").exit_code == 0
    assert all(name.startswith("chapter-0") for name in stem_names(higgs)), "nobody asked again"


def test_stems_go_nowhere_else(higgs: CommandLine) -> None:
    elsewhere = higgs.folder / "elsewhere"
    elsewhere.mkdir()
    (higgs.folder / "book.stems").symlink_to(elsewhere)
    ran = higgs("render", "book.txt", "--stems")
    assert ran.exit_code == 2 and "is a link" in ran.stderr
    assert list(elsewhere.iterdir()) == []
    (higgs.folder / "book.stems").unlink()
    higgs.write("book.stems", "a file")
    assert higgs("render", "book.txt", "--stems").exit_code == 2


def test_nothing_is_removed_through_a_link(higgs: CommandLine) -> None:
    assert higgs("render", "book.txt", "--stems").exit_code == 0
    elsewhere = higgs.folder / "elsewhere"
    (higgs.folder / "book.stems").rename(elsewhere)
    (higgs.folder / "book.stems").symlink_to(elsewhere)
    before = {path.name: path.read_bytes() for path in elsewhere.iterdir()}
    higgs.write("book.txt", SCRIPT.replace("Mr. Hale:", "Old Tom:"))
    ran = higgs("render", "book.txt", "--per-chapter")
    assert ran.exit_code == 0, ran.stderr
    assert {path.name: path.read_bytes() for path in elsewhere.iterdir()} == before


def test_some_chapters_have_no_sample_that_nobody_asks_for(higgs: CommandLine) -> None:
    higgs.write("book.yaml", "sample: {chapter: 1}\n")
    some = ("render", "book.txt", "--chapters", "2", "-o", "two.wav", "--store", "book.higgs")
    assert higgs(*some).exit_code == 0
    assert not (higgs.folder / "two.sample.wav").exists()
    assert higgs(*some, "--sample").exit_code == 0
    assert (higgs.folder / "two.sample.wav").exists()


def test_stems_of_a_compressed_book_are_flac(higgs: CommandLine) -> None:
    pytest.importorskip("av")
    assert higgs("render", "book.txt", "-o", "book.mp3", "--stems").exit_code == 0
    assert stem_names(higgs) == ["01-ann.flac", "02-mr-hale.flac", "labels.txt"]


def schema() -> dict[str, Any]:
    from importlib.resources import files

    path = files("higgs_cli.output.manifest") / "manifest.schema.json"
    return dict(json.loads(path.read_text()))
