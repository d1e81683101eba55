"""Which decode step an engine gets, and the cache that goes with it.

```
                              cache               step
a CPU, a small model          copied prefixes     compiled, exact at every width
a CPU otherwise, exact mode   copied prefixes     torch, fused weights where the architecture allows
a GPU in fast mode            shared prefixes     fused kernels, recorded as CUDA graphs
  kernels missing or wrong    copied prefixes     torch, recorded as CUDA graphs
```

Each choice is a switch of `EngineSettings`, and one that cannot be had is refused by name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.util import find_spec

from torch import Tensor

from model.cache.shared_prefix import SharedPrefixCache
from model.cache.static import StaticCache
from model.checkpoint.language_model import LanguageModel
from model.config.config import ModelConfig
from model.errors import GenerationError
from model.lanes.lane_tensors import LaneState
from model.placement.quantized_weights import quantized_format
from model.runs.engine_settings import ClosingRule, EngineSettings, StepKind
from model.step.cuda_graph import CudaRecorder, GraphLimits, StepGraph, device_seconds
from model.step.description import StepDescription
from model.step.torch_step import (
    EXACT_KEY_BLOCK,
    FrameStep,
    FusedStep,
    PlainStep,
    TorchStep,
    can_fuse_weights,
    whole_blocks,
)


@dataclass(frozen=True, eq=False)
class StepChoice:
    """What was chosen; `cache` and `step` make it."""

    language_model: LanguageModel
    kind: StepKind
    """Never `FASTEST`: `COMPILED`, `TORCH` or `PLAIN`."""
    int8: bool = False
    shares_prefixes: bool = False
    fuses: bool = False
    fuses_products: bool = False
    """Products with quantized weights, by a kernel of their own."""
    captures: bool = False
    skinny_products: bool = False
    """Products of few lanes may be by a kernel of their own, if it is faster."""
    description: StepDescription = field(default_factory=StepDescription)

    def cache(self, settings: EngineSettings) -> StaticCache:
        lm, kind = self.language_model, SharedPrefixCache if self.shares_prefixes else StaticCache
        positions = whole_blocks(settings.position_count, EXACT_KEY_BLOCK)
        lanes, quantized = settings.lane_count, settings.quantized_keys
        return kind(lm.config, lanes, positions, lm.device, lm.dtype, quantized=quantized)

    def step(self, cache: StaticCache, state: LaneState) -> FrameStep:
        lm = self.language_model
        if self.kind is StepKind.COMPILED:
            from model.step.cpu_step import CompiledStep  # loading numba takes a second

            return CompiledStep(lm, cache, state, self.int8)
        if self.kind is StepKind.PLAIN:
            return TorchStep(PlainStep(lm, cache), state)
        logits_step = FusedStep(lm, cache, self.fuses, self.fuses_products, self.skinny_products)
        draw = self._draw(state)
        step = TorchStep(logits_step, state, draw)
        if not self.captures:
            return step
        limits = GraphLimits(
            cache.lane_count,
            cache.position_count,
            depends_on_keys=not self.fuses,
            depends_on_candidates=draw is None,
        )
        return StepGraph(
            step,
            state,
            limits,
            CudaRecorder(lm.device),
            lambda: cache.memory_version,
            self.description,
            device_seconds,
        )

    def _draw(self, state: LaneState) -> Callable[[Tensor], None] | None:
        """The kernels know our closing rule alone."""
        if not self.fuses or state.rule is not ClosingRule.FIRST_CODEBOOK:
            return None
        from model.step.gpu.fused_draw import FusedDraw

        return FusedDraw(state).draw


def choose_step(language_model: LanguageModel, settings: EngineSettings) -> StepChoice:
    """The fastest step that knows this architecture and device, within what is wanted."""
    lm, kind, description = language_model, _kind(language_model, settings), StepDescription()
    is_fused_and_fast = kind is StepKind.TORCH and not settings.exact
    _check(lm, settings, is_fused_and_fast)
    description.choose("step", kind.value)
    if kind is StepKind.COMPILED:
        description.choose("numbers", "int8" if settings.int8 else "float32")
        return StepChoice(lm, kind, settings.int8, description=description)
    is_for_gpu = is_fused_and_fast and lm.device.type == "cuda"
    fuses = settings.fuses
    if fuses is None:
        allowed = is_for_gpu and settings.shares_prefixes is not False
        allowed = allowed and can_share_prefixes(lm.config)
        fuses = allowed and _can_fuse_here(lm, settings, description)
    shares = fuses if settings.shares_prefixes is None else settings.shares_prefixes
    captures = is_for_gpu if settings.captures is None else settings.captures
    if captures and shares and not fuses:  # the plain twin asks the host who shares what
        captures = False
    fuses_products = fuses and _fuses_products(lm, settings, description)
    skinny = fuses and captures and _may_be_skinny(lm, settings, description)
    description.choose("layers", "fused kernels" if fuses else "torch")
    if quantized_format(lm.network) is not None:
        description.choose("products", "fused kernels" if fuses_products else "torch")
    description.choose("prefixes", "shared" if shares else "copied")
    description.choose("graphs", "recorded" if captures else "none")
    return StepChoice(lm, kind, False, shares, fuses, fuses_products, captures, skinny, description)


def can_share_prefixes(config: ModelConfig) -> bool:
    """Only fused layers look for a prefix apart from a lane, and they attend to all of it."""
    return can_fuse_weights(config) and not config.tells_audio_keys_apart


def _kind(lm: LanguageModel, settings: EngineSettings) -> StepKind:
    """Shared prefixes, fused kernels and quantized keys need the torch step."""
    kind = settings.step
    wants_torch = settings.shares_prefixes or settings.fuses or settings.quantized_keys
    may_compile = kind in (StepKind.FASTEST, StepKind.COMPILED) and not wants_torch
    may_compile = may_compile and quantized_format(lm.network) is None
    if may_compile and lm.device.type == "cpu":
        from model.step.cpu_step import can_compile

        if can_compile(lm, settings.int8):
            return StepKind.COMPILED
    if kind is StepKind.COMPILED:
        raise GenerationError("a step is compiled for a small model on a CPU, in float32")
    if settings.int8:
        raise GenerationError(
            "this model cannot be decoded in int8: that takes a small model on a CPU, in float32"
        )
    if kind is StepKind.PLAIN or not can_fuse_weights(lm.config):
        return StepKind.PLAIN
    return StepKind.TORCH


def _check(lm: LanguageModel, settings: EngineSettings, is_fused_and_fast: bool) -> None:
    wants_sharing = settings.shares_prefixes or settings.fuses
    if wants_sharing and settings.exact:
        raise GenerationError("exact mode gives every lane its own copy of its prefix")
    if wants_sharing and not (is_fused_and_fast and can_share_prefixes(lm.config)):
        raise GenerationError("lanes can share a prefix only where layers can be fused")
    if settings.fuses and settings.shares_prefixes is False:
        raise GenerationError("fused kernels are for lanes that share prefixes")
    if settings.captures and lm.device.type != "cuda":
        raise GenerationError("a step can be recorded as a CUDA graph on a GPU alone")


def _can_fuse_here(
    lm: LanguageModel, settings: EngineSettings, description: StepDescription
) -> bool:
    """Kernels that fail here, or say something else than their twins, are left out with a warning:
    a book is better made slowly than not at all, or wrongly."""
    if find_spec("triton") is None:
        description.warn("fused kernels are left out: triton is not installed")
        return False
    from model.step.gpu.agreement import disagreement

    problem = disagreement(lm.config, lm.device, lm.dtype, settings.quantized_keys)
    if problem is not None:
        description.warn(f"fused kernels are left out: {problem}")
    return problem is None


def _fuses_products(
    lm: LanguageModel, settings: EngineSettings, description: StepDescription
) -> bool:
    """Whether quantized weights are multiplied by their kernel; without it they are dequantized
    in memory first."""
    quantized = quantized_format(lm.network)
    if quantized is None or settings.fuses:
        return quantized is not None
    from model.step.gpu.agreement import product_disagreement

    problem = product_disagreement(lm.config, lm.device, lm.dtype, quantized)
    if problem is not None:
        said = f"quantized weights save no time, their kernel is left out: {problem}"
        description.warn(said)
    return problem is None


def _may_be_skinny(
    lm: LanguageModel, settings: EngineSettings, description: StepDescription
) -> bool:
    """Whether the kernel for products of few lanes can be trusted here; it must be faster, too."""
    if quantized_format(lm.network) is not None:
        return False
    from model.step.gpu.agreement import skinny_disagreement

    problem = skinny_disagreement(lm.config, lm.device, lm.dtype, settings.quantized_keys)
    if problem is not None:
        description.warn(f"products of few lanes are left to the library: {problem}")
    return problem is None
