"""Is what came with the package what was put into it? The mini model, its codec and the voices.

`installed.sha256` beside this has a hash for each of those files; after a change to one of them:

    python -m higgs_cli.files.installation
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from higgs_cli.errors import ModelLoadError
from higgs_cli.files.bundled import own_folder, package_folder
from higgs_cli.files.fingerprint import bytes_fingerprint, file_fingerprint

PINNED = Path(__file__).with_name("installed.sha256")
KINDS = {
    "model/mini": lambda: package_folder("model") / "mini",
    "tokenizer/mini": lambda: package_folder("tokenizer") / "mini",
    "voices": lambda: own_folder("voices"),
}
NOT_PINNED = (".md",)
"""They are for people alone."""


def damaged_installation() -> list[str]:
    """The files, read now, that are missing or are others than were installed."""
    return list(_differing("", bytes_fingerprint))


def check_mini(kind: str) -> None:
    """Of `model/mini` or `tokenizer/mini`; a file that has not changed is not read again."""
    for name in _differing(f"{kind}/", file_fingerprint):
        raise ModelLoadError(
            f"{name} is not the file that was installed",
            hint="install higgs again, or name a model folder with --model; see: higgs verify",
        )


def is_installed(kind: str, sha256: str) -> bool:
    """Is it the hash of a file of this kind, wherever a copy of that lies?"""
    return any(
        line.startswith(sha256) and line[len(sha256) :].startswith(f"  {kind}/")
        for line in PINNED.read_text(encoding="utf-8").splitlines()
    )


def _differing(beginning: str, fingerprint: Callable[[Path], str]) -> Iterator[str]:
    for line in PINNED.read_text(encoding="utf-8").splitlines():
        wanted, _, name = line.partition("  ")
        if name.startswith(beginning) and _hash_of(name, fingerprint) != wanted:
            yield name


def _hash_of(name: str, fingerprint: Callable[[Path], str]) -> str | None:
    kind, _, file = name.rpartition("/")
    try:
        return fingerprint(KINDS[kind]() / file)
    except OSError:
        return None


def pinned_now() -> str:
    """What `installed.sha256` should hold."""
    lines = []
    for kind, folder in KINDS.items():
        for path in sorted(folder().iterdir()):
            if path.is_file() and path.suffix not in NOT_PINNED:
                lines.append(f"{bytes_fingerprint(path)}  {kind}/{path.name}\n")
    return "".join(lines)


if __name__ == "__main__":
    PINNED.write_text(pinned_now(), encoding="utf-8")
