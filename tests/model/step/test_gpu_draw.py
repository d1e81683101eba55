"""The fused draw says what the plain one says: on a GPU, or in triton's interpreter without."""

# ruff: noqa: E402 (without triton there is nothing to import)
from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from tests.model.tiny import tiny

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
pytest.importorskip("triton", reason="fused kernels need triton")

from model.codes.noise import noise_key
from model.config.config import ModelConfig
from model.lanes.lane_tensors import LaneState
from model.runs.engine_settings import ClosingRule
from model.runs.sampling_settings import Sampling
from model.step.gpu.fused_draw import FusedDraw

CONFIG = tiny(codebook_count=2, rows_per_codebook=60, stream_bos_id=58, stream_eos_id=59)
PUBLIC = tiny(codebook_count=8, rows_per_codebook=1026, stream_bos_id=1024, stream_eos_id=1025)
SETTINGS = (
    Sampling(top_k=12),
    Sampling(temperature=0),
    Sampling(temperature=0.6, top_k=0, top_p=0.9, repeat_window=0),
    Sampling(temperature=1.5, top_k=7, top_p=1.0, repeat_window=20, repeat_limit=1),
    Sampling(top_k=0, top_p=1.0),
    Sampling(top_k=1),
)


def speaking(config: ModelConfig = CONFIG) -> LaneState:
    state = LaneState(config, len(SETTINGS), ClosingRule.FIRST_CODEBOOK, torch.device(DEVICE))
    for lane, settings in enumerate(SETTINGS):
        state.begin(lane, 9, noise_key(3, f"chunk {lane}", 1), 4 + lane, settings)
    return state


def random_logits(config: ModelConfig, seed: int, lanes: int = len(SETTINGS)) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    shape = (lanes, config.codebook_count, config.rows_per_codebook)
    return (3 * torch.randn(shape, generator=generator)).to(DEVICE)


def differences(one: LaneState, other: LaneState) -> list[str]:
    """What two states remember differently."""
    names = [name for name, held in vars(one).items() if isinstance(held, torch.Tensor)]
    pairs = zip(names, one.remembered(), other.remembered(), strict=True)
    return [name for name, first, second in pairs if not torch.equal(first, second)]


def test_all_that_a_lane_remembers_is_as_after_the_plain_draw_column_after_column() -> None:
    """Codes that repeat, ends that come too early, greedy lanes, one that rests, one at its limit;
    streams open, close codebook after codebook, and stop by themselves."""
    plain, fused = speaking(), speaking()
    draw, width = FusedDraw(fused).draw, len(SETTINGS) - 1
    for state in (plain, fused):
        state.rest(2, 5)
        state.column_limit[1] = 6
    for column in range(8):
        logits = random_logits(CONFIG, column)[:width]
        logits[:, :, 5] += 6  # said again and again
        logits[0, 0, CONFIG.stream_eos_id] += 4.0 * column
        logits = logits.to(torch.bfloat16)
        plain.draw(logits.float())
        draw(logits)
        assert differences(plain, fused) == [], f"after column {column + 1}"
    closed, limited, resting = plain.is_closed[0], plain.column_index[1], plain.column_index[2]
    assert bool(closed) and int(limited) == 7 and int(resting) == 1


def test_codes_are_those_of_the_plain_draw_at_the_public_models_size() -> None:
    """In the numbers such a model has, of which many are equal."""
    state = speaking(PUBLIC)
    state.column_index += 20
    logits = random_logits(PUBLIC, 7).to(torch.bfloat16)
    assert len(logits[0, 0].unique()) < 900
    assert torch.equal(FusedDraw(state).choose_codes(logits), state.choose_codes(logits.float()))


def test_a_draw_at_the_edge_of_what_is_kept_falls_on_the_same_side() -> None:
    """Weights that are whole parts of their sum: a share may end just behind a row, and noise may
    be nothing at all."""
    state = speaking()
    logits = torch.full((3, 2, 60), -torch.inf, device=DEVICE)
    logits[:, :, 10:14] = 0.0
    for share in (0.25, 0.5, 0.2500001):
        for lane in range(3):
            state.sampling.set(lane, replace(SETTINGS[2], temperature=1.0, top_p=share))
            state.noise_keys[lane] += 1
        said = FusedDraw(state).choose_codes(logits)
        assert torch.equal(said, state.choose_codes(logits)), share


def test_equal_logits_are_ranked_by_row() -> None:
    state = speaking()
    logits = torch.zeros(len(SETTINGS), CONFIG.codebook_count, CONFIG.rows_per_codebook)
    logits[:, :, 20:30] = -0.0  # below 0, in the order of bits
    logits[:, :, 30:45] = 1.0
    expected = state.choose_codes(logits.to(DEVICE))
    said = FusedDraw(state).choose_codes(logits.to(DEVICE))
    assert torch.equal(said[1], torch.full_like(said[1], 30)), "greedy: the first of the highest"
    assert torch.equal(said, expected)


def test_neither_a_masked_row_nor_one_without_weight_is_ever_drawn() -> None:
    """One row of each codebook has all the weight, and the ids of specials look likely."""
    state = speaking()
    logits = torch.full((len(SETTINGS), CONFIG.codebook_count, CONFIG.rows_per_codebook), -200.0)
    logits[:, :, 58:] = 50.0
    logits[:, :, 37] = 10.0
    assert (FusedDraw(state).choose_codes(logits.to(DEVICE)) == 37).all()


@pytest.mark.parametrize("value", [torch.nan, torch.inf, -torch.inf])
def test_logits_that_are_no_numbers_end_their_lane_alone(value: float) -> None:
    """And what is drawn from them can be fed: a step may follow before anybody has looked."""
    plain, fused = speaking(), speaking()
    logits = random_logits(CONFIG, 3)
    logits[3, 1, 17] = value
    plain.draw(logits)
    FusedDraw(fused).draw(logits)
    assert fused.is_finite.tolist() == plain.is_finite.tolist() == [True] * 3 + [False, True, True]
    assert fused.is_speaking.tolist() == plain.is_speaking.tolist()
    others = [lane for lane in range(len(SETTINGS)) if lane != 3]
    assert torch.equal(fused.columns[others], plain.columns[others])
    assert int(fused.columns.min()) >= 0
    assert int(fused.columns.max()) < CONFIG.rows_per_codebook
