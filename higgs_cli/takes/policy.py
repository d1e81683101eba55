"""How many takes of a chunk, which of them is used, and when enough is enough.

A take that is refused for what is usual for its voice, or for what was heard of it (see
`book_judge.py`), is no good one.

Everything follows from the stored takes and a person's choice alone, so that a render that was
killed decides the same as one that was not.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from higgs_cli.takes.choices import Choice
from higgs_cli.takes.take import Finding, TakeRecord, Verdict

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
        refused: Collection[int] = (),
        granted: int | None = None,
    ) -> int | None:
        """The attempt to speak next, or None when the chunk is settled.

        `refused`: attempts that their record alone does not speak against; `granted`: how many more
        may be spoken because of them, of a chunk of which nothing was decided.
        """
        if choice.is_locked and choice.chosen_attempt is not None:
            is_stored = any(record.attempt == choice.chosen_attempt for record in records)
            return None if is_stored or lost_attempts else choice.chosen_attempt
        counted = [record for record in records if record.attempt >= choice.wanted_attempt]
        good = [record for record in counted if record.verdict is not Verdict.FAIL]
        spoken = len(counted) + lost_attempts
        enough = self.takes + self.retries
        if len(good) >= self.takes and granted is not None and not choice.wanted_attempt:
            enough = min(enough, len(self.first_takes(records)) + granted)
        if sum(record.attempt not in refused for record in good) >= self.takes or spoken >= enough:
            return None
        stored = {record.attempt for record in counted}
        attempt = choice.wanted_attempt + lost_attempts
        while attempt in stored:
            attempt += 1
        return attempt

    def first_takes(
        self, records: Sequence[TakeRecord], choice: Choice = _UNDECIDED
    ) -> list[TakeRecord]:
        """Those that were spoken before anything was refused. Of an undecided chunk also before a
        person asked for more: what is usual in a book does not change with what is spoken again
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
    records: Sequence[TakeRecord],
    choice: Choice,
    findings: Mapping[int, Sequence[Finding]] | None = None,
) -> TakeRecord | None:
    """The take that is heard: the chosen one, else the best of those that were last asked for.

    `findings`: what is to be said of an attempt besides its record.
    """
    for record in records:
        if record.attempt == choice.chosen_attempt:
            return record
    asked_for = [record for record in records if record.attempt >= choice.wanted_attempt]

    def demerits(record: TakeRecord) -> tuple[bool, int, int, int]:
        unusable, fails, doubts, attempt = record.demerits
        verdicts = [found.verdict for found in (findings or {}).get(attempt, ())]
        fails += verdicts.count(Verdict.FAIL)
        return (unusable, fails, doubts + verdicts.count(Verdict.INCONCLUSIVE), attempt)

    return min(asked_for or records, key=demerits, default=None)
