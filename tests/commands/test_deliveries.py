"""Where a book goes decides how it is written: formats, chapters, tags, rooms, named sets."""

from __future__ import annotations

import json
import re
import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from higgs_cli.output.formats import encoder
from tests.fakes import FakeSynthesizer
from tests.helpers import CommandLine
from tests.pictures import png

av = pytest.importorskip("av")

SCRIPT = """---
title: The Lamp
author: [Ann Hale, Bo Ray]
year: 1921
---
# The first night

[SPEAKER0] It was a dark night, and the lamp burned low.

# A storm: at/sea

[SPEAKER1] The wind rose in the evening.

[SPEAKER0] Nobody slept until the morning came.
"""


@pytest.fixture
def higgs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path.parent / "cache"))
    command = CommandLine(tmp_path, monkeypatch, capsys)
    command.write("book.txt", SCRIPT)
    return command


def facts(path: Path) -> dict[str, Any]:
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        return {
            "duration": float(container.duration / 1_000_000),
            "tags": {
                name.lower(): text
                for name, text in {**container.metadata, **stream.metadata}.items()
            },
            "chapters": [each["metadata"]["title"] for each in container.chapters()],
            "cover": len(container.streams.video) == 1,
        }


def names(higgs: CommandLine) -> list[str]:
    return sorted(path.name for path in higgs.folder.iterdir() if path.is_file())


def manifest(higgs: CommandLine, name: str = "book.json") -> dict[str, Any]:
    return dict(json.loads((higgs.folder / name).read_text()))


def test_several_formats_come_of_one_mastering(higgs: CommandLine) -> None:
    outputs = [f"book{suffix}" for suffix in (".m4b", ".mp3", ".opus", ".flac", ".wav")]
    ran = higgs("render", "book.txt", *(part for name in outputs for part in ("-o", name)))
    assert ran.exit_code == 0, ran.stderr
    assert ran.stdout.split() == [*outputs, "book.json"]
    assert "Mastering book.m4b, book.mp3, book.opus, book.flac and book.wav\n" in ran.stderr, (
        "each is named"
    )
    lengths = [facts(higgs.folder / name)["duration"] for name in outputs]
    assert lengths == pytest.approx([lengths[-1]] * 5, abs=0.06)
    said = manifest(higgs)
    assert said["audio"]["path"] == "book.m4b" and said["audio"]["sample_format"] == "aac"
    assert [each["path"] for each in said["other_audio"]] == outputs[1:]
    wav = (higgs.folder / "book.wav").read_bytes()
    assert higgs("render", "book.txt", "-o", "alone.wav").exit_code == 0
    assert (higgs.folder / "alone.wav").read_bytes() == wav
    assert higgs("verify", "book.opus").exit_code == 0
    again = higgs("render", "book.txt", *(part for name in outputs for part in ("-o", name)))
    assert "nothing has changed" in again.stderr


@pytest.mark.parametrize("suffix", [".m4b", ".mp3", ".opus", ".flac"])
def test_a_book_says_what_it_is(higgs: CommandLine, suffix: str) -> None:
    (higgs.folder / "cover.png").write_bytes(png())
    higgs.write("book.yaml", "narrator: Marigold\ncover: cover.png\nseries: Harbour tales\n")
    assert higgs("render", "book.txt", "-o", f"book{suffix}").exit_code == 0
    found = facts(higgs.folder / f"book{suffix}")
    assert found["chapters"] == ["The first night", "A storm: at/sea"]
    assert found["cover"]
    tags = found["tags"]
    assert (tags["title"], tags["artist"], tags["date"]) == ("The Lamp", "Ann Hale, Bo Ray", "1921")
    assert "Marigold" in tags.values() and "Harbour tales" in tags.values()
    assert "Spoken by a synthetic voice." in tags.values()


def test_a_manifest_makes_another_delivery_and_speaks_nothing(higgs: CommandLine) -> None:
    (higgs.folder / "cover.png").write_bytes(png())
    higgs.write("book.yaml", "cover: cover.png\n")
    assert higgs("render", "book.txt").exit_code == 0
    for name in ("book.txt", "book.yaml", "cover.png"):
        (higgs.folder / name).unlink()
    higgs.synthesizer = FakeSynthesizer()
    ran = higgs("render", "--from", "book.json", "-o", "book.m4b", "--delivery", "acx")
    assert ran.exit_code == 0 and higgs.synthesizer.chunks_spoken == []
    found = facts(higgs.folder / "book.m4b")
    assert found["tags"]["title"] == "The Lamp" and found["cover"]
    settings = manifest(higgs)["settings"]
    assert settings["mastering"] == {
        "loudness": -19.0, "true_peak": -4.0, "head": 0.75, "tail": 2.5, "room_tone": -75.0
    }  # fmt: skip
    assert "permission" in ran.stderr
    again = higgs("render", "--from", "book.json")
    assert again.stdout.split() == ["book.m4b", "book.json"]


