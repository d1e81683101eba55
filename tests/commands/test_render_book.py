"""The scripts in examples/ render a book and a night of books, and can be started again."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import datetime, timedelta
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


def run_example(name: str, *words: str, fake: str = "") -> subprocess.CompletedProcess[str]:
    folder = Path(words[0]).parent
    entry = folder / "higgs"
    entry.write_text(f"#!{sys.executable}\n" + FAKE_ENTRY.format(options=fake))
    entry.chmod(0o755)
    environment = {
        **os.environ,
        "HIGGS": str(entry),
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
        "XDG_CACHE_HOME": str(folder / "cache"),
    }
    return subprocess.run(
        [str(ROOT / "examples" / name), *words],
        env=environment,
        capture_output=True,
        text=True,
        cwd=folder,
    )


def run_book(chapters: Path, *options: str, fake: str = "") -> subprocess.CompletedProcess[str]:
    out = str(chapters.parent / "out")
    return run_example("render_book.sh", str(chapters), out, *options, fake=fake)


def test_every_chapter_becomes_a_file_and_a_second_start_speaks_nothing(chapters: Path) -> None:
    first = run_book(chapters)
    assert first.returncode == 0, first.stderr
    names = sorted(path.name for path in (chapters.parent / "out").glob("*.wav"))
    assert names == ["chapter 1.wav", "chapter 2.wav"]
    again = run_book(chapters)
    assert again.returncode == 0
    assert again.stdout.splitlines()[1].split("\t")[:5] == [
        "chapters", "finished", "0:00:09.8", "2", "0",
    ]  # fmt: skip


def test_a_failed_line_does_not_stop_the_book_and_is_counted(chapters: Path) -> None:
    (chapters / "chapter 1.txt").write_text("This line is cursed and will never come to an end.\n")
    ran = run_book(chapters, fake=FAILS_SOMEWHERE)
    assert ran.returncode == 1
    assert ran.stdout.splitlines()[1].split("\t")[5] == "1"
    assert (chapters.parent / "out" / "chapter 2.wav").exists()


def test_a_mistake_is_an_exit_code_of_its_own(chapters: Path) -> None:
    assert run_book(chapters, "--temprature", "1").returncode == 2
    assert run_book(chapters.parent / "nowhere").returncode == 2


def test_a_night_shows_its_plan_tries_twice_and_leaves_a_summary(chapters: Path) -> None:
    (chapters / "cursed.txt").write_text("This line is cursed and will never come to an end.\n")
    later = (datetime.now() + timedelta(hours=2)).strftime("%H:%M")
    words = (str(chapters), str(chapters.parent / "out"), later, "--cast", "NARRATOR=marigold")
    ran = run_example("render_night.sh", *words, fake=FAILS_SOMEWHERE)
    assert ran.returncode == 1, ran.stderr
    assert "3 books" in ran.stdout and ran.stderr.count("try ") == 2
    summary = (chapters.parent / "out" / "night.tsv").read_text().splitlines()
    assert [line.split("\t")[0] for line in summary[1:]] == ["chapter 1", "chapter 2", "cursed"]
