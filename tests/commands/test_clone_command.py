"""`higgs clone` as it is typed."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile

from higgs_cli import pipeline
from tests.helpers import CommandLine


@pytest.fixture
def higgs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("HIGGS_CONSENT", "Ann, today")
    tone = (0.2 * np.sin(np.arange(24000 * 6) / 15)).astype(np.float32)
    soundfile.write(tmp_path / "ann.wav", tone, 24000)
    return CommandLine(tmp_path, monkeypatch, capsys)


def test_one_text_becomes_one_file_named_after_it(higgs: CommandLine) -> None:
    ran = higgs("clone", "ann.wav", "Good evening to you all.", "--ref-text", "What Ann says.")
    assert ran.exit_code == 0 and "warning" not in ran.stderr
    assert ran.stdout.split()[0] == "ann-good-evening-to-you-all.wav"
    reference = higgs.synthesizer.runs_heard[0].references[0]
    assert reference.transcript == "What Ann says." and reference.codes is not None


def test_the_transcript_is_read_from_the_file_beside_the_recording(higgs: CommandLine) -> None:
    higgs.write("ann.txt", "Ann's own words.\n")
    higgs("clone", "ann.wav", "Good evening.", "-o", "out.wav")
    assert higgs.synthesizer.runs_heard[0].references[0].transcript == "Ann's own words."
    assert (higgs.folder / "out.wav").exists()


def test_without_a_transcript_it_says_the_cost_and_goes_on(higgs: CommandLine) -> None:
    ran = higgs("clone", "ann.wav", "Good evening.")
    assert ran.exit_code == 0
    assert "less like the voice" in ran.stderr and "--ref-text" in ran.stderr
    assert higgs.synthesizer.runs_heard[0].references[0].transcript is None


def test_several_texts_and_lines_become_a_file_each(higgs: CommandLine) -> None:
    higgs.write("lines.txt", "The third one.\n\nThe fourth one.\n")
    ran = higgs("clone", "ann.wav", "The first one.", "The second one.", "--lines", "lines.txt")
    audio = [name for name in ran.stdout.split() if name.endswith(".wav")]
    assert audio == [f"ann-the-{word}-one.wav" for word in ("first", "second", "third", "fourth")]
    assert all((higgs.folder / name).exists() for name in audio)
    assert len(higgs.synthesizer.voices_encoded) == 1


def test_equal_texts_do_not_overwrite_each_other(higgs: CommandLine) -> None:
    ran = higgs("clone", "ann.wav", "Yes, of course.", "Yes, of course.")
    audio = [name for name in ran.stdout.split() if name.endswith(".wav")]
    assert audio == ["ann-yes-of-course.wav", "ann-yes-of-course-2.wav"]


def test_a_dash_reads_stdin(higgs: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("Words from a pipe.\n"))
    higgs("clone", "ann.wav", "-", "-o", "out.wav")
    assert higgs.synthesizer.chunks_spoken == ["Words from a pipe."]


def test_several_texts_go_into_a_folder(higgs: CommandLine) -> None:
    (higgs.folder / "prompts").mkdir()
    higgs("clone", "ann.wav", "One of them.", "Two of them.", "-o", "prompts")
    assert len(list((higgs.folder / "prompts").glob("*.wav"))) == 2


def test_a_folder_that_is_not_there_is_made(higgs: CommandLine) -> None:
    higgs.write("prompts.txt", "Come in.\nSit down, please.\n")
    ran = higgs("clone", "ann.wav", "--lines", "prompts.txt", "-o", "all/prompts/")
    assert ran.exit_code == 0
    audio = sorted(path.name for path in (higgs.folder / "all" / "prompts").glob("*.wav"))
    assert audio == ["ann-come-in.wav", "ann-sit-down-please.wav"]


def test_a_name_without_an_ending_is_a_folder_for_one_text_too(higgs: CommandLine) -> None:
    assert higgs("clone", "ann.wav", "Good evening.", "-o", "evening").exit_code == 0
    assert (higgs.folder / "evening" / "ann-good-evening.wav").is_file()


def test_a_folder_that_cannot_be_made_is_refused_before_the_model_opens(
    higgs: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(choice: object) -> None:
        raise AssertionError("the model was opened")

    monkeypatch.setattr(pipeline, "open_higgs", never)
    higgs.write("prompts", "a file, not a folder")
    for place in ("prompts", "prompts/deeper"):
        ran = higgs("clone", "ann.wav", "One.", "Two.", "-o", place)
        assert ran.exit_code == 2 and "is not a folder" in ran.stderr


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["nope.wav", "Hello."], "nope.wav: no such recording"),
        (["ann.wav"], "no text given"),
        (["ann.wav", "nope.txt"], "nope.txt: no such file"),
        (["ann.wav", "One.", "Two.", "-o", "out.wav"], "name a folder"),
        (["ann.wav", "One.", "-o", "out.xyz"], ".xyz"),
        (["ann.wav", "..."], ""),
    ],
)
def test_a_mistake_is_one_clear_message_and_exit_code_two(
    higgs: CommandLine, argv: list[str], said: str
) -> None:
    ran = higgs("clone", *argv)
    assert ran.exit_code == 2 and said in ran.stderr
    assert higgs.synthesizer.chunks_spoken == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("...", "prompts.txt, line 2: nothing in it is spoken"),
        ("Go. [pause 61] On.", "is not a pause"),
        ("[SPEAKER1] Go.", "is not a sound the model knows"),
        ("Mine.", "ann-mine.wav is there already"),
    ],
)
def test_every_line_is_checked_before_the_first_is_spoken(
    higgs: CommandLine, monkeypatch: pytest.MonkeyPatch, line: str, said: str
) -> None:
    def never(choice: object) -> None:
        raise AssertionError("the model was opened")

    monkeypatch.setattr(pipeline, "open_higgs", never)
    higgs.write("prompts.txt", f"Come in.\n{line}\nSit down.\n")
    higgs.write("all/ann-mine.wav", "mine")
    ran = higgs("clone", "ann.wav", "--lines", "prompts.txt", "-o", "all/")
    assert ran.exit_code == 2 and said in ran.stderr
    assert [path.name for path in (higgs.folder / "all").iterdir()] == ["ann-mine.wav"]


def test_several_texts_never_make_a_folder_that_looks_like_a_file(higgs: CommandLine) -> None:
    done = higgs("clone", "ann.wav", "Hello", "there", "-o", "x.mp3")
    assert done.exit_code == 2 and "2 texts cannot go into one file" in done.stderr
    assert not (higgs.folder / "x.mp3").exists()
