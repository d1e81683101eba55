"""Keys and values of all lanes, allocated once and written by position.

`[slots, lanes, kv heads, positions, head dim]`. The rotary position of a token is its place in its
lane, so a lane is truncated by forgetting a number: whatever lies beyond a lane's length is never
attended to, and is overwritten later. It must be finite, though, because attention masks it and
does not skip it: the cache is born as zeros, and a lane that held NaN is wiped.

A quantized cache keeps the numbers of a row in one byte each, with the row's scale behind them (see
`quantized_rows.py`). Whoever copies rows need not know; who writes or reads numbers calls
`quantize` and `dequantize`.
"""

from __future__ import annotations

from math import prod
from mmap import mmap

import torch
from torch import Tensor

from model.cache.protocol import KeyTable
from model.config.config import ModelConfig
from model.hardware.quantized_rows import (
    ROW_END_BYTES,
    QuantizedFormat,
    dequantize_rows,
    quantize_rows,
)


class StaticCache:
    """The storage. `lane` and `step` hand out views of it that the model can extend."""

    def __init__(
        self,
        config: ModelConfig,
        lane_count: int,
        position_count: int,
        device: torch.device | str,
        dtype: torch.dtype,
        quantized: QuantizedFormat | None = None,
    ) -> None:
        self.lane_count = lane_count
        self.position_count = position_count
        self.dtype, self.quantized = dtype, quantized
        """The format that is written and read, and the one that is stored where it is another."""
        self.memory_version = 0
        """Changes when memory has moved: a recorded step must look again."""
        shape = (config.kv_slot_count, lane_count, config.kv_head_count, position_count)
        row = config.head_dim + (ROW_END_BYTES if quantized else 0)
        of_row = torch.uint8 if quantized else dtype
        self.keys = _zeros((*shape, row), of_row, torch.device(device))
        self.values = _zeros((*shape, row), of_row, torch.device(device))
        self.is_audio: Tensor | None = None
        if config.tells_audio_keys_apart:
            flags = (lane_count, position_count)
            self.is_audio = torch.zeros(flags, dtype=torch.bool, device=device)

    def quantize(self, rows: Tensor) -> Tensor:
        """`[..., head dim]` as rows of the cache."""
        return rows if self.quantized is None else quantize_rows(rows, self.quantized)

    def dequantize(self, rows: Tensor) -> Tensor:
        """Rows of the cache as numbers `[..., head dim]`."""
        return rows if self.quantized is None else dequantize_rows(rows, self.quantized, self.dtype)

    def lane(self, lane: int, length: int) -> LaneCache:
        """One lane whose first `length` positions are its context; new ones follow them."""
        return LaneCache(self, lane, length)

    def step(self, width: int, key_count: int) -> StepCache:
        """The first `width` lanes, one new position each; `key_count` keys are looked through."""
        return StepCache(self, width, key_count)

    def begin_with_prefix(self, lane: int, prefix: StaticCache | None) -> None:
        """Begin a lane anew with a prefix, prefilled in a cache of its own, or with none."""
        if prefix is None:
            return
        length = prefix.position_count
        self.keys[:, lane, :, :length] = prefix.keys[:, 0]
        self.values[:, lane, :, :length] = prefix.values[:, 0]
        if self.is_audio is not None and prefix.is_audio is not None:
            self.is_audio[lane, :length] = prefix.is_audio[0]

    def take_over(
        self, lane: int, prefix: StaticCache | None, keys: Tensor, values: Tensor
    ) -> None:
        """Begin a lane anew with what was prefilled elsewhere: a prefix, and `[slots, kv heads,
        positions, head dim]` that follow it."""
        self.begin_with_prefix(lane, prefix)
        is_copied = prefix is not None and self.shared_prefix(lane) is None
        start = prefix.position_count if is_copied and prefix is not None else 0
        end = start + keys.shape[2]
        self.keys[:, lane, :, start:end] = keys
        self.values[:, lane, :, start:end] = values

    def move(self, source: int, target: int, length: int) -> None:
        """Copy all that a lane holds, `length` positions, into another one."""
        self.keys[:, target, :, :length] = self.keys[:, source, :, :length]
        self.values[:, target, :, :length] = self.values[:, source, :, :length]
        if self.is_audio is not None:
            self.is_audio[target, :length] = self.is_audio[source, :length]

    def shared_prefix(self, lane: int) -> StaticCache | None:
        """The prefix a lane attends to without holding a copy of it; None if there is none."""
        return None

    def mark_audio(self, positions: Tensor) -> None:
        """Note that the new positions `[lanes]` of the first lanes are audio, if that matters."""
        if self.is_audio is not None:
            self.is_audio[: len(positions)].scatter_(1, positions[:, None], True)

    def wipe(self, lane: int) -> None:
        """Forget a lane whose contents are not finite."""
        self.keys[:, lane] = 0
        self.values[:, lane] = 0


