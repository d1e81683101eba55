"""What lies where a render will write: files that renders have written there, or somebody else's.

Ours is what the manifest beside it, or the take store, names by its checksum; and the manifest of
the same output. All else is foreign: it is refused before anything is spoken.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from higgs_cli.errors import UsageError
from higgs_cli.files.fingerprint import bytes_fingerprint
from higgs_cli.files.strict_json import Record
from higgs_cli.files.writable import OVERWRITE_HINT
from higgs_cli.output.beside import SUBTITLES
from higgs_cli.output.manifest.read import described_files, manifest_beside, opened_manifest


def own_digests(output: Path, paths: Iterable[Path], noted: Collection[str]) -> tuple[str, ...]:
    """Checksums of what lies at these paths and is ours; a foreign file is an error."""
    manifest = _manifest(output)
    if manifest_beside(output).exists() and (manifest is None or not manifest.is_of(output)):
        raise UsageError(
            f"{manifest_beside(output)} is not the manifest of {output}", hint=OVERWRITE_HINT
        )
    known = {*noted, *(manifest.digests if manifest else ())}
    return tuple(_present(paths, known, manifest))


def named_by_renders(output: Path, noted: Collection[str]) -> frozenset[Path]:
    """What lies there of which renders of this output say that they wrote it, whatever became of
    it since."""
    manifest = _manifest(output)
    found = {output.with_suffix(ending) for ending in SUBTITLES["both"]}
    found = {path for path in found if path.is_file() and bytes_fingerprint(path) in noted}
    if manifest is not None and manifest.is_of(output):
        found |= {output.with_name(name) for name in manifest.names}
        found |= {output.with_suffix(ending) for ending in manifest.unchecked_endings}
    return frozenset(path for path in found if path.exists())


def is_own_manifest(path: Path, output: Path) -> bool:
    """Whether a manifest describes this output and lies beside it: it may be written anew."""
    beside, manifest = manifest_beside(output), _manifest(output)
    is_there = beside.exists() and path.exists() and beside.samefile(path)
    return is_there and manifest is not None and manifest.is_of(output)


def _present(
    paths: Iterable[Path], known: Collection[str], manifest: _Manifest | None
) -> Iterator[str]:
    believed = manifest.unchecked_endings if manifest else ()
    for path in paths:
        if not path.exists():
            continue
        digest = bytes_fingerprint(path)
        if digest not in known and path.suffix not in believed:
            reason = "was not written by a render, or has been changed since"
            raise UsageError(f"{path} is there already, and {reason}", hint=OVERWRITE_HINT)
        yield digest


@dataclass(frozen=True)
class _Manifest:
    """What a manifest says of the files beside it."""

    audio_name: str | None
    digests: frozenset[str]
    names: frozenset[str]
    unchecked_endings: tuple[str, ...]
    """Version 1 does not name subtitles by checksum, only by the setting."""

    def is_of(self, output: Path) -> bool:
        return self.audio_name is None or Path(self.audio_name).stem == output.stem


def _manifest(output: Path) -> _Manifest | None:
    """None where there is none of ours."""
    path = manifest_beside(output)
    try:
        return _read(opened_manifest(path))
    except UsageError:
        return None


def _read(value: Record) -> _Manifest:
    audio = value.optional_record("audio")
    is_first = value.whole("version") == 1
    named = described_files(value)
    subtitles = value.record("settings").text("subtitles") if is_first else "none"
    return _Manifest(
        audio_name=audio.file_name("path") if audio else None,
        digests=frozenset(each.text("sha256") for each in named),
        names=frozenset(each.file_name("path") for each in named),
        unchecked_endings=SUBTITLES.get(subtitles, ()),
    )
