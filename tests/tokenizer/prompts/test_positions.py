from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.tokenizer.prompt_fixtures import SHAPE
from tokenizer.errors import PromptError
from tokenizer.prompts.positions import StreamShape, expand_codes, expand_words, joined

BOS, EOS = 9, 10


def test_the_picture_of_the_delay_is_true() -> None:
    shape = StreamShape(codebook_count=4, stream_bos_id=BOS, stream_eos_id=EOS)
    codes = torch.tensor([[1, 1, 1], [2, 2, 2], [3, 3, 3], [4, 4, 4]])
    assert shape.delayed(codes).tolist() == [
        [BOS, 1, 1, 1, EOS, EOS, EOS, EOS],
        [BOS, BOS, 2, 2, 2, EOS, EOS, EOS],
        [BOS, BOS, BOS, 3, 3, 3, EOS, EOS],
        [BOS, BOS, BOS, BOS, 4, 4, 4, EOS],
    ]


@given(st.integers(0, 40), st.integers(1, 12))
def test_t_frames_take_t_plus_nine_positions_and_can_be_read_back(frames: int, books: int) -> None:
    shape = StreamShape(books, 1024, 1025)
    codes = torch.randint(0, 1024, (books, frames))
    columns = shape.delayed(codes)
    assert columns.shape[1] == shape.column_count(frames) == frames + books + 1
    for book in range(books):
        assert torch.equal(columns[book, book + 1 : book + 1 + frames], codes[book])
        assert (columns[book, : book + 1] == 1024).all()
        assert (columns[book, book + 1 + frames :] == 1025).all()
    assert SHAPE.column_count(100) == 109


def test_a_recording_is_masked_and_words_are_not() -> None:
    prompt = expand_words((1, 2), SHAPE) + expand_codes(
        7, torch.zeros(8, 2, dtype=torch.long), SHAPE
    )
    assert prompt.ids == (1, 2) + (7,) * 11
    assert prompt.audio_mask == (False,) * 2 + (True,) * 11
    assert prompt.tower_mask == (False,) * 13
    assert prompt.codes.dtype == torch.int64


def test_nothing_joined_is_an_empty_prompt() -> None:
    assert joined([], SHAPE).codes.shape == (8, 0)
    assert len(joined([], SHAPE)) == 0


@pytest.mark.parametrize(
    "codes",
    [torch.zeros(4, 3, dtype=torch.long), torch.zeros(8, dtype=torch.long)],
)
def test_codes_of_another_shape_are_refused(codes: torch.Tensor) -> None:
    with pytest.raises(PromptError, match="the model has 8 codebooks"):
        SHAPE.delayed(codes)


@pytest.mark.parametrize("value", [-1, 1024, 1025])
def test_codes_out_of_range_are_refused(value: int) -> None:
    with pytest.raises(PromptError, match="from 0 to 1023"):
        SHAPE.delayed(torch.full((8, 2), value))


def test_codes_that_are_not_whole_numbers_are_refused() -> None:
    with pytest.raises(PromptError, match="whole numbers"):
        SHAPE.delayed(torch.zeros(8, 2))
