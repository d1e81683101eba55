"""What a person decides about lines of the script: another take, a lock, the lock's end.

--retake 14,20-22     speak these lines again; the new take is used
--lock 14             keep the take that is used now, whatever is asked later
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from higgs_cli.errors import UsageError
from higgs_cli.planning.plan import Chunk, Plan
from higgs_cli.takes.choices import Choice
from higgs_cli.takes.ledger import Ledger

MOST_FIGURES = 18
"""A number with more is no line of any script."""

LineSpans = tuple[range, ...]
"""Line numbers as they are asked for: in order, apart from one another, however many."""


@dataclass(frozen=True)
class Decisions:
    """Line numbers of the script."""

    retake: LineSpans = ()
    lock: LineSpans = ()
    unlock: LineSpans = ()

    @property
    def says_anything(self) -> bool:
        return bool(self.retake or self.lock or self.unlock)

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
    return Decisions(*(line_numbers(text, name) if text else () for name, text in options.items()))


def line_numbers(text: str, option: str) -> LineSpans:
    """`14,20-22` as numbers."""
    spans: list[range] = []
    for part in (part.strip() for part in text.split(",")):
        first, _, last = part.partition("-")
        if not first.isdecimal() or not (last or first).isdecimal():
            raise UsageError(f"{option} {text}: {part!r} is not a line number", hint="14,20-22")
        span = range(_number(first), _number(last or first) + 1)
        if not span:
            raise UsageError(f"{option} {text}: {part!r} runs backwards", hint="20-22")
        spans.append(span)
    return _apart(spans)


def _number(written: str) -> int:
    return int(written) if len(written) <= MOST_FIGURES else 10**MOST_FIGURES


def _apart(spans: Iterable[range]) -> LineSpans:
    """The same numbers, each once, in order."""
    done: list[range] = []
    for span in sorted(spans, key=lambda span: span.start):
        if done and span.start <= done[-1].stop:
            span = range(done[-1].start, max(done.pop().stop, span.stop))
        done.append(span)
    return tuple(done)


def chunks_on(plan: Plan, lines: LineSpans, option: str) -> list[Chunk]:
    """The chunks that speak some of these lines; lines of which none says anything are an error."""
    if not lines:
        return []
    starts = [span.start for span in lines]

    def is_wanted(chunk: Chunk) -> bool:
        """Whether the last span that begins before the chunk's end reaches its beginning."""
        at = bisect_right(starts, chunk.last_line_number) - 1
        return at >= 0 and lines[at].stop > chunk.line_number

    found = [chunk for chunk in plan.chunks if is_wanted(chunk)]
    if not found:
        silent = lines[0].start
        every = [chunk.line_number for chunk in plan.chunks]
        nearest = min(every, key=lambda number: abs(number - silent))
        raise UsageError(
            f"{option}: nothing is spoken on line {silent} of {plan.script.path}",
            hint=f"the nearest line that is spoken is {nearest}",
        )
    return found
