"""The public checkpoints: which revision, which files, how large, with which checksums.

Both repositories were rewritten in place once; a revision is pinned so that this cannot happen to a
book in the making. Nothing is fetched here: see `download.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from higgs_cli.checkpoints.wrong_files import content_of, told_apart
from higgs_cli.errors import ModelLoadError, UsageError
from higgs_cli.files.fingerprint import file_fingerprint

PART = r"[A-Za-z0-9](?:[\w.-]{0,94}[A-Za-z0-9_])?"
HUB_NAME = re.compile(rf"(?!.*(?:--|\.\.)){PART}(?:/{PART})?", re.ASCII)
REVISION = re.compile(r"(?!.*\.\.)[\w-][\w./-]{0,99}", re.ASCII)
"""Both become parts of paths in the hub's cache, and a manifest may name them."""

BOSON_LICENCE = "Boson Higgs Audio 2 Community License"
SHA256 = re.compile(r"[0-9a-f]{64}")
MEND = "remove the file and run: higgs download"

Kind = Literal["language model", "codec", "recogniser"]


@dataclass(frozen=True)
class PublicFile:
    """One file of a repository; sizes and checksums where they are known."""

    name: str
    byte_count: int = 0
    sha256: str | None = None
    is_required: bool = True


@dataclass(frozen=True)
class PublicRepository:
    """One pinned state of one repository."""

    name: str
    revision: str
    files: tuple[PublicFile, ...]
    kind: Kind = "language model"
    licence: str = BOSON_LICENCE


LANGUAGE_MODEL = PublicRepository(
    "bosonai/higgs-audio-v2-generation-3B-base",
    "d80c511612b3040ff2877ce3d408747df1739f11",
    (
        PublicFile(
            "model.safetensors",
            11_542_613_696,
            "9c896b019ec1a4fc950218e32797c30870d36ce1cd76f45b35de46495764a204",
        ),
        PublicFile("config.json"),
        PublicFile("tokenizer.json"),
        PublicFile("generation_config.json", is_required=False),
    ),
)
FIRST_LANGUAGE_MODEL = PublicRepository(
    "bosonai/higgs-audio-v2-generation-3B-base",
    "10840182ca4ad5d9d9113b60b9bb3c1ef1ba3f84",
    (
        PublicFile("model-00001-of-00003.safetensors", 4_965_820_232),
        PublicFile("model-00002-of-00003.safetensors", 4_983_224_272),
        PublicFile("model-00003-of-00003.safetensors", 1_593_566_728),
        PublicFile("model.safetensors.index.json"),
        PublicFile("config.json"),
        PublicFile("tokenizer.json"),
        PublicFile("generation_config.json", is_required=False),
    ),
)
CODEC = PublicRepository(
    "bosonai/higgs-audio-v2-tokenizer",
    "403fbacf2f60caaa102f893fdfabb694619b2417",
    (
        PublicFile(
            "model.safetensors",
            805_665_628,
            "fe7c5e8785e0a05833e1bfc3e002ec7f55af21e306b2e7154a448c1f54ccfb0d",
        ),
        PublicFile("config.json"),
    ),
    kind="codec",
)
WHISPER_FILES = (
    PublicFile("model.bin"),
    PublicFile("config.json"),
    PublicFile("tokenizer.json"),
    PublicFile("vocabulary.txt", is_required=False),
    PublicFile("vocabulary.json", is_required=False),
    PublicFile("preprocessor_config.json", is_required=False),
)
WHISPER_NAME = re.compile(
    r"(?:distil-)?(?:tiny|base|small|medium|large)(?:[.-][\w.-]{1,20})?", re.ASCII
)


def whisper_at(name: str, revision: str | None) -> PublicRepository:
    """A recogniser as faster-whisper calls it, where it looks for it; checked by the sums that the
    hub states."""
    if not WHISPER_NAME.fullmatch(name):
        raise UsageError(f'"{name[:80]}" is no Whisper model', hint="small.en, base.en, large-v3 …")
    if revision is not None and not REVISION.fullmatch(revision):
        raise UsageError(f"--revision {revision[:80]}: not the name of a revision")
    size = name.removeprefix("distil-")
    owner_and_name = f"Systran/faster-{'distil-' if size != name else ''}whisper-{size}"
    return PublicRepository(owner_and_name, revision or "main", WHISPER_FILES, "recogniser", "MIT")


def language_model_at(name: str, revision: str | None) -> PublicRepository:
    """A repository by name and revision; the pinned one where no revision is named."""
    if not HUB_NAME.fullmatch(name):
        hint = "mini, a folder that is there, or a name on the hub: owner/model"
        raise UsageError(f"--model {name[:80]}: there is no such model", hint=hint)
    if revision is not None and not REVISION.fullmatch(revision):
        raise UsageError(f"--revision {revision[:80]}: not the name of a revision")
    if name in (LANGUAGE_MODEL.name, "bosonai/higgs-tts-2-3b-base"):
        for pinned in (LANGUAGE_MODEL, FIRST_LANGUAGE_MODEL):
            if revision is None or pinned.revision.startswith(revision):
                return pinned
    if revision is None:
        raise ModelLoadError(
            f"{name}: name a revision; an unpinned model may change while a book is being made",
            hint=f"--model {name} --revision <commit>",
        )
    files = tuple(
        PublicFile(file.name, is_required=file.is_required) for file in LANGUAGE_MODEL.files
    )
    return PublicRepository(name, revision, files)


def cached_folder(repository: PublicRepository) -> Path | None:
    """Where the hub's own cache has all that is needed of a repository; never the network."""
    from huggingface_hub import try_to_load_from_cache

    folder = None
    for file in repository.files:
        found = try_to_load_from_cache(repository.name, file.name, revision=repository.revision)
        if isinstance(found, str):
            folder = Path(found).parent
        elif file.is_required:
            return None
    return folder


def check_repository(folder: Path, repository: PublicRepository) -> None:
    """Every file is what it was when it was pinned, or what the hub says it is."""
    for file in repository.files:
        if (folder / file.name).exists():
            check_file(folder / file.name, file)
    whole = folder / "model.safetensors"
    if whole.exists() and repository.kind != "recogniser":
        found = content_of(whole)
        if found is not None and found != repository.kind:
            raise ModelLoadError(
                f"{whole}: {told_apart(found, repository.kind)}",
                hint="take the pinned revision: higgs download, without --revision",
            )


def check_file(path: Path, file: PublicFile) -> None:
    """Its size and its SHA-256."""
    size = path.stat().st_size
    if file.byte_count and size != file.byte_count:
        reason = f"{path}: {size:,} bytes where {file.byte_count:,} are expected"
        found = content_of(path)
        raise ModelLoadError(f"{reason}; it holds the {found}" if found else reason, hint=MEND)
    wanted = file.sha256 or stated_sha256(path)
    if wanted is not None and file_fingerprint(path) != wanted:
        stated = "that of the pinned file" if file.sha256 else "what the hub says"
        raise ModelLoadError(f"{path}: its checksum is not {stated}", hint=MEND)


def stated_sha256(path: Path) -> str | None:
    """Large files lie in the hub's cache under their SHA-256."""
    name = path.resolve().name
    return name if path.is_symlink() and SHA256.fullmatch(name) else None
