"""What earlier deliveries of the same output have left lying beside it.

    the same takes and titles    it is still true: it stays, and the manifest goes on naming it
    others                       it says what is no longer so: it is removed

Only files that a manifest names are looked at, in its own folder, and only while they have the
checksum that it gives: what a person has changed is theirs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from higgs_cli.errors import HiggsError
from higgs_cli.files.fingerprint import bytes_fingerprint
from higgs_cli.files.strict_json import Record
from higgs_cli.output.manifest.read import (
    LEFT_OUT,
    described_files,
    manifest_beside,
    opened_manifest,
)
from higgs_cli.output.manifest.write import CompanionFacts
from higgs_cli.output.outcome import ChunkOutcome
from higgs_cli.planning.plan import Plan

Heard = tuple[tuple[str, ...], tuple[tuple[str, int] | None, ...]]
"""The titles of the chapters; of each chunk, the key and the attempt of its take."""


@dataclass(frozen=True)
class EarlierFiles:
    """What the manifest beside an output names."""

    heard: Heard = ((), ())
    digests: Mapping[Path, str] = field(default_factory=dict)

    def left(self, written: Collection[Path]) -> tuple[CompanionFacts, ...]:
        """Those that lie there as they were, and were not written anew."""
        return tuple(
            CompanionFacts(path, digest)
            for path, digest in self.digests.items()
            if path not in written and _digest(path) == digest
        )


def earlier_files(output: Path) -> EarlierFiles:
    """Nothing, where there is no manifest of ours."""
    try:
        manifest = opened_manifest(manifest_beside(output), {**LEFT_OUT, "chunks": _take})
        described = described_files(manifest)
        names = {
            output.with_name(each.file_name("path")): each.text("sha256") for each in described
        }
        titles = tuple(each.text("title") for each in manifest.records("chapters"))
        return EarlierFiles((titles, manifest.made("chunks")), names)
    except HiggsError:
        return EarlierFiles()


def heard_in(plan: Plan, outcomes: Iterable[ChunkOutcome]) -> Heard:
    """What is heard now."""
    titles = tuple(chapter.title for chapter in plan.script.chapters)
    takes = tuple(
        (each.settled.key, each.take.attempt) if each.take is not None else None
        for each in outcomes
    )
    return titles, takes


def removed(files: Iterable[CompanionFacts]) -> tuple[Path, ...]:
    """Take them away, as far as they still are what they were."""
    gone = []
    for each in files:
        with suppress(OSError):
            if _digest(each.path) == each.sha256:
                each.path.unlink()
                gone.append(each.path)
    return tuple(gone)


def _take(chunk: Record) -> tuple[str, int] | None:
    take = chunk.optional_record("take")
    return None if take is None else (take.text("key"), take.whole("attempt"))


def _digest(path: Path) -> str:
    try:
        return bytes_fingerprint(path) if path.is_file() and not path.is_symlink() else ""
    except OSError:
        return ""
