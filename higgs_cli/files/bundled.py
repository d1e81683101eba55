"""Where the bundled voices, scenes and transcripts lie: a named folder, the checkout, the wheel."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from higgs_cli.errors import UsageError

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
    package = Path(__file__).parents[1]
    checkout = package.parent / kind
    return checkout if checkout.is_dir() else package / "library" / kind
