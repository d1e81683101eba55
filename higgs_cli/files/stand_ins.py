"""Folders of this machine that stand for prefixes of an object store.

    s3://books/night/one.wav  ⇄  ~/.cache/higgs/objects/5f1c…/books/night/one.wav

Whoever reads and writes files does so in the stand-in, and `mirror.py` carries them to and fro; a
take store is never carried: `place_of` leads each of its reads and writes to the objects.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from higgs_cli.files.cached_place import CachedPlace
from higgs_cli.files.object_address import SCHEME, ObjectAddress, endpoint_of, opened_store
from higgs_cli.files.place import LocalPlace, Place
from higgs_cli.files.user_cache import cache_folder

if TYPE_CHECKING:
    from collections.abc import Callable

NEARBY_BYTES = 8 << 30
"""Of takes, of each store that lies among objects."""


def stand_in(address: ObjectAddress) -> Path:
    """The folder or the file that stands for it."""
    return _root() / address.bucket / address.prefix


def address_of(path: Path) -> ObjectAddress | None:
    """What a path stands for, if it lies in a stand-in."""
    try:
        bucket, *parts = path.relative_to(_root()).parts
    except ValueError:
        return None
    return ObjectAddress(bucket, "/".join(parts))


def named_by_address(text: str) -> str:
    """A text for a person, in which every stand-in is called what it stands for."""
    return text.replace(f"{_root()}/", SCHEME)


def place_of(folder: Path, lasts: Callable[[str], bool]) -> Place:
    """Where the data of a folder is kept; `lasts`: the names that never mean anything else."""
    address = address_of(folder)
    if address is None:
        return LocalPlace(folder)
    from higgs_cli.files.object_place import ObjectPlace

    far = ObjectPlace(opened_store(address), str(address))
    return CachedPlace(far, LocalPlace(nearby(folder)), NEARBY_BYTES, lasts)


def may_hold(folder: Path) -> bool:
    """Whether a folder is there to be looked into; of one among objects only asking tells."""
    return folder.is_dir() or address_of(folder) is not None


def nearby(folder: Path) -> Path:
    """What is kept on this machine of a store that lies among objects."""
    return folder / ".near" if address_of(folder) else folder


def _root() -> Path:
    """Of one endpoint: the same bucket elsewhere is another."""
    endpoint = hashlib.sha256(os.fsencode(endpoint_of())).hexdigest()[:16]
    return cache_folder() / "objects" / endpoint
