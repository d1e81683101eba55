"""Write a model folder in the layout transformers opens: `config.json` and `model.safetensors`.

Each file is written aside, brought to the disk, and renamed; the configuration comes last, so that
a folder with one is a folder with weights.
"""

from __future__ import annotations

import json
from pathlib import Path

from safetensors.torch import save_file

from model.checkpoint.aside import written_aside
from model.checkpoint.files import SINGLE_FILE
from model.config.reader import CONFIG_FILE
from model.config.writer import flat_config
from model.network.backbone import HiggsModel


def write_checkpoint(network: HiggsModel, folder: Path) -> None:
    """Save what transformers can hold; a variant it cannot hold is refused before anything else."""
    dtype = str(network.model.embed_tokens.weight.dtype).removeprefix("torch.")
    values = flat_config(network.config, dtype)
    folder.mkdir(parents=True, exist_ok=True)
    write_weights(network, folder / SINGLE_FILE)
    with written_aside(folder / CONFIG_FILE) as aside:
        aside.write_text(json.dumps(values, indent=2, sort_keys=True) + "\n", "utf-8")


def write_weights(network: HiggsModel, path: Path) -> None:
    """The tensors alone, under their own names."""
    tensors = {name: one.detach().contiguous() for name, one in network.state_dict().items()}
    with written_aside(path) as aside:
        save_file(tensors, aside, metadata={"format": "pt"})
