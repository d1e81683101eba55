"""What does not learn: whole parameters by pattern, or the first rows of a table or a head."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

from torch import Tensor, nn

from model.errors import ConfigError


def freeze(network: nn.Module, patterns: Sequence[str], rows: Mapping[str, int]) -> None:
    """Freeze parameters whose names match (`model.layers.*.self_attn.*`), and rows before an index.

    A frozen row gets no gradient; the optimizer must not decay it either: see `partly_frozen`.
    """
    parameters = dict(network.named_parameters())
    for pattern in patterns:
        matching = [name for name in parameters if fnmatchcase(name, pattern)]
        if not matching:
            raise ConfigError(f"no parameter matches {pattern!r}", "freeze")
        for name in matching:
            parameters[name].requires_grad_(False)
    for name, count in rows.items():
        if name not in parameters:
            raise ConfigError(f"no parameter is named {name!r}", "freeze_rows")
        if not 0 < count <= len(parameters[name]):
            raise ConfigError(
                f"{name} has {len(parameters[name])} rows, not {count}", "freeze_rows"
            )
        if parameters[name].requires_grad:
            parameters[name].register_hook(lambda gradient, count=count: _mute(gradient, count))
    if not any(parameter.requires_grad for parameter in parameters.values()):
        raise ConfigError("nothing is left to learn", "freeze")


def optimizer_groups(
    network: nn.Module, weight_decay: float, partly_frozen: Mapping[str, int]
) -> list[dict[str, object]]:
    """Matrices decay; norms, biases, tables and partly frozen parameters do not."""
    decaying: list[Tensor] = []
    steady: list[Tensor] = []
    for name, parameter in network.named_parameters():
        if not parameter.requires_grad:
            continue
        is_table = "embed" in name
        stays = parameter.ndim < 2 or is_table or name in partly_frozen
        (steady if stays else decaying).append(parameter)
    groups = [
        {"params": decaying, "weight_decay": weight_decay},
        {"params": steady, "weight_decay": 0.0},
    ]
    return [group for group in groups if group["params"]]


def _mute(gradient: Tensor, row_count: int) -> Tensor:
    muted = gradient.clone()
    muted[:row_count] = 0
    return muted
