"""The takes of each chunk of a plan, as its store has them: which there are, which were first.

Of a chunk that was lost on the way, attempts count that could not be stored. With strict context a
key is known only when all before it in its run is settled: keys are asked for when they are needed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from higgs_cli.takes.choices import Choice
from higgs_cli.takes.policy import TakePolicy, best_take
from higgs_cli.takes.store import TakeStore
from higgs_cli.takes.take import TakeRecord

UNDECIDED = Choice()
KeyAndRecords = tuple[str, tuple[TakeRecord, ...]]


class StoredTakes:
    """By chunk number."""

    def __init__(
        self,
        store: TakeStore,
        policy: TakePolicy,
        key_of: Callable[[int], str],
        is_only_listed: Callable[[int], bool],
    ) -> None:
        """`is_only_listed`: of which chunks no more is wanted, whatever its first takes are."""
        self._store = store
        self._policy = policy
        self._key_of = key_of
        self._is_only_listed = is_only_listed
        self._found: dict[int, KeyAndRecords] = {}
        self._lost: dict[int, int] = {}

    def key(self, number: int) -> str:
        return self._read(number)[0]

    def records(self, number: int) -> tuple[TakeRecord, ...]:
        """All of them, in order."""
        return self._read(number)[1]

    def lost(self, number: int) -> int:
        """How many attempts came to nothing that could be stored."""
        return self._lost.get(number, 0)

    def lose(self, number: int) -> None:
        self._lost[number] = self.lost(number) + 1

    def forget(self, number: int) -> None:
        """They are read again when they are asked for."""
        self._found.pop(number, None)

    # -- those that were first -------------------------------------------------------------

    def has_first_takes(self, number: int) -> bool:
        """Whether all are there that are wanted before anything is refused."""
        lost = self.lost(number)
        return self._policy.next_attempt(self.records(number), UNDECIDED, lost) is None

    def first_take(self, number: int) -> TakeRecord | None:
        """Of these the one to go by."""
        return best_take(self._policy.first_takes(self.records(number)), UNDECIDED)

    def wants_more(self, number: int, refused: Collection[int]) -> bool:
        """Whether these are too few good ones if those are none."""
        if self._is_only_listed(number):
            return False
        first, lost = self._policy.first_takes(self.records(number)), self.lost(number)
        return self._policy.next_attempt(first, UNDECIDED, lost, refused) is not None

    def _read(self, number: int) -> KeyAndRecords:
        if number not in self._found:
            key = self._key_of(number)
            self._found[number] = key, tuple(self._store.records(key))
        return self._found[number]
