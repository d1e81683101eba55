"""Packs follow from the chunks alone, and find back to the same places behind an edit."""

from __future__ import annotations

import random
from dataclasses import replace

from higgs_cli.planning.plan import Chunk
from higgs_cli.takes.packs import MOST_SECONDS, packs_of
from tests.plans import plan_of


def chapter(count: int, seed: int) -> list[Chunk]:
    chance = random.Random(seed)
    lines = [("ANN", f"{number} " + "word " * chance.randint(1, 25)) for number in range(count)]
    return list(plan_of(lines).chunks)


def test_every_chunk_is_in_one_pack_in_order() -> None:
    chunks = chapter(200, 1)
    packs = list(packs_of(chunks))
    assert [number for pack in packs for number in pack] == list(range(200))


def test_a_pack_is_no_longer_than_it_may_be_and_seldom_short() -> None:
    chunks = chapter(400, 2)
    lengths = [sum(chunks[number].seconds for number in pack) for pack in packs_of(chunks)]
    assert max(lengths) <= MOST_SECONDS
    assert sum(lengths) / len(lengths) > 12


def test_a_chunk_that_is_too_long_is_a_pack_by_itself() -> None:
    chunks = [replace(each, seconds=30.0) for each in chapter(3, 3)]
    assert list(packs_of(chunks)) == [(0,), (1,), (2,)]


def test_an_edit_changes_few_packs() -> None:
    changed = []
    for seed in range(60):
        before = chapter(120, seed)
        after = list(before)
        after[60] = replace(before[60], key=f"{seed:064x}", seconds=before[60].seconds + 1.7)
        old = {tuple(before[n].key for n in pack) for pack in packs_of(before)}
        new = {tuple(after[n].key for n in pack) for pack in packs_of(after)}
        changed.append(len(new - old))
    assert sorted(changed)[len(changed) // 2] <= 2 and max(changed) <= 8