def test_what_an_earlier_delivery_left_stays_while_it_is_true(higgs: CommandLine) -> None:
    assert higgs("render", "book.txt", "--subtitles", "both").exit_code == 0
    ran = higgs("render", "--from", "book.json", "-o", "book.opus", "--subtitles", "srt")
    assert ran.exit_code == 0, ran.stderr
    assert names(higgs) == [
        "book.json",
        "book.opus",
        "book.srt",
        "book.txt",
        "book.vtt",
        "book.wav",
    ]
    assert [each["path"] for each in manifest(higgs)["kept"]] == ["book.wav"]
    assert len(manifest(higgs)["subtitles"]) == 2, "those that lie there are written anew"
    assert "nothing has changed" in higgs("render", "--from", "book.json").stderr
    higgs.write("book.txt", SCRIPT.replace("lamp burned", "candle burned"))
    before = (higgs.folder / "book.wav").read_bytes()
    ran = higgs("render", "book.txt", "-o", "book.opus")
    assert ran.exit_code == 0 and "earlier version" not in ran.stderr
    assert "book.wav" in ran.stdout, "it is made anew of the same mastering"
    assert "candle" in (higgs.folder / "book.vtt").read_text()
    wav = (higgs.folder / "book.wav").read_bytes()
    assert wav != before and [each["path"] for each in manifest(higgs)["kept"]] == ["book.wav"]
    assert higgs("verify", "book.opus").exit_code == 0
    assert "nothing has changed" in higgs("render", "book.txt", "-o", "book.opus").stderr
    assert higgs("render", "--from", "book.json", "-o", "alone.wav").exit_code == 0
    assert (higgs.folder / "alone.wav").read_bytes() == wav


def test_a_chapter_that_is_called_otherwise_leaves_no_file_behind(higgs: CommandLine) -> None:
    render = ("render", "book.txt", "-o", "book.flac", "--per-chapter")
    assert higgs(*render).exit_code == 0
    higgs.write("book.txt", SCRIPT.replace("# A storm: at/sea", "# A calm"))
    assert higgs(*render).exit_code == 0
    first = "book-01-the-first-night.flac"
    assert names(higgs) == [first, "book-02-a-calm.flac", "book.json", "book.txt"]


def test_a_file_for_each_chapter_has_a_safe_name_and_tags_of_its_own(higgs: CommandLine) -> None:
    render = ("render", "book.txt", "-o", "book.mp3", "--per-chapter", "--subtitles", "srt")
    ran = higgs(*render)
    assert ran.exit_code == 0, ran.stderr
    chapters = ["book-01-the-first-night", "book-02-a-storm-at-sea"]
    files = [f"{name}{suffix}" for name in chapters for suffix in (".mp3", ".srt")]
    assert names(higgs) == sorted([*files, "book.json", "book.txt"])
    second = facts(higgs.folder / f"{chapters[1]}.mp3")
    assert second["tags"]["title"] == "A storm: at/sea"
    assert second["tags"]["album"] == "The Lamp" and second["tags"]["track"] == "2/2"
    cues = (higgs.folder / f"{chapters[1]}.srt").read_text()
    assert cues.startswith("1\n00:00:00,0"), "its own time, and no pause between chapters"
    said = manifest(higgs)
    assert said["audio"] is None
    assert [each["chapter"] for each in said["other_audio"]] == [0, 1]
    starts = [each["start_seconds"] for each in said["chapters"]]
    assert starts[1] == pytest.approx(
        facts(higgs.folder / f"{chapters[0]}.mp3")["duration"], abs=0.2
    )
    assert higgs("verify", "book.json").exit_code == 0
    assert "nothing has changed" in higgs(*render).stderr


def test_chapters_are_written_as_they_are_done(higgs: CommandLine) -> None:
    """The second waits, before it is spoken, for the file of the first."""
    there: list[list[str]] = []

    def mishap(chunk: Any, attempt: int) -> None:
        if "wind" in chunk.text or "slept" in chunk.text:
            for _ in range(400):
                if list(higgs.folder.glob("book-01*.flac")):
                    break
                time.sleep(0.05)
            there.append(names(higgs))
        return None

    higgs.synthesizer = FakeSynthesizer(lane_count=1, mishap=mishap)
    ran = higgs("render", "book.txt", "-o", "book.flac", "--per-chapter")
    assert ran.exit_code == 0, ran.stderr
    assert "book-01-the-first-night.flac" in there[0]
    assert "book-02-a-storm-at-sea.flac" not in there[0]


