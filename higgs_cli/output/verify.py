"""What of a finished render is no longer what was written."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from higgs_cli.errors import FormatError, UsageError
from higgs_cli.files.fingerprint import bytes_fingerprint
from higgs_cli.files.strict_json import Record
from higgs_cli.output.manifest.read import (
    described_files,
    manifest_beside,
    opened_manifest,
    read_manifest,
    store_of,
)
from higgs_cli.speech.protocol import CodesForm
from higgs_cli.takes.layout import STORE_SUFFIX
from higgs_cli.takes.store import TakeStore


@dataclass(frozen=True)
class _Said:
    """What a manifest says of the files beside it."""

    store: Path
    sha256: Mapping[str, str] = field(default_factory=dict)
    """Of audio and subtitles, by name."""
    form: CodesForm | None = None


def damage_of(output: Path, store: Path | None = None) -> list[str]:
    """Names of damaged files: of the store; and the manifest beside, with what it describes.

    `store` names the store of an output whose manifest says that it is elsewhere.
    """
    if output.is_dir():
        return list(TakeStore(output).verify())
    if not output.is_file():
        raise UsageError(f"{output} is not a file")
    manifest, damaged = manifest_beside(output), []
    said = _Said(store or output.with_suffix(STORE_SUFFIX))
    if not os.path.lexists(manifest) and not said.store.is_dir():
        raise UsageError(f"{output}: neither a manifest nor a take store lies beside it")
    if manifest.exists():
        try:
            said = _said_by(manifest, output, store)
        except FormatError:
            damaged.append(manifest.name)
    takes = TakeStore(said.store)
    if said.form is not None:
        takes.expect(said.form)
    damaged += takes.verify()
    for name, digest in said.sha256.items():
        path = output.with_name(name)
        if not path.is_file() or bytes_fingerprint(path) != digest:
            damaged.append(name)
    return damaged


def _said_by(path: Path, output: Path, store: Path | None) -> _Said:
    earlier, whole = read_manifest(path), opened_manifest(path)
    files = {each.file_name("path"): each.text("sha256") for each in described_files(whole)}
    return _Said(
        store=store_of(path, earlier.store, store),
        sha256=files if output.name in files or output == path else {},
        form=_form(whole.record("model")),
    )


def _form(model: Record) -> CodesForm | None:
    """Manifests of before do not say how large a codebook is."""
    if "codebook_size" not in model:
        return None
    return CodesForm(model.whole("codebook_count", 1), model.whole("codebook_size", 1))
