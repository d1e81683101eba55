"""Where our packages lie, and the bundled voices, scenes and transcripts: checkout or wheel."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import Literal

from higgs_cli.errors import ModelLoadError, UsageError

Package = Literal["higgs_cli", "model", "tokenizer"]
Kind = Literal["voices", "scene_prompts", "transcripts"]
VARIABLE = "HIGGS_LIBRARY"


def bundled_folder(kind: Kind) -> Path:
    """The folder of one kind of data; `HIGGS_LIBRARY` names another than the bundled one."""
    named = os.environ.get(VARIABLE)
    if named:
        folder = Path(named) / kind
        if not folder.is_dir():
            raise UsageError(f"{VARIABLE}: {folder} is not a folder")
        return folder
    return own_folder(kind)


def own_folder(kind: Kind) -> Path:
    """The bundled one, whatever is named."""
    package = package_folder("higgs_cli")
    checkout = package.parent / kind
    return checkout if checkout.is_dir() else package / "library" / kind


def package_folder(name: Package) -> Path:
    """Where a package of ours is installed, without importing it."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ModelLoadError(f"the package {name}/ is not installed", hint="install higgs again")
    return Path(spec.origin).parent
