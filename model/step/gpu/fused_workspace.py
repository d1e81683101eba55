"""A workspace whose parts of a layer are fused kernels; its plain twin is `SharedWorkspace`.

Nothing here depends on the host's view of the lanes: who shares which prefix, and how much a lane
has written, is read from tables on the device. So a step can be recorded and replayed while lanes
come and go, and `key_count` is not asked.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import triton
from torch import Tensor

from model.cache.prefix_tiles import TILE_COLUMNS
from model.cache.shared_prefix import SharedPrefixCache
from model.config.config import ModelConfig
from model.hardware.quantized_rows import ROW_END_BYTES, QuantizedFormat
from model.network.layers import RotaryPositions
from model.placement.quantized_weights import QuantizedMatrix
from model.step.audio_layer import FusedLayer
from model.step.audio_weights import CodebookTable, FusedMap
from model.step.gpu.attention_kernels import attention_kernel
from model.step.gpu.fused_product import FusedProduct, processor_count, product_shapes
from model.step.gpu.layer_kernels import begin_kernel, gate_kernel, norm_kernel, rotary_kernel
from model.step.shared_attention import SharedWorkspace

_KEY_BLOCK = 64
_KEY_STAGES = 2
"""Blocks of keys that a program holds: one is on its way while the other is attended to."""
_MOST_REGISTERS, _QUANTIZED_MOST_REGISTERS = 168, 255
"""Of a thread, so that three programs fit on a processor; casting takes more of them than would
leave room for three, and two have enough bytes on their way."""
_SPLITS_AT_ONCE = 8
_OWN_ROWS = 16
"""Query rows of one lane in a program: the least a matrix unit takes, more than any group has."""
_GATE_BLOCK = 1024
_EMBEDDED_BLOCK = 1024
_ROTARY_LANES = 4
"""Of one head in a program of one warp: each thread has 16 bytes to read."""
_PROGRAMS_PER_PROCESSOR = 4
"""Of a GPU: a step of few lanes splits its keys finer to keep all processors busy."""
_MOST_SPLITS = 16
_LONGEST_SPLIT = 512
_SHORTEST_SPLIT = 256
"""Keys of a step whose lanes keep all processors busy: a split costs a join, and a long lane that
is not split is waited for."""
_SPARE_TILES = 3
"""Programs for tiles beyond those of one voice; with more tiles than programs, a program takes one
after another."""


class FusedWorkspace(SharedWorkspace):
    """Buffers and launches of one width."""

    def __init__(
        self,
        config: ModelConfig,
        cache: SharedPrefixCache,
        width: int,
        fuses_products: bool = False,
    ) -> None:
        """`fuses_products`: products with quantized weights, where there are any."""
        dtype, device = cache.dtype, cache.keys.device
        heads, head_dim = config.head_count, config.head_dim
        self._config = config
        self._group = heads // config.kv_head_count
        self._own_splits = _splits(width * config.kv_head_count, device)
        self._least_blocks = 1
        if self._own_splits == 1:
            longest = triton.cdiv(cache.position_count, _LONGEST_SPLIT)
            self._own_splits = min(_MOST_SPLITS, longest)
            self._least_blocks = _SHORTEST_SPLIT // _KEY_BLOCK
        tiles = min(width, triton.cdiv(width, cache.tiles.tile_lanes) + _SPARE_TILES)
        self._tile_programs = tiles
        self._tile_rows = max(
            _OWN_ROWS, triton.next_power_of_2(cache.tiles.tile_lanes * self._group)
        )
        self._tile_splits = _splits(tiles * config.kv_head_count, device)
        splits = self._own_splits + self._tile_splits
        self._mixed = torch.empty(width, heads, splits, head_dim, device=device)
        self._weights = torch.empty(width, heads, splits, device=device)
        self._arrivals = torch.zeros(width, heads, dtype=torch.int32, device=device)
        self._rotated = torch.empty(width, heads, head_dim, dtype=dtype, device=device)
        self._attended = torch.empty(width, heads * head_dim, dtype=dtype, device=device)
        self._normed = torch.empty(width, config.hidden_size, dtype=dtype, device=device)
        self._hidden = torch.empty_like(self._normed)
        self._cosine_rows = torch.empty(width, head_dim // 2, device=device)
        self._sine_rows = torch.empty_like(self._cosine_rows)
        self._product: FusedProduct | None = None
        if fuses_products:
            shapes, processors = product_shapes(config), processor_count(device)
            self._product = FusedProduct(width, shapes, device, processors)
        super().__init__(config, cache, width)

    def aim(self, rotary: RotaryPositions, positions: Tensor, key_count: int) -> None:
        """Their angles are left to `embed`."""
        self._positions, self._frequencies = positions, rotary.inverse_frequencies

    def embed(self, columns: Tensor, table: CodebookTable) -> Tensor:
        codebooks, size = columns.shape[1], table.rows.shape[1]
        block = min(_EMBEDDED_BLOCK, triton.next_power_of_2(size))
        begin_kernel[(self.width, triton.cdiv(size, block))](
            columns,
            self._positions,
            table.offsets,
            table.rows,
            self._frequencies,
            self._hidden,
            self._cosine_rows,
            self._sine_rows,
            1 / codebooks if table.averages else 1.0,
            codebooks=codebooks,
            size=size,
            half=self._config.head_dim // 2,
            block=block,
        )
        return self._hidden

    def aim_at(self, positions: Tensor, key_count: int) -> None:
        """Kernels find their places themselves."""

    def normed(self, hidden: Tensor, weight: Tensor) -> Tensor:
        size = hidden.shape[1]
        norm_kernel[(self.width,)](
            hidden,
            weight,
            self._normed,
            self._config.rms_norm_eps,
            size=size,
            block=triton.next_power_of_2(size),
        )
        return self._normed

    def multiply(self, rows: Tensor, weights: FusedMap, out: Tensor) -> None:
        if self._product is None or not isinstance(weights, QuantizedMatrix):
            super().multiply(rows, weights, out)
        else:
            self._product.multiply(rows, weights, out)

    def add_product(self, hidden: Tensor, rows: Tensor, weights: FusedMap) -> Tensor:
        if self._product is None or not isinstance(weights, QuantizedMatrix):
            return super().add_product(hidden, rows, weights)
        self._product.multiply(rows, weights, hidden, hidden)
        return hidden

    def rotate(self) -> None:
        """Left to `write_keys`, which rotates and writes at once."""

    def write_keys(self, layer: FusedLayer) -> None:
        heads = self._config.head_count + 2 * self._config.kv_head_count
        rotary_kernel[(triton.cdiv(self.width, _ROTARY_LANES), heads)](
            self.projected,
            *self._places(layer),
            self.width,
            **self._head_constants(layer),
            lane_block=_ROTARY_LANES,
            num_warps=1,
        )

    def _places(self, layer: FusedLayer) -> tuple[Tensor | int, ...]:
        """Where `place_head` finds the angles, and puts queries, keys and values."""
        keys, values = (_rows(one, self._cache.quantized) for one in (layer.keys, layer.values))
        return (
            self._cosine_rows,
            self._sine_rows,
            self._rotated,
            keys.numbers,
            values.numbers,
            keys.scales,
            values.scales,
            self._positions,
            self._cache.prefix_lengths,
            keys.rows_apart(1),
            keys.rows_apart(0),
        )

    def _head_constants(self, layer: FusedLayer) -> dict[str, int | float]:
        config, quantized = self._config, self._cache.quantized
        return {
            "query_heads": config.head_count,
            "kv_heads": config.kv_head_count,
            "half": config.head_dim // 2,
            "row_size": _rows(layer.keys, quantized).size,
            "largest": 0.0 if quantized is None else quantized.largest,
        }

    def attend(self, layer: FusedLayer) -> Tensor:
        config, cache, quantized = self._config, self._cache, self._cache.quantized
        own_keys, own_values = _rows(layer.keys, quantized), _rows(layer.values, quantized)
        pool_keys = _rows(cache.pool_keys[layer.slot], quantized)
        pool_values = _rows(cache.pool_values[layer.slot], quantized)
        programs = self._tile_programs * self._tile_splits + self.width * self._own_splits
        attention_kernel[(config.kv_head_count, programs)](
            self._rotated,
            own_keys.numbers,
            own_values.numbers,
            own_keys.scales,
            own_values.scales,
            pool_keys.numbers,
            pool_values.numbers,
            pool_keys.scales,
            pool_values.scales,
            self._mixed,
            self._weights,
            self._arrivals,
            self._attended,
            self._positions,
            cache.prefix_lengths,
            cache.tiles.queries,
            cache.tiles.tiles,
            self._scale,
            own_keys.rows_apart(1),
            own_keys.rows_apart(0),
            pool_keys.rows_apart(0),
            self.width,
            cache.lane_count,
            own_splits=self._own_splits,
            least_blocks=self._least_blocks,
            tile_programs=self._tile_programs,
            tile_splits=self._tile_splits,
            all_splits=self._own_splits + self._tile_splits,
            kv_heads=config.kv_head_count,
            group=self._group,
            head_dim=config.head_dim,
            row_size=own_keys.size,
            is_quantized=quantized is not None,
            own_rows=_OWN_ROWS,
            tile_rows=self._tile_rows,
            tile_columns=TILE_COLUMNS,
            block=_KEY_BLOCK,
            splits_at_once=_SPLITS_AT_ONCE,
            num_stages=_KEY_STAGES,
            maxnreg=_MOST_REGISTERS if quantized is None else _QUANTIZED_MOST_REGISTERS,
        )
        return self._attended

    def open_gate(self) -> Tensor:
        inner = self.gated.shape[1]
        block = min(_GATE_BLOCK, triton.next_power_of_2(inner))
        gate_kernel[(self.width, triton.cdiv(inner, block))](
            self.gate_up, self.gated, inner, block=block
        )
        return self.gated


@dataclass(frozen=True, eq=False)
class _CacheRows:
    """Rows of a cache as kernels see them."""

    numbers: Tensor
    scales: Tensor
    """The same memory as float32, from the first row's scale on; `numbers` where there are none."""
    size: int

    def rows_apart(self, axis: int) -> int:
        """From one place of an axis to the next."""
        return self.numbers.stride(axis) // self.size


def _rows(stored: Tensor, quantized: QuantizedFormat | None) -> _CacheRows:
    size = stored.shape[-1]
    if quantized is None:
        return _CacheRows(stored, stored, size)
    scales = stored[..., -ROW_END_BYTES:].view(torch.float32)
    return _CacheRows(stored[..., :-ROW_END_BYTES].view(quantized.value), scales, size)


def can_fuse(config: ModelConfig) -> bool:
    """Heads of a power of two, for matrix units; groups that fit into one program."""
    group = config.head_count // config.kv_head_count
    head_dim = config.head_dim
    return head_dim >= 16 and head_dim & (head_dim - 1) == 0 and group <= _OWN_ROWS


def _splits(programs: int, device: torch.device) -> int:
    """How finely keys are split, a power of two."""
    wanted = _PROGRAMS_PER_PROCESSOR * processor_count(device) // programs
    return 1 << (max(1, min(_MOST_SPLITS, wanted)).bit_length() - 1)
