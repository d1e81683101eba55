"""What a person decides about lines of the script: another take, a lock, the lock's end.

--retake 14,20-22     speak these lines again; the new take is heard
--lock 14             keep the take that is heard now, whatever is asked later
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from higgs_cli.errors import UsageError
from higgs_cli.planning.plan import Chunk, Plan
from higgs_cli.takes.choices import Choice
from higgs_cli.takes.ledger import Ledger

MOST_LINES = 1_000_000


@dataclass(frozen=True)
class Decisions:
    """Line numbers of the script."""

    retake: frozenset[int] = frozenset()
    lock: frozenset[int] = frozenset()
    unlock: frozenset[int] = frozenset()

    def check(self, plan: Plan) -> None:
        """Every line that is named says something."""
        for option in ("retake", "lock", "unlock"):
            chunks_on(plan, getattr(self, option), f"--{option}")

    def before_speaking(self, ledger: Ledger) -> None:
        """Write into the store what is wanted, so that a killed retake is continued."""
        store = ledger.store
        for chunk in chunks_on(ledger.plan, self.unlock, "--unlock"):
            store.decide(ledger.state(chunk.number).key, Choice())
            ledger.forget_earlier(chunk.number)
            ledger.refresh(chunk.number)
        for chunk in chunks_on(ledger.plan, self.retake, "--retake"):
            key = ledger.state(chunk.number).key
            if store.choice(key).is_locked:
                raise UsageError(
                    f"line {chunk.line_number} is locked",
                    hint=f"--unlock {chunk.line_number} --retake {chunk.line_number}",
                )
            store.ask_for_another(key)
            ledger.forget_earlier(chunk.number)
            ledger.refresh(chunk.number)

    def after_speaking(self, ledger: Ledger) -> None:
        for chunk in chunks_on(ledger.plan, self.lock, "--lock"):
            state = ledger.state(chunk.number)
            if state.best is not None:
                attempt = state.best.attempt
                ledger.store.decide(state.key, Choice(attempt, True, attempt))
                ledger.refresh(chunk.number)


def decisions_of(retake: str | None, lock: str | None, unlock: str | None) -> Decisions:
    """What the options say."""
    options = {"--retake": retake, "--lock": lock, "--unlock": unlock}
    return Decisions(
        *(line_numbers(text, name) if text else frozenset() for name, text in options.items())
    )


def line_numbers(text: str, option: str) -> frozenset[int]:
    """`14,20-22` as numbers."""
    numbers: set[int] = set()
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        if not first.isdecimal() or not (last or first).isdecimal():
            raise UsageError(
                f"{option} {text}: {part.strip()!r} is not a line number", hint="14,20-22"
            )
        numbers.update(_span(first, last or first, f"{option} {text}"))
    return frozenset(numbers)


def _span(first: str, last: str, where: str) -> range:
    digits = len(str(MOST_LINES))
    if max(len(first), len(last)) > digits or int(last) - int(first) >= MOST_LINES:
        raise UsageError(f"{where}: more than {MOST_LINES:,} lines", hint="20-22")
    if int(last) < int(first):
        raise UsageError(f"{where}: {first}-{last} runs backwards", hint="20-22")
    return range(int(first), int(last) + 1)


def chunks_on(plan: Plan, lines: Iterable[int], option: str) -> list[Chunk]:
    """The chunks that speak some of these lines; a single line that says nothing is an error."""
    wanted = sorted(set(lines))
    if not wanted:
        return []
    found, spoken = [], set()
    for chunk in plan.chunks:
        first = bisect_left(wanted, chunk.line_number)
        of_chunk = wanted[first : bisect_right(wanted, chunk.last_line_number)]
        if of_chunk:
            found.append(chunk)
            spoken.update(of_chunk)
    silent = [line for line in wanted if line not in spoken]
    if silent and (not found or len(wanted) == len(silent)):
        every = [chunk.line_number for chunk in plan.chunks]
        nearest = min(every, key=lambda number: abs(number - silent[0]))
        raise UsageError(
            f"{option}: nothing is spoken on line {silent[0]} of {plan.script.path}",
            hint=f"the nearest line that is spoken is {nearest}",
        )
    return found
