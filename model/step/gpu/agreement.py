"""Check that the fused kernels agree with their plain twins on this device and these shapes.

A kernel is compiled on the machine that runs it, and again for numbers of another kind: strides
that are multiples of 16 make another program than others. So before an engine relies on kernels,
one layer of random numbers goes through both in caches made as the engine's are, for few and many,
lanes with and without a prefix, short and long ones. What counts is the error of each lane,
measured by the length of what it says: a lane that is wrong is not hidden by others or by one large
number.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from model.cache.shared_prefix import SharedPrefixCache
from model.cache.static import StaticCache
from model.config.config import ModelConfig
from model.hardware.quantized_rows import QuantizedFormat, quantize
from model.lanes.lane_tensors import LaneState
from model.network.layers import RotaryPositions
from model.placement.quantized_weights import QuantizedMatrix
from model.runs.engine_settings import ClosingRule
from model.runs.sampling_settings import Sampling
from model.step.audio_layer import FusedLayer
from model.step.audio_weights import CodebookTable
from model.step.gpu.fused_draw import FusedDraw
from model.step.gpu.fused_product import FusedProduct, processor_count, product_shapes
from model.step.gpu.fused_workspace import FusedWorkspace, can_fuse
from model.step.gpu.skinny_workspace import SkinnyWorkspace
from model.step.shared_attention import SharedWorkspace

_TOLERANCE = {torch.float32: 1e-4, torch.float16: 4e-3, torch.bfloat16: 2e-2}
_QUANTIZED_STEP = {QuantizedFormat.INT8: 1 / 127, QuantizedFormat.FP8: 32 / 448}
"""The widest step from one number of a row to the next: a rounding before it may cost a whole one.
"""
_STRAY_DRAWS = 0.01
_SKINNY_WIDTHS = (1, 5, 16)
_WIDTHS = (1, 17, 64, 130)
"""One for each tile that a product may have, and one that takes two of them."""


@dataclass(frozen=True)
class TriedLanes:
    """Lanes of one step: how many, and in what cache."""

    width: int
    room: int
    """Positions of a lane, a multiple of 16 as in an engine."""
    own_lengths: tuple[int, ...] = (0, 5, 63, 64, 90)
    """What lanes have written before, in turns; around the blocks in which kernels read keys."""
    prefix_lengths: tuple[int, ...] = (70, 0)
    """0 for none; lanes get them in turns, so that neighbours differ."""


TRIED_LANES = (
    TriedLanes(5, 112),
    TriedLanes(1, 1040, (1000,), (600,)),
    TriedLanes(16, 528, (500, 20, 0), (0, 300, 70)),
    TriedLanes(40, 112, prefix_lengths=(33, 130)),
    TriedLanes(96, 112),
    TriedLanes(256, 112, prefix_lengths=(70, 0, 20)),
)
"""The first suffices where kernels are interpreted, slowly: nothing is compiled for a shape there.
In the others keys are split finely, coarsely and not at all, and tiles hold two prefixes."""


def disagreement(
    config: ModelConfig,
    device: torch.device,
    dtype: torch.dtype,
    quantized: QuantizedFormat | None = None,
    trials: Sequence[TriedLanes] | None = None,
) -> str | None:
    """What is wrong with the kernels here; None if nothing is. `quantized`: of the cache."""
    if not can_fuse(config):
        return "they do not know heads of this shape"
    limit = _tolerance(dtype, quantized)

    def found() -> str | None:
        for trial in trials or (TRIED_LANES if device.type == "cuda" else TRIED_LANES[:1]):
            worst = worst_error(config, device, dtype, quantized, trial)
            if worst > limit:
                return f"{trial.width} lanes are wrong by {worst:.1e} on this device"
        strays = _stray_draws(config, device, dtype)
        return None if strays <= _STRAY_DRAWS else f"{strays:.0%} of their draws are others"

    return _tried(found)


def product_disagreement(
    config: ModelConfig, device: torch.device, dtype: torch.dtype, quantized: QuantizedFormat
) -> str | None:
    """What is wrong with products by quantized weights here; None if nothing is."""

    def found() -> str | None:
        worst = max(_worst_product(config, device, dtype, quantized, one) for one in _WIDTHS)
        return None if worst <= _tolerance(dtype) else f"it is wrong by {worst:.1e}"

    return _tried(found)


def skinny_disagreement(
    config: ModelConfig,
    device: torch.device,
    dtype: torch.dtype,
    quantized: QuantizedFormat | None = None,
) -> str | None:
    """What is wrong with the products of few lanes here; None if nothing is. `quantized`: of the
    cache."""

    def found() -> str | None:
        layers = (
            worst_layer_error(config, device, dtype, quantized, one) for one in _SKINNY_WIDTHS
        )
        worst = max(layers)
        return None if worst <= _tolerance(dtype, quantized) else f"they are wrong by {worst:.1e}"

    return _tried(found)


def _tried(found: Callable[[], str | None]) -> str | None:
    """What is found wrong, or how the trial failed: a compiler fails in ways of its own. Too little
    memory is for the caller, who can take fewer lanes."""
    try:
        with warnings.catch_warnings(action="ignore"):  # the compiler speaks to programmers
            return found()
    except torch.OutOfMemoryError:
        raise
    except Exception as problem:
        return f"{type(problem).__name__}: {problem}"


def _tolerance(dtype: torch.dtype, quantized: QuantizedFormat | None = None) -> float:
    return _TOLERANCE.get(dtype, 0.0) + (_QUANTIZED_STEP[quantized] if quantized else 0.0)


@torch.inference_mode()
def worst_layer_error(
    config: ModelConfig,
    device: torch.device,
    dtype: torch.dtype,
    quantized: QuantizedFormat | None,
    width: int,
) -> float:
    """Over what two steps of a whole layer of random weights add to each lane: twice, because what
    splits leave behind must be right too."""
    config, trial = _of_one_layer(config), replace(TRIED_LANES[0], width=width)
    cache, positions = filled_cache(config, device, dtype, quantized, trial)
    inputs = _Inputs(config, positions, dtype)
    matrices = [
        torch.randn(*shape, device=device, dtype=dtype) * shape[0] ** -0.5
        for shape in product_shapes(config)
    ]
    layer = layer_of(cache, inputs.weight, matrices)
    keys, values = cache.keys.clone(), cache.values.clone()
    added: list[list[Tensor]] = []
    for kind in (SharedWorkspace, SkinnyWorkspace):
        cache.keys.copy_(keys)
        cache.values.copy_(values)
        space = kind(config, cache, width)
        of_steps = []
        for step in range(2):
            space.aim(inputs.rotary, positions + step, cache.position_count)
            hidden = space.embed(inputs.columns, inputs.table)
            of_steps.append(-hidden.float())
            of_steps[-1] += layer.forward(hidden, space).float()
        added.append(of_steps)
    return max(lane_error(one, other) for one, other in zip(*added, strict=True))


@torch.inference_mode()
def _worst_product(
    config: ModelConfig,
    device: torch.device,
    dtype: torch.dtype,
    quantized: QuantizedFormat,
    width: int,
) -> float:
    """Over all shapes of a layer; twice, because what splits leave behind for the next product
    must be right too."""
    shapes = product_shapes(config)
    product = FusedProduct(width, shapes, device, processor_count(device))
    worst = 0.0
    for inputs, outputs in 2 * shapes:
        weight = torch.randn(outputs, inputs, device=device)
        matrix = QuantizedMatrix(*quantize(weight, quantized))
        rows = torch.randn(width, inputs, device=device).to(dtype)
        out = torch.randn(width, outputs, device=device).to(dtype)
        expected = out.float() + matrix.product(rows)
        product.multiply(rows, matrix, out, out)
        worst = max(worst, lane_error(expected, out))
    return worst


@torch.inference_mode()
def _stray_draws(config: ModelConfig, device: torch.device, dtype: torch.dtype) -> float:
    """The share of what lanes remember after a fused draw that is otherwise after a plain one;
    rounding may cost a few codes."""
    lanes = 5 if device.type == "cpu" else 64
    states = [LaneState(config, lanes, ClosingRule.FIRST_CODEBOOK, device) for _ in range(2)]
    shape = (lanes, config.codebook_count, config.rows_per_codebook)
    logits = (3 * torch.randn(shape, device=device)).to(dtype)
    for state in states:
        for lane in range(lanes):
            state.begin(lane, 0, lane + 1, 0, Sampling(top_k=20, top_p=0.9))
            state.column_index[lane] = config.codebook_count + lane
    states[0].draw(logits.float())
    FusedDraw(states[1]).draw(logits)
    pairs = zip(*(state.remembered() for state in states), strict=True)
    return max(float((one != other).float().mean()) for one, other in pairs)


@torch.inference_mode()
def worst_error(
    config: ModelConfig,
    device: torch.device,
    dtype: torch.dtype,
    quantized: QuantizedFormat | None,
    trial: TriedLanes,
) -> float:
    """Of any part of a layer in any lane; infinity where a kernel wrote what is not its own."""
    config = _of_one_layer(config)
    cache, positions = filled_cache(config, device, dtype, quantized, trial)
    spaces = [kind(config, cache, trial.width) for kind in (SharedWorkspace, FusedWorkspace)]
    inputs = _Inputs(config, positions, dtype)
    before = cache.keys.clone(), cache.values.clone()
    said: list[list[Tensor]] = []
    for space in spaces:
        cache.keys.copy_(before[0])
        cache.values.copy_(before[1])
        said.append([one.float().clone() for one in inputs.parts(space, cache, positions)])
    lane, place = torch.arange(trial.width, device=device), cache.own_places(positions)
    for rows, old in zip((cache.keys, cache.values), before, strict=True):
        rows[0, lane, :, place] = old[0, lane, :, place]
        if not torch.equal(rows.view(torch.uint8), old.view(torch.uint8)):
            return torch.inf
    return max(lane_error(one, other) for one, other in zip(*said, strict=True))


def _of_one_layer(config: ModelConfig) -> ModelConfig:
    return replace(config, layer_count=1, dual_ffn_layers=config.dual_ffn_layers and (0,))


def lane_error(expected: Tensor, said: Tensor) -> float:
    """Of the lane `[lanes, …]` that is furthest from what was expected of it, relative to that."""
    expected, said = expected.float().flatten(1), said.float().flatten(1)
    lengths = torch.linalg.vector_norm(expected, dim=1).clamp_min(1e-30)
    error = float((torch.linalg.vector_norm(expected - said, dim=1) / lengths).max())
    return torch.inf if error != error else error  # NaN is no number that is small enough


class _Inputs:
    """Random numbers for each part of a layer, the same for kernels and twins."""

    def __init__(self, config: ModelConfig, positions: Tensor, dtype: torch.dtype) -> None:
        width, device, heads = len(positions), positions.device, config.head_count
        heads += 2 * config.kv_head_count

        def numbers(*shape: int) -> Tensor:
            return torch.randn(*shape, device=device, dtype=dtype)

        self.projected = numbers(width, heads * config.head_dim)
        self.gate_up = numbers(width, 2 * config.intermediate_size)
        self.weight = numbers(config.hidden_size)
        codebooks, rows = config.codebook_count, config.rows_per_codebook
        self.columns = torch.randint(rows, (width, codebooks), device=device)
        offsets = rows * torch.arange(codebooks, device=device)
        # Small beside what a layer adds: rounding their sum is no error of the layer.
        table = numbers(config.audio_row_count, config.hidden_size) / (4 * codebooks)
        self.table = CodebookTable(table, offsets, config.average_codebooks)
        self.rotary = RotaryPositions(config).to(device)

    def parts(
        self, space: SharedWorkspace, cache: SharedPrefixCache, positions: Tensor
    ) -> Iterator[Tensor]:
        """What a step does between its products, part by part, each `[lanes, …]`."""
        layer = layer_of(cache, self.weight)
        space.projected.copy_(self.projected)
        space.gate_up.copy_(self.gate_up)
        space.aim(self.rotary, positions, cache.position_count)
        hidden = space.embed(self.columns, self.table)
        yield hidden
        yield space.normed(hidden, self.weight)
        space.rotate()
        space.write_keys(layer)
        lane, place = torch.arange(space.width, device=hidden.device), cache.own_places(positions)
        yield cache.dequantize(layer.keys[lane, :, place])
        yield cache.dequantize(layer.values[lane, :, place])
        yield space.attend(layer)
        yield space.open_gate()


def filled_cache(
    config: ModelConfig,
    device: torch.device,
    dtype: torch.dtype,
    quantized: QuantizedFormat | None,
    trial: TriedLanes = TRIED_LANES[0],
) -> tuple[SharedPrefixCache, Tensor]:
    """A cache of random numbers, and the positions of its lanes."""
    width, room = trial.width, trial.room
    cache = SharedPrefixCache(config, width, room, device, dtype, quantized=quantized)
    prefixes = [
        StaticCache(config, 1, length, device, dtype, quantized) if length else None
        for length in trial.prefix_lengths
    ]
    for filled in (cache, *(one for one in prefixes if one is not None)):
        for rows in (filled.keys, filled.values):
            numbers = torch.randn(*rows.shape[:-1], config.head_dim, device=device, dtype=dtype)
            rows.copy_(cache.quantize(numbers))
    for lane in range(width):
        cache.begin_with_prefix(lane, prefixes[lane % len(prefixes)])
    turns = [trial.own_lengths[lane % len(trial.own_lengths)] for lane in range(width)]
    return cache, cache.prefix_lengths + torch.tensor(turns, device=device)


def layer_of(
    cache: SharedPrefixCache, norm: Tensor, matrices: Sequence[Tensor] | None = None
) -> FusedLayer:
    """The first slot of the cache; without `matrices`, for parts that multiply nothing."""
    keys, values = cache.keys[0], cache.values[0]
    qkv, out, gate_up, down = matrices or [norm] * 4
    return FusedLayer(
        attention_norm=norm,
        qkv=qkv,
        out=out,
        feed_forward_norm=norm,
        gate_up=gate_up,
        down=down,
        keys=keys,
        values=values,
        key_rows=keys.view(-1, keys.shape[-1]),
        value_rows=values.view(-1, values.shape[-1]),
        slot=0,
    )
