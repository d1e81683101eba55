"""A megabyte of any kind of text is planned in seconds, down to the last line of `higgs plan`."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from higgs_cli.__main__ import NEW_OBJECTS_TO_SEARCH
from tests.helpers import CommandLine

MEGABYTE = 1_000_000
MOST_CPU_SECONDS = 10.0


def repeated(part: str, parting: str = "") -> str:
    size = len((part + parting).encode())
    return (part + parting) * (MEGABYTE // size)


def numbered(line: Callable[[int], str]) -> str:
    lines: list[str] = []
    size = 0
    while size < MEGABYTE:
        lines.append(line(len(lines)))
        size += len(lines[-1].encode())
    return "".join(lines)


SENTENCE = "It was a dark night, and nobody in the old house could sleep for the noise. "
KINDS: dict[str, Callable[[], str]] = {
    "plain prose": lambda: repeated(SENTENCE * 6, "\n\n"),
    "one paragraph": lambda: repeated(SENTENCE),
    "one word": lambda: "a" * MEGABYTE,
    "no spaces": lambda: repeated("word,word;word-word.word"),
    "Chinese": lambda: repeated("夜里很黑，老房子里的人都睡不着。", "\n"),
    "9,999 speakers": lambda: numbered(lambda n: f"[SPEAKER{n % 9999}] {SENTENCE}\n"),
    "headings": lambda: numbered(
        lambda n: f"# Chapter {n}\n\nIt was late, and it began to rain.\n\n"
    ),
    "brackets": lambda: "x " + "[" * MEGABYTE,
    "dots": lambda: "Well" + "." * MEGABYTE + "x",
    "numbers and abbreviations": lambda: repeated("In 1999 Dr. J. B. Lee paid $5.50 at 3:15. "),
    "comments": lambda: repeated("Yes. <!-- no --> ", "\n"),
    "comments that are never closed": lambda: repeated("<!-- "),
    "pauses": lambda: repeated("Yes. [pause 0.5] No. ", "\n"),
    "spaces": lambda: "# a" + " " * MEGABYTE + "x",
}


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path.parent / "cache"))
    return CommandLine(tmp_path, monkeypatch, capsys)


@pytest.fixture(autouse=True)
def _collects_garbage_as_the_command_does() -> Iterator[None]:
    usual = gc.get_threshold()
    gc.set_threshold(NEW_OBJECTS_TO_SEARCH, 2, 2)
    yield
    gc.set_threshold(*usual)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_megabyte_is_planned_in_ten_seconds_of_cpu(command: CommandLine, kind: str) -> None:
    command.write("book.md", KINDS[kind]())
    began = time.process_time()
    ran = command("plan", "book.md")
    seconds = time.process_time() - began
    print(f"{kind}: {seconds:.1f} s, {ran.stdout.splitlines()[-2:]} {ran.stderr[:100]}")
    assert ran.exit_code in (0, 2)
    assert seconds < MOST_CPU_SECONDS
