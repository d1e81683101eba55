"""A lock among machines: an object that says who holds it, renewed while they live.

    made if nobody has it ─► renewed every sixth of its time ─► removed
    stays unrenewed for its whole time: whoever watched that takes it over

Clocks of machines need not agree: who waits watches the object by their own clock. A holder on the
same machine that is dead is not waited for. Whoever finds that another took it over writes nothing
more.
"""

from __future__ import annotations

import json
import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol, Self

from higgs_cli.errors import FormatError, HiggsError, LockedError
from higgs_cli.files.strict_json import read_record
from higgs_cli.stopping import checkpoint

LOOKED_AGAIN_SECONDS = 0.5
RENEWALS = 6
"""In the time of a lease."""
JOIN_SECONDS = 1.0
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class LeasedPlace(Protocol):
    """What a lease asks of where it lies."""

    def make(self, name: str, data: bytes) -> bool: ...

    def replace(self, name: str, data: bytes, e_tag: str) -> bool: ...

    def read_with_tag(self, name: str) -> tuple[bytes, str] | None: ...

    def remove(self, name: str) -> None: ...


class Lease:
    """One name in one place; `doing` is what others are told."""

    def __init__(self, place: LeasedPlace, name: str, doing: str, seconds: float) -> None:
        self._place = place
        self._name = name
        self._doing = doing
        self._seconds = seconds
        self._token = uuid.uuid4().hex
        self._count = 0
        self._e_tag = ""
        self._renewed_at = 0.0
        self._is_lost = False
        self._ended = threading.Event()

    @contextmanager
    def held(self, hint: str | None = None, seconds: float = 0.0) -> Iterator[Self]:
        """Hold it, or say who does; waits so long for a living holder, and for the end of the
        lease of one that may be dead."""
        self._take(hint, seconds)
        renewing = threading.Thread(target=self._renew, name="lease", daemon=True)
        renewing.start()
        try:
            yield self
        finally:
            self._ended.set()
            renewing.join(JOIN_SECONDS)  # what it still asks for is refused once this is removed
            if not self._is_lost:
                with suppress(HiggsError):
                    self._place.remove(self._name)

    def refuse_if_lost(self) -> None:
        """Raises where it is not sure any more that nobody else writes."""
        if self._is_lost or time.monotonic() > self._renewed_at + self._seconds:
            self._is_lost = True
            raise LockedError(
                f"the lock on {self._name} was lost: the object store did not answer for "
                f"{self._seconds:.0f} seconds",
                hint="run the same command again; finished takes are kept",
            )

    # -- taking it -------------------------------------------------------------------------

    def _take(self, hint: str | None, seconds: float) -> None:
        begun = time.monotonic()
        watched, since = "", begun
        while not self._make():
            there = self._place.read_with_tag(self._name)
            if there is None:
                continue
            data, e_tag = there
            now = time.monotonic()
            if e_tag != watched:
                if watched and now > begun + seconds:  # it was renewed while we watched: it lives
                    raise LockedError(f"another higgs{_who(data)} is {self._doing}", hint=hint)
                watched, since = e_tag, now
            if _is_dead(data) or now > since + _seconds_of(data, self._seconds):
                if self._replace(e_tag):
                    return
                continue
            checkpoint()
            time.sleep(min(LOOKED_AGAIN_SECONDS, self._seconds / 10))

    def _make(self) -> bool:
        begun = time.monotonic()
        data = self._content()
        if self._place.make(self._name, data) or self._is_ours():
            there = self._place.read_with_tag(self._name)
            if there is not None and there[0] == data:
                self._e_tag, self._renewed_at = there[1], begun
                return True
        return False

    def _replace(self, e_tag: str) -> bool:
        begun = time.monotonic()
        data = self._content()
        self._place.replace(self._name, data, e_tag)
        there = self._place.read_with_tag(self._name)  # the answer to a write may be lost
        if there is None or there[0] != data:
            return False
        self._e_tag, self._renewed_at = there[1], begun
        return True

    def _is_ours(self) -> bool:
        """An answer was lost on the way, and the request was made twice."""
        there = self._place.read_with_tag(self._name)
        return there is not None and there[0] == self._content(self._count)

    def _content(self, count: int | None = None) -> bytes:
        if count is None:
            self._count += 1
            count = self._count
        told = {
            "token": self._token,
            "count": count,
            "seconds": self._seconds,
            "host": socket.gethostname(),
            "boot": _boot_id(),
            "process": os.getpid(),
        }
        return json.dumps(told, sort_keys=True).encode()

    # -- keeping it ------------------------------------------------------------------------

    def _renew(self) -> None:
        while not self._ended.wait(self._seconds / RENEWALS):
            with suppress(HiggsError):  # asked again at the next turn, while there is time
                if not self._replace(self._e_tag):
                    self._is_lost = True
                    return


def _who(data: bytes) -> str:
    with suppress(FormatError):
        record = read_record(data, "lease")
        host, process = record.text("host"), record.whole("process", 0)
        return f" (process {process} on {host})" if host.isprintable() else ""
    return ""


def _seconds_of(data: bytes, usual: float) -> float:
    """How long the holder said that it holds; no stranger makes us wait for longer than an hour."""
    with suppress(FormatError):
        return min(3600.0, max(usual, read_record(data, "lease").number("seconds")))
    return usual


def _is_dead(data: bytes) -> bool:
    """A process of this very machine that is not there any more."""
    with suppress(FormatError):
        record = read_record(data, "lease")
        if record.text("host") != socket.gethostname() or record.text("boot") != _boot_id():
            return False
        try:
            os.kill(record.whole("process", 1), 0)
        except ProcessLookupError:
            return True
        except (OSError, OverflowError):
            return False
    return False


def _boot_id() -> str:
    try:
        return BOOT_ID.read_text().strip()
    except OSError:
        return ""
