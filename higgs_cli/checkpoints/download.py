"""Fetch a repository from the hub into the hub's own cache: resumed, checked, offline ever after.

The hub's client does the fetching, so its settings hold: `HF_HOME` and `HF_HUB_CACHE`, a mirror in
`HF_ENDPOINT`, `HF_TOKEN`, `HF_HUB_OFFLINE`. What it fetched in part it continues. Sizes are asked
for first: what is larger than the disk, or another file than the pinned one, is not even begun.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from higgs_cli.checkpoints.hub import (
    CODEC,
    LANGUAGE_MODEL,
    PublicFile,
    PublicRepository,
    check_repository,
)
from higgs_cli.checkpoints.wrong_files import Content, told_apart
from higgs_cli.errors import DiskFullError, HiggsError, ModelLoadError
from higgs_cli.files.user_cache import recall, remember

LICENCES = "licences"
LEFT_FREE_BYTES = 256 << 20


@dataclass(frozen=True)
class Missing:
    """What of a repository is to be fetched."""

    repository: PublicRepository
    files: tuple[PublicFile, ...]
    byte_count: int


def what_is_missing(repository: PublicRepository) -> Missing:
    """Ask the hub for the size of every file that is not here; nothing is fetched."""
    from huggingface_hub import constants, hf_hub_download

    if constants.HF_HUB_OFFLINE:
        raise ModelLoadError(
            f"{repository.name} is not here, and HF_HUB_OFFLINE is set: nothing is fetched",
            hint="unset HF_HUB_OFFLINE, and run the same command again",
        )
    files, byte_count = [], 0
    for file in repository.files:
        with _told(repository, file) as skipped:
            found: Any = hf_hub_download(
                repository.name, file.name, revision=repository.revision, dry_run=True
            )
        if skipped:
            continue
        _check_size(repository, file, found.file_size)
        if found.will_download:
            files.append(file)
            byte_count += found.file_size
    return Missing(repository, tuple(files), byte_count)


def check_room(missing: Iterable[Missing]) -> None:
    """All of it fits on the disk of the hub's cache."""
    from huggingface_hub import constants

    folder = Path(constants.HF_HUB_CACHE).absolute()
    while not folder.exists():
        folder = folder.parent
    wanted = sum(each.byte_count for each in missing)
    free = shutil.disk_usage(folder).free
    if wanted and wanted + LEFT_FREE_BYTES > free:
        raise DiskFullError(
            f"{folder}: {wanted / 1e9:.1f} GB are to be fetched, {free / 1e9:.1f} GB are free",
            hint="make room there, or name another place: HF_HOME=/somewhere higgs download",
        )


def fetch(missing: Missing, say: Callable[[str], None]) -> Path:
    """Fetch the files, and check the whole repository; the folder it lies in."""
    from huggingface_hub import hf_hub_download

    repository, folder = missing.repository, None
    for file in repository.files:
        if file in missing.files:
            say(f"{repository.name}/{file.name}")
        with _told(repository, file):
            path = hf_hub_download(repository.name, file.name, revision=repository.revision)
            folder = Path(path).parent
    assert folder is not None
    say(f"checking {repository.name}")
    check_repository(folder, repository)
    return folder


def is_accepted(licence: str) -> bool:
    """Has a person on this machine said yes to it?"""
    return recall(LICENCES).get(licence) is True


def accept(licence: str) -> None:
    remember(LICENCES, {**recall(LICENCES), licence: True})


def _check_size(repository: PublicRepository, file: PublicFile, byte_count: int) -> None:
    """Before gigabytes of the wrong file are fetched."""
    if not file.byte_count or byte_count == file.byte_count:
        return
    said = f"{byte_count:,} bytes where {file.byte_count:,} are expected"
    holds: dict[int, Content] = {
        LANGUAGE_MODEL.files[0].byte_count: "language model",
        CODEC.files[0].byte_count: "codec",
    }
    if (found := holds.get(byte_count)) is not None and found != repository.kind:
        said = told_apart(found, repository.kind)
    raise ModelLoadError(
        f"{repository.name}/{file.name} at {repository.revision[:10]}: {said}",
        hint="nothing was fetched; is HF_ENDPOINT a mirror that can be trusted?",
    )


@contextmanager
def _told(repository: PublicRepository, file: PublicFile) -> Iterator[list[bool]]:
    """What goes wrong at the hub, in one line. A file that need not be there is skipped."""
    from huggingface_hub import errors

    skipped: list[bool] = []
    where = f"{repository.name}/{file.name}"
    try:
        yield skipped
    except errors.GatedRepoError as error:
        raise _refused(where, error) from error
    except (errors.RepositoryNotFoundError, errors.RevisionNotFoundError) as error:
        what = "no such repository" if "Repository" in type(error).__name__ else "no such revision"
        raise ModelLoadError(
            f"{repository.name} at {repository.revision[:10]}: {what}, or one that needs a token",
            hint="set HF_TOKEN, or look for a typing mistake",
        ) from error
    except errors.LocalEntryNotFoundError as error:
        raise _not_reached(where, error) from error
    except errors.EntryNotFoundError as error:
        if file.is_required:
            raise ModelLoadError(
                f"{where}: there is no such file at {repository.revision[:10]}",
                hint="another revision may have it: --revision",
            ) from error
        skipped.append(True)
    except errors.HfHubHTTPError as error:
        status = getattr(error.response, "status_code", None)
        raise (
            _refused(where, error) if status in (401, 403) else _not_reached(where, error)
        ) from error
    except (OSError, RuntimeError, ValueError, errors.HTTPError, errors.FileMetadataError) as error:
        raise _not_reached(where, error) from error


def _refused(where: str, error: Exception) -> HiggsError:
    return ModelLoadError(
        f"{where}: the hub refuses it ({_first_line(error)})",
        hint="accept its licence on the hub's page, and set HF_TOKEN",
    )


def _not_reached(where: str, error: Exception) -> HiggsError:
    endpoint = os.environ.get("HF_ENDPOINT")
    asked = f" of {endpoint}" if endpoint else ""
    return ModelLoadError(
        f"{where}: cannot be fetched ({_first_line(error)})",
        hint=f"check the network{asked}, and run the same command again: it continues",
    )


def _first_line(error: Exception) -> str:
    text = str(error).strip()
    return text.splitlines()[0][:200] if text else type(error).__name__
