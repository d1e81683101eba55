"""Whose turn it is: clients one after another, and the requests of each in turn.

    ann   a1 a2 a3          lanes are given to   a1  b1  c1  a2  c2  a3
    ben   b1
    cid   c1 c2

A request that wants several lanes is asked again when all others of its client were. For one
thread.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

Request = TypeVar("Request")
Given = TypeVar("Given")


class FairQueue(Generic[Request]):
    """Requests by client."""

    def __init__(self) -> None:
        self._by_client: OrderedDict[str, list[Request]] = OrderedDict()

    def add(self, client: str, request: Request) -> None:
        self._by_client.setdefault(client, []).append(request)

    def remove(self, client: str, request: Request) -> None:
        """If it is there."""
        waiting = self._by_client.get(client, [])
        if request in waiting:
            waiting.remove(request)
        if not waiting:
            self._by_client.pop(client, None)

    def next(self, ask: Callable[[Request], Given | None]) -> Given | None:
        """What the next client's next request that has something gives; both are then the last.
        `ask` must not change the queue."""
        for client, requests in self._by_client.items():
            for request in requests:
                given = ask(request)
                if given is not None:
                    self._by_client.move_to_end(client)
                    requests.remove(request)
                    requests.append(request)
                    return given
        return None
