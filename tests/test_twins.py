"""What two packages each know for themselves, because neither may import the other, is the same."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from higgs_cli.script import sound_tags
from model.codes.delay_pattern import delayed, spoken_frames
from tokenizer.prompts import special_tokens
from tokenizer.prompts.positions import StreamShape

BOS, EOS = 1024, 1025


def test_a_script_has_a_tag_for_every_sound_the_model_was_taught_and_for_no_other() -> None:
    taught = ["".join(parts) for parts in special_tokens.SOUND_MARKS]
    assert sorted(sound_tags.SOUND_MARKS.values()) == sorted(taught)
    assert all(sound_tags.MARK.fullmatch(mark) for mark in taught)


@settings(deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 12), st.integers(0, 40))
def test_a_recording_in_a_prompt_is_delayed_as_a_take_in_the_context_is(
    seed: int, codebooks: int, frames: int
) -> None:
    generator = torch.Generator().manual_seed(seed)
    codes = torch.randint(0, BOS, (codebooks, frames), generator=generator)
    shape = StreamShape(codebooks, BOS, EOS)
    of_prompt, of_engine = shape.delayed(codes), delayed(codes, BOS, EOS)
    assert torch.equal(of_prompt, of_engine)
    assert shape.column_count(frames) == of_engine.shape[1]
    assert np.array_equal(spoken_frames(of_prompt.numpy(), BOS), codes)
