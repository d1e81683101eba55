"""What `higgs doctor` says of one thing: how it stands, and what mends it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from higgs_cli.errors import HiggsError

State = Literal["ok", "note", "problem"]


@dataclass(frozen=True)
class Symptom:
    """`note`: works, but a person may want to know; `problem`: something will not work."""

    subject: str
    state: State
    detail: str
    mend: str | None = None


Check = Callable[[], Iterable[Symptom]]


def examined(subject: str, check: Check) -> Iterator[Symptom]:
    """What a check finds; one that breaks down has found a problem."""
    try:
        yield from check()
    except HiggsError as error:
        yield Symptom(subject, "problem", error.message, error.hint)
    except Exception as error:  # whatever is wrong with a machine is what we are asked for
        lines = str(error).strip().splitlines() or [type(error).__name__]
        yield Symptom(subject, "problem", f"cannot be examined: {lines[0]}", "higgs --debug doctor")
