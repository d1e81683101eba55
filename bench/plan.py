"""What a plan costs: CPU seconds of `higgs plan`, from the command to its last line.

    python -m bench.plan
    python -m bench.plan --novel book.txt --against ../before --record

Two texts: a novel of ten hours, and a hundred thousand chunks of twelve words. They are drawn from
the words of the longest transcript, so that nothing has to be at hand; `--novel` takes a book
instead. With `--against`, the same is planned by another checkout in turns with this one.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench import results

HOME = Path(__file__).parent.parent
WORDS = HOME / "transcripts" / "long_chapter.txt"
NOVEL_WORDS = 95_000
"""Ten hours."""
CHAPTER_PARAGRAPHS, PARAGRAPH_SENTENCES = 60, 5
HEADER = ("text", "chunks", "CPU, s")


def drawn_novel(word_count: int) -> str:
    """Chapters of whole sentences, in an order of chance."""
    sentences = [each.strip() for each in WORDS.read_text("utf-8").split(".") if each.strip()]
    chance, count, parts = random.Random(0), 0, list[str]()
    while count < word_count:
        if len(parts) % CHAPTER_PARAGRAPHS == 0:
            parts.append(f"# Chapter {len(parts) // CHAPTER_PARAGRAPHS + 1}")
        paragraph = ". ".join(chance.choices(sentences, k=PARAGRAPH_SENTENCES)) + "."
        count += len(paragraph.split())
        parts.append(paragraph)
    return "\n\n".join(parts) + "\n"


def drawn_chunks(chunk_count: int) -> str:
    """Sentences of twelve words, each a chunk of its own when cut by words."""
    words = [word for word in WORDS.read_text("utf-8").split() if word.isalpha()]
    chance = random.Random(0)

    def sentences() -> Iterator[str]:
        for _ in range(PARAGRAPH_SENTENCES):
            yield " ".join(chance.choices(words, k=12)).lower().capitalize() + "."

    paragraphs = (" ".join(sentences()) for _ in range(chunk_count // PARAGRAPH_SENTENCES))
    return "\n\n".join(paragraphs) + "\n"


def planned_seconds(checkout: Path, script: Path, flags: Sequence[str]) -> tuple[float, str]:
    """CPU seconds of one plan by a checkout, and how many chunks it says there are."""
    before = _children_seconds()
    argv = [sys.executable, "-m", "higgs_cli", "plan", str(script), "--cast", "NARRATOR=marigold"]
    environment = {**os.environ, "PYTHONPATH": str(checkout)}
    done = subprocess.run(
        [*argv, *flags], cwd=script.parent, env=environment, capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    seconds = _children_seconds() - before
    return seconds, next(
        line.split()[0] for line in done.stdout.splitlines() if " of audio (" in line
    )


def _children_seconds() -> float:
    spent = os.times()
    return spent.children_user + spent.children_system


def main() -> None:
    options = _options()
    checkouts = [HOME, *([options.against.resolve()] if options.against else [])]
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name, script, flags in _loads(Path(folder), options.novel):
            best, chunks = _in_turns(checkouts, script, flags, options.rounds)
            rows.append((name, chunks, *(f"{seconds:.1f}" for seconds in best)))
            print(" | ".join(rows[-1]), flush=True)
    header = HEADER if len(checkouts) == 1 else (*HEADER, "CPU of the other checkout, s")
    if options.record:
        results.append("What a plan costs", results.table(header, rows))


def _loads(folder: Path, novel: Path | None) -> Iterator[tuple[str, Path, list[str]]]:
    if novel is None:
        novel = folder / "novel.md"
        novel.write_text(drawn_novel(NOVEL_WORDS), "utf-8")
    yield "a novel of ten hours", novel.resolve(), []
    chunks = folder / "chunks.txt"
    chunks.write_text(drawn_chunks(100_000), "utf-8")
    yield "chunks of 12 words", chunks, ["--chunk", "words", "--chunk-words", "12"]


def _in_turns(
    checkouts: Sequence[Path], script: Path, flags: Sequence[str], rounds: int
) -> tuple[list[float], str]:
    """The best of some rounds for each: other work only adds."""
    best, chunks = [float("inf")] * len(checkouts), ""
    for _ in range(rounds):
        for number, checkout in enumerate(checkouts):
            seconds, chunks = planned_seconds(checkout, script, flags)
            best[number] = min(best[number], seconds)
    return best, chunks


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="CPU seconds of `higgs plan`.")
    parser.add_argument("--novel", type=Path, help="a book to plan in place of a drawn one")
    parser.add_argument("--against", type=Path, help="another checkout, planned in turns")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--record", action="store_true", help="append to RESULTS.md")
    return parser.parse_args()


if __name__ == "__main__":
    main()
