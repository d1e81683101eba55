"""What lies where in a take store, by name.

out.higgs/
  store.json                      the format's version; makes a folder a store
  lock                            there while a process renders from this store
  takes/3f/3f09….0.take           key and attempt; immutable
  choices/3f/3f09….json           what a person decided of a chunk: chosen, locked, wanted
  choices.lock                    there while a choice is written
  voices/8c1d….take               codes of encoded references and of generated voices
  outputs/51c0….json              checksums of the files that were written of it, by output
  outputs/51c0….pickups.json      checksums of the rows of pick-up lists that were carried out
  covers/a07e….picture            covers of what was rendered
  sounds/7b/7b41….sound           decoded takes; what is lost is decoded again
  hearings/c3/c31e….heard         what was heard of takes; what is lost is heard again
  spool/performance.f32           what earlier versions left, swept at each start
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from higgs_cli.files.place import Place

MARKER, LOCK, CHOICES_LOCK = "store.json", "lock", "choices.lock"
TAKES, CHOICES, VOICES, OUTPUTS = "takes", "choices", "voices", "outputs"
SOUNDS, SPOOL, COVERS, HEARINGS = "sounds", "spool", "covers", "hearings"
FOLDERS = (TAKES, CHOICES, VOICES, OUTPUTS, COVERS, SOUNDS, HEARINGS, SPOOL)
SPOOL_FILE = f"{SPOOL}/performance.f32"
OURS = frozenset({MARKER, LOCK, CHOICES_LOCK, *(f"{folder}/" for folder in FOLDERS)})
STORE_SUFFIX = ".higgs"
"""Of the folder itself, where it lies beside its output."""
TAKE_SUFFIX, CHOICE_SUFFIX, SOUND_SUFFIX = ".take", ".json", ".sound"
HEARD_SUFFIX = ".heard"


def take_name(key: str, attempt: int) -> str:
    return f"{TAKES}/{key[:2]}/{key}.{attempt}{TAKE_SUFFIX}"


def choice_names(place: Place) -> list[str]:
    return [name for name in names_in(place, CHOICES) if name.endswith(CHOICE_SUFFIX)]


def choice_name(key: str) -> str:
    return f"{CHOICES}/{key[:2]}/{key}{CHOICE_SUFFIX}"


def voice_name(voice_key: str) -> str:
    return f"{VOICES}/{voice_key}{TAKE_SUFFIX}"


def sound_name(digest: str) -> str:
    return f"{SOUNDS}/{digest[:2]}/{digest}{SOUND_SUFFIX}"


def heard_name(digest: str) -> str:
    return f"{HEARINGS}/{digest[:2]}/{digest}{HEARD_SUFFIX}"


def output_name(output: Path) -> str:
    """Of all that has the name of this output; the name may be one that is no text."""
    return f"{OUTPUTS}/{hashlib.sha256(os.fsencode(output.stem)).hexdigest()[:16]}.json"


def pickups_name(output: Path) -> str:
    """Of the rows of pick-up lists that were carried out for this output."""
    return output_name(output).removesuffix(".json") + ".pickups.json"


def cover_name(digest: str) -> str:
    return f"{COVERS}/{digest}.picture"


def last_part(name: str) -> str:
    """As messages call it."""
    return name.rpartition("/")[2]


def inner_folders(place: Place, folder: str) -> list[str]:
    """Those of two letters; a link in the place of one is refused when it is opened."""
    names = (name.rstrip("/") for name in place.names(folder))
    return [f"{folder}/{name}" for name in names if len(name) == 2]


def names_in(place: Place, folder: str) -> list[str]:
    """What lies in its inner folders, whatever it is."""
    return [
        f"{inner}/{name.rstrip('/')}"
        for inner in inner_folders(place, folder)
        for name in place.names(inner)
    ]


def voice_names(place: Place) -> list[str]:
    names = (f"{VOICES}/{name}" for name in place.names(VOICES))
    return [name for name in names if name.endswith(TAKE_SUFFIX)]


def take_names(place: Place) -> list[str]:
    return [name for name in names_in(place, TAKES) if name.endswith(TAKE_SUFFIX)]
