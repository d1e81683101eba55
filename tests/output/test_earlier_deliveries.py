"""What earlier deliveries of an output left: nothing of it is lost, and nothing passes as true."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from higgs_cli import pipeline
from higgs_cli.takes.lock import output_held
from tests.fakes import FakeSynthesizer
from tests.helpers import CommandLine

SCRIPT = """# The first night

[SPEAKER0] It was a dark night, and the lamp burned low.

# A storm

[SPEAKER1] The wind rose in the evening.

# The morning

[SPEAKER0] Nobody slept until the morning came.
"""
EDITED = SCRIPT.replace("wind", "storm wind")
CHAPTERS = ["book-01-the-first-night.flac", "book-02-a-storm.flac", "book-03-the-morning.flac"]


@pytest.fixture
def higgs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path.parent / "cache"))
    command = CommandLine(tmp_path, monkeypatch, capsys)
    command.write("book.txt", SCRIPT)
    return command


def done(higgs: CommandLine, *argv: str) -> str:
    """What was said."""
    ran = higgs(*argv)
    assert ran.exit_code == 0, ran.stderr
    return ran.stderr


def files(higgs: CommandLine) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in higgs.folder.iterdir() if each.is_file()}


def manifest(higgs: CommandLine, name: str = "book.json") -> dict[str, Any]:
    return dict(json.loads((higgs.folder / name).read_text()))


def test_a_voice_that_an_earlier_render_made_is_never_taken_away(higgs: CommandLine) -> None:
    marigold = Path(pipeline.__file__).parents[1] / "voices" / "marigold.wav"
    done(higgs, "render", "book.txt", "-o", "book.wav")
    shutil.copy(higgs.folder / "book.wav", higgs.folder / "made.wav")
    higgs.write("profile.yaml", "profiles: {ann: {audio: book.wav, transcript: ann.txt}}\n")
    higgs.write("ann.txt", "It was a dark night, and the lamp burned low.")
    higgs.write("book.txt", EDITED)
    cast = ("--voices", "profile.yaml", "-c", "SPEAKER0=ann", "-c", "SPEAKER1=ann")
    said = done(higgs, "render", "book.txt", "-o", "book.flac", *cast)
    assert (higgs.folder / "book.wav").read_bytes() == (higgs.folder / "made.wav").read_bytes()
    assert "book.wav" not in said and marigold.exists()
    assert "kept" not in manifest(higgs) or manifest(higgs)["kept"] == []


def test_some_chapters_do_not_take_the_place_of_the_whole_book(higgs: CommandLine) -> None:
    done(higgs, "render", "book.txt", "-o", "book.flac", "--per-chapter")
    before = files(higgs)
    for output in ((), ("-o", "book.wav"), ("-o", "book.flac")):
        ran = higgs("render", "book.txt", "--chapters", "1,3", *output)
        assert ran.exit_code == 2 and "describes the whole book" in ran.stderr
        assert files(higgs) == before
    suffix = ".flac"
    assert f"-o book-chapters-1-3{suffix} --store book.higgs" in ran.stderr
    higgs.synthesizer = FakeSynthesizer()
    named = ("-o", f"book-chapters-1-3{suffix}", "--store", "book.higgs")
    done(higgs, "render", "book.txt", "--chapters", "1,3", *named)
    assert higgs.synthesizer.chunks_spoken == [] and before.items() <= files(higgs).items()


def test_other_chapters_under_one_name_leave_the_first_ones_alone(higgs: CommandLine) -> None:
    render = ("render", "book.txt", "-o", "book.flac", "--per-chapter", "--chapters")
    done(higgs, *render, "1")
    first = files(higgs)[CHAPTERS[0]]
    said = done(higgs, *render, "2")
    assert "book-01-a-storm.flac" in files(higgs)
    assert files(higgs)[CHAPTERS[0]] == first and f"{CHAPTERS[0]} stays as it was" in said
    higgs.write("book.txt", EDITED)
    assert f"{CHAPTERS[0]} stays as it was" in done(higgs, *render, "2")
    assert files(higgs)[CHAPTERS[0]] == first


def test_without_a_name_what_lies_there_is_written_again(higgs: CommandLine) -> None:
    done(higgs, "render", "book.txt", "-o", "book.flac", "-o", "extra.wav", "--subtitles", "srt")
    before = files(higgs)
    done(higgs, "render", "book.txt", "--retake", "7")
    after = files(higgs)
    assert after.keys() == before.keys()
    assert all(after[name] != before[name] for name in ("book.flac", "extra.wav", "book.json"))


def test_without_a_name_files_of_chapters_are_written_again(higgs: CommandLine) -> None:
    done(higgs, "render", "book.txt", "-o", "book.flac", "--per-chapter")
    done(higgs, "render", "book.txt", "--retake", "7")
    assert [name for name in sorted(files(higgs)) if "flac" in name] == CHAPTERS
    assert "nothing has changed" in done(higgs, "render", "book.txt")
    said = done(higgs, "render", "book.txt", "--no-per-chapter", "--tail", "3")
    assert "book.flac" in files(higgs) and CHAPTERS[2] in files(higgs) and CHAPTERS[2] in said


def test_audio_of_other_settings_is_kept_and_named_with_what_renews_it(higgs: CommandLine) -> None:
    done(higgs, "render", "book.txt", "-o", "book.wav", "--subtitles", "srt", "--chapters-json")
    wav = files(higgs)["book.wav"]
    times = files(higgs)["book.srt"], files(higgs)["book.chapters.json"]
    pause = ("render", "book.txt", "-o", "book.flac", "--pause-chapter", "8")
    said = done(higgs, *pause)
    assert files(higgs)["book.wav"] == wav and "book.wav stays as it was" in said
    assert "higgs render --from book.json -o book.wav" in said
    assert files(higgs)["book.srt"] != times[0], "nothing speaks of other times"
    assert files(higgs)["book.chapters.json"] != times[1]
    assert [each["path"] for each in manifest(higgs)["stale"]] == ["book.wav"]
    checked = higgs("verify", "book.flac")
    assert checked.exit_code == 0 and "book.wav is as it was written, but" in checked.stderr
    assert json.loads(higgs("verify", "book.flac", "--json").stdout)["stale"] == ["book.wav"]
    again = done(higgs, *pause)
    assert "nothing has changed" in again and "book.wav stays as it was" in again
    said = done(higgs, "render", "--from", "book.json", "-o", "book.wav")
    assert files(higgs)["book.wav"] != wav and "stays" not in said
    assert "stale" not in manifest(higgs)
    assert [each["path"] for each in manifest(higgs)["kept"]] == ["book.flac"]


@pytest.mark.parametrize("option", [("--head", "2"), ("--tail", "3"), ("--book", "facts.yaml")])
def test_whatever_an_output_is_made_of_counts(higgs: CommandLine, option: tuple[str, str]) -> None:
    higgs.write("facts.yaml", "author: Ann Hale\n")
    done(higgs, "render", "book.txt", "-o", "book.wav")
    wav = files(higgs)["book.wav"]
    said = done(higgs, "render", "book.txt", "-o", "book.flac", *option)
    renewed = option[0] == "--book"
    assert ("book.wav stays as it was" in said) != renewed
    assert manifest(higgs)["kept" if renewed else "stale"][0]["path"] == "book.wav"
    assert files(higgs)["book.wav"] == wav, "a WAV has no tags"


def test_subtitles_of_what_is_no_more_are_removed(higgs: CommandLine) -> None:
    done(higgs, "render", "book.txt", "-o", "book.flac", "--per-chapter", "--subtitles", "srt")
    higgs.write("book.txt", EDITED)
    said = done(higgs, "render", "book.txt", "-o", "book.wav")
    left = sorted(files(higgs))
    assert left == [*CHAPTERS, "book.json", "book.txt", "book.wav"]
    assert f"{CHAPTERS[1]}, {CHAPTERS[2]} stay as they were" in said
    assert "-o book.flac --per-chapter" in said and "02-a-storm.srt was of an earlier" in said


def test_a_failed_strict_render_makes_nothing_true(higgs: CommandLine) -> None:
    render = ("render", "book.txt", "-o", "book.wav")
    done(higgs, *render, "-o", "book.flac")
    flac = files(higgs)["book.flac"]
    higgs.write("book.txt", EDITED)
    higgs.synthesizer = FakeSynthesizer(
        mishap=lambda chunk, attempt: "clipping" if "storm wind" in chunk.text else None
    )
    assert higgs(*render, "--strict").exit_code == 1
    ran = higgs(*render)
    assert ran.exit_code == 1 and "book.flac stays as it was" in ran.stderr
    assert files(higgs)["book.flac"] == flac


def test_what_was_renewed_before_a_render_was_killed_is_renewed_again(
    higgs: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    rename = os.rename

    def killed(source: str, name: str, **folders: int) -> None:
        if name == "book.json":
            raise Killed
        rename(source, name, **folders)

    done(higgs, "render", "book.txt", "-o", "book.wav")
    done(higgs, "render", "book.txt", "-o", "book.flac")
    higgs.write("book.txt", EDITED)
    with monkeypatch.context() as patched:
        patched.setattr(os, "rename", killed)
        with pytest.raises(Killed):
            higgs("render", "book.txt", "-o", "book.flac")
    assert "stays" not in done(higgs, "render", "book.txt", "-o", "book.flac")
    assert [each["path"] for each in manifest(higgs)["kept"]] == ["book.wav"]
    assert higgs("verify", "book.wav").exit_code == 0


def test_a_chapter_file_of_a_render_that_was_stopped_is_known(
    higgs: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = os.rename

    def stopped(source: str, name: str, **folders: int) -> None:
        rename(source, name, **folders)
        if name.startswith("book-01"):
            raise KeyboardInterrupt

    render = ("render", "book.txt", "-o", "book.flac", "--per-chapter")
    with monkeypatch.context() as patched:
        patched.setattr(os, "rename", stopped)
        assert higgs(*render).exit_code == 130
    assert CHAPTERS[0] in files(higgs) and "book.json" not in files(higgs)
    higgs.write("book-01-mine.flac", "a person's")
    higgs.write("book.txt", SCRIPT.replace("The first night", "The night"))
    said = done(higgs, *render)
    assert f"{CHAPTERS[0]} was of an earlier version" in said
    assert CHAPTERS[0] not in files(higgs) and "book-01-the-night.flac" in files(higgs)
    assert files(higgs)["book-01-mine.flac"] == b"a person's"


def test_a_file_of_another_delivery_is_said_to_be_that(higgs: CommandLine) -> None:
    done(higgs, "render", "book.txt", "-o", "book.wav", "-o", "other.flac")
    before = files(higgs)
    ran = higgs("render", "book.txt", "-o", "other.flac")
    assert ran.exit_code == 2 and "belongs to what book.json describes" in ran.stderr
    assert "-o book.wav -o other.flac" in ran.stderr and files(higgs) == before
    done(higgs, "render", "book.txt", "-o", "other.flac", "--overwrite")


@pytest.mark.parametrize("options", [("-o", "shared.flac"), ("--report", "shared.html")])
def test_every_file_that_is_named_is_held(higgs: CommandLine, options: tuple[str, str]) -> None:
    with output_held(higgs.folder / "shared.wav"):
        ran = higgs("render", "book.txt", "-o", "book.wav", *options)
    assert ran.exit_code == 75, ran.stderr
    assert not (higgs.folder / "book.wav").exists()
    done(higgs, "render", "book.txt", "-o", "book.wav", *options)


def test_what_a_killed_render_was_writing_is_swept_whatever_is_asked_for_now(
    higgs: CommandLine,
) -> None:
    dead = higgs.write(".higgs-0123abcd-0123456789abcdef.partial", "half of book.mp3")
    mine = higgs.write(".book.wav.partial", "a person's")
    done(higgs, "render", "book.txt", "-o", "book.flac")
    assert not dead.exists() and mine.exists()


def test_a_manifest_is_found_by_its_files(higgs: CommandLine) -> None:
    done(higgs, "render", "book.txt", "-o", "book.flac", "-o", "x.wav", "--per-chapter")
    for name in (CHAPTERS[1], "book.flac", "book.json", "x-01-the-first-night.wav", "x.wav"):
        assert higgs("verify", name).exit_code == 0, name
    path = higgs.folder / CHAPTERS[2]
    path.write_bytes(path.read_bytes()[:-1])
    assert higgs("verify", "x.wav").stdout.split() == [CHAPTERS[2]]
    assert higgs("verify", "none.wav").exit_code == 2


def test_from_a_manifest_nothing_is_mastered_that_has_not_changed(higgs: CommandLine) -> None:
    options = ("--device", "cpu", "--loudness", "-20", "--subtitles", "srt")
    done(higgs, "render", "book.txt", "-o", "book.flac", *options)
    before = files(higgs)
    for output in (("-o", "book.flac"), ()):
        assert "nothing has changed" in done(higgs, "render", "--from", "book.json", *output)
    assert files(higgs) == before
