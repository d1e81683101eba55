"""A machine explains itself: what is here, what works, and what to do about the rest.

Nothing is changed but a file that is made and removed at once, to see whether it can be. The
network is never asked, and no weights are opened.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import locale
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from higgs_cli import __version__
from higgs_cli.errors import HiggsError
from higgs_cli.files.atomic_file import try_writing
from higgs_cli.files.user_cache import cache_folder
from higgs_cli.settings.sources import usual_settings
from higgs_cli.tools.checkpoint_health import checkpoint_symptoms, recogniser_symptoms
from higgs_cli.tools.device_health import device_symptoms
from higgs_cli.tools.symptom import Symptom, examined

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet

NEEDED = ("torch", "transformers", "tokenizers", "safetensors", "numpy", "numba", "soundfile")
ALSO_NEEDED = ("librosa", "soxr", "pydub", "typer", "rich", "pyyaml", "tqdm", "markdown-it-py")
OPTIONAL = {"lxml": "books", "pypdf": "books", "num2words": "text", "av": "av"}
SMALL_DISK_BYTES = 2 * 10**9
IMPORT_SECONDS = 120


def examine(*, verifies: bool = False) -> Iterator[Symptom]:
    """All symptoms, one after another; `verifies`: also read every byte of the weights."""
    yield from examined("python", python_symptoms)
    yield from examined("packages", package_symptoms)
    yield from examined("torchaudio", torchaudio_symptoms)
    yield from examined("device", device_symptoms)
    yield from examined("checkpoints", lambda: checkpoint_symptoms(verifies=verifies))
    yield from examined("recognisers", recogniser_symptoms)
    yield from examined("ffmpeg", ffmpeg_symptoms)
    yield from examined("settings", settings_symptoms)
    yield from examined("folders", folder_symptoms)
    yield from examined("terminal", terminal_symptoms)


def python_symptoms() -> Iterable[Symptom]:
    said = f"higgs {__version__}, Python {platform.python_version()}, {platform.system()} "
    said += f"{platform.machine()}"
    if platform.system() != "Linux":
        yield Symptom("python", "note", f"{said}: tested on Linux alone")
    else:
        yield Symptom("python", "ok", said)


def package_symptoms() -> Iterable[Symptom]:
    """Versions, against what the installation itself declares to need."""
    wanted = _declared()
    found = []
    for name in (*NEEDED, *ALSO_NEEDED):
        try:
            version = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            yield Symptom("packages", "problem", f"{name} is not installed", f"pip install {name}")
            continue
        if name in wanted and not wanted[name].contains(version, prereleases=True):
            detail = f"{name} {version}, where {name}{wanted[name]} is needed"
            yield Symptom("packages", "problem", detail, f'pip install "{name}{wanted[name]}"')
        elif name in NEEDED:
            found.append(f"{name} {version}")
    yield Symptom("packages", "ok", ", ".join(found))
    for name, extra in OPTIONAL.items():
        if importlib.util.find_spec(name) is None:
            mend = f'pip install "higgs[{extra}]"'
            yield Symptom("packages", "note", f"{name} is not here (the extra `{extra}`)", mend)


def _declared() -> dict[str, SpecifierSet]:
    """What our own package declares, by name, as far as that can be read."""
    try:
        from packaging.requirements import Requirement

        lines = importlib.metadata.requires("higgs") or []
    except (ImportError, importlib.metadata.PackageNotFoundError):
        return {}
    needs = [Requirement(line) for line in lines if "extra ==" not in line]
    return {need.name.lower(): need.specifier for need in needs}


def torchaudio_symptoms() -> Iterable[Symptom]:
    """higgs needs none; one that belongs to another torch breaks transformers when it is loaded.

    In a process of its own: it may crash.
    """
    if importlib.util.find_spec("torchaudio") is None:
        yield Symptom("torchaudio", "ok", "not installed, and not needed")
        return
    ran = subprocess.run(
        [sys.executable, "-c", "import torchaudio"],
        capture_output=True,
        text=True,
        timeout=IMPORT_SECONDS,
        errors="replace",
    )
    if ran.returncode == 0:
        yield Symptom("torchaudio", "ok", "can be loaded, and is not needed")
        return
    lines = ran.stderr.strip().splitlines() or [f"it ended with {ran.returncode}"]
    mend = "pip uninstall torchaudio, or install the one that belongs to this torch"
    yield Symptom("torchaudio", "problem", f"is broken: {lines[-1][:200]}", mend)


def ffmpeg_symptoms() -> Iterable[Symptom]:
    """The program; WAV and FLAC are written without it."""
    path = shutil.which("ffmpeg")
    if path is None:
        detail = "not here: only WAV and FLAC are written without it"
        yield Symptom("ffmpeg", "note", detail, "install ffmpeg with the system's package manager")
        return
    ran = subprocess.run([path, "-version"], capture_output=True, text=True, timeout=30)
    found = re.match(r"ffmpeg version (\S+)", ran.stdout)
    if ran.returncode or found is None:
        yield Symptom("ffmpeg", "problem", f"{path} does not run", "install ffmpeg again")
    else:
        yield Symptom("ffmpeg", "ok", f"{found[1]}, {path}")


def settings_symptoms() -> Iterable[Symptom]:
    """What `higgs.toml` here and the environment say."""
    given = usual_settings(os.environ)
    names = ", ".join(sorted(given)) or "none: every setting has its default"
    yield Symptom("settings", "ok", f"from higgs.toml and the environment: {names}")


def folder_symptoms() -> Iterable[Symptom]:
    """Where something may have to be written, and how much room there is."""
    for folder, what in ((Path.cwd(), "current folder"), (cache_folder(), "cache")):
        yield _written(folder, what)
    free = shutil.disk_usage(Path.cwd()).free
    said = f"{free / 1e9:.1f} GB are free in the current folder"
    if free < SMALL_DISK_BYTES:
        mend = "make room: an hour of audio takes about 0.6 GB while it is made"
        yield Symptom("folders", "problem", said, mend)
    else:
        yield Symptom("folders", "ok", said)


def _written(folder: Path, what: str) -> Symptom:
    there = folder
    while not there.exists():
        there = there.parent
    try:
        try_writing(there / "higgs-doctor")
    except (OSError, HiggsError) as error:
        reason = getattr(error, "strerror", None) or error
        mend = "sudo chown -R $USER, or go to another folder"
        if what == "cache":
            mend = "XDG_CACHE_HOME=/somewhere; without it weights are hashed again each time"
        return Symptom("folders", "problem", f"{what} {folder}: not writable ({reason})", mend)
    return Symptom("folders", "ok", f"{what} {folder} is writable")


def terminal_symptoms() -> Iterable[Symptom]:
    encoding = (sys.stdout.encoding or locale.getpreferredencoding(False)).lower()
    if encoding.replace("-", "") != "utf8":
        mend = "export LANG=C.UTF-8, or PYTHONUTF8=1"
        yield Symptom("terminal", "problem", f"its encoding is {encoding}, not UTF-8", mend)
    width = shutil.get_terminal_size().columns
    kind = f"{width} columns" if sys.stderr.isatty() else "no terminal: progress comes line by line"
    yield Symptom("terminal", "ok", kind)
