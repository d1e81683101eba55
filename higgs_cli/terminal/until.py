"""`--until 07:00`: the next time that the clock shows this."""

from __future__ import annotations

import re
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta
from typing import Annotated

import typer

from higgs_cli.errors import UsageError
from higgs_cli.stopping import stopping_at

CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])", re.ASCII)

UntilOption = Annotated[
    str | None,
    typer.Option(
        "--until",
        metavar="HH:MM",
        help="Stop at this time; the same command goes on later (exit code 124).",
    ),
]


def stopping_in_time(until: str | None) -> AbstractContextManager[None]:
    """Within this block the process is asked to stop then, if a time is given."""
    if until is None:
        return nullcontext()
    return stopping_at(next_time(until, datetime.now()).timestamp())


def next_time(written: str, now: datetime) -> datetime:
    """Today, or tomorrow where that has passed."""
    found = CLOCK.fullmatch(written.strip())
    if found is None:
        raise UsageError(f'--until: "{written}" is not a time', hint="--until 07:00")
    then = now.replace(hour=int(found[1]), minute=int(found[2]), second=0, microsecond=0)
    return then if then > now else then + timedelta(days=1)