class LaneCache:
    """A cache of one lane, for prefill: many new positions, and exactly the keys there are."""

    def __init__(self, storage: StaticCache, lane: int, length: int, before: int = 0) -> None:
        self.length = length
        self._storage = storage
        self._lane = lane
        self._before = before
        """Positions of its prefix, which the lane attends to and does not hold."""

    def open(self, positions: Tensor, is_real: Tensor | None, is_audio: Tensor | None) -> KeyTable:
        past, self.length = self.length, self.length + positions.shape[1]
        flags = self._storage.is_audio
        if flags is not None and is_audio is not None:
            flags[self._lane, past : self.length] = is_audio[0]
        order = torch.arange(self.length, device=positions.device)[None]
        return KeyTable(
            query_order=order[:, past:],
            key_order=order,
            key_is_real=None,
            key_is_audio=None if flags is None else flags[self._lane, None, : self.length],
            plainly_causal=past == 0,
        )

    def extend(self, slot: int, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        held, storage = self.length - self._before, self._storage
        own_keys = storage.keys[slot, self._lane, :, :held]
        own_values = storage.values[slot, self._lane, :, :held]
        own_keys[:, -keys.shape[2] :] = storage.quantize(keys[0])
        own_values[:, -keys.shape[2] :] = storage.quantize(values[0])
        return storage.dequantize(own_keys)[None], storage.dequantize(own_values)[None]


class StepCache:
    """A cache of several lanes, for one audio step: each lane has its own length."""

    def __init__(self, storage: StaticCache, width: int, key_count: int) -> None:
        self._storage = storage
        self._lanes = torch.arange(width, device=storage.keys.device)
        self._key_count = key_count
        self._places = self._lanes

    def open(self, positions: Tensor, is_real: Tensor | None, is_audio: Tensor | None) -> KeyTable:
        self._places = positions[:, 0]
        self._storage.mark_audio(self._places)
        flags = self._storage.is_audio
        return KeyTable(
            query_order=positions,
            key_order=torch.arange(self._key_count, device=positions.device)[None],
            key_is_real=None,
            key_is_audio=None if flags is None else flags[: len(self._lanes), : self._key_count],
            plainly_causal=False,
        )

    def extend(self, slot: int, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        width, count, storage = len(self._lanes), self._key_count, self._storage
        all_keys, all_values = storage.keys[slot, :width], storage.values[slot, :width]
        all_keys[self._lanes, :, self._places] = storage.quantize(keys[:, :, 0])
        all_values[self._lanes, :, self._places] = storage.quantize(values[:, :, 0])
        seen_keys, seen_values = all_keys[:, :, :count], all_values[:, :, :count]
        return storage.dequantize(seen_keys), storage.dequantize(seen_values)


def _zeros(shape: tuple[int, ...], dtype: torch.dtype, device: torch.device) -> Tensor:
    """On a CPU the system gives each page, as zeros, when it is first touched: positions that no
    lane comes to cost neither memory nor time."""
    size = prod(shape) * dtype.itemsize
    if device.type != "cpu" or not size:
        return torch.zeros(shape, dtype=dtype, device=device)
    return torch.frombuffer(mmap(-1, size), dtype=dtype).view(shape)
