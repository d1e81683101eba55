"""The defaults of a checkpoint: its `generation_config.json`.

Those values stand where the user has said nothing. The public model keeps our presets: its own file
was written for another sampler.
"""

from __future__ import annotations

from pathlib import Path

from higgs_cli.checkpoints.find import find_checkpoint, record_in
from higgs_cli.errors import HiggsError
from higgs_cli.settings.sources import checked_values
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
    with record_in(path) as values:
        named = {name: key for key, name in SETTING_OF.items() if values.has(key)}
        found = {name: values.number(key) if key in values else 0 for name, key in named.items()}
        whole = {name: int(each) if each == int(each) else each for name, each in found.items()}
        return checked_values(whole, str(path))
