"""What is no text, or no place, is refused in one line before anything is spoken."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.helpers import ROOT, CommandLine

NOT_UTF8 = "caf\udce9"
"""As a command line hands over the bytes of Latin-1."""


@pytest.fixture
def higgs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path.parent / "cache"))
    higgs = CommandLine(tmp_path, monkeypatch, capsys)
    higgs.write("talk.txt", "[SPEAKER0] One thing is said here.\n")
    higgs.write("title.txt", '---\ntitle: "\\ud800"\n---\nOne thing.\n')
    higgs.write("cast.txt", '---\ncast: {"ANN\\udc00": smart}\n---\nANN: One thing.\n')
    higgs.write("voices.yaml", 'profiles: {ann: "a \\ud800 voice"}\n')
    higgs.write("lexicon.yaml", 'thing: "th\\udfffing"\n')
    higgs.write("escaped.txt", "One \\ud800 thing.\n")
    shutil.copy(ROOT / "voices" / "tobias.wav", tmp_path / "ann.wav")
    return higgs


@pytest.mark.parametrize(
    "argv",
    [
        ("render", "title.txt"),
        ("render", "cast.txt"),
        ("render", "talk.txt", "-v", "voices.yaml"),
        ("render", "talk.txt", "--lexicon", "lexicon.yaml"),
        ("render", "escaped.txt", "--encoding", "raw_unicode_escape"),
        ("render", "talk.txt", "--cast", f"SPEAKER0={NOT_UTF8}"),
        ("render", "talk.txt", "--cast", f"{NOT_UTF8}=smart"),
        ("render", "talk.txt", "--scene", NOT_UTF8),
        ("clone", "ann.wav", NOT_UTF8),
        ("clone", "ann.wav", "Good evening.", "--ref-text", NOT_UTF8),
    ],
    ids=lambda argv: " ".join(map(ascii, argv)),
)
def test_what_is_no_text_is_refused_before_speaking(
    higgs: CommandLine, argv: tuple[str, ...]
) -> None:
    ran = higgs(*argv)
    assert ran.exit_code == 2 and "error: " in ran.stderr
    assert higgs.synthesizer.chunks_spoken == [] and not list(higgs.folder.glob("*.higgs"))


def test_files_may_have_names_that_are_not_utf8(higgs: CommandLine) -> None:
    (higgs.folder / "talk.txt").rename(higgs.folder / f"{NOT_UTF8}.txt")
    (higgs.folder / "ann.wav").rename(higgs.folder / f"{NOT_UTF8}-ann.wav")
    script, store = f"{NOT_UTF8}.txt", f"{NOT_UTF8}-store"
    command = ("render", script, "--store", store, "-c", f"SPEAKER0={NOT_UTF8}-ann.wav")
    assert higgs(*command, "--subtitles", "srt").exit_code == 0
    assert higgs(*command, "--subtitles", "srt").exit_code == 0
    manifest = json.loads((higgs.folder / f"{NOT_UTF8}.json").read_text())
    assert manifest["script"]["path"] == script and manifest["store"] == store
    again = higgs("render", "--from", f"{NOT_UTF8}.json", "--json")
    assert again.exit_code == 0, again.stderr
    assert json.loads(again.stdout.splitlines()[-1])["files"][0] == f"{NOT_UTF8}.wav"


@pytest.mark.parametrize("length", [246, 247, 250, 251, 252, 255, 256, 300])
def test_a_name_fits_or_is_refused_before_speaking(higgs: CommandLine, length: int) -> None:
    """251 and `.json` are the longest that file systems take."""
    name = "a" * (length - len(".wav")) + ".wav"
    for options in ((), ("--subtitles", "both")):
        ran = higgs("render", "talk.txt", "-o", name, "--store", "takes", *options)
        if length + len(".json") - len(".wav") <= 255:
            assert ran.exit_code == 0, ran.stderr
        else:
            assert ran.exit_code == 2 and "too long" in ran.stderr
            assert higgs.synthesizer.chunks_spoken == []


def test_a_store_beside_a_name_that_just_fits_is_no_longer_than_it(higgs: CommandLine) -> None:
    for length in (249, 250, 251, 252, 253, 254):
        name = "b" * (length - len(".wav")) + ".wav"
        ran = higgs("render", "talk.txt", "-o", name)
        spoken = len(higgs.synthesizer.chunks_spoken)
        assert (ran.exit_code == 0) or (ran.exit_code == 2 and spoken == 0), ran.stderr
        higgs.synthesizer.chunks_spoken.clear()


@pytest.mark.parametrize("argv", [("render", "talk.txt"), ("plan", "talk.txt"), ("voices", "list")])
def test_a_folder_that_was_deleted_is_said_so(higgs: CommandLine, argv: tuple[str, ...]) -> None:
    gone = higgs.folder / "gone"
    gone.mkdir()
    os.chdir(gone)
    gone.rmdir()
    ran = higgs(*argv)
    assert ran.exit_code == 2 and "the current folder has been deleted" in ran.stderr
    assert higgs("--version").exit_code == 0
