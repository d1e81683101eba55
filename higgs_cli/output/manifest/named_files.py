"""The manifest beside an output, read for the files that it names.

ours     the manifest of this output: its files are known by their checksums
foreign  another output's, or none of higgs: it is nobody's here
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from higgs_cli.errors import HiggsError
from higgs_cli.files.fingerprint import bytes_fingerprint
from higgs_cli.files.json_stream import MakeElement
from higgs_cli.files.strict_json import Record
from higgs_cli.output.beside import SUBTITLES
from higgs_cli.output.file_names import STEMS, stems_folder
from higgs_cli.output.manifest.opened import (
    LEFT_OUT,
    manifest_beside,
    opened_manifest,
    output_names,
)
from higgs_cli.script.document import BEFORE_THE_FIRST

LISTS = ("other_audio", "subtitles", "companions", "kept", "stale")


@dataclass(frozen=True)
class NamedFile:
    """A file as the manifest beside it says it was written."""

    path: Path
    sha256: str
    list_name: str
    """Where the manifest has it; `audio` for the book itself."""
    chapter: int | None = None
    """The number of the one chapter in it."""

    @property
    def is_there(self) -> bool:
        """As it was written, and no link."""
        return not is_link(self.path) and digest_of(self.path) == self.sha256


@dataclass(frozen=True)
class NamedFiles:
    """What a manifest says of the files beside it."""

    manifest: Path
    record: Record
    files: tuple[NamedFile, ...]

    @property
    def digests(self) -> frozenset[str]:
        return frozenset(each.sha256 for each in self.files)

    @cached_property
    def outputs(self) -> tuple[Path, ...]:
        """What was asked for, beside the manifest."""
        return tuple(self.manifest.with_name(name) for name in output_names(self.record))

    @property
    def unchecked_endings(self) -> tuple[str, ...]:
        """Version 1 does not name subtitles by checksum, only by the setting."""
        if self.record.whole("version") > 1:
            return ()
        return SUBTITLES.get(self.record.record("settings").text("subtitles"), ())

    @property
    def selection(self) -> str | None:
        """Which chapters it is of, as `--chapters` named them; None for all."""
        return self._setting("reading").optional_text("chapters") if self._is_grouped else None

    @property
    def is_per_chapter(self) -> bool:
        return self._is_grouped and self._setting("delivery").flag("per_chapter")

    def is_of(self, output: Path) -> bool:
        """Whether it describes this output; one that names none is believed."""
        return not self.outputs or self.outputs[0].stem == output.stem

    def names(self, path: Path) -> bool:
        """Whether a file is one of those that it describes, or was asked for."""
        return path.name in {
            self.manifest.name,
            *(each.path.name for each in self.files),
            *(each.name for each in self.outputs),
        }

    @property
    def _is_grouped(self) -> bool:
        return self.record.whole("version") > 1

    def _setting(self, group: str) -> Record:
        return self.record.record("settings").record(group)


def named_files(output: Path, chunks: MakeElement = LEFT_OUT["chunks"]) -> NamedFiles | None:
    """What the manifest beside an output says; None where there is none of higgs."""
    return _read(manifest_beside(output), chunks)


def manifest_naming(path: Path) -> NamedFiles | None:
    """The manifest that describes a file: the one beside it, or another of its folder."""
    beside = manifest_beside(path)
    others = sorted(path.parent.glob("*.json"), key=lambda each: (_is_longer(each, path), each))
    for manifest in dict.fromkeys([beside, *others]):
        said = _read(manifest, LEFT_OUT["chunks"]) if manifest.is_file() else None
        if said is not None and said.names(path):
            return said
    return None


def path_in(manifest: Path, file: Record) -> Path:
    """Where a file lies that a manifest describes: beside it, or in its folder of stems."""
    name = file.file_name("path")
    if "in" not in file:
        return manifest.with_name(name)
    file.choice("in", ("stems",))
    return stems_folder(manifest) / name


def is_link(path: Path) -> bool:
    """A person's links are theirs: the file itself, or the folder of stems that it is in."""
    return path.is_symlink() or (path.parent.suffix == STEMS and path.parent.is_symlink())


def digest_of(path: Path) -> str:
    """Of what lies there; nothing has this digest where nothing does."""
    try:
        return bytes_fingerprint(path) if path.is_file() else ""
    except OSError:
        return ""


def _is_longer(manifest: Path, path: Path) -> bool:
    """Files of chapters begin with the name of their book: it is looked at first."""
    return not path.name.startswith(manifest.stem)


def _read(manifest: Path, chunks: MakeElement) -> NamedFiles | None:
    try:
        whole = opened_manifest(manifest, {**LEFT_OUT, "chunks": chunks})
        said = NamedFiles(manifest, whole, tuple(_described(whole, manifest)))
        # a name or a setting that is no such thing makes it none of ours, here and not later
        _ = (said.outputs, said.unchecked_endings, said.selection, said.is_per_chapter)
    except HiggsError:
        return None
    return said


def _described(whole: Record, manifest: Path) -> Iterator[NamedFile]:
    """The audio first; early manifests name fewer."""
    audio = whole.optional_record("audio")
    yield from _listed([audio] if audio else [], "audio", manifest)
    for name in LISTS:
        yield from _listed(whole.records(name) if name in whole else [], name, manifest)


def _listed(files: Iterable[Record], name: str, manifest: Path) -> Iterator[NamedFile]:
    for each in files:
        chapter = each.whole("chapter", BEFORE_THE_FIRST) if "chapter" in each else None
        yield NamedFile(path_in(manifest, each), each.text("sha256"), name, chapter)
