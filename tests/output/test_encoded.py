"""Encoded files hold the sound, the chapters, the tags and the cover, by whatever encoder."""

from __future__ import annotations

import shutil
import struct
import subprocess
import sys
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from higgs_cli.errors import FormatError, HiggsError, UsageError
from higgs_cli.output.formats import encoder
from higgs_cli.output.formats.cover import picture_of
from higgs_cli.output.formats.encoded import WrittenSound, write_encoded_file
from higgs_cli.output.formats.encodings import ENCODINGS
from higgs_cli.output.formats.flac import write_flac
from higgs_cli.output.formats.flac_blocks import flac_blocks
from higgs_cli.output.formats.flac_frames import flac_stretch
from higgs_cli.output.formats.labels import SYNTHETIC, ChapterMark, Labels
from higgs_cli.output.formats.tags import vorbis_comments
from higgs_cli.output.formats.write import check_output
from tests.pictures import jpeg, png

av = pytest.importorskip("av")

RATE = 24000
FRAMES = {".mp3": 1152 / 44100, ".opus": 960 / 48000, ".m4b": 1024 / RATE, ".m4a": 1024 / RATE}
"""How long a frame is, in seconds."""

PROGRAMS = ["pyav", "ffmpeg"] if shutil.which("ffmpeg") else ["pyav"]


