"""Standard streams that outlive whoever listens: what cannot be written is dropped, not raised.

A pager that quits, a terminal that closes, a full disk under a log: none of them ends the work of a
night. What of standard output was lost is told at the end; a reader who went away wanted no more.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO, cast

from higgs_cli.terminal.console import out

LOST = 1


class LastingStream:
    """A text stream, or the want of one, behind which nothing is raised any more."""

    def __init__(self, stream: TextIO | None, handle: int) -> None:
        self._stream = stream if stream is not None else _nowhere()
        self._handle = handle
        self.lost: str | None = None if stream is not None else "it is closed"
        """Why something was not written; a reader who has gone is no reason."""
        self.has_dropped = False

    def write(self, text: str) -> int:
        self.has_dropped |= self.lost is not None
        try:
            return self._stream.write(text)
        except UnicodeEncodeError:
            encoding = self._stream.encoding or "ascii"
            return self.write(text.encode(encoding, "replace").decode(encoding))
        except (OSError, ValueError) as problem:
            self._give_up(problem)
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except (OSError, ValueError) as problem:
            self._give_up(problem)

    def _give_up(self, problem: Exception) -> None:
        """What waits in the stream goes nowhere, so that it is not tried again at the end."""
        if not isinstance(problem, BrokenPipeError):
            self.lost, self.has_dropped = getattr(problem, "strerror", str(problem)), True
        with suppress(OSError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._handle)
            os.close(nowhere)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def lasting_streams() -> LastingStream:
    """Make the standard streams last, and return the one of results."""
    results = LastingStream(sys.stdout, 1)
    sys.stdout = cast(TextIO, results)
    sys.stderr = cast(TextIO, LastingStream(sys.stderr, 2))
    if sys.stdin is None:
        sys.stdin = cast(TextIO, Path(os.devnull).open(encoding="utf-8"))  # noqa: SIM115
    return results


def checked_for_loss(results: LastingStream, code: int) -> int:
    """The exit code of a command, some of whose results may not have got out."""
    results.flush()
    if not results.has_dropped:
        return code
    out.error(f"results could not be written to standard output: {results.lost}")
    return code or LOST


def _nowhere() -> TextIO:
    return cast(TextIO, Path(os.devnull).open("w", encoding="utf-8"))
