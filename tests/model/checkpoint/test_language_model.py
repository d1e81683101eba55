"""The door takes what a person has at hand, and refuses what cannot be meant."""

from __future__ import annotations

import pytest
import torch

from model.checkpoint.language_model import LanguageModel
from model.checkpoint.random_model import random_model
from model.errors import ModelError
from tests.model.tiny import tiny

IDS = [1, 2, 150, 150, 150, 4]
CODES = [[0, 5, 33], [32, 1, 7], [32, 32, 2], [32, 32, 32]]


@pytest.fixture(scope="module")
def lm() -> LanguageModel:
    return random_model(tiny())


def test_lists_arrays_and_tensors_are_the_same_to_the_door(lm: LanguageModel) -> None:
    ids, codes = torch.tensor(IDS), torch.tensor(CODES)
    text, audio = lm.logits(ids, codes)
    assert text is not None
    assert (text.shape, audio.shape) == ((6, 160), (6, 4, 34))
    forms = [
        (IDS, CODES),
        (tuple(IDS), codes.numpy()),
        (ids.numpy().astype("uint8"), codes.numpy().astype("uint16")),
        (ids.int(), codes.t().contiguous().t().short()),
        (ids, codes.float()),
    ]
    for form in forms:
        again = lm.logits(*form)
        assert again[0] is not None
        assert torch.equal(again[0], text)
        assert torch.equal(again[1], audio)


def test_a_sequence_without_audio_needs_no_codes(lm: LanguageModel) -> None:
    expected = lm.logits([1, 2, 3])[1]
    for nothing in ([[], [], [], []], torch.empty(4, 0), None):
        assert torch.equal(lm.logits([1, 2, 3], nothing)[1], expected)


@pytest.mark.parametrize(
    ("ids", "codes", "reason"),
    [
        ([], None, "one sequence"),
        ([IDS], CODES, "one sequence"),
        (5, None, "one sequence"),
        ([-1, 2], None, "0 to 159"),
        ([160], None, "0 to 159"),
        ([1.5, 2], None, "whole numbers"),
        ([True, False], None, "whole numbers"),
        (["a"], None, "whole numbers"),
        ([10**30], None, "whole numbers"),
        (None, None, "whole numbers"),
        ([[1], [2, 3]], None, "whole numbers"),
        (IDS, None, r"\[4, 3\], not \[4, 0\]"),
        (IDS, [row[:2] for row in CODES], r"\[4, 3\], not \[4, 2\]"),
        (IDS, torch.tensor(CODES).t(), r"\[4, 3\], not \[3, 4\]"),
        ([1, 2], CODES, r"\[4, 0\], not \[4, 3\]"),
        (IDS, [[34] * 3] * 4, "0 to 33"),
        (IDS, [[-1] * 3] * 4, "0 to 33"),
        (IDS, [[0.5] * 3] * 4, "whole numbers"),
        (IDS, [[float("nan")] * 3] * 4, "whole numbers"),
        (IDS, [[1, 2], [3]], "whole numbers"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_line(
    lm: LanguageModel, ids: list[int], codes: list[list[int]], reason: str
) -> None:
    with pytest.raises(ModelError, match=reason) as caught:
        lm.logits(ids, codes)
    assert "\n" not in str(caught.value)
