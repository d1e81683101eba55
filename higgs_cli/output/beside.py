"""Which files go with the audio: subtitles, chapters, the sheet of findings, the report.

They lie in its folder and are written with it. What an earlier render of the same output has
written there is written anew, so that nothing beside an audio speaks of another one; whoever wants
it no more deletes it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from higgs_cli.errors import UsageError
from higgs_cli.settings.views import Delivery

if TYPE_CHECKING:
    from higgs_cli.output.file_names import AudioFile

Kind = Literal["srt", "vtt", "chapters", "findings", "report", "sample", "stem", "room", "labels"]
SUBTITLES = {"srt": (".srt",), "vtt": (".vtt",), "both": (".srt", ".vtt")}
"""Their endings, by the setting."""
SUBTITLE_KINDS: dict[str, Kind] = {".srt": "srt", ".vtt": "vtt"}
ENDINGS: dict[Kind, tuple[str, ...]] = {"findings": (".csv",), "report": (".html", ".htm")}


@dataclass(frozen=True)
class Companion:
    """A file that goes with an audio."""

    kind: Kind
    path: Path
    chapter: int | None = None
    """The number of the chapter that it is of; None where it is of the book."""
    speaker: str | None = None
    """Of a stem: who speaks in it."""


@dataclass(frozen=True)
class AskedCompanions:
    """What a command line asks for besides subtitles."""

    findings: Path | None = None
    report: Path | None = None


NOTHING_ASKED = AskedCompanions()


def companions_of(
    files: Sequence[AudioFile],
    output: Path,
    delivery: Delivery,
    asked: AskedCompanions,
    there: Collection[Path],
    extras: Sequence[Companion] = (),
) -> tuple[Companion, ...]:
    """What is asked for, and what an earlier render has written that still lies `there`;
    `extras`: the sounds among it, see `extras.py`."""
    found = [
        *extras,
        *_subtitles(files, delivery, there),
        *_chapters(output, delivery, there),
        *_reports(files, output, asked, there),
    ]
    taken = {output.with_suffix(".json"), *(path for file in files for path in file.paths)}
    for each in found:
        if each.path in taken:
            raise UsageError(f"{each.path}: another file of this render has that name")
        taken.add(each.path)
    return tuple(found)


def _subtitles(
    files: Sequence[AudioFile], delivery: Delivery, there: Collection[Path]
) -> Iterator[Companion]:
    """Beside each audio file, under its name."""
    asked = SUBTITLES.get(delivery.subtitles, ())
    for file in files:
        for ending, kind in SUBTITLE_KINDS.items():
            path = file.paths[0].with_suffix(ending)
            if ending in asked or path in there:
                yield Companion(kind, path, file.chapter)


def _chapters(output: Path, delivery: Delivery, there: Collection[Path]) -> Iterator[Companion]:
    from higgs_cli.output.file_names import chapters_path

    path = chapters_path(output)
    if delivery.chapters_json or (path in there and not delivery.per_chapter):
        yield Companion("chapters", path)


def is_played(path: Path) -> bool:
    """Can a page play it? A book to read along is none."""
    return path.suffix.lower() != ".epub"


def _reports(
    files: Sequence[AudioFile], output: Path, asked: AskedCompanions, there: Collection[Path]
) -> Iterator[Companion]:
    has_sound = any(is_played(path) for file in files for path in file.paths)
    if asked.report is not None and not has_sound:
        raise UsageError(
            f"--report {asked.report}: a page cannot play an .epub",
            hint="name an audio file with a second -o",
        )
    named: tuple[tuple[Kind, Path | None], ...] = (
        ("findings", asked.findings),
        ("report", asked.report),
    )
    for kind, path in named:
        own = {_checked(kind, path, output)} if path is not None else set()
        others = {each for each in there if each.suffix.lower() in ENDINGS[kind]}
        for each in sorted(own | others) if has_sound or kind == "findings" else ():
            yield Companion(kind, each)


def _checked(kind: Kind, path: Path, output: Path) -> Path:
    """Named so, and in the folder of the audio, where the page finds what it plays."""
    endings = ENDINGS[kind]
    if path.suffix.lower() not in endings:
        raise UsageError(f"--{kind} {path}: its name has to end in {endings[0]}")
    beside = output.with_name(path.name)
    if not path.parent.is_dir() or not path.parent.samefile(output.parent):
        raise UsageError(
            f"--{kind} {path}: it has to lie beside the audio, in {output.parent}",
            hint=f"--{kind} {beside}",
        )
    return beside
