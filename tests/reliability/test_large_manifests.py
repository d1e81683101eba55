"""The manifest of the longest book is read in little memory."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from higgs_cli.files.json_stream import MOST_ELEMENTS
from tests.helpers import ROOT, CommandLine

MOST_MEGABYTES = 512
CHUNKS_OF_A_CHAPTER, CHUNKS_OF_A_RUN = 200, 8
WORDS = "It would rain before the evening came, as it always did at this time of the year, "
READ = """
import sys
from pathlib import Path
from higgs_cli.output.manifest.read import read_manifest
print(len(read_manifest(Path(sys.argv[1])).plan.chunks))
status = Path("/proc/self/status").read_text()  # what getrusage says begins with the parent's
print(int(status.partition("VmHWM:")[2].split()[0]) >> 10)
"""


def hexed(number: int, kind: str) -> str:
    return hashlib.sha256(f"{kind}{number}".encode()).hexdigest()


def chunk_like(first: dict[str, Any], number: int) -> dict[str, Any]:
    text = f"{number} {WORDS * 2}and gulls flew low."
    before = range(number // CHUNKS_OF_A_RUN * CHUNKS_OF_A_RUN, number)
    return {
        **first,
        "number": number,
        "key": hexed(number, "chunk"),
        "chapter": number // CHUNKS_OF_A_CHAPTER,
        "turns": [number],
        "text": text,
        "line_number": number + 1,
        "last_line_number": number + 1,
        "recipe": {**first["recipe"], "text": text},
        "take": {
            **first["take"],
            "key": hexed(number, "take"),
            "codes_sha256": hexed(number, "codes"),
            "heard": [f"{hexed(each, 'take')}.0" for each in before][-4:],
        },
    }


def write_book(path: Path, first_chunk: dict[str, Any], whole: dict[str, Any], count: int) -> None:
    """Chunk by chunk: what writes it is not what is measured."""
    runs = [
        {**whole["runs"][0], "number": number, "chapter": at // CHUNKS_OF_A_CHAPTER,
         "chunks": list(range(at, at + CHUNKS_OF_A_RUN))}
        for number, at in enumerate(range(0, count, CHUNKS_OF_A_RUN))
    ]  # fmt: skip
    chapters = [
        {**whole["chapters"][0], "number": number, "line_number": at + 1}
        for number, at in enumerate(range(0, count, CHUNKS_OF_A_CHAPTER))
    ]
    head = json.dumps({**whole, "runs": runs, "chapters": chapters, "chunks": []}, indent=1)
    with path.open("w", encoding="utf-8") as file:
        file.write(head.removesuffix("[]\n}"))
        for number in range(count):
            file.write("[" if number == 0 else ",")
            file.write(json.dumps(chunk_like(first_chunk, number), indent=1))
        file.write("]}")


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_manifest_of_the_longest_book_is_read_in_half_a_gigabyte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    higgs = CommandLine(tmp_path, monkeypatch, capsys)
    higgs.write("s.txt", "[SPEAKER0] Now then.\n")
    assert higgs("render", "s.txt", "--cast", "SPEAKER0=marigold").exit_code == 0
    whole = json.loads((tmp_path / "s.json").read_bytes())
    count = MOST_ELEMENTS // CHUNKS_OF_A_CHAPTER * CHUNKS_OF_A_CHAPTER
    book = tmp_path / "book.json"
    write_book(book, whole["chunks"][0], whole, count)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", READ, str(book)], env=environment, capture_output=True, text=True
    )
    print(f"{book.stat().st_size >> 20} MiB; {done.stdout}")
    read, megabytes = map(int, done.stdout.split())
    assert read == count, done.stderr
    assert megabytes < MOST_MEGABYTES
