"""Write a model folder in the layout transformers opens: `config.json` and `model.safetensors`.

Each file is written aside, brought to the disk, and renamed; the configuration comes last, so that
a folder with one is a folder with weights.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from safetensors.torch import save_file

from model.checkpoint.files import SINGLE_FILE
from model.config.reader import CONFIG_FILE
from model.config.writer import flat_config
from model.network.backbone import HiggsModel


def write_checkpoint(network: HiggsModel, folder: Path) -> None:
    """Save what transformers can hold; a variant it cannot hold is refused before anything else."""
    dtype = str(network.model.embed_tokens.weight.dtype).removeprefix("torch.")
    values = flat_config(network.config, dtype)
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {name: one.detach().contiguous() for name, one in network.state_dict().items()}
    _write_aside(
        folder / SINGLE_FILE, lambda path: save_file(tensors, path, metadata={"format": "pt"})
    )
    text = json.dumps(values, indent=2, sort_keys=True) + "\n"
    _write_aside(folder / CONFIG_FILE, lambda path: path.write_text(text, "utf-8"))


def _write_aside(final: Path, write: Callable[[Path], object]) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{final.name}.", dir=final.parent)
    os.close(handle)
    aside = Path(name)
    try:
        write(aside)
        with aside.open("rb") as file:
            os.fsync(file.fileno())
        umask = os.umask(0)
        os.umask(umask)
        aside.chmod(0o666 & ~umask)
        aside.replace(final)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
