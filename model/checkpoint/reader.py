"""Open a checkpoint: either naming, single or in shards, every tensor accounted for.

The network is built on the `meta` device, where it takes no memory, and each tensor is put into its
place as it is read, so that a second copy of the weights never exists.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from model.checkpoint.files import Candidate, StoredTensor, damaged, read_headers
from model.checkpoint.tensor_names import (
    TEXT_HEAD,
    TargetName,
    is_original,
    looks_like_codec,
    original_name,
    target_name,
)
from model.config.config import ModelConfig
from model.errors import CheckpointError
from model.network.backbone import HiggsModel

_FLOATS = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
}

Parts = list[tuple[TargetName, StoredTensor]]


def load_network(
    found: list[Candidate],
    config: ModelConfig,
    device: torch.device,
    dtype: torch.dtype | None,
) -> HiggsModel:
    """The network from the first candidate that fits; `dtype` None keeps the stored format."""
    plan = _plan(found, config)
    wanted = plan.widest_dtype if dtype is None else dtype
    plan.network.load_state_dict(dict(_read(plan, device, wanted)), assign=True)
    return plan.network.to(device).eval()


@dataclass(frozen=True)
class _Plan:
    """A network without memory, and the stored parts of each of its tensors."""

    candidate: Candidate
    network: HiggsModel
    parts: dict[str, Parts]
    faults: _Faults

    @property
    def widest_dtype(self) -> torch.dtype:
        """The stored number format; where several are mixed, the one that holds them all."""
        kinds = {_FLOATS[tensor.dtype] for pieces in self.parts.values() for _, tensor in pieces}
        return functools.reduce(torch.promote_types, kinds)

    @property
    def is_language_model(self) -> bool:
        """Whether any tensor of the network is there, in whatever state."""
        return any(name in self.parts for name in self.network.state_dict())


@dataclass
class _Faults:
    missing: list[str] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)
    misshapen: list[str] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        return sum(map(len, vars(self).values()))


def _plan(found: list[Candidate], config: ModelConfig) -> _Plan:
    """The first candidate that fits; if none does, the faults of the nearest."""
    plans = []
    for candidate in found:
        stored = read_headers(candidate)
        plan = _compare(candidate, stored, config)
        if plan.faults.count == 0:
            return plan
        if candidate.is_meant and plan.is_language_model:
            raise CheckpointError(_report(plan))
        plans.append((plan, stored))
    nearest, stored = min(plans, key=lambda pair: pair[0].faults.count)
    if looks_like_codec([one.name for one in stored]):
        raise CheckpointError(
            f"{nearest.candidate.title} holds the codec, not the language model; "
            "the two belong in folders of their own"
        )
    raise CheckpointError(_report(nearest))


def _compare(candidate: Candidate, stored: list[StoredTensor], config: ModelConfig) -> _Plan:
    parts: dict[str, Parts] = {}
    for tensor in stored:
        target = target_name(tensor.name)
        if target is not None:
            parts.setdefault(target.name, []).append((target, tensor))
    original = is_original([tensor.name for tensor in stored])
    with torch.device("meta"):
        network = HiggsModel(config, with_text_head=TEXT_HEAD in parts)
    expected = {name: tuple(empty.shape) for name, empty in network.state_dict().items()}
    missing = [name for name in expected if name not in parts]
    faults = _Faults(missing=list(map(original_name, missing)) if original else missing)
    for name, pieces in parts.items():
        pieces.sort(key=lambda piece: piece[0].comes_second)
        _find_faults(name, pieces, expected.get(name), faults)
    return _Plan(candidate, network, parts, faults)


def _find_faults(
    name: str, pieces: Parts, expected: tuple[int, ...] | None, faults: _Faults
) -> None:
    if expected is None:
        faults.unexpected += [tensor.name for _, tensor in pieces]
        return
    halves = Counter(target.half for target, _ in pieces)
    for target, tensor in pieces:
        if target.other_half is not None and target.other_half not in halves:
            faults.missing.append(tensor.name.replace(str(target.half), target.other_half))
    if max(halves.values()) > 1 or (None in halves and len(halves) > 1):
        faults.repeated += [f"{tensor.name} in {tensor.file.name}" for _, tensor in pieces]
        return
    found = _joined_shape([tensor.shape for _, tensor in pieces])
    if found != expected and len(halves) == (1 if None in halves else 2):
        stored = " + ".join(_spelled(tensor.shape) for _, tensor in pieces)
        faults.misshapen.append(f"{pieces[0][1].name}: {stored}, not {_spelled(expected)}")
    for _, tensor in pieces:
        if tensor.dtype not in _FLOATS:
            faults.misshapen.append(f"{tensor.name}: numbers of the format {tensor.dtype}")


def _joined_shape(shapes: list[tuple[int, ...]]) -> tuple[int, ...] | None:
    """The shape after joining along the first axis; None if the others differ."""
    tails = {shape[1:] for shape in shapes}
    if len(tails) > 1 or any(not shape for shape in shapes):
        return None
    return (sum(shape[0] for shape in shapes), *shapes[0][1:])


def _read(plan: _Plan, device: torch.device, dtype: torch.dtype) -> Iterator[tuple[str, Tensor]]:
    """One tensor after the other, on its device and in its number format.

    A whole tensor that stays as it is stored remains a view of its mapped file. Others are copied,
    and the file is opened anew for each: a mapping keeps every page it ever read.
    """
    with ExitStack() as stack:
        views = {file: stack.enter_context(_opened(file)) for file in plan.candidate.files}
        for name, pieces in plan.parts.items():
            values = []
            for _, tensor in pieces:
                if device.type == "cpu" and dtype == _FLOATS[tensor.dtype] and len(pieces) == 1:
                    values.append(views[tensor.file].get_tensor(tensor.name))
                else:
                    with _opened(tensor.file) as file:
                        values.append(file.get_tensor(tensor.name).to(device=device, dtype=dtype))
            yield name, values[0] if len(values) == 1 else torch.cat(values)


def _opened(file: Path) -> safe_open:
    try:
        return safe_open(file, framework="pt")
    except (SafetensorError, OSError) as problem:
        raise damaged(file, problem) from None


def _report(plan: _Plan) -> str:
    lines = [f"{plan.candidate.title} does not fit its config.json:"]
    lines += [f"  shard not there: {name}" for name in plan.candidate.absent_shards]
    for kind, names in vars(plan.faults).items():
        if names:
            lines.append(f"  {len(names)} {kind}:")
            lines += [f"    {name}" for name in names]
    return "\n".join(lines)


def _spelled(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape)) or "a single number"
