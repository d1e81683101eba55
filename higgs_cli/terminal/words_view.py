"""Shows the words of which a plan is not sure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from higgs_cli.planning.unsure_words import UnsureWord
from higgs_cli.terminal.console import Console


def show_words(words: Sequence[UnsureWord], out: Console) -> None:
    """All of them, with how often and where first; for programs as they are."""
    if out.mode == "json":
        out.document([asdict(word) for word in words])
        return
    if not words:
        out.result("no word is in doubt")
        return
    rows = [[each.kind, each.word, str(each.count), each.place] for each in words]
    out.table(["kind", "word", "times", "first"], rows)
