"""The three closing rules, each against a slow version of its description, one lane at a time."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from model.codes.delay_pattern import spoken_frames
from model.codes.stopping import OPEN, close_stream, masked_logits
from model.runs.engine_settings import ClosingRule

BOS, EOS, SIZE = 6, 7, 6

draws = st.integers(1, 5).flatmap(
    lambda books: st.lists(
        st.lists(
            st.sampled_from([0, 1, 2, 3, 4, 5, BOS, EOS, EOS]), min_size=books, max_size=books
        ),
        min_size=1,
        max_size=30,
    )
)


def spoken(rule: ClosingRule, raw: list[list[int]]) -> list[list[int]]:
    """Columns of one lane, up to and with the one that closes it."""
    countdown, columns = torch.tensor([OPEN]), []
    for index, drawn in enumerate(raw, start=1):
        column, countdown, closed = close_stream(
            rule, torch.tensor([drawn]), torch.tensor([index]), countdown, BOS, EOS
        )
        columns.append(column[0].tolist())
        if closed[0]:
            break
    return columns


def boson(raw: list[list[int]]) -> list[list[int]]:
    """Facts, section 5: num_delay, rem, and the lowest index."""
    books, num_delay, rem, columns = len(raw[0]), 0, None, []
    for drawn in raw:
        f = list(drawn)
        if num_delay + 1 < books:
            f[num_delay + 1 :] = [BOS] * (books - num_delay - 1)
            num_delay += 1
        if rem is not None:
            f[: books - rem] = [EOS] * (books - rem)
            rem -= 1
        elif EOS in f:
            lowest = f.index(EOS)
            f[:lowest] = [EOS] * lowest
            rem = books - lowest - 1
        columns.append(f)
        if rem is not None and rem <= 0:
            break
    return columns


def transformers(raw: list[list[int]]) -> list[list[int]]:
    """The transformers implementation: once any column has an EOS, codebook 0 is forced, then 0 and
    1, and so on."""
    forced, seen, columns = 0, False, []
    for index, drawn in enumerate(raw, start=1):
        f = [BOS if k >= index else code for k, code in enumerate(drawn)]
        forced += seen
        f = [EOS if k < forced else code for k, code in enumerate(f)]
        seen = seen or EOS in f
        columns.append(f)
        if all(code == EOS for code in f):
            break
    return columns


@settings(deadline=None)
@given(draws)
def test_boson_closes_by_its_lowest_index(raw: list[list[int]]) -> None:
    assert spoken(ClosingRule.LOWEST_INDEX, raw) == boson(raw)


@settings(deadline=None)
@given(draws)
def test_transformers_closes_from_codebook_zero_after_any_end(raw: list[list[int]]) -> None:
    assert spoken(ClosingRule.TRANSFORMERS, raw) == transformers(raw)


def without_specials(raw: list[list[int]], end: int) -> list[list[int]]:
    """What our mask lets through: codes, and EOS from codebook 0 at column `end` alone."""
    columns = [[code % SIZE for code in drawn] for drawn in raw]
    if end <= len(columns):
        columns[end - 1][0] = EOS
    return columns


@settings(deadline=None)
@given(draws, st.integers(1, 30))
def test_codebook_zero_alone_decides_the_end(raw: list[list[int]], end: int) -> None:
    books = len(raw[0])
    columns = spoken(ClosingRule.FIRST_CODEBOOK, without_specials(raw, end))
    for index, column in enumerate(columns, start=1):
        for k, code in enumerate(column):
            expected_eos = index >= end + k
            assert (code == EOS) == expected_eos
            assert (code == BOS) == (k >= index and not expected_eos)
    if end + books - 1 <= len(raw):
        assert len(columns) == end + books - 1
        assert columns[-1] == [EOS] * books
        everything = np.array([[BOS] * books, *columns]).T
        assert spoken_frames(everything, SIZE).shape[1] == end - 1
    else:
        assert len(columns) == len(raw)


@settings(deadline=None)
@given(draws)
def test_lanes_close_as_they_do_alone(raw: list[list[int]]) -> None:
    lanes = [raw, list(reversed(raw)), [row[::-1] for row in raw]]
    for rule in ClosingRule:
        countdown = torch.full((3,), OPEN)
        together: list[list[list[int]]] = [[], [], []]
        done = [False] * 3
        for index in range(len(raw)):
            drawn = torch.tensor([lane[index] for lane in lanes])
            column, countdown, closed = close_stream(
                rule, drawn, torch.full((3,), index + 1), countdown, BOS, EOS
            )
            for lane in range(3):
                if not done[lane]:
                    together[lane].append(column[lane].tolist())
                done[lane] = done[lane] or bool(closed[lane])
        assert together == [spoken(rule, lane) for lane in lanes]


def test_our_mask_leaves_codes_and_the_end_of_codebook_zero_after_the_minimum() -> None:
    logits = torch.zeros(2, 3, SIZE + 2)
    masked = masked_logits(logits, torch.tensor([5, 6]), torch.tensor([5, 5]), BOS, EOS)
    assert masked[:, :, :SIZE].isfinite().all()
    assert masked[:, :, BOS].isinf().all()
    assert masked[:, 1:, EOS].isinf().all()
    assert masked[0, 0, EOS].isinf() and masked[1, 0, EOS].isfinite()
    assert logits.isfinite().all(), "the raw logits are left alone"
