"""Care of take stores: which there are, what each holds, a copy elsewhere, what nobody names.

The same for folders of this machine and for what stands for objects (see `files/stand_ins.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from higgs_cli.errors import FormatError, HiggsError, UsageError
from higgs_cli.files.stand_ins import address_of, place_of
from higgs_cli.output.manifest.opened import store_of
from higgs_cli.output.manifest.read import read_manifest
from higgs_cli.stopping import checkpoint
from higgs_cli.takes.layout import STORE_SUFFIX, lasts
from higgs_cli.takes.lock import existing_store_held, store_held
from higgs_cli.takes.store import TakeStore

MOST_FOLDERS = 100_000


@dataclass(frozen=True)
class StoreFacts:
    """What one store holds."""

    folder: Path
    take_count: int
    take_bytes: int
    sound_bytes: int
    """Decoded sound on this machine."""
    unnamed_count: int | None
    """Takes of chunks that no manifest beside it names; None where no manifest does."""


def stores_in(folder: Path) -> list[Path]:
    """The folder itself, where it is a store, else every store inside, at any depth."""
    if TakeStore(folder).exists:
        return [folder]
    found: list[Path] = []
    waiting = [folder]
    while waiting and len(found) < MOST_FOLDERS:
        checkpoint()
        inner = waiting.pop()
        for name in place_of(inner, lasts).names():
            path = inner / name.rstrip("/")
            if not name.endswith("/") or name.startswith("."):
                continue
            if path.suffix != STORE_SUFFIX:
                waiting.append(path)
            elif TakeStore(path).exists:
                found.append(path)
    return sorted(found)


def facts_of(folder: Path) -> StoreFacts:
    store, named = TakeStore(folder), named_keys(folder)
    takes = list(store.contents.takes())
    unnamed = (
        None if named is None else sum(store.contents.key_of(each) not in named for each in takes)
    )
    size, sounds = sum(each.size for each in takes), store.sounds.total_bytes()
    return StoreFacts(folder, len(takes), size, sounds, unnamed)


def named_keys(folder: Path, manifests: Iterable[Path] = ()) -> frozenset[str] | None:
    """The chunks whose takes manifests name: those beside the store, and these; None where none
    is of this store."""
    keys: set[str] = set()
    count = 0
    for path in (*sorted(folder.parent.glob("*.json")), *manifests):
        is_given = path in manifests
        try:
            earlier = read_manifest(path)
            is_ours = is_given or _is_same(store_of(path, earlier.store, None), folder)
        except (FormatError, UsageError):
            if is_given:
                raise
            continue  # JSON of another kind
        if is_ours:
            count += 1
            keys.update(take.key for take in earlier.takes.takes.values())
            keys.update(each.rpartition(".")[0] for each in earlier.takes.voice_takes.values())
    return frozenset(keys) if count else None


def clear_unnamed(folder: Path, manifests: Sequence[Path], *, dry: bool) -> tuple[int, int]:
    """Remove the takes of chunks that no manifest names and nobody has locked; how many, and their
    bytes."""
    with ExitStack() as held:
        store = held.enter_context(existing_store_held(folder, "clearing takes of"))
        named = named_keys(folder, manifests)
        if named is None:
            raise UsageError(
                f"{folder}: no manifest beside it names this store, so nothing is known to be left",
                hint="name the manifests of all its outputs with --manifest",
            )
        gone = [
            each
            for each in store.contents.takes()
            if store.contents.key_of(each) not in named
            and not store.choice(store.contents.key_of(each)).is_locked
        ]
        if not dry:
            for each in gone:
                checkpoint()
                store.contents.remove(each.name)
    return len(gone), sum(each.size for each in gone)


def copy_store(source: Path, target: Path, say: Callable[[int, int], None]) -> int:
    """Everything of a store but decoded sound is in the target too, each file checked on its way;
    how many files were not there yet. What the target has besides stays."""
    with ExitStack() as held:
        ours = held.enter_context(existing_store_held(source, "copying"))
        theirs = held.enter_context(store_held(target))
        names = list(ours.contents.names())
        present = set(theirs.contents.names())
        missing = [name for name in names if name not in present or not lasts(name)]
        copied = 0
        for number, name in enumerate(missing, 1):
            checkpoint()
            copied += theirs.contents.receive(ours.contents, name)
            say(number, len(missing))
    return copied


def all_facts(folders: Iterable[Path]) -> Iterator[StoreFacts]:
    for folder in folders:
        if not folder.exists() and address_of(folder) is None:
            raise UsageError(f"{folder}: no such folder")
        for store in stores_in(folder):
            yield facts_of(store)


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.resolve() == other.resolve()
    except (OSError, RuntimeError, HiggsError):
        return False
