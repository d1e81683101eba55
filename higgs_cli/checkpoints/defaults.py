"""What a checkpoint says of how it likes to be used: its `generation_config.json`.

Those values stand where the user has said nothing. The public model keeps our presets: its own file
was written for another sampler.
"""

from __future__ import annotations

import json
from pathlib import Path

from higgs_cli.checkpoints.find import find_checkpoint
from higgs_cli.errors import HiggsError, ModelLoadError
from higgs_cli.settings.views import ModelChoice

FILE_NAME = "generation_config.json"
SETTING_OF = {
    "temperature": "temperature",
    "top_k": "top_k",
    "top_p": "top_p",
    "ras_win_len": "repeat_window",
    "ras_win_max_num_repeat": "repeat_limit",
    "chunk_seconds": "chunk_seconds",
    "run_chunks": "run_chunks",
    "context_chunks": "context_chunks",
}


def checkpoint_defaults(asked: ModelChoice) -> dict[str, float]:
    """Settings by name; nothing when there is no checkpoint, which the render will tell."""
    try:
        checkpoint = find_checkpoint(asked)
    except HiggsError:
        return {}
    if checkpoint.is_public:
        return {}
    return _read(checkpoint.model_folder / FILE_NAME)


def _read(path: Path) -> dict[str, float]:
    if not path.is_file():
        return {}
    try:
        values = json.loads(path.read_bytes())
        found = {name: values[key] for key, name in SETTING_OF.items() if key in values}
    except (OSError, ValueError, TypeError) as error:
        raise ModelLoadError(f"{path}: cannot be read ({error})") from error
    for name, value in found.items():
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise ModelLoadError(f"{path}: {name} is {value!r}, not a number")
    return {name: 0 if value is None else value for name, value in found.items()}
