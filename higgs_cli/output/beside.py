"""Which files go with an audio file: subtitles, the sheet of findings, the report.

They lie in its folder and are written with it. What an earlier render of the same output has
written there is written anew, so that nothing beside an audio speaks of another one; whoever wants
it no more deletes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from higgs_cli.errors import UsageError
from higgs_cli.files.writable import check_file_place

Kind = Literal["srt", "vtt", "findings", "report"]
ENDINGS: dict[str, tuple[str, ...]] = {"findings": (".csv",), "report": (".html", ".htm")}
SUBTITLES: dict[str, tuple[Kind, ...]] = {"srt": ("srt",), "vtt": ("vtt",), "both": ("srt", "vtt")}


@dataclass(frozen=True)
class Companion:
    """A file that goes with an audio."""

    kind: Kind
    path: Path


@dataclass(frozen=True)
class AskedCompanions:
    """What a command line asks for besides subtitles."""

    findings: Path | None = None
    report: Path | None = None


NOTHING_ASKED = AskedCompanions()


def asked_companions(
    output: Path, subtitles: str, asked: AskedCompanions, inputs: Iterable[Path] = ()
) -> tuple[Companion, ...]:
    """What is asked for; a page or sheet that could not lie beside the audio is refused."""
    found = [
        Companion(kind, output.with_suffix(f".{kind}")) for kind in SUBTITLES.get(subtitles, ())
    ]
    named: tuple[tuple[Kind, Path | None], ...] = (
        ("findings", asked.findings),
        ("report", asked.report),
    )
    taken = {output, output.with_suffix(".json"), *(each.path for each in found)}
    for kind, path in named:
        if path is None:
            continue
        beside = _checked(kind, path, output, inputs)
        if beside in taken:
            raise UsageError(f"--{kind} {path}: another file of this render has that name")
        taken.add(beside)
        found.append(Companion(kind, beside))
    return tuple(found)


def companions_beside(
    output: Path, asked: Sequence[Companion], there: Iterable[Companion]
) -> tuple[Companion, ...]:
    """What is asked for, and what an earlier render has written that still lies there."""
    named = {each.path for each in asked}
    others = [each for each in there if each.path not in named and each.path.exists()]
    return tuple(sorted([*asked, *others], key=lambda each: (each.kind, each.path.name)))


def _checked(kind: str, path: Path, output: Path, inputs: Iterable[Path]) -> Path:
    """Named so, in the folder of the audio, where it can be written."""
    endings = ENDINGS[kind]
    if path.suffix.lower() not in endings:
        raise UsageError(f"--{kind} {path}: its name has to end in {endings[0]}")
    beside = output.with_name(path.name)
    if not path.parent.is_dir() or not path.parent.samefile(output.parent):
        raise UsageError(
            f"--{kind} {path}: it has to lie beside the audio, in {output.parent}",
            hint=f"--{kind} {beside}",
        )
    check_file_place(beside, inputs=inputs)
    return beside
