"""A manifest opened: where it lies, its values as they are read, and the store that it names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from higgs_cli.errors import FormatError, UsageError
from higgs_cli.files.json_stream import MakeElement, stream_record
from higgs_cli.files.plain_file import opened_plain
from higgs_cli.files.strict_json import Record
from higgs_cli.output.manifest.write import FORMAT, VERSION

MOST_BYTES = 512 << 20
"""Of a book of as many chunks as there may be, all of them long."""
LEFT_OUT: Mapping[str, MakeElement] = {"chunks": lambda _: None, "runs": lambda _: None}
"""For who asks only what a manifest says of files."""


def manifest_beside(output: Path) -> Path:
    """Where the manifest of an output lies."""
    return output.with_suffix(".json")


def opened_manifest(path: Path, long_lists: Mapping[str, MakeElement] = LEFT_OUT) -> Record:
    """The values of a manifest of a version that is known, its long lists as they are made."""
    try:
        with opened_plain(path) as file:
            whole = stream_record(file, str(path), MOST_BYTES, long_lists)
    except FileNotFoundError:
        raise UsageError(f"{path}: no such file") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise FormatError(f"{path}: not a manifest ({reason})") from None
    if "format" not in whole or whole.text("format") != FORMAT:
        raise FormatError(f"{path}: not a manifest of higgs")
    if whole.whole("version", 1) > VERSION:
        raise FormatError(f"{path}: written by a newer higgs", hint="update higgs")
    return whole


def output_names(whole: Record) -> tuple[str, ...]:
    """What was asked for; manifests of before name the one file that they had."""
    if "outputs" in whole:
        return tuple(each.file_name("path") for each in whole.records("outputs"))
    audio = whole.optional_record("audio")
    return (audio.file_name("path"),) if audio else ()


def store_of(manifest: Path, store: Path, named: Path | None) -> Path:
    """A manifest may come from elsewhere: it does not choose a folder outside its own."""
    if named is not None:
        return named
    try:
        is_inside = store.resolve().is_relative_to(manifest.parent.resolve())
    except (OSError, RuntimeError) as error:
        raise FormatError(f"{manifest}: `store` is not a path ({error})") from None
    if is_inside:
        return store
    raise UsageError(
        f"{manifest}: its takes are outside the folder of the manifest, in {store}",
        hint=f"if that is the right place, add --store {store}",
    )
