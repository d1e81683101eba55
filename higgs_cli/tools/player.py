"""A program of this machine that plays a sound file, and waits until it has played."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from higgs_cli.errors import HiggsError, UsageError

PLAYERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "ffplay": ("-nodisp", "-autoexit", "-loglevel", "error"),
        "aplay": ("-q",),
        "paplay": (),
        "afplay": (),
    }
)
"""The first that is there is taken; the file comes last."""


def player() -> tuple[str, ...]:
    """The command, without the file."""
    for name, options in PLAYERS.items():
        program = shutil.which(name)
        if program is not None:
            return (program, *options)
    raise UsageError(
        "there is no program here that plays sound",
        hint=f"install one of {', '.join(PLAYERS)}, or write the takes with -o FILE.wav",
    )


def play(command: tuple[str, ...], path: Path) -> None:
    """Until it has played."""
    ran = subprocess.run(
        [*command, str(path.absolute())], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    if ran.returncode:
        said = ran.stderr.decode(errors="replace").strip().splitlines()
        reason = f": {said[-1]}" if said else ""
        raise HiggsError(
            f"{Path(command[0]).name} could not play it{reason}",
            hint="write the takes with -o FILE.wav",
        )
