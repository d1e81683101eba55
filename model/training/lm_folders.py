"""Where a run begins and what it leaves: ordinary model folders.

A folder without weights is a beginning from nothing: its `config.json` gives the shape. Whatever
lies beside the weights (the text tokenizer, generation settings) goes along into what is saved.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import torch

from model.checkpoint.files import SINGLE_FILE
from model.checkpoint.language_model import load_model
from model.checkpoint.random_model import random_model
from model.checkpoint.writer import write_checkpoint, write_weights
from model.config.reader import CONFIG_FILE, read_config
from model.config.writer import refuse_variants
from model.errors import ConfigError
from model.network.backbone import HiggsModel
from model.training.training_state import CHECKPOINT_FOLDER, MODEL_FOLDER

COMPANION_LIMIT_BYTES = 64 * 1024 * 1024


def check_folders(start: Path, out: Path) -> None:
    """Told before anything is opened what would end the run at its first checkpoint."""
    if not (start / CONFIG_FILE).is_file():
        reason = f"{start} holds no {CONFIG_FILE}; a run that goes on needs this folder too"
        raise ConfigError(reason, "start")
    written = {(out / name).resolve() for name in (CHECKPOINT_FOLDER, MODEL_FOLDER)}
    if written & {start.resolve(), *start.resolve().parents}:
        raise ConfigError(f"{start} is written over by this run; give another `out`", "start")
    standing = next(place for place in (out, *out.parents) if place.exists())
    if not standing.is_dir():
        raise ConfigError(f"{standing} is a file; name a folder", "out")
    if not os.access(standing, os.W_OK | os.X_OK):
        raise ConfigError(f"{standing} cannot be written to", "out")


def open_network(folder: Path, seed: int) -> HiggsModel:
    """The network of a model folder in float32, or one drawn by `seed` where it has no weights."""
    if any(folder.glob("*.safetensors")):
        return load_model(folder, "cpu", torch.float32).network
    return random_model(read_config(folder), seed).network


def save_network(network: HiggsModel, start: Path, folder: Path) -> None:
    """Write a model folder, with the companions of the folder the run began from.

    It has the transformers layout. A variant that layout cannot hold (an audio tower, say) keeps
    the configuration it began with; the names of its tensors are the same.
    """
    if _is_variant(network):
        folder.mkdir(parents=True, exist_ok=True)
        write_weights(network, folder / SINGLE_FILE)
        shutil.copyfile(start / CONFIG_FILE, folder / CONFIG_FILE)
    else:
        write_checkpoint(network, folder)
    for companion in sorted(start.iterdir()):
        if _is_companion(companion):
            shutil.copyfile(companion, folder / companion.name)


def _is_variant(network: HiggsModel) -> bool:
    try:
        refuse_variants(network.config)
    except ConfigError:
        return True
    return False


def _is_companion(path: Path) -> bool:
    is_weights = path.suffix == ".safetensors" or path.name.endswith(".safetensors.index.json")
    is_small = path.is_file() and path.stat().st_size <= COMPANION_LIMIT_BYTES
    return is_small and not is_weights and path.name != CONFIG_FILE
