"""What a person decides about places of the plan: another take, this take, a lock, the lock's end.

--retake 14,20-22     speak these lines again; the new take is used
--lock 14             keep the take that is used now, whatever is asked later
--choose '#14=2'      use the second take of chunk 14, and keep it
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from higgs_cli.errors import UsageError
from higgs_cli.planning.places import Spans, Times, chunk_place, chunks_at, spans_of
from higgs_cli.planning.plan import Plan
from higgs_cli.takes.choices import Choice
from higgs_cli.takes.ledger import ANOTHER_TAKE, Ledger
from higgs_cli.takes.take import MOST_ATTEMPTS

LISTED = 20
CHOOSE_EXAMPLE = "14=2: of line 14 the second take"


@dataclass(frozen=True)
class Wishes:
    """What was asked for, at places as they were written."""

    retake: Spans = ()
    lock: Spans = ()
    unlock: Spans = ()
    choose: tuple[tuple[Spans, int], ...] = ()
    """Places, and the take that is wanted of each, from 1."""
    retake_option: str = "--retake"
    """What named the places of `retake`."""

    @property
    def says_anything(self) -> bool:
        return bool(self._spans)

    @property
    def name_times(self) -> bool:
        """Whether what sounds when is to be known."""
        return any(span.kind == "time" for span in self._spans)

    @property
    def _spans(self) -> Spans:
        chosen = (span for spans, _ in self.choose for span in spans)
        return (*self.retake, *self.lock, *self.unlock, *chosen)

    def on(self, plan: Plan, times: Times | None = None) -> Decisions:
        """The same for chunks; at every place that is named something is spoken."""

        def numbers(spans: Spans, option: str) -> tuple[int, ...]:
            found = chunks_at(plan, spans, option, times) if spans else ()
            return tuple(chunk.number for chunk in found)

        chosen = {
            number: take for spans, take in self.choose for number in numbers(spans, "--choose")
        }
        decisions = Decisions(
            retake=numbers(self.retake, self.retake_option),
            lock=numbers(self.lock, "--lock"),
            unlock=numbers(self.unlock, "--unlock"),
            choose=chosen,
        )
        for number in decisions.retake:
            if number in chosen:
                place = chunk_place(number)
                raise UsageError(f"{place}: --retake asks for a new take, --choose for an old one")
        return decisions


@dataclass(frozen=True)
class Decisions:
    """What is wanted of chunks, by their numbers."""

    retake: tuple[int, ...] = ()
    lock: tuple[int, ...] = ()
    unlock: tuple[int, ...] = ()
    choose: Mapping[int, int] = field(default_factory=dict)

    def before_speaking(self, ledger: Ledger) -> None:
        """Write into the store what is wanted, so that a killed retake is continued. What cannot
        be done is told before anything is written."""
        chosen = self.checked(ledger)
        for number in self.unlock:
            _decide(ledger, number, Choice())
        for number in self.retake:
            ledger.store.ask_for_another(ledger.state(number).key)
            _read_again(ledger, number)
        for number, attempt in chosen.items():
            _decide(ledger, number, Choice(attempt, True, attempt))

    def checked(self, ledger: Ledger) -> dict[int, int]:
        """The attempts that are chosen; what cannot be done is an error, and nothing is written."""
        self._refuse_locked(ledger)
        return {number: _attempt(ledger, number, take) for number, take in self.choose.items()}

    def why_missing(self, ledger: Ledger, number: int) -> str | None:
        """Why a chunk will be spoken once these decisions are written; None where it will not."""
        if number in self.choose:
            return None
        return ledger.why_missing(number) or (ANOTHER_TAKE if number in self.retake else None)

    def after_speaking(self, ledger: Ledger) -> None:
        for number in self.lock:
            state = ledger.state(number)
            if state.best is not None:
                attempt = state.best.attempt
                ledger.store.decide(state.key, Choice(attempt, True, attempt))
                ledger.refresh(number)

    def said(self, ledger: Ledger) -> Iterator[str]:
        """What was decided, for a person who would otherwise hear that nothing has changed."""
        locked = [n for n in self.lock if ledger.state(n).best is not None]
        silent = [n for n in self.lock if n not in locked]
        chosen = [f"{chunk_place(n)} take {take}" for n, take in self.choose.items()]
        for what, named in (
            ("kept from now on", [_with_take(ledger, number) for number in locked]),
            ("not kept, as nothing usable was spoken", [*map(chunk_place, silent)]),
            ("may be spoken again", [*map(chunk_place, self.unlock)]),
            ("used and kept from now on", chosen),
        ):
            if named:
                more = f" and {len(named) - LISTED} more" if len(named) > LISTED else ""
                yield f"{what}: {', '.join(named[:LISTED])}{more}"

    def _refuse_locked(self, ledger: Ledger) -> None:
        for number in self.retake:
            is_locked = ledger.store.choice(ledger.state(number).key).is_locked
            if is_locked and number not in self.unlock:
                line, place = ledger.plan.chunks[number].line_number, chunk_place(number)
                raise UsageError(
                    f"{place} on line {line} is locked",
                    hint=f"--unlock={place} --retake={place}",
                )


def wishes_of(
    retake: str | None, lock: str | None, unlock: str | None, choose: str | None = None
) -> Wishes:
    """What the options say."""
    return Wishes(
        retake=retakes_of(retake),
        lock=_spans(lock, "--lock"),
        unlock=_spans(unlock, "--unlock"),
        choose=tuple(_choices(choose)) if choose is not None else (),
    )


def retakes_of(text: str | None) -> Spans:
    """What `--retake` says."""
    return _spans(text, "--retake")


def _spans(text: str | None, option: str) -> Spans:
    """An option that is given names a place."""
    if text is not None and not text.strip():
        raise UsageError(f"{option} names no place", hint=f"{option} 14,20-22")
    return spans_of(text, option) if text is not None else ()


def _choices(text: str) -> Iterable[tuple[Spans, int]]:
    """`14=2,#7=1` as places and takes."""
    for part in text.split(","):
        places, _, take = (each.strip() for each in part.rpartition("="))
        is_take = take.isascii() and take.isdecimal() and len(take) < len(str(MOST_ATTEMPTS))
        if not places or not is_take or not int(take):
            raise UsageError(f"--choose {text}: {part.strip()!r} says no take", hint=CHOOSE_EXAMPLE)
        yield spans_of(places, "--choose"), int(take)


def _attempt(ledger: Ledger, number: int, take: int) -> int:
    """The attempt that a person calls this take: they count from 1."""
    there: Collection[int] = [record.attempt for record in ledger.state(number).records]
    if take - 1 in there:
        return take - 1
    listed = ", ".join(str(attempt + 1) for attempt in there)
    raise UsageError(
        f"--choose: there is no take {take} of {chunk_place(number)}",
        hint=f"there is: {listed}" if there else "nothing of it was spoken yet",
    )


def _with_take(ledger: Ledger, number: int) -> str:
    best = ledger.state(number).best
    return chunk_place(number) + (f" take {best.attempt + 1}" if best else "")


def _decide(ledger: Ledger, number: int, choice: Choice) -> None:
    ledger.store.decide(ledger.state(number).key, choice)
    _read_again(ledger, number)


def _read_again(ledger: Ledger, number: int) -> None:
    ledger.forget_earlier(number)
    ledger.refresh(number)
