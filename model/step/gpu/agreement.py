"""Check that the fused kernels agree with their plain twins on this device and these shapes.

A kernel is compiled on the machine that runs it. Before an engine relies on it, one layer of random
numbers goes through both, lanes with and without a prefix, short and long ones.
"""

from __future__ import annotations

import warnings

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
from model.step.gpu.fused_draw import FusedDraw
from model.step.gpu.fused_product import FusedProduct, processor_count, product_shapes
from model.step.gpu.fused_workspace import FusedWorkspace, can_fuse
from model.step.shared_attention import SharedWorkspace

_PREFIX_POSITIONS = 70
_OWN_POSITIONS = (0, 5, 63, 64, 90)
"""Around the blocks in which kernels read keys. Every second lane has the prefix."""
_TOLERANCE = {torch.float32: 1e-4, torch.float16: 1e-2, torch.bfloat16: 5e-2}
_QUANTIZED_STEP = {QuantizedFormat.INT8: 1 / 127, QuantizedFormat.FP8: 32 / 448}
"""The widest step from one number of a row to the next: a rounding before it may cost a whole one.
"""
_STRAY_DRAWS = 0.05
_WIDTHS = (1, 17, 64, 130)
"""One for each tile that a product may have, and one that takes two of them."""


def disagreement(
    config: ModelConfig,
    device: torch.device,
    dtype: torch.dtype,
    quantized: QuantizedFormat | None = None,
) -> str | None:
    """What is wrong with the kernels here; None if nothing is. `quantized`: of the cache."""
    if not can_fuse(config):
        return "they do not know heads of this shape"
    try:
        with warnings.catch_warnings(action="ignore"):  # the compiler speaks to programmers
            worst = _worst_difference(config, device, dtype, quantized)
            strays = _stray_draws(config, device)
    except Exception as problem:  # a compiler fails in ways of its own
        return f"{type(problem).__name__}: {problem}"
    limit = _TOLERANCE.get(dtype, 0.0) + (_QUANTIZED_STEP[quantized] if quantized else 0.0)
    if worst > limit:
        return f"they are wrong by {worst:.1e} on this device"
    return None if strays <= _STRAY_DRAWS else f"{strays:.0%} of their draws are others"


def product_disagreement(
    config: ModelConfig, device: torch.device, dtype: torch.dtype, quantized: QuantizedFormat
) -> str | None:
    """What is wrong with products by quantized weights here; None if nothing is."""
    try:
        with warnings.catch_warnings(action="ignore"):
            worst = max(_worst_product(config, device, dtype, quantized, one) for one in _WIDTHS)
    except Exception as problem:
        return f"{type(problem).__name__}: {problem}"
    return None if worst <= _TOLERANCE.get(dtype, 0.0) else f"it is wrong by {worst:.1e}"


@torch.inference_mode()
def _worst_product(
    config: ModelConfig,
    device: torch.device,
    dtype: torch.dtype,
    quantized: QuantizedFormat,
    width: int,
) -> float:
    """Relative to the largest number of each product, over all shapes of a layer; twice, because
    what splits leave behind for the next product must be right too."""
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
        difference = (out.float() - expected).abs().max() / expected.abs().max()
        worst = max(worst, _as_number(difference))
    return worst


@torch.inference_mode()
def _stray_draws(config: ModelConfig, device: torch.device) -> float:
    """The share of codes that the fused draw chooses otherwise; rounding may cost a few."""
    state = LaneState(config, len(_OWN_POSITIONS), ClosingRule.FIRST_CODEBOOK, device)
    for lane in range(len(_OWN_POSITIONS)):
        state.begin(lane, 0, lane + 1, 0, Sampling(top_k=20, top_p=0.9))
        state.column_index[lane] = config.codebook_count + lane
    shape = (len(_OWN_POSITIONS), config.codebook_count, config.rows_per_codebook)
    logits = 3 * torch.randn(shape, device=device)
    return float((FusedDraw(state)(logits) != state.choose_codes(logits)).float().mean())


@torch.inference_mode()
def _worst_difference(
    config: ModelConfig, device: torch.device, dtype: torch.dtype, quantized: QuantizedFormat | None
) -> float:
    """Relative to the largest number of each result."""
    cache, positions = _filled_cache(config, device, dtype, quantized)
    width = len(positions)
    spaces = (SharedWorkspace(config, cache, width), FusedWorkspace(config, cache, width))
    projected, gate_up = torch.randn_like(spaces[0].projected), torch.randn_like(spaces[0].gate_up)
    hidden = torch.randn(width, config.hidden_size, device=device, dtype=dtype)
    layer = _layer(cache, hidden[0])
    keys, values = cache.keys.clone(), cache.values.clone()
    rotary = RotaryPositions(config).to(device)
    results: list[list[Tensor]] = []
    for space in spaces:
        cache.keys.copy_(keys)
        cache.values.copy_(values)
        space.projected.copy_(projected)
        space.gate_up.copy_(gate_up)
        space.aim(rotary, positions, cache.position_count)
        space.rotate()
        space.write_keys(layer)
        attended = space.attend(layer)
        written = [cache.dequantize(cache.keys), cache.dequantize(cache.values)]
        said = [space.normed(hidden, hidden[0]), attended, space.open_gate(), *written]
        results.append([one.float().clone() for one in said])
    pairs = zip(*results, strict=True)
    return max(_as_number((one - other).abs().max() / one.abs().max()) for one, other in pairs)


def _as_number(difference: Tensor) -> float:
    """NaN is no number that is small enough."""
    number = float(difference)
    return torch.inf if number != number else number


def _filled_cache(
    config: ModelConfig, device: torch.device, dtype: torch.dtype, quantized: QuantizedFormat | None
) -> tuple[SharedPrefixCache, Tensor]:
    room, shared = max(_OWN_POSITIONS) + 2, _PREFIX_POSITIONS
    cache = SharedPrefixCache(config, len(_OWN_POSITIONS), room, device, dtype, shared, quantized)
    prefix = StaticCache(config, 1, shared, device, dtype, quantized)
    for rows in (cache.keys, cache.values, prefix.keys, prefix.values):
        numbers = torch.randn(*rows.shape[:-1], config.head_dim, device=device, dtype=dtype)
        rows.copy_(cache.quantize(numbers))
    for lane in range(0, len(_OWN_POSITIONS), 2):
        cache.begin_with_prefix(lane, prefix)
    return cache, cache.prefix_lengths + torch.tensor(_OWN_POSITIONS, device=device)


def _layer(cache: SharedPrefixCache, unused: Tensor) -> FusedLayer:
    """The first slot of the cache; its weights are not asked for."""
    keys, values = cache.keys[0], cache.values[0]
    return FusedLayer(
        attention_norm=unused,
        qkv=unused,
        out=unused,
        feed_forward_norm=unused,
        gate_up=unused,
        down=unused,
        keys=keys,
        values=values,
        key_rows=keys.view(-1, keys.shape[-1]),
        value_rows=values.view(-1, values.shape[-1]),
        slot=0,
    )