@pytest.fixture(params=PROGRAMS)
def program(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Who encodes."""
    monkeypatch.setattr(encoder, "has_pyav", lambda: request.param == "pyav")
    return str(request.param)


def sound(seconds: float) -> np.ndarray:
    noise = np.random.default_rng(0).standard_normal(round(seconds * RATE))
    return (0.1 * np.convolve(noise, np.ones(8) / 8, mode="same")).astype(np.float32)


def labels(chapters: int = 3, seconds: float = 6.0) -> Labels:
    step = seconds / chapters
    return Labels(
        title="Die Lämpchen = 1; 2 #3",
        book="The book\nof lamps",
        author="Ann Hale",
        narrator="Marigold",
        series="Harbour tales",
        year=1921,
        description="A \\ long = story; of # all.",
        chapters=tuple(
            ChapterMark(f"Kapitel {at} = ü", at * step, (at + 1) * step) for at in range(chapters)
        ),
        cover=picture_of(png(), "cover.png"),
    )


def write(path: Path, samples: np.ndarray, said: Labels) -> WrittenSound:
    pieces = np.array_split(samples, 7)
    encoding = ENCODINGS[path.suffix]
    return write_encoded_file(path, pieces, RATE, encoding, said, lambda digest: None)


def read(path: Path) -> tuple[np.ndarray, Any]:
    """Samples as a player hears them, and the container's facts."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        frames = [frame.to_ndarray() for frame in container.decode(stream)]
        facts = {
            "rate": stream.rate,
            "tags": {**container.metadata, **stream.metadata},
            "chapters": container.chapters(),
            "covers": len(container.streams.video),
        }
    return np.concatenate(frames, axis=1)[0], facts


@pytest.mark.parametrize("suffix", ENCODINGS)
def test_a_file_is_as_long_as_its_sound_and_sounds_alike(
    tmp_path: Path, program: str, suffix: str
) -> None:
    samples = sound(6.0)
    written = write(tmp_path / f"a{suffix}", samples, labels())
    heard, facts = read(tmp_path / f"a{suffix}")
    assert facts["rate"] == written.sample_rate == ENCODINGS[suffix].rate_of(RATE)
    assert written.sample_count == pytest.approx(6.0 * written.sample_rate, abs=2)
    assert abs(len(heard) / facts["rate"] - 6.0) <= 2 * FRAMES[suffix]
    assert np.sqrt(np.mean(heard**2)) == pytest.approx(np.sqrt(np.mean(samples**2)), rel=0.05)
    assert [path.name for path in tmp_path.iterdir()] == [f"a{suffix}"]


@pytest.mark.parametrize("suffix", ENCODINGS)
def test_chapters_tags_and_cover_are_read_again(tmp_path: Path, program: str, suffix: str) -> None:
    said = labels()
    write(tmp_path / f"a{suffix}", sound(6.0), said)
    _, facts = read(tmp_path / f"a{suffix}")
    starts = [float(each["start"] * each["time_base"]) for each in facts["chapters"]]
    assert starts == pytest.approx([0.0, 2.0, 4.0], abs=0.002)
    titles = [each["metadata"]["title"] for each in facts["chapters"]]
    assert titles == [each.title for each in said.chapters]
    assert facts["covers"] == 1
    tags = {name.lower(): text for name, text in facts["tags"].items()}
    assert tags["title"] == said.title and tags["artist"] == "Ann Hale"
    assert tags["album"] == "The book of lamps" and tags["date"] == "1921"
    assert tags["genre"] == "Audiobook" and tags["composer"] == "Marigold"
    assert said.description in tags.values()
    assert SYNTHETIC in tags.values()
    assert (tags.get("media_type") == "2") == (suffix == ".m4b")


@pytest.mark.parametrize("suffix", [".flac", *ENCODINGS])
def test_a_chapter_begins_on_its_millisecond(tmp_path: Path, program: str, suffix: str) -> None:
    begins = [0.0, 0.501, 1.66, 2.9996]
    marks = [ChapterMark(f"At {at}", at, end) for at, end in pairwise([*begins, 4.0])]
    path, samples = tmp_path / f"a{suffix}", sound(4.0)
    said = replace(labels(), chapters=tuple(marks))
    if suffix == ".flac":
        write_flac(
            path, [flac_stretch(samples, RATE, "pcm16")], len(samples), None, flac_blocks(said)
        )
    else:
        write(path, samples, said)
    chapters = read(path)[1]["chapters"]
    assert [float(each["start"] * each["time_base"]) for each in chapters] == [
        0.0,
        0.501,
        1.66,
        3.0,
    ]
    if suffix == ".opus":
        assert b"CHAPTER002=00:00:01.660" in path.read_bytes()


def test_flac_and_opus_give_one_thing_one_name(tmp_path: Path, program: str) -> None:
    said = replace(labels(), track=(2, 7))
    write(tmp_path / "a.opus", sound(1.0), said)
    comments = vorbis_comments(said)
    assert comments["ALBUMARTIST"] == "Ann Hale" and comments["TRACKNUMBER"] == "2"
    opus, flac = (tmp_path / "a.opus").read_bytes(), flac_blocks(said)
    for name, text in comments.items():
        comment = f"{name}={text}".encode()
        comment = struct.pack("<I", len(comment)) + comment
        assert opus.count(comment) == flac.count(comment) == 1, comment
    assert opus.count(b"=Ann Hale") == flac.count(b"=Ann Hale") == 2, "artist, and album artist"


def test_all_of_four_hundred_chapters_are_there(tmp_path: Path, program: str) -> None:
    said = labels(chapters=400, seconds=8.0)
    for suffix in (".m4b", ".mp3", ".opus"):
        write(tmp_path / f"a{suffix}", sound(8.0), said)
        assert len(read(tmp_path / f"a{suffix}")[1]["chapters"]) == 400


@pytest.mark.parametrize("suffix", ENCODINGS)
def test_the_same_sound_and_labels_are_the_same_bytes(
    tmp_path: Path, program: str, suffix: str
) -> None:
    path, samples = tmp_path / f"a{suffix}", sound(3.0)
    first = write(path, samples, labels())
    data = path.read_bytes()
    time.sleep(1.1)  # a date would be another one
    assert write(path, samples, labels()) == first and path.read_bytes() == data


def test_an_mp3_has_one_bit_rate_and_a_table_of_its_chapters(tmp_path: Path, program: str) -> None:
    write(tmp_path / "a.mp3", sound(6.0), labels())
    data = (tmp_path / "a.mp3").read_bytes()
    assert data.startswith(b"ID3\x04") and b"CTOC" in data and data.count(b"CHAP") == 3
    with av.open(str(tmp_path / "a.mp3")) as container:
        stream = container.streams.audio[0]
        sizes = {packet.size for packet in container.demux(stream) if packet.size}
    assert sizes <= {626, 627}, "192 kbit/s at 44.1 kHz, frame by frame"


def test_a_write_that_breaks_leaves_nothing(tmp_path: Path, program: str) -> None:
    (tmp_path / "a.m4b").write_bytes(b"the old file")

    def breaks() -> Any:
        yield sound(2.0)
        raise RuntimeError("the samples broke off")

    with pytest.raises(RuntimeError, match="broke off"):
        write_encoded_file(
            tmp_path / "a.m4b", breaks(), RATE, ENCODINGS[".m4b"], labels(), lambda digest: None
        )
    assert [path.name for path in tmp_path.iterdir()] == ["a.m4b"]
    assert (tmp_path / "a.m4b").read_bytes() == b"the old file"


@pytest.mark.skipif("ffmpeg" not in PROGRAMS, reason="no ffmpeg is installed")
def test_an_ffmpeg_that_fails_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "ffmpeg"
    program.write_text("#!/bin/sh\necho 'no such encoder' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
    monkeypatch.setattr(encoder, "has_pyav", lambda: False)
    with pytest.raises(HiggsError, match="ffmpeg could not encode: no such encoder"):
        write(tmp_path / "a.mp3", sound(20.0), labels())
    assert not (tmp_path / "a.mp3").exists()


@pytest.mark.parametrize("suffix", [".mp3", ".m4b"])
def test_a_file_that_may_not_grow_is_one_line_and_nothing_else(
    tmp_path: Path, program: str, suffix: str
) -> None:
    """In a process of its own, with a second writer; soxr complains of streams that outlive it."""
    script = f"""
import gc, resource
import numpy as np
from pathlib import Path
from higgs_cli.errors import HiggsError
from higgs_cli.output.formats import encoder
from higgs_cli.output.formats.encoded import write_encoded_file
from higgs_cli.output.formats.encodings import ENCODINGS
from higgs_cli.output.formats.fan_out import fan_out
from higgs_cli.output.formats.labels import Labels
encoder.has_pyav = lambda: {program == "pyav"}
resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))
noise = np.random.default_rng(0).standard_normal(24000).astype(np.float32) / 10
def writer(name):
    path = Path({str(tmp_path)!r}) / name
    return lambda pieces: write_encoded_file(
        path, pieces, 24000, ENCODINGS[path.suffix], Labels(), lambda digest: None)
try:
    fan_out(((noise, noise) for _ in range(40)), [writer("a{suffix}"), writer("b.opus")])
except HiggsError as error:
    print(error.message)
    print(sum(type(each).__name__ == "ResampleStream" for each in gc.get_objects()))
"""
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    message, kept_streams = ran.stdout.splitlines()
    assert message.startswith("cannot write ") and message.endswith(": File too large")
    assert (kept_streams, ran.stderr) == ("0", "")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", ENCODINGS)
def test_nothing_that_encodes_is_told_before_anything_is_rendered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(encoder, "has_pyav", lambda: False)
    with pytest.raises(UsageError, match="nothing here encodes") as refused:
        check_output(tmp_path / f"a{suffix}", "pcm16")
    assert 'pip install "higgs[av]"' in str(refused.value.hint)


def test_a_cover_is_a_jpeg_or_a_png_of_a_size_that_fits() -> None:
    picture = picture_of(jpeg(), "a.jpg")
    assert (picture.media_type, picture.width, picture.height) == ("image/jpeg", 300, 200)
    assert picture_of(png(65, 64), "a.png").width == 65
    for data, said in (
        (b"GIF89a" + bytes(40), "neither a JPEG nor a PNG"),
        (png(10, 64), "10 x 64 pixels"),
        (jpeg(60000, 200), "60000 x 200 pixels"),
        (png() + bytes(11 << 20), "larger than 10 MiB"),
        (png()[:20], "damaged"),
        (png()[:60], "damaged"),
        (png()[:-12], "damaged"),
        (png().replace(b"IDAT", b"IDBT"), "damaged"),
        (png()[:50] + b"\0" + png()[51:], "damaged"),
        (jpeg()[:-2], "damaged"),
        (jpeg()[:-12], "damaged"),
        (jpeg()[:40], "damaged"),
    ):
        with pytest.raises(FormatError, match=said):
            picture_of(data, "cover")
