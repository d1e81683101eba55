"""Curves of the mini model's training as two pictures: `python plot_training.py OUT --lessons A/curve.csv … --codec A.log …`.

Stages follow one another in the order given. A codec log is what `train_decoder.py` prints.
"""

import argparse
import csv
import re
from collections.abc import Sequence
from pathlib import Path

from higgs_cli.tools.training_curves import Points, draw_curves

BOOKS = ("guide", "text", *(f"book {number}" for number in range(8)))
CODEC = re.compile(r"^(\d+) .*?mel ([\d.]+) linear", re.MULTILINE)


def joined(stages: Sequence[Points]) -> Points:
    """One stage after another: steps go on where the stage before ended."""
    points: list[tuple[float, float]] = []
    for stage in stages:
        first = points[-1][0] if points else 0.0
        points += [(first + step, value) for step, value in stage]
    return points


def lessons_curves(paths: Sequence[Path]) -> dict[str, Points]:
    """By name; the text's loss is left out, for mini is never asked to write."""
    stages = [[[float(cell) for cell in row] for row in csv.reader(path.open())] for path in paths]
    return {
        name: joined([[(row[0], row[3 + column]) for row in stage] for stage in stages])
        for column, name in enumerate(BOOKS)
        if name != "text"
    }


def codec_curves(paths: Sequence[Path]) -> dict[str, Points]:
    """The log-mel distance of what the decoder makes, whose steps count on from run to run."""
    stages = []
    for path in paths:
        found = [(int(step), float(mel)) for step, mel in CODEC.findall(path.read_text())]
        stages.append([(step - found[0][0], mel) for step, mel in found])
    return {"mel": joined(stages)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--lessons", type=Path, nargs="+", required=True)
    parser.add_argument("--codec", type=Path, nargs="+", required=True)
    options = parser.parse_args()
    (options.out / "lessons.png").write_bytes(draw_curves(lessons_curves(options.lessons)))
    (options.out / "codec.png").write_bytes(draw_curves(codec_curves(options.codec)))


if __name__ == "__main__":
    main()
