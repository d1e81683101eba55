"""`out`: the only place that prints. Results go to stdout, talk to stderr.

All text passes one filter, wherever it is from: see `plain_text.py`.

Rich is imported only when something is drawn, so that plain commands start fast.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TextIO

from higgs_cli.errors import SourceSpot
from higgs_cli.plain_text import shown, shown_in_a_line


class Console:
    """Writes for a person (`human`), for a program (`json`), or only what failed (`quiet`)."""

    def __init__(self) -> None:
        self.mode = "human"

    @property
    def is_terminal(self) -> bool:
        return sys.stderr.isatty()

    def result(self, text: str) -> None:
        """The thing that was asked for: stdout."""
        _write(sys.stdout, text)

    def document(self, value: Mapping[str, object] | Sequence[object]) -> None:
        """A result for programs: one JSON document on stdout."""
        _write(sys.stdout, json.dumps(value, ensure_ascii=False, indent=2))

    def event(self, value: Mapping[str, object]) -> None:
        """A JSON line on stdout, in json mode only."""
        if self.mode == "json":
            _write(sys.stdout, json.dumps(value, ensure_ascii=False))

    def say(self, text: str) -> None:
        """Talk: stderr, silent when quiet."""
        if self.mode != "quiet":
            _write(sys.stderr, text)

    def warn(self, text: str) -> None:
        if self.mode != "quiet":
            _write(sys.stderr, f"warning: {text}")

    def hint(self, text: str) -> None:
        if self.mode != "quiet":
            _write(sys.stderr, f"hint: {text}")

    def refusal(self, text: str) -> None:
        """As it is, and even when quiet: why a command line cannot be read, or a traceback."""
        _write(sys.stderr, text)

    def error(
        self, message: str, *, hint: str | None = None, spot: SourceSpot | None = None
    ) -> None:
        """A failure, said even when quiet, with the offending line where there is one."""
        _write(sys.stderr, f"error: {message}")
        if spot is not None:
            _write(sys.stderr, _drawn(spot))
        if hint is not None:
            _write(sys.stderr, f"hint: {hint}")

    def table(self, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Columns on stdout: drawn on a terminal, tab-separated in a pipe."""
        if not sys.stdout.isatty():
            for row in [headings, *rows]:
                _write(sys.stdout, "\t".join(map(shown_in_a_line, row)))
            return
        from rich.console import Console as RichConsole
        from rich.table import Table

        table = Table(*headings, box=None, header_style="bold", pad_edge=False)
        for row in rows:
            table.add_row(*map(shown_in_a_line, row))
        RichConsole().print(table, markup=False)


def _drawn(spot: SourceSpot) -> str:
    """The line with a caret under the mistake.

    14 | Mrs Allen: You must not dance with him.
       | ^^^^^^^^^
    """
    number, line = "" if spot.place else str(spot.line_number), spot.line
    end = max(spot.start + 1, spot.end if spot.end is not None else len(line))
    before, marked = shown_in_a_line(line[: spot.start]), shown_in_a_line(line[spot.start : end])
    whole = before + marked + shown_in_a_line(line[end:])
    carets = " " * len(before) + "^" * max(1, len(marked))
    return f"  {number} | {whole}\n  {' ' * len(number)} | {carets}"


def call_paths(name: Callable[[str], str]) -> None:
    """From now on `name` says how paths in a text are called."""
    global _named
    _named = name


def _as_written(text: str) -> str:
    return text


_named: Callable[[str], str] = _as_written


def _write(stream: TextIO, text: str) -> None:
    stream.write(shown(_named(text)) + "\n")
    stream.flush()


out = Console()
