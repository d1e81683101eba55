"""Precision and recall of the words gate and of the rate, a row for each kind of fault."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.gates.heard_set import read_heard
from bench.gates.judged_set import Findings, rate_findings, words_findings
from bench.gates.labelled_take import KINDS, WHOLE, LabelledTake
from higgs_cli.takes.take import Finding, Verdict

FEW_WORDS = 5
HEADER = ("takes", "number", "found", "of 5 words or more", "spoken again", "precision", "rate")


@dataclass(frozen=True)
class Row:
    """What was found in takes of one kind."""

    kind: str
    count: int
    found: float
    """Failed or inconclusive: it is on the list."""
    found_of_longer: float
    spoken_again: float
    precision: float | None
    """Of what is found in these and in whole takes, how much is a fault."""
    found_by_rate: float

    def cells(self) -> list[str]:
        shares = [self.found, self.found_of_longer, self.spoken_again]
        precision = "" if self.precision is None else f"{self.precision:.0%}"
        decimals = 1 if self.kind == WHOLE else 0
        told = [f"{share:.{decimals}%}" for share in shares]
        return [self.kind, str(self.count), *told, precision, f"{self.found_by_rate:.{decimals}%}"]


def table_rows(
    folder: Path, takes: Sequence[LabelledTake], name: str, halves: Collection[int]
) -> list[Row]:
    """Of the takes of these halves that this recogniser has heard."""
    words, rate = words_findings(folder, takes, name), rate_findings(folder, takes)
    known = read_heard(folder, name)
    heard = [take for take in takes if take.half in halves and take.name in known]
    return list(_rows(heard, words, rate))


def _rows(takes: Sequence[LabelledTake], words: Findings, rate: Findings) -> Iterator[Row]:
    whole = [take for take in takes if take.kind == WHOLE]
    false_alarms = _share(whole, words, _is_found) * len(whole)
    for kind in KINDS:
        own = [take for take in takes if take.kind == kind]
        if not own:
            continue
        longer = [take for take in own if take.word_count >= FEW_WORDS]
        found = _share(own, words, _is_found)
        precision = found * len(own) / max(1.0, found * len(own) + false_alarms)
        yield Row(
            kind,
            len(own),
            found,
            _share(longer, words, _is_found),
            _share(own, words, _is_failed),
            None if kind == WHOLE else precision,
            _share(own, rate, _is_found),
        )


def _share(
    takes: Sequence[LabelledTake], findings: Findings, counts: Callable[[Finding | None], bool]
) -> float:
    return sum(counts(findings[take.name]) for take in takes) / max(1, len(takes))


def _is_found(finding: Finding | None) -> bool:
    return finding is not None


def _is_failed(finding: Finding | None) -> bool:
    return finding is not None and finding.verdict is Verdict.FAIL
