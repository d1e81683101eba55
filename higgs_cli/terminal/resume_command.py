"""The command that goes on where this one was stopped."""

from __future__ import annotations

import shlex
from collections.abc import Sequence


def resume_command(arguments: Sequence[str]) -> str:
    """The same command, without the retake: that wish is already written down."""
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
