"""What lies where a render will write: files that renders have written there, or somebody else's.

Ours is what the manifest beside it, or the take store, names by its checksum; and the manifest of
the same output. All else is foreign: it is refused before anything is spoken.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from higgs_cli.errors import UsageError
from higgs_cli.files.writable import OVERWRITE_HINT
from higgs_cli.output.beside import SUBTITLES
from higgs_cli.output.manifest.named_files import (
    NamedFiles,
    digest_of,
    manifest_naming,
    named_files,
)
from higgs_cli.output.manifest.opened import manifest_beside


def own_digests(
    output: Path, manifest: NamedFiles | None, paths: Iterable[Path], noted: Collection[str]
) -> tuple[str, ...]:
    """Checksums of what lies at these paths and is ours; a foreign file is an error.

    `manifest`: what the one beside the output says, if it is one of higgs.
    """
    if manifest_beside(output).exists() and (manifest is None or not manifest.is_of(output)):
        raise UsageError(
            f"{manifest_beside(output)} is not the manifest of {output}", hint=OVERWRITE_HINT
        )
    known = {*noted, *(manifest.digests if manifest else ())}
    return tuple(_present(paths, known, manifest))


def named_by_renders(
    output: Path, manifest: NamedFiles | None, noted: Collection[str]
) -> frozenset[Path]:
    """What lies there of which renders of this output say that they wrote it, whatever became of
    it since."""
    found = {output.with_suffix(ending) for ending in SUBTITLES["both"]}
    found = {path for path in found if digest_of(path) in noted}
    if manifest is not None and manifest.is_of(output):
        found |= {each.path for each in manifest.files}
        found |= {output.with_suffix(ending) for ending in manifest.unchecked_endings}
    return frozenset(path for path in found if path.exists())


def refuse_in_place_of_the_whole(
    output: Path, manifest: NamedFiles | None, selection: str | None, store: Path
) -> None:
    """Some chapters do not take the place of a book that lies there whole."""
    if (
        selection is None
        or manifest is None
        or not manifest.is_of(output)
        or manifest.selection is not None
    ):
        return
    chosen = "-".join(re.findall(r"\d+", selection))
    other = output.with_stem(f"{output.stem}-chapters-{chosen}")
    named = shlex.join(["-o", str(other), "--store", str(store)])
    raise UsageError(
        f"{manifest.manifest} describes the whole book: --chapters {selection} does not replace it",
        hint=f"name another file, with the takes of the book: {named}",
    )


def is_own_manifest(path: Path, output: Path) -> bool:
    """Whether a manifest describes this output and lies beside it: it may be written anew."""
    beside, manifest = manifest_beside(output), named_files(output)
    is_there = beside.exists() and path.exists() and beside.samefile(path)
    return is_there and manifest is not None and manifest.is_of(output)


def _present(
    paths: Iterable[Path], known: Collection[str], manifest: NamedFiles | None
) -> Iterator[str]:
    believed = manifest.unchecked_endings if manifest else ()
    for path in paths:
        if not path.exists():
            continue
        digest = digest_of(path)
        if digest not in known and path.suffix not in believed:
            raise _refused(path, digest)
        yield digest


def _refused(path: Path, digest: str) -> UsageError:
    """It is of another output, or nobody's whom we know."""
    other = manifest_naming(path)
    if other is not None and digest in other.digests:
        named = " ".join(f"-o {shlex.quote(str(each))}" for each in other.outputs)
        return UsageError(
            f"{path} is there already, and belongs to what {other.manifest} describes",
            hint=f"write it with the rest of that ({named}), name another output with -o, or let "
            "it be replaced with --overwrite",
        )
    reason = "was not written by a render, or has been changed since"
    return UsageError(f"{path} is there already, and {reason}", hint=OVERWRITE_HINT)
