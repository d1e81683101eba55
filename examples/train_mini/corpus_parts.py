"""The parts of the new teacher's corpus: which are there, and what stands in their indexes."""

import json
from pathlib import Path
from typing import Any


def spoken_parts(corpus: Path) -> list[int]:
    """The parts that are there, whole: the index of a part is written last."""
    return sorted(int(path.stem) for path in corpus.glob("[0-9]*.jsonl"))


def read_index(corpus: Path, part: int) -> list[dict[str, Any]]:
    """The utterances of a part, a row each, as `speak_corpus.py` writes them."""
    lines = (corpus / f"{part:04d}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def part_numbers(text: str) -> range:
    """`3` or `0-199`."""
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)
