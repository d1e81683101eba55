"""What two tabs, or a tab and a command, want of one thing at once: the later one is told."""

from __future__ import annotations

from higgs_cli.errors import HiggsError


class ConflictError(HiggsError):
    """Somebody else changed it meanwhile; nothing was written."""


class NotHereError(HiggsError):
    """A line, a take or a file that is not here (any more)."""


def check_seen(what: str, seen: str | None, now: str | None) -> None:
    """A change was asked for by somebody who saw it as it is."""
    if seen != now:
        raise ConflictError(f"{what} was changed meanwhile; look at it again")
