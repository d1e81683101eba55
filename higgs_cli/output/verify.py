"""What of a finished render is no longer what was written."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from higgs_cli.errors import FormatError, UsageError
from higgs_cli.files.stand_ins import address_of
from higgs_cli.files.strict_json import Record
from higgs_cli.output.manifest.named_files import (
    NamedFiles,
    digest_of,
    manifest_naming,
    named_files,
)
from higgs_cli.output.manifest.opened import manifest_beside, store_of
from higgs_cli.output.manifest.read import read_manifest
from higgs_cli.speech.protocol import CodesForm
from higgs_cli.takes.layout import STORE_SUFFIX
from higgs_cli.takes.store import TakeStore


@dataclass(frozen=True)
class _Said:
    """What a manifest says of the files beside it."""

    store: Path
    sha256: Mapping[Path, str] = field(default_factory=dict)
    """Of all that is of its render, and not of one before."""
    form: CodesForm | None = None


def damage_of(output: Path, store: Path | None = None) -> list[str]:
    """Names of damaged files: of the store; and the manifest, with what it describes.

    `output` is a store, or a file that a manifest describes or lies beside. `store` names the store
    of an output whose manifest says that it is elsewhere.
    """
    if output.is_dir() or (address_of(output) and output.suffix == STORE_SUFFIX):
        return list(TakeStore(output).verify())
    manifest, damaged = _manifest_of(output), []
    said = _Said(store or output.with_suffix(STORE_SUFFIX))
    if not os.path.lexists(manifest) and not said.store.is_dir():
        raise UsageError(
            f"{output}: neither a manifest nor a take store lies beside it",
            hint="name the audio as -o named it, its manifest, or its take store",
        )
    if manifest.exists():
        try:
            said = _said_by(manifest, output, store)
        except FormatError:
            damaged.append(manifest.name)
    takes = TakeStore(said.store)
    if said.form is not None:
        takes.expect(said.form)
    damaged += takes.verify()
    return damaged + [
        path.name for path, digest in said.sha256.items() if digest_of(path) != digest
    ]


def stale_beside(output: Path) -> list[str]:
    """Names of audio that is what was written, but made of something else than the rest."""
    said = None if output.is_dir() else _naming(output)
    stale = [each for each in said.files if each.list_name == "stale"] if said else []
    return [each.path.name for each in stale if each.is_there]


def _manifest_of(output: Path) -> Path:
    """The one beside it, else whichever of its folder describes it."""
    said = _naming(output)
    if said is not None:
        return said.manifest
    if not output.is_file():
        is_there = output.exists()
        raise UsageError(
            f"{output} is not a file" if is_there else f"{output}: no such file or folder"
        )
    return manifest_beside(output)


def _naming(output: Path) -> NamedFiles | None:
    beside = named_files(output)
    if beside is not None and beside.names(output):
        return beside
    return None if os.path.lexists(manifest_beside(output)) else manifest_naming(output)


def _said_by(path: Path, output: Path, store: Path | None) -> _Said:
    earlier, named = read_manifest(path), named_files(path)
    if named is None:
        raise FormatError(f"{path}: damaged manifest")
    files = {each.path: each.sha256 for each in named.files if each.list_name != "stale"}
    return _Said(
        store=store_of(path, earlier.store, store),
        sha256=files if named.names(output) else {},
        form=_form(named.record.record("model")),
    )


def _form(model: Record) -> CodesForm | None:
    """Manifests of before do not say how large a codebook is."""
    if "codebook_size" not in model:
        return None
    return CodesForm(model.whole("codebook_count", 1), model.whole("codebook_size", 1))
