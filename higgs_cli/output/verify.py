"""What of a finished render is no longer what was written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from higgs_cli.errors import FormatError, UsageError
from higgs_cli.files.fingerprint import bytes_fingerprint
from higgs_cli.files.strict_json import Record
from higgs_cli.output.manifest.read import opened_manifest, read_manifest, store_of
from higgs_cli.speech.protocol import CodesForm
from higgs_cli.takes.store import TakeStore


@dataclass(frozen=True)
class _Said:
    """What a manifest says of the files beside it."""

    store: Path
    audio_name: str | None
    digests: Mapping[str, str]
    """Checksums of the audio and its subtitles, by name."""
    form: CodesForm | None


def damage_of(output: Path, store: Path | None = None) -> list[str]:
    """Names of damaged files: of the store, and the audio and its manifest where there is one.

    `store` names the store of an output whose manifest says that it is elsewhere.
    """
    if output.is_dir():
        return list(TakeStore(output).verify())
    if not output.is_file():
        raise UsageError(f"{output} is not a file")
    manifest, damaged = output.with_suffix(".json"), []
    said = _Said(store or output.with_suffix(".higgs"), None, {}, None)
    if manifest.exists():
        try:
            said = _said_by(manifest, store)
        except FormatError:
            damaged.append(manifest.name)
    takes = TakeStore(said.store)
    if said.form is not None:
        takes.expect(said.form)
    damaged += takes.verify()
    if said.audio_name == output.name:
        damaged += [name for name, digest in said.digests.items() if _differs(output, name, digest)]
    return damaged


def _said_by(path: Path, store: Path | None) -> _Said:
    earlier, whole = read_manifest(path), opened_manifest(path)
    audio, model = whole.optional_record("audio"), whole.record("model")
    form = None
    if "codebook_size" in model:
        form = CodesForm(model.whole("codebook_count", 1), model.whole("codebook_size", 1))
    return _Said(
        store=store_of(path, earlier.store, store),
        audio_name=earlier.audio_name,
        digests=_digests(whole, audio),
        form=form,
    )


def _differs(output: Path, name: str, digest: str) -> bool:
    path = output.with_name(name)
    return not path.is_file() or bytes_fingerprint(path) != digest


def _digests(whole: Record, audio: Record | None) -> dict[str, str]:
    """Of the audio and the subtitles that a manifest names."""
    files = [audio] if audio else []
    if whole.has("subtitles"):
        files += whole.records("subtitles")
    return {Path(each.text("path")).name: each.text("sha256") for each in files}
