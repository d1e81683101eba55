"""What becomes of the files that earlier deliveries of the same output have left beside it.

    of the same making             true still: it stays, and the manifest goes on naming it
    audio of the same settings     written anew with the rest, from one mastering
    audio of other settings        it stays, and is named as stale: audio is never deleted for that
    a chapter called otherwise     its file gave way to another of the same delivery: removed
    subtitles, sample, stems, …    nothing speaks falsely of an audio: removed

Only files that a manifest names or a store has noted are looked at, in the output's own folder, and
only while they have the checksum that is given there: what a person has changed is theirs. What a
render reads is never touched.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from higgs_cli.errors import HiggsError
from higgs_cli.output.extras import is_extra
from higgs_cli.output.formats.write import ENDINGS, READ_ALONG, check_output
from higgs_cli.output.making import Making, chunk_said, making_of
from higgs_cli.output.manifest.named_files import NamedFile, digest_of, is_link, named_files
from higgs_cli.output.manifest.write import CompanionFacts

SINCE = "since"
"""The list of what a render that was stopped wrote in the place of what the manifest names."""
ORPHAN = "orphan"
"""The list of what no manifest names: a store has noted it, and the render was stopped."""


@dataclass(frozen=True)
class WritingNow:
    """What a render is about to write, and out of what."""

    making: Making
    outputs: tuple[Path, ...]
    paths: frozenset[Path]
    """Of all files but the manifest."""
    inputs: tuple[Path, ...]
    noted: Collection[str]
    """Checksums of what renders from its store have written of this output."""
    per_chapter: bool
    selection: str | None
    has_pages: bool
    """Whether a book to read along would be made of what it was made of: not so `--from`."""


@dataclass(frozen=True)
class Fates:
    """What becomes of each earlier file that a render does not write under its own name."""

    renewed: tuple[Path, ...] = ()
    kept: tuple[CompanionFacts, ...] = ()
    stale: tuple[CompanionFacts, ...] = ()
    removed: tuple[CompanionFacts, ...] = ()


def fates_of_earlier(output: Path, writing: WritingNow) -> Fates:
    """Nothing is changed yet."""
    earlier, fates = _earlier(output), dict[str, list[NamedFile]]()
    for each in _left(earlier.files, writing):
        if not _is_read(each.path, writing.inputs):
            fates.setdefault(_fate(each, earlier, writing), []).append(each)
    return Fates(
        tuple(each.path for each in fates.get("renewed", ())),
        *(_facts(fates.get(name, ())) for name in ("kept", "stale", "removed")),
    )


def left_beside(output: Path) -> tuple[CompanionFacts, ...]:
    """All that a manifest names and that still is as it was written."""
    said = named_files(output)
    there = said.files if said is not None and said.is_of(output) else ()
    return _facts(each for each in there if each.is_there)


def removed(files: Iterable[CompanionFacts]) -> tuple[Path, ...]:
    """Take them away, as far as they still are what they were."""
    gone = []
    for each in files:
        with suppress(OSError):
            if not is_link(each.path) and digest_of(each.path) == each.sha256:
                each.path.unlink()
                gone.append(each.path)
    return tuple(gone)


@dataclass(frozen=True)
class _Earlier:
    """What the manifest of an earlier render says."""

    files: tuple[NamedFile, ...] = ()
    selection: str | None = None
    making: Making | None = None


def _earlier(output: Path) -> _Earlier:
    said = named_files(output, chunk_said)
    if said is None or not said.is_of(output):
        return _Earlier()
    return _Earlier(said.files, said.selection, making_of(said.record))


def _fate(file: NamedFile, earlier: _Earlier, writing: WritingNow) -> str:
    is_same = file.list_name not in ("stale", SINCE, ORPHAN) and earlier.making == writing.making
    if is_same and not _is_timed_otherwise(file, earlier, writing):
        return "kept"
    is_other = is_extra(file.path, writing.outputs[0])
    if is_other or not is_audio(file.path) or _has_given_way(file, earlier, writing):
        return "removed"
    if file.list_name not in ("stale", ORPHAN) and _can_be_renewed(file, earlier, writing):
        return "renewed"
    return "stale"


def _is_timed_otherwise(file: NamedFile, earlier: _Earlier, writing: WritingNow) -> bool:
    """A book to read along, made before the words of its takes were heard, or since they are not,
    that can be made anew."""
    times = earlier.making.word_times if earlier.making else ()
    return (
        file.path.suffix.lower() == READ_ALONG
        and times != writing.making.word_times
        and _can_be_renewed(file, earlier, writing)
    )


def _has_given_way(file: NamedFile, earlier: _Earlier, writing: WritingNow) -> bool:
    """A file of a chapter, where all files of chapters of that format are written anew."""
    is_orphan = file.list_name == ORPHAN
    return (
        writing.per_chapter
        and file.list_name != "stale"
        and (is_orphan or file.chapter is not None)
        and (None if is_orphan else earlier.selection) == writing.selection
        and file.path.suffix in {each.suffix for each in writing.outputs}
    )


def _can_be_renewed(file: NamedFile, earlier: _Earlier, writing: WritingNow) -> bool:
    """Whether the same mastering makes it: the book in another format, at the same settings."""
    then, now = earlier.making, writing.making
    if then is None or writing.per_chapter or _is_of_chapter(file, writing):
        return False
    if (then.settings, earlier.selection) != (now.settings, writing.selection):
        return False
    if file.path.suffix.lower() == READ_ALONG and not writing.has_pages:
        return False
    try:
        check_output(file.path, now.sample_format, writing.inputs)
    except HiggsError:  # it was made elsewhere, or with an encoder that is gone
        return False
    return True


def _left(files: tuple[NamedFile, ...], writing: WritingNow) -> Iterator[NamedFile]:
    """What lies there as it was written, and is not about to be written anew."""
    for each in (each for each in files if each.path not in writing.paths):
        digest = "" if is_link(each.path) else digest_of(each.path)
        if digest == each.sha256:
            yield each
        elif digest in writing.noted:
            list_name = "stale" if each.list_name == "stale" else SINCE
            yield replace(each, sha256=digest, list_name=list_name)
    known = {*writing.paths, *(each.path for each in files)}
    for path in _chapter_files(writing.outputs):
        file = NamedFile(path, digest_of(path), ORPHAN) if path not in known else None
        if file is not None and file.sha256 in writing.noted and file.is_there:
            yield file


def _chapter_files(outputs: tuple[Path, ...]) -> Iterator[Path]:
    """What has the name of a chapter's file; whose it is, its checksum says."""
    for path in sorted(outputs[0].parent.iterdir()):
        if path.suffix in ENDINGS and any(_is_name_of_chapter(path, each) for each in outputs):
            yield path


def _is_name_of_chapter(path: Path, output: Path) -> bool:
    return re.fullmatch(re.escape(output.stem) + r"-\d{2,}(-.*)?", path.stem) is not None


def _is_of_chapter(file: NamedFile, writing: WritingNow) -> bool:
    """Manifests of before do not say it of what was kept."""
    return file.chapter is not None or any(
        _is_name_of_chapter(file.path, each) for each in writing.outputs
    )


def is_audio(path: Path) -> bool:
    return path.suffix.lower() in ENDINGS


def is_whole_audio(path: Path, output: Path) -> bool:
    """Whether it has the whole book, by its name: a chapter's begins with the output's."""
    is_of_it = is_audio(path) and not is_extra(path, output)
    return is_of_it and not _is_name_of_chapter(path, output)


def _is_read(path: Path, inputs: Iterable[Path]) -> bool:
    for each in inputs:
        with suppress(OSError, ValueError):
            if path.samefile(each):
                return True
    return False


def _facts(files: Iterable[NamedFile]) -> tuple[CompanionFacts, ...]:
    return tuple(CompanionFacts(each.path, each.sha256, chapter=each.chapter) for each in files)
