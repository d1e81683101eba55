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
from higgs_cli.output.beside import SUBTITLES, Companion, Kind
from higgs_cli.output.manifest.read import manifest_beside, opened_manifest


def own_digests(
    output: Path, companions: Iterable[Companion], noted: Collection[str]
) -> tuple[str, ...]:
    """Checksums of what lies there and is ours; a foreign file is an error."""
    manifest = _manifest(output)
    if manifest_beside(output).exists() and (manifest is None or not manifest.is_of(output)):
        raise UsageError(
            f"{manifest_beside(output)} is not the manifest of {output}", hint=OVERWRITE_HINT
        )
    known = {*noted, *(manifest.digests if manifest else ())}
    return tuple(_present(output, companions, known, manifest))


def earlier_companions(output: Path, noted: Collection[str]) -> tuple[Companion, ...]:
    """What renders of this output say they have written beside it, whatever became of it."""
    manifest = _manifest(output)
    found = {each.path: each for each in _noted_subtitles(output, noted)}
    if manifest is not None and manifest.is_of(output):
        found |= {each.path: each for each in manifest.companions_of(output)}
    return tuple(found.values())


def _noted_subtitles(output: Path, noted: Collection[str]) -> Iterator[Companion]:
    """A render that is killed has no manifest yet, but has told the store what it wrote."""
    for kind in SUBTITLES["both"]:
        path = output.with_suffix(f".{kind}")
        if path.is_file() and bytes_fingerprint(path) in noted:
            yield Companion(kind, path)


def is_own_manifest(path: Path, output: Path) -> bool:
    """Whether a manifest describes this output and lies beside it: it may be written anew."""
    beside, manifest = manifest_beside(output), _manifest(output)
    is_there = beside.exists() and path.exists() and beside.samefile(path)
    return is_there and manifest is not None and manifest.is_of(output)


def _present(
    output: Path,
    companions: Iterable[Companion],
    known: Collection[str],
    manifest: _Manifest | None,
) -> Iterator[str]:
    believed = SUBTITLES.get(manifest.unchecked_subtitles, ()) if manifest else ()
    for path in (output, *(each.path for each in companions)):
        if not path.exists():
            continue
        digest = bytes_fingerprint(path)
        if digest not in known and path.suffix[1:] not in believed:
            reason = "was not written by a render, or has been changed since"
            raise UsageError(f"{path} is there already, and {reason}", hint=OVERWRITE_HINT)
        yield digest


@dataclass(frozen=True)
class _Manifest:
    """What a manifest says of the files beside it."""

    audio_name: str | None
    digests: frozenset[str]
    unchecked_subtitles: str
    """Version 1 does not name them by checksum, only by the setting."""

    companions: tuple[tuple[Kind, str], ...] = ()
    """What goes with the audio: kind and name."""

    def companions_of(self, output: Path) -> Iterator[Companion]:
        for kind in SUBTITLES.get(self.unchecked_subtitles, ()):
            yield Companion(kind, output.with_suffix(f".{kind}"))
        for kind, name in self.companions:
            yield Companion(kind, output.with_name(name))

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
    audio = value.record("audio") if "audio" in value else None
    is_first = value.whole("version") == 1
    subtitles = value.records("subtitles") if "subtitles" in value else []
    reports = value.records("reports") if "reports" in value else []
    named = [*subtitles, *reports]
    return _Manifest(
        audio_name=audio.file_name("path") if audio else None,
        digests=frozenset(each.text("sha256") for each in [*([audio] if audio else []), *named]),
        unchecked_subtitles=value.record("settings").text("subtitles") if is_first else "none",
        companions=(
            *((_subtitle_kind(each), each.file_name("path")) for each in subtitles),
            *((_report_kind(each), each.file_name("path")) for each in reports),
        ),
    )


def _subtitle_kind(value: Record) -> Kind:
    return "vtt" if value.file_name("path").endswith(".vtt") else "srt"


def _report_kind(value: Record) -> Kind:
    return "report" if value.choice("kind", ("findings", "report")) == "report" else "findings"
