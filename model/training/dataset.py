"""Which samples make up which batch: shuffled by seed, grouped by length, resumable anywhere.

The plan of an epoch is a pure function of the lengths, the seed and the epoch: a run that was
killed asks for batch number n again and gets it. Shards are read one after another, so that a
corpus never has to fit in memory; samples are shuffled within a shard, shards among each other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import torch
from torch import Tensor

from model.errors import ConfigError
from model.training.batches import padded_length
from model.training.samples import TrainingSample
from model.training.shards import Shard, sample_lengths, shard_paths


@dataclass(frozen=True)
class BatchPlan:
    """The samples of one batch: where they lie."""

    shard: int
    indices: tuple[int, ...]


class SampleDataset:
    """A folder of shards as an endless sequence of batches."""

    def __init__(self, folder: Path, position_budget: int, seed: int) -> None:
        self.paths = shard_paths(folder)
        self.lengths = [sample_lengths(path) for path in self.paths]
        self.position_budget = position_budget
        self.seed = seed
        self._open: tuple[int, Shard] | None = None
        longest = padded_length(max(int(lengths.max()) for lengths in self.lengths))
        if longest > position_budget:
            reason = f"{position_budget} is less than the longest sample, {longest} positions"
            raise ConfigError(reason, "batch_positions")

    @property
    def sample_count(self) -> int:
        return sum(len(lengths) for lengths in self.lengths)

    def batches(self, first: int = 0, stride: int = 1) -> Iterator[list[TrainingSample]]:
        """Batch number `first` and every `stride`-th after it, epoch after epoch, without end."""
        for plan in islice(self.plans(first), 0, None, stride):
            shard = self._shard(plan.shard)
            yield [shard[index] for index in plan.indices]

    def plans(self, first: int = 0) -> Iterator[BatchPlan]:
        """The plans of batch number `first` and all that follow."""
        epoch = 0
        while True:
            planned = self.plan_epoch(epoch)
            yield from planned[first:]
            first = max(first - len(planned), 0)
            epoch += 1

    def plan_epoch(self, epoch: int) -> list[BatchPlan]:
        """Every sample once, in batches of at most `position_budget` padded positions."""
        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + epoch)
        planned: list[BatchPlan] = []
        for shard in torch.randperm(len(self.paths), generator=generator).tolist():
            batches = self._group_by_length(self.lengths[shard], generator)
            order = torch.randperm(len(batches), generator=generator).tolist()
            planned += [BatchPlan(shard, batches[number]) for number in order]
        return planned

    def _group_by_length(
        self, lengths: Tensor, generator: torch.Generator
    ) -> list[tuple[int, ...]]:
        # Equal lengths must not always meet the same neighbours: shuffle, then sort stably.
        shuffled = torch.randperm(len(lengths), generator=generator)
        by_length = shuffled[lengths[shuffled].argsort(stable=True)].tolist()
        budget = self.position_budget
        batches: list[tuple[int, ...]] = []
        batch: list[int] = []
        for index in by_length:
            if batch and (len(batch) + 1) * padded_length(int(lengths[index])) > budget:
                batches.append(tuple(batch))
                batch = []
            batch.append(index)
        if not batches:
            return [tuple(batch)]
        return [*batches[:-1], *self._evened(batches[-1], tuple(batch), lengths)]

    def _evened(
        self, before: tuple[int, ...], rest: tuple[int, ...], lengths: Tensor
    ) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The last two batches, alike in size if they may: few samples would make a wild step."""
        last = before + rest
        halves = last[: len(last) // 2], last[len(last) // 2 :]
        # In order of length: beside a long sample there may be no room for many short ones.
        widths = [padded_length(int(lengths[half[-1]])) for half in halves]
        positions = [len(half) * width for half, width in zip(halves, widths, strict=True)]
        return halves if max(positions) <= self.position_budget else (before, rest)

    def _shard(self, number: int) -> Shard:
        if self._open is None or self._open[0] != number:
            self._open = (number, Shard(self.paths[number]))
        return self._open[1]
