"""Prefill the prompts of many lanes in one pass: end to end in one row, without padding.

The prefill of one short prompt reads all weights for a few positions; together they are read once.
Each lane attends to its own keys alone, the prefix it shares with others among them. Products of
another shape round differently, so the bits of a lane depend on its company: exact mode prefills
lane by lane instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

import torch
from torch import Tensor

from model.cache.lane_blocks import LaneBlocks
from model.cache.protocol import KeyTable
from model.cache.static import StaticCache
from model.checkpoint.language_model import LanguageModel
from model.config.config import ModelConfig
from model.hardware.device import sent
from model.network.dual_ffn import Routing
from model.prefill.one_lane import LanePrompt
from model.runs.prompt import joined

PACK_POSITIONS = 4096
"""New positions of one pass at most: enough to keep a device busy, and few enough for what a memory
plan leaves beside the lanes."""


def can_pack_prompts(config: ModelConfig) -> bool:
    """Layers that attend to text keys alone, or to audio keys alone, need masks."""
    return not config.tells_audio_keys_apart


def packs(
    lane_prompts: Sequence[LanePrompt], most_positions: int = PACK_POSITIONS
) -> Iterator[list[LanePrompt]]:
    """Split into passes, in order; a prompt longer than a pass gets one of its own."""
    pack: list[LanePrompt] = []
    taken = 0
    for lane_prompt in lane_prompts:
        if pack and taken + lane_prompt.count > most_positions:
            yield pack
            pack, taken = [], 0
        pack.append(lane_prompt)
        taken += lane_prompt.count
    if pack:
        yield pack


@torch.inference_mode()
def prefill_pack(
    language_model: LanguageModel, cache: StaticCache, pack: Sequence[LanePrompt]
) -> None:
    """Write checked prompts into their lanes, one pass for all. No lane comes twice."""
    network, device = language_model.network, language_model.device
    prompt = joined([lane_prompt.prompt for lane_prompt in pack])
    ids = torch.tensor([prompt.ids], dtype=torch.int64)
    codes = None if prompt.codes is None else sent(prompt.codes.to(torch.int64), device)
    positions = torch.cat([torch.arange(one.length, one.end) for one in pack])[None]
    network(
        network.embed(sent(ids, device), codes),
        Routing.of(network.audio_mask(ids), device),
        sent(positions, device),
        PackedLanes(cache, pack),
    )


class PackedLanes:
    """A cache of several lanes for one pass, in which their new positions lie end to end."""

    def __init__(self, storage: StaticCache, pack: Sequence[LanePrompt]) -> None:
        self._storage = storage
        device = storage.keys.device
        prefixes = [storage.shared_prefix(one.lane) for one in pack]
        shared = [0 if prefix is None else prefix.position_count for prefix in prefixes]
        ends = [one.end for one in pack]
        self._blocks = LaneBlocks.of([one.count for one in pack], ends, device)
        lanes = [one.lane for one in pack]
        self._new = _Places.of(lanes, [one.length for one in pack], ends, shared, device)
        self._own = _Places.of(lanes, shared, ends, shared, device)
        self._shared: list[tuple[StaticCache, Tensor]] = []
        if any(shared):
            starts = [0, *accumulate(ends)]
            owned = zip(starts, shared, ends, strict=False)
            rows = torch.cat([torch.arange(s + p, s + e) for s, p, e in owned])
            self._own_rows = sent(rows, device)
            self._shared = _rows_of_prefixes(prefixes, starts, device)

    def open(self, positions: Tensor, is_real: Tensor | None, is_audio: Tensor | None) -> KeyTable:
        return KeyTable(positions, positions, None, None, False, blocks=self._blocks)

    def extend(self, slot: int, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Store the new positions `[1, kv heads, positions, head dim]`; return those of all lanes,
        each lane from its beginning, in the same shape."""
        storage = self._storage
        all_keys = self._all_rows(
            storage.keys[slot],
            keys,
            [(prefix.keys[slot, 0], rows) for prefix, rows in self._shared],
        )
        all_values = self._all_rows(
            storage.values[slot],
            values,
            [(prefix.values[slot, 0], rows) for prefix, rows in self._shared],
        )
        return all_keys, all_values

    def _all_rows(
        self, lanes: Tensor, new: Tensor, shared: Sequence[tuple[Tensor, Tensor]]
    ) -> Tensor:
        by_place = lanes.transpose(1, 2)  # [lanes, places, kv heads, row of the cache]
        written = self._storage.quantize(new[0].transpose(0, 1))
        by_place[self._new.lanes, self._new.places] = written
        found = own = by_place[self._own.lanes, self._own.places]
        if shared:
            found = own.new_empty(sum(self._blocks.key_counts), *own.shape[1:])
            found[self._own_rows] = own
        for prefix, rows in shared:
            found[rows] = prefix.transpose(0, 1)  # once for each lane that attends to it
        return self._storage.dequantize(found).transpose(0, 1)[None]


@dataclass(frozen=True, eq=False)
class _Places:
    """Where positions lie in the storage, one pair of numbers each."""

    lanes: Tensor
    places: Tensor

    @staticmethod
    def of(
        lanes: Sequence[int],
        firsts: Sequence[int],
        ends: Sequence[int],
        shared: Sequence[int],
        device: torch.device,
    ) -> _Places:
        """Positions `firsts` to `ends` of each lane, which owns none of the `shared` ones."""
        counts = [end - first for first, end in zip(firsts, ends, strict=True)]
        which = torch.tensor(lanes).repeat_interleave(torch.tensor(counts))
        spans = zip(firsts, ends, shared, strict=True)
        places = torch.cat([torch.arange(f - less, e - less) for f, e, less in spans])
        return _Places(sent(which, device), sent(places, device))


def _rows_of_prefixes(
    prefixes: Sequence[StaticCache | None], starts: Sequence[int], device: torch.device
) -> list[tuple[StaticCache, Tensor]]:
    """Each prefix with the rows `[lanes, its positions]` at which its lanes begin."""
    found: dict[int, tuple[StaticCache, list[int]]] = {}
    for prefix, start in zip(prefixes, starts, strict=False):
        if prefix is not None:
            found.setdefault(id(prefix), (prefix, []))[1].append(start)
    return [
        (prefix, sent(torch.tensor(begin)[:, None] + torch.arange(prefix.position_count), device))
        for prefix, begin in found.values()
    ]
