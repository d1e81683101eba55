"""Which checkpoints are here: verified, damaged, or not looked at yet."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable
from pathlib import Path

from higgs_cli.checkpoints.hub import (
    CODEC,
    FIRST_LANGUAGE_MODEL,
    LANGUAGE_MODEL,
    PublicFile,
    PublicRepository,
    cached_folder,
    check_repository,
    stated_sha256,
)
from higgs_cli.checkpoints.wrong_files import unused_shards
from higgs_cli.checks.gate_sources import DOWNLOAD, INSTALL, whispers_here
from higgs_cli.errors import HiggsError
from higgs_cli.files.fingerprint import known_fingerprint
from higgs_cli.files.installation import damaged_installation
from higgs_cli.tools.symptom import Symptom


def checkpoint_symptoms(*, verifies: bool) -> Iterable[Symptom]:
    """mini and the voices are always read; gigabytes only if asked for, or once remembered."""
    damaged = damaged_installation()
    if damaged:
        said = f"damaged: {', '.join(damaged[:4])}"
        yield Symptom("checkpoints", "problem", said, "install higgs again")
    else:
        yield Symptom("checkpoints", "ok", "mini and the bundled voices are verified")
    found = [
        symptom
        for repository in (LANGUAGE_MODEL, FIRST_LANGUAGE_MODEL, CODEC)
        if (symptom := _of(repository, verifies)) is not None
    ]
    if not found:
        yield Symptom("checkpoints", "note", "the public model is not here", "higgs download")
    elif cached_folder(CODEC) is None:
        yield Symptom("checkpoints", "problem", "the public codec is not here", "higgs download")
    yield from found
    folder = cached_folder(LANGUAGE_MODEL)
    if folder is not None and (shards := unused_shards(folder)):
        size = sum(path.stat().st_size for path in shards)
        said = (
            f"{len(shards)} shards of the first format lie unused in {folder} ({size / 1e9:.1f} GB)"
        )
        yield Symptom("checkpoints", "note", said, "they may be removed")


def _of(repository: PublicRepository, verifies: bool) -> Symptom | None:
    folder = cached_folder(repository)
    if folder is None:
        return None
    name = f"{repository.name} at {repository.revision[:8]}"
    if not verifies and not all(_is_remembered(folder, file) for file in repository.files):
        said = f"{name}: here, not verified yet"
        return Symptom("checkpoints", "note", said, "higgs doctor --verify, once, for minutes")
    try:
        check_repository(folder, repository)
    except HiggsError as error:
        return Symptom("checkpoints", "problem", f"damaged: {error.message}", error.hint)
    return Symptom("checkpoints", "ok", f"{name}: verified")


def _is_remembered(folder: Path, file: PublicFile) -> bool:
    """Whether its check reads no file."""
    path = folder / file.name
    if not path.exists() or (file.sha256 is None and stated_sha256(path) is None):
        return True
    wrong_size = bool(file.byte_count) and path.stat().st_size != file.byte_count
    return wrong_size or known_fingerprint(path) is not None


def recogniser_symptoms() -> Iterable[Symptom]:
    """Those that the gates and `higgs eval` can use."""
    packages = {"faster-whisper": "faster_whisper", "pocketsphinx": "pocketsphinx"}
    there = [name for name, module in packages.items() if importlib.util.find_spec(module)]
    if not there:
        detail = "no recogniser is installed: words are not checked"
        yield Symptom("recognisers", "note", detail, INSTALL)
        return
    yield Symptom("recognisers", "ok", f"installed: {', '.join(there)}")
    if "faster-whisper" in there:
        models = [name for name, _ in whispers_here()]
        if models:
            detail = f"Whisper models here: {', '.join(models)}; words are heard by {models[0]}"
            yield Symptom("recognisers", "ok", detail)
        else:
            detail = "no Whisper model is here: words are not checked"
            yield Symptom("recognisers", "note", detail, DOWNLOAD)
