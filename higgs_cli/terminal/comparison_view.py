"""Shows a person two performances side by side, and who won by ear."""

from __future__ import annotations

from collections.abc import Sequence

from higgs_cli.evaluation.blind.answers import Answers
from higgs_cli.evaluation.comparison import MeasuredDifference
from higgs_cli.evaluation.intervals import Interval
from higgs_cli.terminal.console import Console

FORMS = {"word errors": ".1%", "print similarity": ".3f", "overall quality": ".2f"}
USUAL_FORM = ".1f"


def show_differences(
    names: tuple[str, str], found: Sequence[MeasuredDifference], out: Console
) -> None:
    """A row for each measure, with intervals; a difference that is no doubt names the better."""
    rows = []
    for each in found:
        form, of = FORMS.get(each.name, USUAL_FORM), each.intervals
        shown = [_shown(one, form) for one in (of.first, of.second, of.difference)]
        rows.append([each.name, *shown, str(each.pairs), each.better or "-"])
    out.table(["", *names, "difference", "pairs", "better"], rows)
    out.say("in brackets: 95 % intervals, by bootstrap over pairs; difference: the second less")


def show_wins(answers: Answers, out: Console) -> None:
    """As a table of win rates: a tie is half a win."""
    rows = [
        [row.name, str(row.wins), str(row.losses), str(row.ties), _shown(row.win_rate, ".1%")]
        for row in answers.rows
    ]
    out.table(["", "wins", "losses", "ties", "win rate"], rows)
    out.say(
        f"{answers.pairs} pairs, listeners: {answers.listeners}; "
        "in brackets: 95 % interval (Wilson, over pairs)"
    )


def _shown(figure: Interval, form: str) -> str:
    low, high = format(figure.low, form), format(figure.high, form)
    return f"{format(figure.value, form)} [{low}, {high}]"
