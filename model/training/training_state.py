"""What a killed run needs to go on as if nothing had happened.

    out/checkpoints/step-00001200/   model/                  an ordinary model folder
                                     optimizer.safetensors   moments, by parameter name
                                     state.json              the step, the batches seen

A checkpoint is written aside and renamed: a folder with a final name is whole. All other randomness
is a function of seed and step, so nothing else has to be kept.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.optim import Optimizer

from model.checkpoint.aside import remove_left_over
from model.config.json_file import read_json
from model.errors import CheckpointError

CHECKPOINT_FOLDER, MODEL_FOLDER = "checkpoints", "model"
STATE_FILE = "state.json"
OPTIMIZER_FILE = "optimizer.safetensors"


@dataclass(frozen=True)
class TrainingProgress:
    """How far a run has come."""

    step: int = 0
    batch_count: int = 0
    """Batches seen by all processes together."""


def checkpoints(folder: Path) -> list[Path]:
    """The whole checkpoints of a run, oldest first."""
    return sorted(path.parent for path in folder.glob(f"step-*/{STATE_FILE}"))


def checkpoint_name(step: int) -> str:
    return f"step-{step:08d}"


def write_training_state(
    folder: Path, network: nn.Module, optimizer: Optimizer, progress: TrainingProgress
) -> None:
    """Add what a run needs to go on to a model folder."""
    moments = {
        f"{name}|{key}": value.detach().cpu().contiguous()
        for name, key, value in _moments(network, optimizer)
    }
    save_file(moments, folder / OPTIMIZER_FILE)
    (folder / STATE_FILE).write_text(json.dumps(asdict(progress)) + "\n", "utf-8")


def read_training_state(folder: Path, network: nn.Module, optimizer: Optimizer) -> TrainingProgress:
    """Put the optimizer's moments back, and say how far the run had come."""
    try:
        progress = _progress_in(folder / STATE_FILE)
        stored = load_file(folder / OPTIMIZER_FILE)
    except (OSError, ValueError, TypeError, SafetensorError) as problem:
        raise CheckpointError(
            f"{folder}: the training state cannot be read: {problem}; remove this folder to go on "
            "from the checkpoint before it"
        ) from None
    learning = {name: one for name, one in network.named_parameters() if one.requires_grad}
    for key, value in stored.items():
        name, _, moment = key.partition("|")
        if name not in learning:
            raise CheckpointError(
                f"{folder}: {name} was learned so far and is frozen now; set `freeze` as it was, "
                f"or give a new `out` and, as `start`, {folder / MODEL_FOLDER}"
            )
        # The step counter of the fused optimizer lies beside its parameter.
        optimizer.state[learning[name]][moment] = value.to(learning[name].device)
    return progress


def _progress_in(file: Path) -> TrainingProgress:
    """All of it whole numbers, as they were written."""
    values = read_json(file)
    progress = TrainingProgress(**values)
    if not all(type(value) is int and 0 <= value < 2**63 for value in values.values()):
        raise ValueError("a count is no whole number")
    return progress


def forget_old(folder: Path, keep: int) -> None:
    """Remove all but the newest checkpoints, and what a killed run left half-written."""
    for old in checkpoints(folder)[:-keep]:
        shutil.rmtree(old)
    remove_left_over(folder)


def _moments(network: nn.Module, optimizer: Optimizer) -> Iterator[tuple[str, str, Tensor]]:
    state: Mapping[Tensor, Mapping[str, object]] = optimizer.state
    for name, parameter in network.named_parameters():
        for key, value in state.get(parameter, {}).items():
            yield name, key, value if isinstance(value, Tensor) else torch.tensor(value)
