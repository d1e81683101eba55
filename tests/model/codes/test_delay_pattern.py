"""The delay pattern against the picture in facts and against itself."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from model.codes.delay_pattern import aligned, delayed, spoken_frames

BOS, EOS = 1024, 1025


def codes_of(seed: int, codebooks: int, frames: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 1024, (codebooks, frames), generator=generator)


def test_four_codebooks_three_frames_look_like_the_picture() -> None:
    codes = torch.tensor([[1, 2, 3], [4, 5, 6], [7, 8, 9], [10, 11, 12]])
    assert delayed(codes, BOS, EOS).tolist() == [
        [BOS, 1, 2, 3, EOS, EOS, EOS, EOS],
        [BOS, BOS, 4, 5, 6, EOS, EOS, EOS],
        [BOS, BOS, BOS, 7, 8, 9, EOS, EOS],
        [BOS, BOS, BOS, BOS, 10, 11, 12, EOS],
    ]


shapes = {"seed": st.integers(0, 10**6), "codebooks": st.integers(1, 12)}


@settings(deadline=None)
@given(frames=st.integers(0, 40), **shapes)
def test_delaying_and_aligning_returns_the_frames(seed: int, codebooks: int, frames: int) -> None:
    codes = codes_of(seed, codebooks, frames)
    columns = delayed(codes, BOS, EOS)
    assert columns.shape == (codebooks, frames + codebooks + 1)
    assert (columns[:, 0] == BOS).all() and (columns[:, -1] == EOS).all()
    assert np.array_equal(aligned(columns.numpy())[:, :frames], codes)
    assert np.array_equal(spoken_frames(columns.numpy(), 1024), codes)


@settings(deadline=None)
@given(frames=st.integers(0, 40), cut=st.integers(1, 60), **shapes)
def test_a_stream_cut_anywhere_loses_only_incomplete_diagonals(
    seed: int, codebooks: int, frames: int, cut: int
) -> None:
    codes = codes_of(seed, codebooks, frames)
    columns = delayed(codes, BOS, EOS)[:, :cut]
    complete = min(max(columns.shape[1] - codebooks, 0), frames)
    assert np.array_equal(spoken_frames(columns.numpy(), 1024), codes[:, :complete])


def test_a_special_left_over_inside_never_becomes_a_code() -> None:
    columns = delayed(codes_of(3, 4, 6), BOS, EOS)
    columns[2, 5] = BOS  # frame 2 of codebook 2
    frames = spoken_frames(columns.numpy(), 1024)
    assert frames.shape == (4, 2)
    assert int(frames.max()) < 1024
