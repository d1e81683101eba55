"""Words have the times at which a recogniser heard them, and every file says how they are known."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Callable, Collection
from pathlib import Path

import pytest

from higgs_cli.checks import gates, known_recordings
from higgs_cli.checks.gate_sources import GateSources
from higgs_cli.checks.words import WordsNorm
from higgs_cli.jobs import gates as job_gates
from higgs_cli.listening.hearing import Hearing
from higgs_cli.listening.listener import ListenerSource
from higgs_cli.planning.plan import Chunk
from tests.fake_ears import MODULE
from tests.fakes import FakeSynthesizer
from tests.helpers import CommandLine

LINE = "Then we all went home at once and slept"
SCRIPT = f"# One\n\n{LINE}.\n\n{LINE}?\n\nNo.\n"
RENDER = ("render", "book.md", "-o", "book.wav", "--subtitles", "vtt", "--subtitles-by", "word")
PLANNED, HEARD = "plan and pauses", "heard"


@pytest.fixture
def higgs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    line = CommandLine(tmp_path, monkeypatch, capsys)
    line.write("book.md", SCRIPT)
    return line


Listen = Callable[..., None]


@pytest.fixture
def listen(monkeypatch: pytest.MonkeyPatch) -> Listen:
    """A recogniser is here from now on, that hears these words in the tones of every take."""

    def nothing(
        chunk: Chunk, hearing: Hearing, norm: WordsNorm, language: str, names: Collection[str]
    ) -> None:
        return None

    monkeypatch.setattr(gates, "words_finding", nothing)

    def here(text: str = LINE, **settings: str) -> None:
        said = {"reads": text, **settings}
        source = ListenerSource(MODULE, f"reading {said}", said, "a reader")
        monkeypatch.setattr(job_gates, "gate_sources", lambda *_: GateSources({"words": source}))

    return here


def known_by(higgs: CommandLine) -> str:
    """As the manifest says, and the note of the file with it."""
    manifest = json.loads((higgs.folder / "book.json").read_text())
    (subtitles,) = manifest["subtitles"]
    assert f"\nNOTE Times of words: {subtitles['times']}.\n" in vtt(higgs)
    return str(subtitles["times"])


def vtt(higgs: CommandLine) -> str:
    return (higgs.folder / "book.vtt").read_text()


def starts(higgs: CommandLine) -> list[float]:
    """Of all words but the first of each cue."""
    return stamps(vtt(higgs))


def stamps(text: str) -> list[float]:
    return [60 * int(m) + float(s) for m, s in re.findall(r"<00:(\d\d):([\d.]+)>", text)]


def test_without_a_recogniser_times_are_those_of_the_plan_and_say_so(higgs: CommandLine) -> None:
    assert higgs(*RENDER).exit_code == 0
    assert known_by(higgs) == PLANNED


def test_a_book_that_was_heard_says_so_and_which_chunks_were_not(
    higgs: CommandLine, listen: Listen
) -> None:
    listen()
    ran = higgs(*RENDER)
    assert ran.exit_code == 0, ran.stderr
    assert known_by(higgs) == f"{HEARD}; 1 of 3 chunks: {PLANNED}", "a heading is too short"
    chunks = json.loads((higgs.folder / "book.json").read_text())["chunks"]
    assert [each.get("word_times") for each in chunks] == [None, HEARD, HEARD]


def test_what_is_heard_later_makes_subtitles_anew_and_moves_no_sound(
    higgs: CommandLine, listen: Listen
) -> None:
    assert higgs(*RENDER).exit_code == 0
    planned, audio = starts(higgs), (higgs.folder / "book.wav").read_bytes()
    listen()
    higgs.synthesizer = FakeSynthesizer()
    ran = higgs("render", "book.md", "-o", "book.wav", "--subtitles-by", "word")
    assert ran.exit_code == 0 and higgs.synthesizer.chunks_spoken == []
    assert known_by(higgs).startswith(HEARD) and starts(higgs) != planned
    assert (higgs.folder / "book.wav").read_bytes() == audio
    before = vtt(higgs)
    ran = higgs("render", "book.md", "-o", "book.wav", "--subtitles-by", "word")
    assert "nothing has changed" in ran.stderr and vtt(higgs) == before


def test_a_hearing_that_does_not_fit_leaves_the_times_of_the_plan(
    higgs: CommandLine, listen: Listen
) -> None:
    assert higgs(*RENDER).exit_code == 0
    planned = starts(higgs)
    listen("Where have the flowers gone now that it is")
    assert higgs(*RENDER).exit_code == 0
    assert known_by(higgs) == PLANNED and starts(higgs) == planned


def test_a_recogniser_that_is_late_is_set_right(
    higgs: CommandLine, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    listen()
    assert higgs(*RENDER).exit_code == 0
    punctual = starts(higgs)
    listen(late="0.2")
    assert higgs(*RENDER).exit_code == 0
    late = starts(higgs)
    moved = [b - a for a, b in zip(punctual, late, strict=True)]
    assert max(moved) == pytest.approx(0.2, abs=0.011), "nothing is known of how late it is"
    monkeypatch.setattr(job_gates, "late_seconds", lambda heard: 0.2)
    (higgs.folder / "book.vtt").unlink()
    assert higgs(*RENDER).exit_code == 0
    assert starts(higgs) == pytest.approx(punctual, abs=0.002)


def test_words_are_heard_at_the_pace_of_their_speaker(higgs: CommandLine, listen: Listen) -> None:
    listen()
    assert higgs(*RENDER).exit_code == 0
    first, *_, last = starts(higgs)[:8]
    higgs.write("book.md", f"---\ncast:\n  NARRATOR: {{pace: 0.5}}\n---\n{SCRIPT}")
    ran = higgs(*RENDER)
    assert ran.exit_code == 0, ran.stderr
    slow_first, *_, slow_last = starts(higgs)[:8]
    assert slow_last - slow_first == pytest.approx(2 * (last - first), rel=0.1)


def test_a_file_a_chapter_has_the_times_that_were_heard(higgs: CommandLine, listen: Listen) -> None:
    higgs.write("book.md", f"{SCRIPT}\n# Two\n\n{LINE}.\n")
    listen()
    assert higgs(*RENDER).exit_code == 0
    whole = starts(higgs)
    assert higgs(*RENDER, "--per-chapter").exit_code == 0
    (first, second) = sorted(higgs.folder.glob("book-0*.vtt"))
    assert "heard; 1 of 3 chunks" in first.read_text() and "heard" in second.read_text()
    apart = [stamps(each.read_text()) for each in (first, second)]
    assert apart[0] == pytest.approx(whole[: len(apart[0])], abs=0.002)
    moved = [b - a for a, b in zip(apart[1][-6:], whole[-6:], strict=True)]
    assert max(moved) - min(moved) < 0.003, "each as far as its chapter was moved"


def test_the_known_recordings_are_heard_once(higgs: CommandLine, listen: Listen) -> None:
    listen()
    assert higgs(*RENDER).exit_code == 0
    heard = sorted((higgs.folder / "book.higgs" / "hearings").glob("*/*.heard"))
    assert any(known_recordings.KNOWN[0].sound.encode() in each.read_bytes() for each in heard)
    listen()
    assert "nothing has changed" in higgs(*RENDER).stderr
    assert sorted((higgs.folder / "book.higgs" / "hearings").glob("*/*.heard")) == heard


def test_a_book_to_read_along_is_made_anew_and_says_so_in_each_overlay(
    higgs: CommandLine, listen: Listen
) -> None:
    pytest.importorskip("av", reason="PyAV, which encodes the audio, is not installed")
    both = ("render", "book.md", "-o", "book.wav", "-o", "book.epub")
    assert higgs(*both).exit_code == 0
    assert overlay_says(higgs) == PLANNED
    audio = (higgs.folder / "book.wav").read_bytes()
    listen()
    ran = higgs("render", "book.md", "-o", "book.wav")  # nobody asks for the book
    assert ran.exit_code == 0, ran.stderr
    assert overlay_says(higgs).startswith(HEARD)
    assert (higgs.folder / "book.wav").read_bytes() == audio
    assert higgs(*both).exit_code == 0
    listed = json.loads((higgs.folder / "book.json").read_text())["other_audio"]
    assert [each.get("times") for each in listed] == [overlay_says(higgs)]
    assert "nothing has changed" in higgs(*both).stderr


def overlay_says(higgs: CommandLine) -> str:
    with zipfile.ZipFile(higgs.folder / "book.epub") as archive:
        found = re.search(
            r"<!-- Times of words: (.*)\. -->", archive.read("OEBPS/chapter1.smil").decode()
        )
    assert found is not None
    return found[1]
