"""A render replaces files of its own, and no other."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from higgs_cli import pipeline
from tests.fakes import FakeSynthesizer
from tests.helpers import CommandLine

SCRIPT = "[SPEAKER0] One thing is said here.\n[SPEAKER1] Another one follows it.\n"
ASSETS = Path(__file__).parents[1] / "assets" / "manifests_v1"
RENDER = ("render", "talk.txt", "--subtitles", "both", "-o", "talk.wav")


@pytest.fixture
def higgs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path.parent / "cache"))
    higgs = CommandLine(tmp_path, monkeypatch, capsys)
    higgs.write("talk.txt", SCRIPT)
    return higgs


def refused(higgs: CommandLine, *argv: str) -> str:
    """What is said; nothing may have been spoken or made."""
    before = {path: path.read_bytes() for path in higgs.folder.rglob("*") if path.is_file()}
    higgs.synthesizer = FakeSynthesizer()
    ran = higgs(*argv)
    assert ran.exit_code == 2, ran.stderr
    assert higgs.synthesizer.chunks_spoken == []
    after = {path: path.read_bytes() for path in higgs.folder.rglob("*") if path.is_file()}
    assert after == before
    return ran.stderr


@pytest.mark.parametrize("ending", ["wav", "json", "srt", "vtt"])
def test_a_file_that_no_render_wrote_is_refused_before_speaking(
    higgs: CommandLine, ending: str
) -> None:
    higgs.write(f"talk.{ending}", '{"mine": 1}')
    said = refused(higgs, *RENDER)
    assert f"talk.{ending}" in said and "--overwrite" in said
    assert higgs(*RENDER, "--overwrite").exit_code == 0
    assert (higgs.folder / f"talk.{ending}").read_bytes() != b'{"mine": 1}'


def test_subtitles_that_are_not_asked_for_are_nobodys_business(higgs: CommandLine) -> None:
    mine = higgs.write("talk.srt", "mine")
    assert higgs("render", "talk.txt", "-o", "talk.wav").exit_code == 0
    assert mine.read_text() == "mine"


@pytest.mark.parametrize("ending", ["wav", "srt", "vtt"])
def test_a_file_that_was_changed_since_is_refused(higgs: CommandLine, ending: str) -> None:
    assert higgs(*RENDER).exit_code == 0
    path = higgs.folder / f"talk.{ending}"
    path.write_bytes(path.read_bytes() + b"edited")
    assert "changed since" in refused(higgs, *RENDER)


def test_the_same_command_again_replaces_its_own(higgs: CommandLine) -> None:
    assert higgs(*RENDER).exit_code == 0
    assert higgs(*RENDER).exit_code == 0
    higgs.write("talk.txt", SCRIPT + "[SPEAKER0] And a third.\n")
    assert higgs(*RENDER, "--loudness", "-16").exit_code == 0
    assert higgs("render", "--from", "talk.json").exit_code == 0


def test_formats_may_be_asked_for_in_turn(higgs: CommandLine) -> None:
    """They share a manifest: the store knows the one that it names no more."""
    for output in ("talk.wav", "talk.flac", "talk.wav"):
        assert higgs("render", "talk.txt", "-o", output).exit_code == 0


def test_the_same_command_again_after_a_strict_render_without_audio(higgs: CommandLine) -> None:
    assert higgs(*RENDER).exit_code == 0
    higgs.write("talk.txt", SCRIPT + "[SPEAKER0] This one is lost.\n")
    higgs.synthesizer = FakeSynthesizer(
        mishap=lambda chunk, attempt: "raise" if "lost" in chunk.text else None
    )
    assert higgs(*RENDER, "--strict").exit_code == 1
    assert json.loads((higgs.folder / "talk.json").read_text())["audio"] is None
    higgs.synthesizer = FakeSynthesizer()
    assert higgs(*RENDER, "--strict").exit_code == 0


@pytest.mark.parametrize("at", ["wav", "srt", "vtt", "json"])
def test_the_same_command_again_after_it_was_killed_between_two_files(
    higgs: CommandLine, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    rename = os.rename

    class Killed(BaseException):
        pass

    def killed(source: str, name: str, **folders: int) -> None:
        rename(source, name, **folders)
        if name == f"talk.{at}":
            raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(os, "rename", killed)
        with pytest.raises(Killed):
            higgs(*RENDER)
    assert higgs(*RENDER).exit_code == 0


def test_outputs_of_the_first_release_are_its_own(higgs: CommandLine) -> None:
    shutil.copytree(ASSETS, higgs.folder, dirs_exist_ok=True)
    assert (higgs.folder / "book.srt").exists()
    assert higgs("render", "--from", "book.json").exit_code == 0
    foreign = higgs.write("talk.flac", "mine")
    assert "talk.flac" in refused(higgs, "render", "--from", "talk.json")
    assert foreign.read_text() == "mine"


def test_a_manifest_of_another_output_is_foreign(higgs: CommandLine) -> None:
    assert higgs(*RENDER).exit_code == 0
    shutil.copy(higgs.folder / "talk.json", higgs.folder / "kept.json")
    assert "kept.json" in refused(higgs, "render", "--from", "kept.json", "-o", "kept.wav")
    assert "an input" in refused(
        higgs, "render", "--from", "kept.json", "-o", "kept.wav", "--overwrite"
    )


def test_inputs_are_never_overwritten(higgs: CommandLine) -> None:
    voice = Path(pipeline.__file__).parents[1] / "voices" / "marigold.wav"
    shutil.copy(voice, higgs.folder / "ann.wav")
    higgs.write("ann.vtt", "What Ann says.")
    higgs.write("t.wav", SCRIPT)
    higgs.write("t.json", SCRIPT)
    higgs.write("words.srt", "lead: led\n")
    higgs.write("room.srt", "A room.\n")
    higgs.write("own.json", "seed = 3\n")
    higgs.write(
        "voices.json",
        "profiles: {ann: {audio: ann.wav, transcript: ann.vtt}}\n",
    )
    higgs.write("one.json", "One line.\n")
    cast = "-v voices.json -c SPEAKER0=ann -c SPEAKER1=ann"
    for command in (
        "render t.wav -o t.wav",
        "render t.json -o t.wav",
        "render talk.txt -o words.wav --lexicon words.srt",
        "render talk.txt -o room.wav --scene ./room.srt",
        "render talk.txt -o own.wav --settings own.json",
        f"render talk.txt -o voices.wav {cast}",
        f"render talk.txt -o ann.wav {cast}",
        f"render talk.txt -o ann.flac {cast}",
        "render talk.txt -o ann.wav -c SPEAKER0=ann.wav -c SPEAKER1=smart",
        "clone ann.wav Good -o ann.wav",
        "clone ann.wav --lines one.json -o one.wav",
    ):
        said = refused(higgs, *command.split(), "--subtitles", "both", "--overwrite")
        assert "an input: it is not overwritten" in said, command
