"""Keys and values of the positions in context, and which of them each position may attend to.

A cache answers two calls. `open` is made once per forward pass: it registers the new positions and
says where new and old stand in order. `extend` is made once per attention: it stores the new keys
and values of one slot and returns all of that slot. Slots are numbered by the model: one per layer,
and one more for each layer that has audio self-attention.

Order is not the rotary position: padding takes a place in order but is never looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

from model.cache.lane_blocks import LaneBlocks


@dataclass(frozen=True)
class KeyTable:
    """Where the new positions (queries) and all keys stand after `open`."""

    query_order: Tensor
    """`[lanes or 1, positions]`: the place of each new position among the keys."""
    key_order: Tensor
    """`[lanes or 1, keys]`: a key is visible to queries of the same or a later place."""
    key_is_real: Tensor | None
    """`[lanes, keys]`, False for padding; None when no key is padding."""
    key_is_audio: Tensor | None
    """`[lanes, keys]`; None when the model never tells audio keys apart."""
    plainly_causal: bool
    """The new positions are all there is, and none is padding: no mask is needed."""
    sees_everything: bool = False
    """One new position per lane that comes after every key, none of them padding."""
    blocks: LaneBlocks | None = None
    """Lanes that lie end to end in one row: who looks at whom follows from their counts alone."""


class KeyValueCache(Protocol):
    """What the model asks of a cache."""

    def open(self, positions: Tensor, is_real: Tensor | None, is_audio: Tensor | None) -> KeyTable:
        """Register new positions `[lanes, positions]`; flags are of the same shape, or None."""
        ...

    def extend(self, slot: int, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Store `[lanes, kv heads, positions, head dim]`; return all that the slot holds."""
        ...


@dataclass(frozen=True)
class Visibility:
    """Masks `[lanes or 1, 1, positions, keys]` for the kinds of attention a model has.

    Every position may look at itself, even where its own kind is shut out: its result is thrown
    away, and a row without a single key would turn into NaN.
    """

    every: Tensor | LaneBlocks | None
    is_causal: bool
    text_only: Tensor | None = None
    audio_only: Tensor | None = None

    @staticmethod
    def of(table: KeyTable) -> Visibility:
        if table.blocks is not None:
            return Visibility(every=table.blocks, is_causal=False)
        if table.key_is_audio is None and table.plainly_causal:
            return Visibility(every=None, is_causal=True)
        if table.key_is_audio is None and table.sees_everything:
            return Visibility(every=None, is_causal=False)
        queries, keys = table.query_order[:, None, :, None], table.key_order[:, None, None, :]
        itself, every = queries == keys, keys <= queries
        if table.key_is_real is not None:
            every = every & table.key_is_real[:, None, None, :] | itself
        if table.key_is_audio is None:
            return Visibility(every=every, is_causal=False)
        audio = table.key_is_audio[:, None, None, :]
        return Visibility(every, False, every & ~audio | itself, every & audio | itself)


def fresh_keys(positions: Tensor, is_real: Tensor | None, is_audio: Tensor | None) -> KeyTable:
    """The table of a pass without a cache: the new positions see one another."""
    order = torch.arange(positions.shape[1], device=positions.device)[None]
    return KeyTable(order, order, is_real, is_audio, plainly_causal=is_real is None)


class DynamicCache:
    """The plain twin: every slot grows by concatenation, and nothing is ever overwritten."""

    def __init__(self) -> None:
        self.length = 0
        self._slots: dict[int, tuple[Tensor, Tensor]] = {}
        self._is_real: Tensor | None = None
        self._is_audio: Tensor | None = None
        self._has_padding = False

    def open(self, positions: Tensor, is_real: Tensor | None, is_audio: Tensor | None) -> KeyTable:
        past, self.length = self.length, self.length + positions.shape[1]
        self._has_padding = self._has_padding or is_real is not None
        if self._has_padding:
            self._is_real = _append_flags(self._is_real, is_real, positions, past, filler=True)
        if is_audio is not None:
            self._is_audio = _append_flags(self._is_audio, is_audio, positions, past, filler=False)
        order = torch.arange(self.length, device=positions.device)[None]
        return KeyTable(
            query_order=order[:, past:],
            key_order=order,
            key_is_real=self._is_real,
            key_is_audio=self._is_audio,
            plainly_causal=past == 0 and not self._has_padding,
            sees_everything=positions.shape[1] == 1 and not self._has_padding,
        )

    def extend(self, slot: int, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        past = self.length - keys.shape[2]
        if past:
            old_keys, old_values = self._slots.get(slot, (keys[:, :, :0], values[:, :, :0]))
            # Audio passes some layers by. Their slots catch up with keys nobody may look at.
            absent = (0, 0, 0, past - old_keys.shape[2])
            keys = torch.cat((functional.pad(old_keys, absent), keys), dim=2)
            values = torch.cat((functional.pad(old_values, absent), values), dim=2)
        self._slots[slot] = (keys, values)
        return keys, values


def _append_flags(
    old: Tensor | None, new: Tensor | None, positions: Tensor, past: int, filler: bool
) -> Tensor:
    lanes = positions.shape[0]
    if old is None:
        old = torch.full((lanes, past), filler, device=positions.device)
    if new is None:
        new = torch.full(positions.shape, filler, device=positions.device)
    return torch.cat((old, new), dim=1)
