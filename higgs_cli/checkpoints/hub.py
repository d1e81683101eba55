"""The public checkpoints: which revision, which files, how large, with which checksums.

Both repositories were rewritten in place once; a revision is pinned so that this cannot happen to a
book in the making. Nothing is fetched here but by `download`, which a person has agreed to.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from higgs_cli.errors import HiggsError, ModelLoadError, UsageError
from higgs_cli.files.fingerprint import file_fingerprint

PART = r"[A-Za-z0-9](?:[\w.-]{0,94}[A-Za-z0-9_])?"
HUB_NAME = re.compile(rf"(?!.*(?:--|\.\.)){PART}(?:/{PART})?", re.ASCII)
REVISION = re.compile(r"(?!.*\.\.)[\w-][\w./-]{0,99}", re.ASCII)
"""Both become parts of paths in the hub's cache, and a manifest may name them."""

LICENCE = "Boson Higgs Audio 2 Community License"


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

    @property
    def byte_count(self) -> int:
        return sum(file.byte_count for file in self.files)


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
)


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


def download(repository: PublicRepository, say: Callable[[str], None]) -> Path:
    """Fetch what is missing into the hub's cache, and check it."""
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError, LocalEntryNotFoundError

    folder = None
    for file in repository.files:
        say(f"{repository.name}/{file.name}")
        try:
            path = hf_hub_download(repository.name, file.name, revision=repository.revision)
        except (EntryNotFoundError, LocalEntryNotFoundError) as error:
            if not file.is_required and isinstance(error, EntryNotFoundError):
                continue
            raise _not_fetched(repository, file, error) from error
        except (HfHubHTTPError, OSError) as error:
            raise _not_fetched(repository, file, error) from error
        check_file(Path(path), file)
        folder = Path(path).parent
    assert folder is not None
    return folder


def check_repository(folder: Path, repository: PublicRepository) -> None:
    """Every file with a known checksum is what it was when it was pinned."""
    for file in repository.files:
        if (folder / file.name).exists():
            check_file(folder / file.name, file)


def check_file(path: Path, file: PublicFile) -> None:
    if file.byte_count and path.stat().st_size != file.byte_count:
        raise ModelLoadError(
            f"{path}: {path.stat().st_size:,} bytes where {file.byte_count:,} are expected",
            hint="remove the file and run: higgs download",
        )
    if file.sha256 is not None and file_fingerprint(path) != file.sha256:
        raise ModelLoadError(
            f"{path}: its checksum is not that of the pinned file",
            hint="remove the file and run: higgs download",
        )


def _not_fetched(repository: PublicRepository, file: PublicFile, error: Exception) -> HiggsError:
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return ModelLoadError(
        f"cannot fetch {file.name} of {repository.name}: {reason}",
        hint="check the network, and that HF_HUB_OFFLINE is not set",
    )
