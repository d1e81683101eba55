"""Which files of a folder are scripts: no transcripts, and nothing that renders have written.

emma.txt                       a script
anna.txt, anna.wav             a transcript, and no script
lamp.txt, lamp.wav, lamp.json  a script that was rendered here: the manifest says so
lamp.html                      the report of that render, and no script
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from higgs_cli.errors import UsageError
from higgs_cli.output.manifest.named_files import named_files
from higgs_cli.settings.sources import FILE_NAME

TEXTS = (".txt", ".md", ".markdown", ".mdown", ".fountain", ".spmd")
BOUND = (".epub", ".docx", ".pdf", ".html", ".htm", ".xhtml")
SCRIPTS = frozenset((*TEXTS, *BOUND))
RECORDINGS = (".wav", ".flac", ".mp3", ".ogg")
"""A text beside one of these is its transcript, unless a render made it."""
CAST_SHEET = "cast.yaml"
MOST_MANIFESTS = 20_000


@dataclass(frozen=True)
class BookFolder:
    """What could be a script, by what it is; each in order, 2 before 10."""

    scripts: tuple[Path, ...]
    transcripts: tuple[Path, ...]
    rendered: tuple[Path, ...]

    @property
    def skipped(self) -> Iterator[str]:
        """What is no script, and why, for a person."""
        if self.transcripts:
            yield f"{_named(self.transcripts)}: a transcript, as a recording of its name lies there"
        if self.rendered:
            yield f"{_named(self.rendered)}: written by a render"


def look_into(folder: Path) -> BookFolder:
    """A link that leads out of the folder is refused."""
    paths = sorted((path for path in folder.iterdir() if _may_be_script(path)), key=in_order)
    for path in (*paths, folder / FILE_NAME, folder / CAST_SHEET):
        refuse_link_out(folder, path)
    rendered = _rendered(folder) if paths else frozenset()
    transcripts = {path for path in paths if _is_transcript(path, rendered)}
    return BookFolder(
        scripts=tuple(path for path in paths if path not in transcripts | rendered),
        transcripts=tuple(path for path in paths if path in transcripts - rendered),
        rendered=tuple(path for path in paths if path in rendered),
    )


def in_order(path: Path) -> tuple[list[tuple[bool, int, str]], str]:
    """Numbers count as numbers."""
    parts = re.findall(r"[0-9]{1,18}|[^0-9]+|[0-9]", path.name.casefold())
    return [(not part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts], (
        path.name
    )


def refuse_link_out(folder: Path, path: Path) -> None:
    """What lies in a folder of books is no link that leads out of it."""
    if not path.resolve().is_relative_to(folder.resolve()):
        raise UsageError(
            f"{path}: is a link to a file outside {folder}", hint="copy the file into the folder"
        )


def _may_be_script(path: Path) -> bool:
    return not path.name.startswith(".") and path.suffix.lower() in SCRIPTS and path.is_file()


def _is_transcript(path: Path, rendered: frozenset[Path]) -> bool:
    beside = (path.with_suffix(each) for each in RECORDINGS)
    return path.suffix == ".txt" and any(each.exists() and each not in rendered for each in beside)


def _rendered(folder: Path) -> frozenset[Path]:
    """What the manifests of the folder say that renders have written."""
    found: set[Path] = set()
    for manifest in folder.glob("*.json"):
        if manifest.is_file():
            there = manifest.stat()
            found |= {folder / each for each in _described(manifest, there.st_mtime_ns)}
    return frozenset(found)


@lru_cache(maxsize=MOST_MANIFESTS)
def _described(manifest: Path, _written_at: int) -> frozenset[str]:
    """The files of a manifest; none where it is something else. Read once, as it may be long."""
    said = named_files(manifest)
    return frozenset(each.path.name for each in said.files) if said else frozenset()


def _named(paths: tuple[Path, ...]) -> str:
    """The first few."""
    names = ", ".join(path.name for path in paths[:3])
    return f"{names} and {len(paths) - 3} more" if len(paths) > 3 else names
