"""Two sides judged pair by pair: each measure of both, and which of them is told apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass

from higgs_cli.audio.loudness import measure
from higgs_cli.evaluation.compared import ComparedLine, Pair, Pairing
from higgs_cli.evaluation.intervals import PairedIntervals, paired_intervals
from higgs_cli.evaluation.judges import JudgeNames
from higgs_cli.evaluation.kept_judgements import KeptJudges
from higgs_cli.listening.word_errors import error_count


@dataclass(frozen=True)
class LineJudgement:
    """What is known of one line of one side; what nobody judged is None."""

    heard: str | None
    word_count: int
    word_errors: int | None
    print_similarity: float | None
    overall_quality: float | None
    loudness_lufs: float | None
    seconds: float


@dataclass(frozen=True)
class JudgedPair:
    """A line by both sides."""

    speaker: str
    text: str
    first: LineJudgement
    second: LineJudgement


Part = Callable[[LineJudgement], tuple[float, float] | None]
"""What is counted of a line, and out of how much; None where it was not measured."""


@dataclass(frozen=True)
class Measure:
    """One figure of a side."""

    name: str
    part: Part
    better: int
    """1: more is better; -1: less is; 0: neither."""


@dataclass(frozen=True)
class MeasuredDifference:
    """One figure of both sides, over the pairs where both have it."""

    name: str
    pairs: int
    better: str | None
    """The side that is better beyond doubt."""
    intervals: PairedIntervals


def _words(line: LineJudgement) -> tuple[float, float] | None:
    return None if line.word_errors is None else (line.word_errors, line.word_count)


def _mean(value: float | None) -> tuple[float, float] | None:
    return None if value is None else (value, 1.0)


MEASURES = (
    Measure("word errors", _words, -1),
    Measure("print similarity", lambda line: _mean(line.print_similarity), 1),
    Measure("overall quality", lambda line: _mean(line.overall_quality), 1),
    Measure("loudness LUFS", lambda line: _mean(line.loudness_lufs), 0),
    Measure("words a minute", lambda line: (line.word_count, line.seconds / 60), 0),
)


def judged_pairs(pairing: Pairing, judges: KeptJudges) -> Iterator[JudgedPair]:
    """Each pair as it is judged."""
    for pair in pairing.pairs:
        yield JudgedPair(
            pair.speaker, pair.text, _judged(pair.first, judges), _judged(pair.second, judges)
        )
        _let_go(pair)


def differences(
    names: tuple[str, str], judged: Sequence[JudgedPair], seed: int
) -> list[MeasuredDifference]:
    """Every measure that was taken of any pair."""
    found = []
    for each in MEASURES:
        both = [(each.part(pair.first), each.part(pair.second)) for pair in judged]
        known = [(one, other) for one, other in both if one is not None and other is not None]
        if not known:
            continue
        intervals = paired_intervals([one for one, _ in known], [two for _, two in known], seed)
        better = _better(names, each.better, intervals)
        found.append(MeasuredDifference(each.name, len(known), better, intervals))
    return found


def comparison_document(
    pairing: Pairing, judged: Sequence[JudgedPair], seed: int, judges: JudgeNames
) -> dict[str, object]:
    """Everything, for a JSON file."""
    return {
        "first": pairing.names[0],
        "second": pairing.names[1],
        "unpaired": list(pairing.unpaired),
        "seed": seed,
        "judges": judges.as_table,
        "measures": [asdict(each) for each in differences(pairing.names, judged, seed)],
        "pairs": [asdict(each) for each in judged],
    }


def _judged(line: ComparedLine, judges: KeptJudges) -> LineJudgement:
    heard, quality = judges.heard(line.sound), judges.quality(line.sound)
    words = judges.plain(line.text)
    return LineJudgement(
        heard=heard,
        word_count=len(words),
        word_errors=None if heard is None else error_count(words, judges.plain(heard)),
        print_similarity=judges.similarity(line.sound, line.reference) if line.reference else None,
        overall_quality=quality.overall if quality else None,
        loudness_lufs=measure(line.sound.clip).loudness_lufs,
        seconds=line.seconds,
    )


def _better(names: tuple[str, str], direction: int, found: PairedIntervals) -> str | None:
    if not direction or found.difference.holds_nought:
        return None
    return names[found.difference.value * direction > 0]


def _let_go(pair: Pair) -> None:
    for line in (pair.first, pair.second):
        line.sound.let_go()
        if line.reference is not None:
            line.reference.let_go()
