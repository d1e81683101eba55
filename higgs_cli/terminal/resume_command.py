"""The command that goes on where this one was stopped, and what is said of it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from higgs_cli.plain_text import shown
from higgs_cli.stopping import has_written_wishes, is_time_up

RESUMED = ("render", "clone", "batch")
"""Commands that keep what they have finished in a take store."""

ENDED_BY_A_SIGNAL = ("serve", "studio")
"""Those that end in no other way: there is nothing to be said of it."""


def last_words(arguments: Sequence[str]) -> tuple[str, str | None]:
    """What a command says that was stopped, and the hint that follows."""
    verb = next((word for word in arguments if not word.startswith("-")), "")
    if verb in ENDED_BY_A_SIGNAL:
        return "", None
    if verb not in RESUMED:
        return "interrupted", None
    command = shown(resume_command(arguments, retake_is_written=has_written_wishes()))
    stopped = "stopped by --until" if is_time_up() else "stopped"
    return f"{stopped}; all finished takes are kept", f"to continue: {command}"


def resume_command(arguments: Sequence[str], *, retake_is_written: bool) -> str:
    """The same command; without a retake that is written down already, for it would be another."""
    if not retake_is_written:
        return shlex.join(["higgs", *arguments])
    kept: list[str] = []
    is_lines = False
    for argument in arguments:
        if is_lines:
            is_lines = False
        elif argument == "--retake":
            is_lines = True
        elif not argument.startswith("--retake="):
            kept.append(argument)
    return shlex.join(["higgs", *kept])