def test_a_chapter_alone_sounds_as_in_the_book(higgs: CommandLine) -> None:
    assert higgs("render", "book.txt", "-o", "book.wav").exit_code == 0
    assert higgs("render", "book.txt", "-o", "parts.wav", "--per-chapter").exit_code == 0
    whole, _ = soundfile.read(higgs.folder / "book.wav")
    second, _ = soundfile.read(higgs.folder / "parts-02-a-storm-at-sea.wav")
    np.testing.assert_allclose(whole[-len(second) :], second, atol=2e-3)


def test_a_file_that_misses_its_delivery_says_what_and_by_how_much(higgs: CommandLine) -> None:
    render = ("render", "book.txt", "-o", "book.mp3", "--per-chapter", "--delivery", "acx")
    ran = higgs(*render, "--pause-turn", "6", "--tail", "5")
    assert ran.exit_code == 0, ran.stderr
    missed = re.findall(
        r"book-02-\S+ is not as acx asks: RMS (-\S+) dB, (\S+) below -23 to -18 dB; "
        r"--loudness (-\S+) mends it",
        ran.stderr,
    )
    assert len(missed) == 1 and ran.stderr.count("is not as acx asks") <= 2, ran.stderr
    measured, below, mend = map(float, missed[0])
    assert measured + below == pytest.approx(-23.0)
    found = json.loads(
        higgs("check", "book-02-a-storm-at-sea.mp3", "--delivery", "acx", "--json").stdout
    )
    rms = next(each for each in found["files"][0]["items"] if each["name"] == "RMS")
    assert (
        float(rms["measured"].split()[0]) == pytest.approx(measured, abs=0.3) and not rms["passes"]
    )
    ran = higgs(*render, "--pause-turn", "6", "--tail", "5", "--loudness", str(mend))
    assert ran.exit_code == 0 and "book-02-a-storm-at-sea.mp3 is not" not in ran.stderr


def test_a_file_as_its_delivery_asks_says_nothing(higgs: CommandLine) -> None:
    for delivery in ("audiobook", "podcast", "acx"):
        ran = higgs("render", "book.txt", "-o", "book.mp3", "--delivery", delivery)
        assert ran.exit_code == 0 and "asks" not in ran.stderr, ran.stderr


def test_a_file_of_somebody_else_is_not_replaced_by_a_chapter(higgs: CommandLine) -> None:
    higgs.write("book-02-a-storm-at-sea.mp3", "mine")
    ran = higgs("render", "book.txt", "-o", "book.mp3", "--per-chapter")
    assert ran.exit_code == 2 and "was not written by a render" in ran.stderr
    assert higgs.synthesizer.chunks_spoken == []
    assert names(higgs) == ["book-02-a-storm-at-sea.mp3", "book.txt"]


def test_a_named_delivery_gives_way_to_single_flags(higgs: CommandLine) -> None:
    ran = higgs("render", "book.txt", "--delivery", "podcast", "--tail", "0.5")
    assert ran.exit_code == 0
    mastering = manifest(higgs)["settings"]["mastering"]
    assert (mastering["loudness"], mastering["head"], mastering["tail"]) == (-16.0, 0.3, 0.5)


def test_room_tone_is_quiet_and_without_a_gap_and_always_the_same(higgs: CommandLine) -> None:
    render = ("render", "book.txt", "--delivery", "acx", "--sample-format", "float")
    assert higgs(*render).exit_code == 0
    data = (higgs.folder / "book.wav").read_bytes()
    samples, rate = soundfile.read(higgs.folder / "book.wav")
    head, tail = samples[: round(0.6 * rate)], samples[-round(2.0 * rate) :]
    for quiet in (head, tail):
        level = 20 * np.log10(np.sqrt(np.mean(quiet**2)))
        assert -79 < level < -71
        assert np.abs(quiet).max() < 10 ** (-55 / 20)
    steps = samples[: len(samples) // 240 * 240].reshape(-1, 240)
    assert (np.abs(steps).max(axis=1) > 0).all(), "no digital zero anywhere"
    (higgs.folder / "book.wav").unlink()
    assert higgs(*render).exit_code == 0
    assert (higgs.folder / "book.wav").read_bytes() == data


def test_chapters_are_written_as_podcasts_read_them(higgs: CommandLine) -> None:
    assert higgs("render", "book.txt", "-o", "book.mp3", "--chapters-json").exit_code == 0
    chapters = json.loads((higgs.folder / "book.chapters.json").read_text())
    assert chapters["version"] == "1.2.0"
    assert [each["title"] for each in chapters["chapters"]] == [
        "The first night",
        "A storm: at/sea",
    ]
    assert chapters["chapters"][0]["startTime"] == 0
    assert manifest(higgs)["companions"][0]["path"] == "book.chapters.json"
    assert higgs("verify", "book.mp3").exit_code == 0


def test_a_plan_shows_what_describes_the_book(higgs: CommandLine) -> None:
    (higgs.folder / "cover.png").write_bytes(png())
    higgs.write("book.yaml", "narrator: Marigold\ncover: cover.png\n")
    shown = "book: The Lamp, by Ann Hale, Bo Ray, read by Marigold, cover image/png, 64 x 64"
    assert shown in higgs("plan", "book.txt").stdout
    assert shown in higgs("render", "book.txt", "--dry-run").stdout
    facts = json.loads(higgs("plan", "book.txt", "--json").stdout)["facts"]
    assert (facts["title"], facts["narrator"], facts["has_cover"]) == ("The Lamp", "Marigold", True)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("narator: Ann", "did you mean `narrator`?"),
        ("cover: none.png", 'the cover "none.png": no such file in the current folder'),
        ("cover: book.txt", "neither a JPEG nor a PNG picture"),
        ("cover: head.png", "a damaged picture"),
    ],
)
@pytest.mark.parametrize("command", [("plan",), ("render", "--dry-run"), ("render",)])
def test_a_mistake_of_what_describes_a_book_is_shown_where_it_is_written(
    higgs: CommandLine, command: tuple[str, ...], written: str, said: str
) -> None:
    (higgs.folder / "head.png").write_bytes(png()[:60])
    higgs.write("other.yaml", f"{written}\n")
    higgs.write("book.yaml", f"# mine\n{written}\n")
    ran = higgs(*command, "book.txt")
    assert ran.exit_code == 2 and said in ran.stderr, ran.stderr
    assert "book.yaml, line 2" in ran.stderr and "^" in ran.stderr and written in ran.stderr
    ran = higgs(*command, "book.txt", "--book", "other.yaml")
    assert ran.exit_code == 2 and "other.yaml, line 1" in ran.stderr, ran.stderr


