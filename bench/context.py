"""What context gives: how alike neighbouring lines are, by chunks a run and of context, by mini.

    python -m bench.context --print judges/speaker_print.safetensors --cuts 1,0 2,1 4,2 --record

The prose of `transcripts/` as one chapter of one voice, spoken once for each cut with the same
noise. Of each line and the one after it: how alike their prints are, and how far apart in level and
rate. "Within" are pairs of one run, of which the second has heard the first; "between" are the
others. Pairs of the same lines in the first cut tell what the text itself does.
"""

from __future__ import annotations

import argparse
import math
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from bench import results
from bench.drift import Line, lines_of, prints_of, rendered
from higgs_cli.takes.voice_levels import level_of

HEADER = ("chunks a run, of context", "pairs", "number", "likeness", "level, dB", "rate, %")


@dataclass(frozen=True)
class Pair:
    """A line and the one after it."""

    texts: tuple[str, str]
    is_within: bool
    likeness: float | None
    level: float | None
    """Difference in dB."""
    rate: float
    """Difference of the logarithm of letters a second."""


def main() -> None:
    options = _options()
    found: dict[str, list[Pair]] = {}
    with tempfile.TemporaryDirectory() as passing:
        for cut in options.cuts:
            folder = Path(passing) / cut.replace(",", "-")
            folder.mkdir()
            run_chunks, kept = cut.split(",")
            flags = ["--run-chunks", run_chunks, "--context-chunks", kept]
            lines = list(lines_of(rendered(folder, options.voice, 1, flags)))
            found[cut] = list(pairs_of(lines, options.speaker_print))
            print(cut, len(lines), flush=True)
    table = results.table(HEADER, list(_rows(found)))
    print(table)
    if options.record:
        results.append("Neighbouring lines by context, mini", table)


def pairs_of(lines: Sequence[Line], speaker_print: Path) -> Iterator[Pair]:
    prints = prints_of(lines, speaker_print)
    for (one, print_one), (other, print_other) in pairwise(zip(lines, prints, strict=True)):
        likeness = level = None
        if print_one is not None and print_other is not None:
            likeness = float(np.dot(print_one.values, print_other.values))
        before, after = level_of(one.record.levels), level_of(other.record.levels)
        if before is not None and after is not None:
            level = after - before
        is_within = other.run_position > 0
        yield Pair((one.text, other.text), is_within, likeness, level, _rate(other) - _rate(one))


def _rate(line: Line) -> float:
    letters = sum(each.isalnum() for each in line.text)
    return math.log(max(1, letters) / line.clip.duration_seconds)


def _rows(found: dict[str, list[Pair]]) -> Iterator[list[str]]:
    """Each cut's pairs, and the same lines as the first cut says them."""
    first = next(iter(found.values()))
    for cut, pairs in found.items():
        for name, is_within in (("within", True), ("between", False)):
            own = [pair for pair in pairs if pair.is_within == is_within]
            if own:
                yield [cut, name, *_row(own)]
                texts = {pair.texts for pair in own}
                if pairs is not first and is_within:
                    yield [
                        "",
                        "the same in the first",
                        *_row([p for p in first if p.texts in texts]),
                    ]


def _row(pairs: Sequence[Pair]) -> list[str]:
    return [
        str(len(pairs)),
        _mean([p.likeness for p in pairs], "{:.4f} ± {:.4f}", float),
        _mean([p.level for p in pairs], "{:.2f} ± {:.2f}", abs),
        _mean([100 * p.rate for p in pairs], "{:.1f} ± {:.1f}", abs),
    ]


def _mean(values: Sequence[float | None], form: str, of: Callable[[float], float]) -> str:
    known = [of(value) for value in values if value is not None]
    return form.format(np.mean(known), np.std(known) / len(known) ** 0.5)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Neighbouring lines by context, by mini.")
    parser.add_argument("--print", type=Path, dest="speaker_print", required=True)
    parser.add_argument("--voice", default="marigold")
    parser.add_argument("--cuts", nargs="+", default=["1,0", "2,1", "4,2"])
    parser.add_argument("--record", action="store_true", help="append to bench/RESULTS.md")
    return parser.parse_args()


if __name__ == "__main__":
    main()
