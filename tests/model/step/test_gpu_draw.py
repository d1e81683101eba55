"""The fused draw says what the plain one says: on a GPU, or in triton's interpreter without."""

# ruff: noqa: E402 (without triton there is nothing to import)
from __future__ import annotations

import pytest
import torch

from tests.model.tiny import tiny

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
pytest.importorskip("triton", reason="fused kernels need triton")

from model.codes.noise import noise_key
from model.lanes.lane_tensors import LaneState
from model.runs.engine_settings import ClosingRule
from model.runs.sampling_settings import Sampling
from model.step.gpu.fused_draw import FusedDraw

CONFIG = tiny(codebook_count=2, rows_per_codebook=60, stream_bos_id=58, stream_eos_id=59)
SETTINGS = (
    Sampling(top_k=12),
    Sampling(temperature=0),
    Sampling(temperature=0.6, top_k=0, top_p=0.9, repeat_window=0),
    Sampling(temperature=1.5, top_k=7, top_p=1.0, repeat_window=20, repeat_limit=1),
    Sampling(top_k=0, top_p=1.0),
    Sampling(top_k=1),
)


def speaking() -> LaneState:
    state = LaneState(CONFIG, len(SETTINGS), ClosingRule.FIRST_CODEBOOK, torch.device(DEVICE))
    for lane, settings in enumerate(SETTINGS):
        state.begin(lane, 9, noise_key(3, f"chunk {lane}", 1), 4 + lane, settings)
    return state


def test_codes_are_those_of_the_plain_draw_column_after_column() -> None:
    """Codes that repeat, ends that come too early, greedy lanes; then the columns go on."""
    state, generator = speaking(), torch.Generator().manual_seed(4)
    choose, differing = FusedDraw(state), 0
    for _ in range(5):
        shape = (len(SETTINGS), CONFIG.codebook_count, CONFIG.rows_per_codebook)
        logits = torch.randn(shape, generator=generator).to(DEVICE) * 3
        logits[:, :, 5] += 6  # said again and again
        expected, said = state.choose_codes(logits), choose(logits)
        differing += int((expected != said).sum())
        state.draw(logits)
    assert differing <= 1, "a draw within a rounding of two codes may differ"
    assert int(state.column_index.max()) == 6


def test_equal_logits_are_ranked_by_row() -> None:
    state = speaking()
    logits = torch.zeros(len(SETTINGS), CONFIG.codebook_count, CONFIG.rows_per_codebook)
    logits[:, :, 30:45] = 1.0
    expected, said = state.choose_codes(logits.to(DEVICE)), FusedDraw(state)(logits.to(DEVICE))
    assert torch.equal(said[1], torch.full_like(said[1], 30)), "greedy: the first of the highest"
    assert torch.equal(said[5], expected[5]) and int((said != expected).sum()) <= 1


def test_neither_a_masked_row_nor_one_without_weight_is_ever_drawn() -> None:
    """One row of each codebook has all the weight, and the ids of specials look likely."""
    state = speaking()
    logits = torch.full((len(SETTINGS), CONFIG.codebook_count, CONFIG.rows_per_codebook), -200.0)
    logits[:, :, 58:] = 50.0
    logits[:, :, 37] = 10.0
    assert (FusedDraw(state)(logits.to(DEVICE)) == 37).all()
