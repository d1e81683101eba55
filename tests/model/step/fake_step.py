"""A whole decode step on tensors that have a shape and no memory, on a card that is not there.

Whatever the step asks of a value is an error, as it would be in a recording. What it asks of the
device is listed: a node of the CUDA graph for each.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from unittest.mock import patch

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from bench.shapes import PUBLIC
from model.checkpoint.language_model import LanguageModel
from model.config.config import ModelConfig
from model.hardware.quantized_rows import QuantizedFormat
from model.lanes.lane_tensors import LaneState
from model.network.backbone import HiggsModel
from model.placement.quantized_weights import quantize_layers
from model.runs.engine_settings import ClosingRule, EngineSettings, StepKind
from model.step.choice import StepChoice
from model.step.cuda_graph import lane_buckets
from model.step.torch_step import TorchStep
from tests.model.launches import Launch, launches_to

DEVICE = torch.device("meta")
LANES = 256
POSITIONS = 1024
PROCESSORS = 132
"""Of an H200: how finely a step splits its keys depends on it."""
_COPIES_FIRST = {"addmm.default": 2}
"""Operations that are more than one node: what is added is copied before it is added to."""
_NO_NODES = ("empty", "detach", "alias", "lift_fresh")


@dataclass(frozen=True)
class Precision:
    """Of the cache and of the layers' weights; None is bfloat16."""

    keys: QuantizedFormat | None = None
    weights: QuantizedFormat | None = None


PRECISIONS = {
    "bfloat16": Precision(),
    "int8 keys": Precision(keys=QuantizedFormat.INT8),
    "fp8 keys": Precision(keys=QuantizedFormat.FP8),
    "int8 weights": Precision(weights=QuantizedFormat.INT8),
    "fp8 weights": Precision(weights=QuantizedFormat.FP8),
}


@dataclass
class Nodes(TorchDispatchMode):
    """What reaches the device, in order."""

    launches: list[Launch] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    logits: torch.Tensor = field(default_factory=lambda: torch.empty(0))

    def __post_init__(self) -> None:
        super().__init__()

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        out = func(*args, **(kwargs or {}))
        name = func.__name__
        if not func.is_view and not name.startswith(_NO_NODES):
            self.names += [name] * _COPIES_FIRST.get(name, 1)
        return out

    def launched(self, launch: Launch) -> None:
        self.launches.append(launch)
        self.names.append(launch.name)


@dataclass(frozen=True, eq=False)
class FakeStep:
    """The step an engine of `LANES` lanes gets on a card, before it is recorded."""

    choice: StepChoice
    precision: Precision

    def every_way(self, width: int) -> dict[str, Nodes]:
        """Of a step of so many lanes by each way there is; which is taken is measured on a card."""
        return {way: self.nodes(width, way) for way in self._step().ways(width)}

    def nodes(self, width: int, way: str | None = None) -> Nodes:
        """Of the second step of so many lanes: what is made at first use is there already."""
        step = self._step()
        if way is not None:
            step.take(width, way)
        with launches_to(lambda launch: None):
            step.step(width, POSITIONS)
        nodes = Nodes()
        with launches_to(nodes.launched), nodes:
            step.step(width, POSITIONS)
        nodes.logits = step.logits
        return nodes

    def _step(self) -> TorchStep:
        lm = self.choice.language_model
        settings = EngineSettings(LANES, POSITIONS, exact=False, quantized_keys=self.precision.keys)
        state = LaneState(lm.config, LANES, ClosingRule.FIRST_CODEBOOK, DEVICE)
        state.may_look = False
        step = self.choice.step(self.choice.cache(settings), state)
        assert isinstance(step, TorchStep)
        return step


@contextmanager
def fake_step(layer_count: int, precision: Precision = Precision()) -> Iterator[FakeStep]:
    """The public 3B shape with so many layers."""
    shape = replace(PUBLIC, layer_count=layer_count, dual_ffn_layers=tuple(range(layer_count)))
    with fake_card():
        lm = LanguageModel(shape, _network(shape))
        if precision.weights is not None:
            quantize_layers(lm.network, precision.weights)
        narrow = precision.weights is not None
        choice = StepChoice(
            lm,
            StepKind.TORCH,
            shares_prefixes=True,
            fuses=True,
            fuses_products=narrow,
            skinny_products=not narrow,
        )
        yield FakeStep(choice, precision)


@contextmanager
def fake_card() -> Iterator[None]:
    """As many processors as an H200 has, wherever kernels ask for them."""
    with ExitStack() as patches:
        for module in [one for name, one in sys.modules.items() if name.startswith("model.step.")]:
            if hasattr(module, "processor_count"):
                patches.enter_context(patch.object(module, "processor_count", lambda _: PROCESSORS))
        yield


def _network(shape: ModelConfig) -> HiggsModel:
    with DEVICE:
        network = HiggsModel(shape, False).to(torch.bfloat16)
    for module in network.modules():  # buffers are made on the host
        for name, one in list(module.named_buffers(recurse=False)):
            module._buffers[name] = one.to(DEVICE)
    return network.requires_grad_(False).eval()


def buckets() -> tuple[int, ...]:
    return lane_buckets(LANES)
