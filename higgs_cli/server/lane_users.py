"""Who has lanes, and who waits for one: requests, and renders that are guests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from higgs_cli.server.fair_queue import FairQueue
from higgs_cli.server.guest import Guest
from higgs_cli.server.reply import Reply
from higgs_cli.speech.protocol import SpeechRun

LaneUser: TypeAlias = "Reply | Guest"


class LaneUsers:
    """For one thread."""

    def __init__(self) -> None:
        self.requests: dict[Reply, None] = {}
        """Those that are not at their end."""
        self.guests: dict[Guest, None] = {}
        self._queue: FairQueue[LaneUser] = FairQueue()
        self._of_run: dict[str, LaneUser] = {}
        """By the keys of the runs that are in lanes."""

    def __contains__(self, user: LaneUser) -> bool:
        return user in self.requests or user in self.guests

    def __iter__(self) -> Iterator[LaneUser]:
        return iter((*self.requests, *self.guests))

    @property
    def lanes_in_use(self) -> int:
        return len(self._of_run)

    @property
    def speaking(self) -> list[LaneUser]:
        """Those that have a lane."""
        return list(dict.fromkeys(self._of_run.values()))

    @property
    def hearing(self) -> list[Reply]:
        """Those that wait for ears."""
        return [reply for reply in self.requests if reply.part.hearing.waiting]

    def add(self, user: LaneUser) -> None:
        if isinstance(user, Guest):
            self.guests[user] = None
        else:
            self.requests[user] = None

    def queue(self, user: LaneUser) -> None:
        """From now on it may be given lanes."""
        self._queue.add(user.client, user)

    def next_run(self, ask: Callable[[LaneUser], SpeechRun | None]) -> SpeechRun | None:
        """Of whose turn it is."""

        def asked(user: LaneUser) -> tuple[LaneUser, SpeechRun] | None:
            run = ask(user)
            return None if run is None else (user, run)

        found = self._queue.next(asked)
        if found is None:
            return None
        user, run = found
        self._of_run[run.key] = user
        return run

    def of(self, run_key: str) -> LaneUser | None:
        """Whose run it is; None for one that was dropped."""
        return self._of_run.get(run_key)

    def end_run(self, run_key: str) -> LaneUser | None:
        """Its lane is free."""
        return self._of_run.pop(run_key, None)

    def remove(self, user: LaneUser) -> list[str]:
        """It wants nothing more; the keys of its runs that are still in lanes."""
        if isinstance(user, Guest):
            self.guests.pop(user, None)
        else:
            self.requests.pop(user, None)
        self._queue.remove(user.client, user)
        keys = [key for key, other in self._of_run.items() if other is user]
        for key in keys:
            del self._of_run[key]
        return keys
