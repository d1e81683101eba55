"""No text, wherever it is from, steers a terminal: every source of text, through every view."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from higgs_cli.errors import SourceSpot
from higgs_cli.plain_text import STEERING, shown, shown_in_a_line, without_steering
from higgs_cli.terminal.console import out
from tests.helpers import ROOT, CommandLine, fake_entry

BELL, CLEAR, TITLE, NEXT_LINE = "\x07", "\x1b[2J", "\x1b]0;owned\x07", "\x85"
C1, DELETE, TURNED, ISOLATE, SEPARATOR = "\x9b31m", "\x7f", "\u202e", "\u2066", "\u2028"
EVIL = f"{TITLE}{CLEAR}{C1}{BELL}{NEXT_LINE}{DELETE}{TURNED}{ISOLATE}{SEPARATOR}\r"
QUOTED = json.dumps(EVIL + "Ann")
"""As YAML and TOML read it."""


@pytest.fixture
def higgs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path.parent / "cache"))
    higgs = CommandLine(tmp_path, monkeypatch, capsys)
    higgs.write("talk.txt", "[SPEAKER0] One thing.\n[SPEAKER1] And another.\n")
    higgs.write(
        "evil.txt",
        f"---\ntitle: {QUOTED}\n---\n# Chapter {EVIL}one\n\nSaid {EVIL}here.\n",
    )
    higgs.write("named.txt", f"---\ncast:\n  {QUOTED}: smart\n---\nANN: One.\nBEN: Two.\n")
    higgs.write("voices.yaml", f"profiles:\n  {QUOTED}: {QUOTED}\n")
    higgs.write("lexicon.yaml", f"{QUOTED}: [1]\n")
    higgs.write("evil.toml", f"{QUOTED} = 1\n")
    higgs.write("value.toml", f"preset = {QUOTED}\n")
    higgs.write(f"{EVIL}name.txt", "[SPEAKER0] One thing.\n")
    higgs.write(f"{EVIL}voice/profile.yaml", "profiles: [1]\n")
    return higgs


COMMANDS = [
    ("plan", "evil.txt"),
    ("plan", "evil.txt", "--all", "--json"),
    ("plan", "evil.txt", "--as", "dialogue"),
    ("plan", "named.txt"),
    ("plan", "talk.txt", "--lexicon", "lexicon.yaml"),
    ("plan", "talk.txt", "--settings", "evil.toml"),
    ("plan", "talk.txt", "--settings", "value.toml"),
    ("plan", "talk.txt", "--cast", f"SPEAKER0={EVIL}"),
    ("plan", "talk.txt", "--cast", EVIL),
    ("plan", "talk.txt", "--scene", EVIL),
    ("plan", "talk.txt", "--language", EVIL),
    ("plan", "talk.txt", "--seed", EVIL),
    ("plan", "talk.txt", f"--{EVIL}"),
    ("plan", EVIL),
    ("plan", f"{EVIL}name.txt"),
    (EVIL,),
    ("voices", "list", "-v", "voices.yaml"),
    ("voices", "list", "-v", "voices.yaml", "--json"),
    ("voices", "show", "-v", "voices.yaml", f"{EVIL}Ann"),
    ("voices", "show", EVIL),
    ("voices", "list", "-v", f"{EVIL}voice"),
    ("voices", "check", f"{EVIL}.wav"),
    ("scenes", "show", EVIL),
    ("verify", f"{EVIL}.wav"),
    ("render", "talk.txt", "-o", f"{EVIL}.mp3"),
    ("render", "talk.txt", "-o", f"{EVIL}.wav"),
    ("render", "talk.txt", "-o", f"{EVIL}.wav", "--json"),
    ("render", "--from", f"{EVIL}.json"),
    ("render", "talk.txt", "-v", "voices.yaml", "-c", f"SPEAKER0={EVIL}Ann"),
    ("render", "evil.txt", "--subtitles", "both"),
    ("clone", f"{EVIL}.wav", "Good evening."),
    ("download", EVIL),
]


@pytest.mark.parametrize("argv", COMMANDS, ids=lambda argv: " ".join(map(ascii, argv)))
def test_nothing_steers_the_terminal(higgs: CommandLine, argv: tuple[str, ...]) -> None:
    ran = higgs(*argv)
    said = ran.stdout + ran.stderr
    assert said and STEERING.findall(said) == []
    if "--json" in argv:
        for text in [ran.stdout] if argv[0] != "render" else ran.stdout.splitlines():
            json.loads(text)


@pytest.mark.parametrize("variable", ["HIGGS_VOICES", "HIGGS_CAST", "HIGGS_SEED", "HIGGS_PRESET"])
def test_nor_does_the_environment(
    higgs: CommandLine, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, EVIL)
    ran = higgs("plan", "talk.txt")
    assert ran.exit_code == 2 and STEERING.findall(ran.stdout + ran.stderr) == []


def test_what_is_written_is_clean_too(higgs: CommandLine) -> None:
    higgs.write("talk.txt", f"ANN: One {EVIL}thing.\nBEN: And another.\n")
    cast = ("-v", "voices.yaml", "-c", f"ANN={EVIL}Ann", "-c", "BEN=smart")
    assert higgs("render", "talk.txt", *cast, "--subtitles", "both").exit_code == 0
    for name in ("talk.srt", "talk.vtt", "talk.json"):
        assert STEERING.findall((higgs.folder / name).read_text()) == []
    manifest = json.loads((higgs.folder / "talk.json").read_text())
    assert "owned" in manifest["cast"][0]["voice"]


def test_the_carets_stand_under_what_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    out.error("not so", spot=SourceSpot("a.txt", 14, "\x1b[2JMrs \x9bAllen: Two.", 4, 14))
    _, line, carets = capsys.readouterr().err.splitlines()
    assert line == "  14 | \\u001b[2JMrs \\u009bAllen: Two."
    begin, end = carets.index("^"), len(carets)
    assert line[begin:end] == "Mrs \\u009bAllen"


def test_escapes_are_those_of_json() -> None:
    for number in (*range(0x20), 0x7F, *range(0x80, 0xA0), 0x2028, 0x202E, 0x2066, 0xD800, 0xDFFF):
        written = shown(json.dumps(chr(number), ensure_ascii=False))
        assert json.loads(written) == chr(number)
    assert shown("a\tb\nc é 中 😀") == "a\tb\nc é 中 😀"
    assert shown_in_a_line("a\tb\nc") == "a\\tb\\nc"
    assert without_steering(f"a{EVIL} b\nc") == "a]0;owned[2J31m b c"


def on_a_terminal(folder: Path, *argv: str, kind: str = "dumb") -> str:
    """What `higgs`, with a fake synthesizer, writes to a terminal."""
    master, slave = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-c", fake_entry("seconds_per_chunk=0.3"), *argv],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TERM": kind, "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        stdout=slave,
        stderr=slave,
    )
    os.close(slave)
    said = b""
    with suppress(OSError):  # the other end is closed
        while block := os.read(master, 65536):
            said += block
    os.close(master)
    assert child.wait() == 0, said
    return said.decode().replace("\r\n", "\n")


@pytest.mark.parametrize("argv", [("voices", "list", "-v", "voices.yaml"), ("plan", "evil.txt")])
def test_nor_does_a_table_on_a_terminal(higgs: CommandLine, argv: tuple[str, ...]) -> None:
    text = on_a_terminal(higgs.folder, *argv)
    assert "owned" in text and STEERING.findall(text) == []


def test_nor_does_the_bar_of_a_render(higgs: CommandLine) -> None:
    """It is drawn with sequences of its own; none of ours is among them."""
    higgs.write(
        "loud.txt", f"Mrs {C1}{TURNED}Ann: One thing.\nBEN: Two.\nMrs {C1}{TURNED}Ann: 3.\n"
    )
    text = on_a_terminal(higgs.folder, "render", "loud.txt", "--as", "dialogue", kind="xterm")
    assert "real time" in text and "\x1b[" in text
    assert all(each not in text for each in (TITLE, CLEAR, "\x9b", TURNED, BELL))
