"""How many takes of a chunk, which of them is used, and when enough is enough.

A take that its voice's rate speaks against (see `speech_rate.py`) is no good one.

Everything follows from the stored takes and a person's choice alone, so that a render that was
killed decides the same as one that was not.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from higgs_cli.takes.choices import Choice
from higgs_cli.takes.take import TakeRecord, Verdict

_UNDECIDED = Choice()


@dataclass(frozen=True)
class TakePolicy:
    """`takes` good ones are wanted; a chunk may fail `retries` times on the way."""

    takes: int = 1
    retries: int = 3

    def next_attempt(
        self,
        records: Sequence[TakeRecord],
        choice: Choice,
        lost_attempts: int = 0,
        too_fast: Collection[int] = (),
    ) -> int | None:
        """The attempt to speak next, or None when the chunk is settled.

        `too_fast`: attempts that the rate of their voice speaks against.
        """
        if choice.is_locked and choice.chosen_attempt is not None:
            is_stored = any(record.attempt == choice.chosen_attempt for record in records)
            return None if is_stored or lost_attempts else choice.chosen_attempt
        counted = [record for record in records if record.attempt >= choice.wanted_attempt]
        good = sum(
            record.verdict is not Verdict.FAIL and record.attempt not in too_fast
            for record in counted
        )
        if good >= self.takes or len(counted) + lost_attempts >= self.takes + self.retries:
            return None
        stored = {record.attempt for record in counted}
        attempt = choice.wanted_attempt + lost_attempts
        while attempt in stored:
            attempt += 1
        return attempt

    def first_takes(
        self, records: Sequence[TakeRecord], choice: Choice = _UNDECIDED
    ) -> list[TakeRecord]:
        """Those that were spoken before any rate was looked at. Of an undecided chunk also before
        a person asked for more: what is usual in a book does not change with what is spoken again
        in it."""
        first: list[TakeRecord] = []
        for record in records:
            if record.attempt < choice.wanted_attempt:
                continue
            if self.next_attempt(first, choice) is None:
                break
            first.append(record)
        return first


def best_take(
    records: Sequence[TakeRecord], choice: Choice, too_fast: Collection[int] = ()
) -> TakeRecord | None:
    """The take that is heard: the chosen one, else the best of those that were last asked for."""
    for record in records:
        if record.attempt == choice.chosen_attempt:
            return record
    asked_for = [record for record in records if record.attempt >= choice.wanted_attempt]

    def demerits(record: TakeRecord) -> tuple[bool, int, int, int]:
        unusable, fails, doubts, attempt = record.demerits
        return (unusable, fails + (record.attempt in too_fast), doubts, attempt)

    return min(asked_for or records, key=demerits, default=None)
