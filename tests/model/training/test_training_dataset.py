from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from model.errors import ConfigError
from model.training.batches import padded_length
from model.training.dataset import BatchPlan, SampleDataset
from model.training.samples import TrainingSample
from model.training.shards import write_shard
from tests.model.training_fixtures import songs


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(3):
        write_shard(tmp_path / f"samples-{number}.safetensors", songs(40 + number, seed=number))
    return tmp_path


def flat(plans: list[BatchPlan]) -> list[tuple[int, int]]:
    return [(plan.shard, index) for plan in plans for index in plan.indices]


def test_an_epoch_holds_every_sample_once(folder: Path) -> None:
    dataset = SampleDataset(folder, 200, seed=1)
    met = flat(dataset.plan_epoch(0))
    assert dataset.sample_count == 123
    assert sorted(met) == [(shard, index) for shard in range(3) for index in range(40 + shard)]


def test_no_batch_is_over_the_budget_and_padding_is_small(folder: Path) -> None:
    dataset = SampleDataset(folder, 200, seed=1)
    real = padded = 0
    for plan in dataset.plan_epoch(0):
        lengths = dataset.lengths[plan.shard][list(plan.indices)]
        width = padded_length(int(lengths.max()))
        assert len(plan.indices) * width <= 200
        real, padded = real + int(lengths.sum()), padded + len(plan.indices) * width
    assert padded < 1.25 * real


def words_alone(length: int) -> TrainingSample:
    """A sample of so many positions, without codes."""
    ids = torch.ones(length, dtype=torch.long)
    return TrainingSample(
        ids, ids, torch.zeros(length, dtype=torch.bool), torch.zeros(2, 0, dtype=torch.long), ()
    )


def test_one_long_sample_among_short_ones_breaks_no_budget(tmp_path: Path) -> None:
    write_shard(tmp_path / "samples-0.safetensors", [words_alone(n) for n in [80] * 10 + [800]])
    plans = SampleDataset(tmp_path, 800, seed=1).plan_epoch(0)
    assert sorted(map(sorted, (plan.indices for plan in plans))) == [list(range(10)), [10]]


@given(st.lists(st.integers(1, 90), min_size=1, max_size=30), st.integers(96, 400))
def test_whatever_the_lengths_no_batch_is_over_the_budget(lengths: list[int], budget: int) -> None:
    dataset = object.__new__(SampleDataset)
    dataset.position_budget = budget
    generator = torch.Generator().manual_seed(1)
    batches = dataset._group_by_length(torch.tensor(lengths), generator)
    assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))
    for batch in batches:
        width = padded_length(max(lengths[index] for index in batch))
        assert len(batch) * width <= budget


def test_no_batch_is_much_smaller_than_the_others(folder: Path) -> None:
    plans = SampleDataset(folder, 400, seed=1).plan_epoch(0)
    assert min(len(plan.indices) for plan in plans) >= 5


def test_the_seed_decides_the_order_and_epochs_differ(folder: Path) -> None:
    one, same, other = (SampleDataset(folder, 200, seed) for seed in (1, 1, 2))
    assert one.plan_epoch(3) == same.plan_epoch(3)
    assert one.plan_epoch(3) != one.plan_epoch(4)
    assert one.plan_epoch(3) != other.plan_epoch(3)
    assert {frozenset(p.indices) for p in one.plan_epoch(3)} != {
        frozenset(p.indices) for p in one.plan_epoch(4)
    }


def test_batch_number_n_is_the_same_after_a_restart(folder: Path) -> None:
    per_epoch = len(SampleDataset(folder, 200, 1).plan_epoch(0))
    straight = list(islice(SampleDataset(folder, 200, 1).plans(), 3 * per_epoch))
    for first in (0, 1, per_epoch - 1, per_epoch, 2 * per_epoch + 1):
        resumed = islice(SampleDataset(folder, 200, 1).plans(first), 4)
        assert list(resumed) == straight[first : first + 4]


def test_processes_share_out_the_batches(folder: Path) -> None:
    everybody = list(islice(SampleDataset(folder, 200, 1).batches(), 8))
    for process in range(2):
        mine = islice(SampleDataset(folder, 200, 1).batches(process, stride=2), 4)
        for got, wanted in zip(mine, everybody[process::2], strict=True):
            assert all(torch.equal(a.ids, b.ids) for a, b in zip(got, wanted, strict=True))


def test_a_sample_longer_than_a_batch_is_an_error_at_the_start(folder: Path) -> None:
    with pytest.raises(ConfigError, match="batch_positions: 20 is less than the longest sample"):
        SampleDataset(folder, 20, seed=1)
