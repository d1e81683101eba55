"""What goes with an audio is written with it, never left stale, and never somebody else's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.fakes import FakeSynthesizer
from tests.helpers import CommandLine

SCRIPT = "[SPEAKER0] One thing is said here.\n[SPEAKER1] Another one follows it.\n"
ALL = ("--subtitles", "both", "--findings", "talk.csv", "--report", "talk.html")
PLAIN = ("render", "talk.txt", "-o", "talk.wav")
NAMES = ("talk.srt", "talk.vtt", "talk.csv", "talk.html")


@pytest.fixture
def higgs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path.parent / "cache"))
    higgs = CommandLine(tmp_path, monkeypatch, capsys)
    higgs.write("talk.txt", SCRIPT)
    assert higgs(*PLAIN, *ALL).exit_code == 0
    return higgs


def contents(higgs: CommandLine) -> dict[str, bytes]:
    return {
        name: (higgs.folder / name).read_bytes() for name in NAMES if (higgs.folder / name).exists()
    }


@pytest.mark.parametrize("again", [PLAIN, ("render", "--from", "talk.json")])
def test_all_of_it_is_written_anew_when_the_audio_changes_though_nobody_asks(
    higgs: CommandLine, again: tuple[str, ...]
) -> None:
    before = contents(higgs)
    ran = higgs(*again, "--pause-turn", "2")
    assert ran.exit_code == 0, ran.stderr
    assert ran.stdout.split() == ["talk.wav", *NAMES, "talk.json"]
    after = contents(higgs)
    assert all(after[name] != before[name] for name in NAMES)
    manifest = json.loads((higgs.folder / "talk.json").read_text())
    assert {each["path"] for each in manifest["subtitles"] + manifest["companions"]} == set(NAMES)
    assert {each["times"] for each in manifest["subtitles"]} == {"plan and pauses"}


def test_what_was_deleted_is_not_written_again_unless_asked_for(higgs: CommandLine) -> None:
    for name in NAMES[1:]:
        (higgs.folder / name).unlink()
    assert higgs(*PLAIN, "--pause-turn", "2").exit_code == 0
    assert list(contents(higgs)) == ["talk.srt"]


def test_nothing_is_written_again_where_nothing_has_changed(higgs: CommandLine) -> None:
    files = [higgs.folder / name for name in (*NAMES, "talk.wav")]
    before = [path.stat().st_ino for path in files]
    ran = higgs(*PLAIN, *ALL)
    assert ran.exit_code == 0 and "nothing has changed" in ran.stderr
    assert [path.stat().st_ino for path in files] == before


@pytest.mark.parametrize("name", NAMES)
def test_what_was_edited_by_hand_is_refused_before_anything_is_spoken(
    higgs: CommandLine, name: str
) -> None:
    path = higgs.folder / name
    path.write_bytes(path.read_bytes() + b"mine")
    edited = contents(higgs)
    higgs.write("talk.txt", SCRIPT + "[SPEAKER0] A new line.\n")
    higgs.synthesizer = FakeSynthesizer()
    ran = higgs(*PLAIN)
    assert ran.exit_code == 2 and name in ran.stderr and "changed since" in ran.stderr
    assert contents(higgs) == edited and higgs.synthesizer.chunks_spoken == []
    assert higgs(*PLAIN, "--overwrite").exit_code == 0
    assert not path.read_bytes().endswith(b"mine")


def test_subtitles_of_a_render_that_was_killed_are_written_anew(higgs: CommandLine) -> None:
    before = contents(higgs)
    (higgs.folder / "talk.json").unlink()
    assert higgs(*PLAIN, "--pause-turn", "2").exit_code == 0
    after = contents(higgs)
    assert after["talk.srt"] != before["talk.srt"] and after["talk.vtt"] != before["talk.vtt"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--report", "sub/talk.html"), "beside the audio"),
        (("--report", "none/talk.html"), "beside the audio"),
        (("--report", "talk.txt"), "end in .html"),
        (("--findings", "talk.html"), "end in .csv"),
        (("--findings", "input.csv", "--lexicon", "input.csv"), "an input"),
    ],
)
def test_where_nothing_of_it_may_lie_is_refused(
    higgs: CommandLine, options: tuple[str, ...], said: str
) -> None:
    (higgs.folder / "sub").mkdir()
    higgs.write("input.csv", "lead: led\n")
    ran = higgs(*PLAIN, *options)
    assert ran.exit_code == 2 and said in ran.stderr


def test_a_foreign_file_of_that_name_is_refused(higgs: CommandLine) -> None:
    mine = higgs.write("mine.html", "mine")
    ran = higgs(*PLAIN, "--report", "mine.html")
    assert ran.exit_code == 2 and "mine.html" in ran.stderr and mine.read_text() == "mine"


def test_verify_knows_all_of_it(higgs: CommandLine) -> None:
    assert higgs("verify", "talk.wav").exit_code == 0
    for name in NAMES:
        path = higgs.folder / name
        path.write_bytes(path.read_bytes()[:-1])
    ran = higgs("verify", "talk.wav")
    assert ran.exit_code == 1 and set(NAMES) <= set(ran.stdout.split())


CHAPTERS = "# One\n\nThe first chapter says this much.\n\n# Two\n\nAnd the second one says that.\n"


def test_with_a_file_a_chapter_each_has_its_subtitles_and_the_page_plays_all(
    higgs: CommandLine,
) -> None:
    higgs.write("book.md", CHAPTERS)
    render = ("render", "book.md", "-o", "book.wav", "--per-chapter")
    beside = ("--subtitles", "srt", "--report", "book.html", "--findings", "book.csv")
    assert higgs(*render, *beside).exit_code == 0
    names = sorted(path.name for path in higgs.folder.glob("book-*"))
    assert names == ["book-01-one.srt", "book-01-one.wav", "book-02-two.srt", "book-02-two.wav"]
    second = (higgs.folder / "book-02-two.srt").read_text()
    assert second.startswith("1\n00:00:00,") and "second one" in second and "first" not in second
    page = (higgs.folder / "book.html").read_text()
    assert page.index("book-01-one.wav") < page.index("book-02-two.wav")
    before = (higgs.folder / "book-02-two.srt").read_bytes()
    ran = higgs(*render, "--pause-paragraph", "3")
    assert ran.exit_code == 0 and (higgs.folder / "book-02-two.srt").read_bytes() != before
    assert higgs(*render, "--pause-paragraph", "3").stderr.count("nothing has changed") == 1


def test_chapters_of_a_podcast_are_not_left_stale(higgs: CommandLine) -> None:
    higgs.write("book.md", CHAPTERS)
    render = ("render", "book.md", "-o", "book.wav")
    assert higgs(*render, "--chapters-json").exit_code == 0
    before = json.loads((higgs.folder / "book.chapters.json").read_text())
    assert higgs(*render, "--pause-chapter", "6").exit_code == 0
    after = json.loads((higgs.folder / "book.chapters.json").read_text())
    assert after["chapters"][1]["startTime"] > before["chapters"][1]["startTime"]


def test_a_page_plays_what_can_be_played(higgs: CommandLine) -> None:
    pytest.importorskip("av", reason="PyAV, which encodes the audio, is not installed")
    render = ("render", "talk.txt", "-o", "two.epub")
    ran = higgs(*render, "--report", "two.html")
    assert ran.exit_code == 2 and "cannot play an .epub" in ran.stderr
    assert higgs(*render, "-o", "two.wav", "--report", "two.html").exit_code == 0
    assert 'src="./two.wav"' in (higgs.folder / "two.html").read_text()


def test_a_strict_render_that_fails_forgets_nothing_that_lies_there(higgs: CommandLine) -> None:
    higgs.write("talk.txt", SCRIPT + "[SPEAKER0] This one is lost.\n")
    higgs.synthesizer = FakeSynthesizer(
        mishap=lambda chunk, attempt: "raise" if "lost" in chunk.text else None
    )
    before = contents(higgs)
    assert higgs(*PLAIN, "--strict").exit_code == 1
    assert contents(higgs) == before
    higgs.synthesizer = FakeSynthesizer()
    assert higgs(*PLAIN).exit_code == 0
    assert all(data != before[name] for name, data in contents(higgs).items())
