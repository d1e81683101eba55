"""A sheet of findings that comes back with remarks is a person's: the next one has another name.

chapter.csv     written by a render, remarked, given to --pickups: it stays as it is
chapter.2.csv   the sheet of the render that carries the remarks out
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

from higgs_cli.output.beside import ENDINGS, AskedCompanions

ROUND = re.compile(r"\.[0-9]+$")
"""At the end of a stem: which sheet of an output it is."""


def next_sheet(
    asked: AskedCompanions, there: Collection[Path], inputs: Iterable[Path]
) -> tuple[AskedCompanions, frozenset[Path]]:
    """What is asked for, and what of that which lies `there` is to be written anew."""
    remarked = frozenset(_sheets(there, inputs))
    if not remarked:
        return asked, frozenset(there)
    left = frozenset(there) - remarked
    findings = None if asked.findings in remarked else asked.findings
    if findings is None and not any(_is_sheet(path) for path in left):
        findings = _free_name(min(remarked))
    return replace(asked, findings=findings), left


def _sheets(paths: Iterable[Path], inputs: Iterable[Path]) -> Iterator[Path]:
    """Those that are inputs."""
    given = [path for path in inputs if _is_sheet(path) and path.exists()]
    for path in paths:
        if _is_sheet(path) and path.exists() and any(path.samefile(each) for each in given):
            yield path


def _is_sheet(path: Path) -> bool:
    return path.suffix.lower() in ENDINGS["findings"]


def _free_name(sheet: Path) -> Path:
    """`chapter.2.csv`, or whichever is the first that is not there."""
    stem = ROUND.sub("", sheet.stem)
    names = (sheet.with_name(f"{stem}.{number}{sheet.suffix}") for number in count(2))
    return next(path for path in names if not path.exists() and not path.is_symlink())