def test_a_cover_that_the_store_has_lost_is_told_of(higgs: CommandLine) -> None:
    (higgs.folder / "cover.png").write_bytes(png())
    higgs.write("book.yaml", "cover: cover.png\n")
    assert higgs("render", "book.txt").exit_code == 0
    shutil.rmtree(higgs.folder / "book.higgs" / "covers")
    for options in (("--dry-run",), ()):
        ran = higgs("render", "--from", "book.json", "-o", "book.opus", *options)
        assert ran.exit_code == 0 and ran.stderr.count("its cover is no longer") == 1, ran.stderr
    assert not facts(higgs.folder / "book.opus")["cover"]
    ran = higgs("render", "--from", "book.json", "-o", "book.opus", "--book", "book.yaml")
    assert ran.exit_code == 0 and "cover" not in ran.stderr
    assert facts(higgs.folder / "book.opus")["cover"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("-o", "book.wma"), "ends in '.wma'"),
        (("-o", "a.mp3", "-o", "a.mp3"), "named twice"),
        (("-o", "a.mp3", "-o", "other/a.wav"), "two folders"),
        (("-o", "a.mp3", "--per-chapter", "--chapters-json"), "--chapters-json is for a file"),
        (("--book", "none.yaml"), "none.yaml: no such file"),
        (("--book", "bad.yaml"), "did you mean `narrator`?"),
        (("--book", "out.yaml"), "is outside"),
        (("--book", "text.yaml"), "neither a JPEG nor a PNG"),
        (("--delivery", "acxx"), "did you mean `acx`?"),
    ],
)
def test_what_cannot_be_delivered_is_refused_before_anything_is_spoken(
    higgs: CommandLine, options: tuple[str, ...], said: str
) -> None:
    (higgs.folder / "other").mkdir()
    higgs.write("bad.yaml", "narator: Ann\n")
    higgs.write("out.yaml", "cover: ../cover.png\n")
    higgs.write("text.yaml", "cover: book.txt\n")
    ran = higgs("render", "book.txt", *options)
    assert ran.exit_code == 2 and said in ran.stderr, ran.stderr
    assert "Traceback" not in ran.stderr and higgs.synthesizer.chunks_spoken == []
    assert not (higgs.folder / "book.json").exists()


def test_without_an_encoder_one_line_says_what_to_install(
    higgs: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoder, "has_pyav", lambda: False)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    ran = higgs("render", "book.txt", "-o", "book.m4b")
    assert ran.exit_code == 2 and "nothing here encodes aac" in ran.stderr
    assert 'pip install "higgs[av]"' in ran.stderr and higgs.synthesizer.chunks_spoken == []


@pytest.mark.slow
def test_many_chapters_in_an_mp4_are_warned_about(higgs: CommandLine) -> None:
    chapters = "".join(f"# Part {at}\n\n[SPEAKER0] Word {at}.\n\n" for at in range(256))
    higgs.write("long.txt", chapters)
    ran = higgs("render", "long.txt", "-o", "long.m4b")
    assert ran.exit_code == 0 and "256 chapters" in ran.stderr
    assert len(facts(higgs.folder / "long.m4b")["chapters"]) == 256
