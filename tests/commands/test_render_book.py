"""examples/render_book.sh renders a folder of chapters, and can be started again."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers import FAKE_ENTRY, ROOT

FAILS_SOMEWHERE = "mishap=lambda chunk, attempt: 'endless' if 'cursed' in chunk.text else None"


@pytest.fixture
def chapters(tmp_path: Path) -> Path:
    folder = tmp_path / "chapters"
    folder.mkdir()
    for number in (1, 2):
        text = f"It was the morning of day {number}, and the sea was calm.\n"
        (folder / f"chapter {number}.txt").write_text(text)
    return folder


def run_book(chapters: Path, *options: str, fake: str = "") -> subprocess.CompletedProcess[str]:
    entry = chapters.parent / "higgs"
    entry.write_text(f"#!{sys.executable}\n" + FAKE_ENTRY.format(options=fake))
    entry.chmod(0o755)
    return subprocess.run(
        [
            str(ROOT / "examples/render_book.sh"),
            str(chapters),
            str(chapters.parent / "out"),
            *list(options),
        ],
        env={**os.environ, "HIGGS": str(entry), "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        cwd=chapters.parent,
    )


def test_every_chapter_becomes_a_file_and_a_second_start_speaks_nothing(chapters: Path) -> None:
    first = run_book(chapters)
    assert first.returncode == 0, first.stderr
    names = sorted(path.name for path in (chapters.parent / "out").glob("*.wav"))
    assert names == ["chapter 1.wav", "chapter 2.wav"]
    again = run_book(chapters)
    assert again.returncode == 0
    assert again.stderr.count("0 of them spoken now") == 2


def test_a_failed_line_does_not_stop_the_book_and_is_listed(chapters: Path) -> None:
    (chapters / "chapter 1.txt").write_text("This line is cursed and will never come to an end.\n")
    ran = run_book(chapters, fake=FAILS_SOMEWHERE)
    assert ran.returncode == 1
    assert "to be looked at: chapter 1: some lines failed" in ran.stderr
    assert (chapters.parent / "out" / "chapter 2.wav").exists()


def test_a_mistake_stops_the_book_at_once(chapters: Path) -> None:
    ran = run_book(chapters, "--temprature", "1")
    assert ran.returncode == 2 and "stopped at chapter 1" in ran.stderr
    assert run_book(chapters.parent / "nowhere").returncode == 2
