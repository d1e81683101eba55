"""What listeners answered on a blind page, and how often each side won.

    {"format": "higgs-blind-answers", "version": 1,
     "answers": [{"pair": "0f3a…", "choice": "first"}, …]}       first, same or second

A win counts one, a tie a half: the win rate, as EmergentTTS-Eval reports it. Of several listeners
the points of a pair are averaged before rates are taken, since they heard the same clips.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean

from higgs_cli.errors import FormatError, UsageError
from higgs_cli.evaluation.blind.page import FORMAT, VERSION
from higgs_cli.evaluation.blind.trials import Trial, all_trials
from higgs_cli.evaluation.compared import Pairing
from higgs_cli.evaluation.intervals import Interval, win_rate
from higgs_cli.files.plain_file import read_plain
from higgs_cli.files.strict_json import MOST_BYTES, read_record

POINTS = {"first": 1.0, "same": 0.5, "second": 0.0}
"""Of the side that was heard first."""


@dataclass(frozen=True)
class WinRow:
    """How one side fared against the other."""

    name: str
    wins: int
    losses: int
    ties: int
    win_rate: Interval


@dataclass(frozen=True)
class Answers:
    """What all listeners said of the pairs of two sides."""

    rows: tuple[WinRow, WinRow]
    listeners: int
    pairs: int
    """How many were answered by anybody."""

    def as_document(self) -> dict[str, object]:
        return {
            "listeners": self.listeners,
            "pairs": self.pairs,
            "win_rates": [asdict(row) for row in self.rows],
        }


def read_answers(paths: Sequence[Path], pairing: Pairing) -> Answers:
    """Every file is one listener's; answers to other pages than one of these sides are refused."""
    trials = {trial.name: trial for trial in all_trials(pairing.pairs)}
    points: dict[str, list[float]] = defaultdict(list)
    given: list[float] = []
    for path in paths:
        for trial, choice in _answers(path, trials):
            point = POINTS[choice]
            point = 1.0 - point if trial.is_swapped else point
            points[trial.pair.first.made_of].append(point)
            given.append(point)
    means = [fmean(each) for each in points.values()]
    return Answers(
        (
            _row(pairing.names[0], given, means),
            _row(pairing.names[1], [1.0 - p for p in given], [1.0 - m for m in means]),
        ),
        listeners=len(paths),
        pairs=len(points),
    )


def _answers(path: Path, trials: dict[str, Trial]) -> list[tuple[Trial, str]]:
    try:
        record = read_record(read_plain(path, MOST_BYTES), str(path))
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror or error}") from None
    if "format" not in record or record.text("format") != FORMAT:
        raise FormatError(f"{path}: no answers of a blind page")
    if record.whole("version", 1) > VERSION:
        raise FormatError(f"{path}: written by a newer higgs", hint="update higgs")
    found: dict[str, str] = {}
    for each in record.records("answers"):
        name, choice = each.text("pair"), each.choice("choice", POINTS)
        if name not in trials:
            raise FormatError(
                f"{path}: answers of another page: these two have no pair {name[:16]}",
                hint="name A and B as they were when the page was made, in the same order",
            )
        if name in found:
            raise FormatError(f"{path}: pair {name} is answered twice")
        found[name] = choice
    if not found:
        raise FormatError(f"{path}: nothing is answered in it")
    return [(trials[name], choice) for name, choice in found.items()]


def _row(name: str, given: Sequence[float], means: Sequence[float]) -> WinRow:
    return WinRow(name, given.count(1.0), given.count(0.0), given.count(0.5), win_rate(means))
