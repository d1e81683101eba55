"""A training run on disk: weights, optimizer moments and the step, in one safetensors file.

No pickle: optimizer state is a flat table of tensors, named by parameter number and moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from tokenizer.codec.atomic_file import written_aside
from tokenizer.errors import CodecCheckpointError
from tokenizer.training.discriminators import SpectrogramDiscriminators

STATE_FILE = "training.safetensors"
_DISCRIMINATORS = "judges.judges."
"""What files have called them from the start."""
MEND = "put a whole copy of it in its place, or move it away to begin from the start"


def save_run_state(
    folder: Path,
    step: int,
    network: nn.Module,
    discriminators: SpectrogramDiscriminators,
    optimizers: Sequence[torch.optim.Optimizer],
) -> Path:
    """Write aside, flush, rename."""
    table = {f"network.{name}": value for name, value in network.state_dict().items()}
    members = discriminators.members.state_dict()
    table |= {f"{_DISCRIMINATORS}{name}": value for name, value in members.items()}
    for index, optimizer in enumerate(optimizers):
        for number, moments in optimizer.state_dict()["state"].items():
            for name, value in moments.items():
                table[f"optimizer.{index}.{number}.{name}"] = torch.as_tensor(value)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / STATE_FILE
    whole = {name: value.detach().cpu().contiguous().clone() for name, value in table.items()}
    with written_aside(path) as aside:
        save_file(whole, aside, metadata={"step": str(step)})
    return path


def load_run_state(
    folder: Path,
    network: nn.Module,
    discriminators: SpectrogramDiscriminators,
    optimizers: Sequence[torch.optim.Optimizer],
) -> int | None:
    """Put everything back; returns the step, or None where there is no checkpoint."""
    path = folder / STATE_FILE
    if not path.is_file():
        return None
    step, table = _read(path)
    parts = {"network.": network, _DISCRIMINATORS: discriminators.members}
    for prefix, part in parts.items():
        _refuse_another(path, prefix, part, _under(table, prefix))
    for prefix, part in parts.items():
        part.load_state_dict(_under(table, prefix))
    for index, optimizer in enumerate(optimizers):
        state: dict[int, dict[str, Tensor]] = {}
        for name, value in _under(table, f"optimizer.{index}.").items():
            number, moment = name.split(".")
            state.setdefault(int(number), {})[moment] = value
        groups = optimizer.state_dict()["param_groups"]
        optimizer.load_state_dict({"state": state, "param_groups": groups})
    return step


def _read(path: Path) -> tuple[int, dict[str, Tensor]]:
    try:
        with safe_open(path, framework="pt") as file:
            step = (file.metadata() or {}).get("step", "")
            table = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as problem:
        raise CodecCheckpointError(f"{path} is damaged: {problem}", hint=MEND) from None
    if not step.isdecimal():
        raise CodecCheckpointError(f"{path} is no training run's: it names no step", hint=MEND)
    return int(step), table


def _refuse_another(path: Path, prefix: str, part: nn.Module, stored: dict[str, Tensor]) -> None:
    """A checkpoint of other layers, in one line instead of one for each tensor."""
    ours = {(name, value.shape) for name, value in part.state_dict().items()}
    wrong = ours ^ {(name, value.shape) for name, value in stored.items()}
    if wrong:
        first = prefix + min(name for name, _ in wrong)
        message = f"{path} is of another codec than this run's: {first} is not the same in both"
        raise CodecCheckpointError(message, hint=MEND)


def _under(table: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): v for name, v in table.items() if name.startswith(prefix)}
