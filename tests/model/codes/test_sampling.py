"""Sampling against exact probabilities and exact sets, computed apart in float64."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from model.codes.sampling import LaneSampling, draw_codes, is_repeated, redraw
from model.errors import GenerationError
from model.runs.sampling_settings import Sampling

ROWS = 24
DRAWS = 20_000
even_noise = (torch.arange(DRAWS) + 0.5) / DRAWS


def lanes(*settings: Sampling) -> LaneSampling:
    sampling = LaneSampling(len(settings), ROWS, "cpu")
    for lane, one in enumerate(settings):
        sampling.set(lane, one)
    return sampling


def logits_of(seed: int, *shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)) * 2


def exact_probabilities(logits: torch.Tensor, chosen: Sampling) -> torch.Tensor:
    """Temperature, the k most likely, then the smallest set of at least top-p, in float64."""
    probabilities = torch.softmax(logits.double() / chosen.temperature, dim=-1)
    order = probabilities.argsort(descending=True)[: chosen.top_k or None]
    kept = probabilities[order] / probabilities[order].sum()
    before = kept.cumsum(0) - kept
    nucleus = order[before < chosen.top_p - 1e-6]
    exact = torch.zeros_like(probabilities)
    exact[nucleus] = probabilities[nucleus] / probabilities[nucleus].sum()
    return exact


def frequencies(logits: torch.Tensor, chosen: Sampling) -> torch.Tensor:
    """How often each row is drawn when noise covers the unit interval evenly."""
    wide = logits.expand(1, DRAWS, ROWS)
    drawn = draw_codes(wide, even_noise[None], lanes(chosen))
    return torch.bincount(drawn[0], minlength=ROWS).double() / DRAWS


choices = st.builds(
    Sampling,
    temperature=st.floats(0.1, 3),
    top_k=st.integers(0, ROWS + 5),
    top_p=st.floats(0.05, 1),
)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), chosen=choices)
def test_each_row_is_drawn_as_often_as_its_probability_says(seed: int, chosen: Sampling) -> None:
    logits = logits_of(seed, ROWS)
    exact = exact_probabilities(logits, chosen)
    shares = frequencies(logits, chosen)
    assert float((shares - exact).abs().max()) < 3 / DRAWS
    likely = exact > 2 / DRAWS
    assert torch.equal(shares[exact == 0], torch.zeros_like(shares[exact == 0]))
    assert (shares[likely] > 0).all()


def test_true_noise_passes_the_chi_square_test() -> None:
    chosen = Sampling(temperature=0.9, top_k=12, top_p=0.97)
    logits = logits_of(4, ROWS)
    exact = exact_probabilities(logits, chosen)
    noise = torch.rand(1, DRAWS, generator=torch.Generator().manual_seed(9))
    drawn = draw_codes(logits.expand(1, DRAWS, ROWS), noise, lanes(chosen))
    counts = torch.bincount(drawn[0], minlength=ROWS).double()
    possible = exact > 0
    expected = exact[possible] * DRAWS
    chi_square = float(((counts[possible] - expected) ** 2 / expected).sum())
    assert int(counts[~possible].sum()) == 0
    assert chi_square < 37  # at most 11 degrees of freedom: about 1 in 10 000


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), chosen=st.lists(choices, min_size=2, max_size=5))
def test_a_lane_draws_as_it_does_alone(seed: int, chosen: list[Sampling]) -> None:
    logits = logits_of(seed, len(chosen), 4, ROWS)
    noise = torch.rand(len(chosen), 4, generator=torch.Generator().manual_seed(seed))
    together = draw_codes(logits, noise, lanes(*chosen))
    for lane, one in enumerate(chosen):
        alone = draw_codes(logits[lane : lane + 1], noise[lane : lane + 1], lanes(one))
        assert torch.equal(alone[0], together[lane])


def test_greedy_is_the_largest_and_knows_no_noise() -> None:
    logits = logits_of(1, 3, 5, ROWS)
    greedy = lanes(*[Sampling(temperature=0)] * 3)
    for noise in (torch.zeros(3, 5), torch.full((3, 5), 0.999999)):
        drawn = draw_codes(logits, noise, greedy)
        assert torch.equal(drawn, logits.argmax(-1))
        assert not is_repeated(drawn, drawn[:, None].expand(-1, 7, -1), greedy).any()


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), top_k=st.integers(1, ROWS), neighbour=st.integers(0, ROWS))
def test_equal_logits_are_ranked_by_row_whatever_a_neighbour_wants(
    seed: int, top_k: int, neighbour: int
) -> None:
    """Logits in bfloat16 are often equal."""
    generator = torch.Generator().manual_seed(seed)
    row = torch.randint(-2, 2, (ROWS,), generator=generator).float()
    possible = set(row.argsort(descending=True, stable=True)[:top_k].tolist())
    wide = row.expand(2, 400, ROWS).contiguous()
    noise = ((torch.arange(400) + 0.5) / 400).expand(2, 400)
    settings_of = (Sampling(top_k=top_k, top_p=1.0), Sampling(top_k=neighbour))
    assert set(draw_codes(wide, noise, lanes(*settings_of))[0].tolist()) == possible
    greedy = draw_codes(wide, noise, lanes(Sampling(temperature=0), settings_of[1]))
    assert set(greedy[0].tolist()) == {int(row.argmax())}


def test_the_nucleus_ends_where_its_share_is_reached() -> None:
    """Shares of 1/2, 1/4, 1/8, 1/8: what is exactly reached needs no further row."""
    logits = torch.full((ROWS,), -torch.inf)
    logits[:4] = torch.tensor([0.5, 0.25, 0.125, 0.125]).log()
    for top_p, count in ((0.49, 1), (0.5, 1), (0.51, 2), (0.75, 2), (0.76, 3), (0.9, 4), (1.0, 4)):
        shares = frequencies(logits, Sampling(top_k=0, top_p=top_p))
        assert int((shares > 0).sum()) == count


def test_a_masked_row_is_never_drawn_at_either_end_of_the_noise() -> None:
    logits = logits_of(2, 1, 2, ROWS)
    logits[..., ROWS - 2 :] = -torch.inf
    logits[..., 0] = -torch.inf
    everything = lanes(Sampling(top_k=0, top_p=1.0))
    for noise in (0.0, 1 - 2**-24):
        filled = torch.full((1, 2), noise)
        for drawn in (draw_codes(logits, filled, everything), redraw(logits, filled)):
            assert (drawn > 0).all() and (drawn < ROWS - 2).all()


def test_a_redraw_follows_the_raw_logits_over_all_rows() -> None:
    logits = logits_of(6, ROWS)
    drawn = redraw(logits.expand(1, DRAWS, ROWS), even_noise[None])
    shares = torch.bincount(drawn[0], minlength=ROWS).double() / DRAWS
    assert float((shares - torch.softmax(logits.double(), 0)).abs().max()) < 3 / DRAWS


@settings(deadline=None)
@given(
    history=st.lists(st.integers(-1, 3), min_size=7, max_size=7),
    drawn=st.integers(0, 3),
    repeats=st.integers(1, 4),
)
def test_a_draw_is_repeated_when_the_window_holds_it_often_enough(
    history: list[int], drawn: int, repeats: int
) -> None:
    sampling = lanes(Sampling(repeat_limit=repeats))
    window = torch.tensor(history)[None, :, None]
    repeated = is_repeated(torch.tensor([[drawn]]), window, sampling)
    assert bool(repeated[0, 0]) == (history.count(drawn) >= repeats)


def test_a_window_of_zero_switches_the_redraw_off() -> None:
    sampling = lanes(Sampling(repeat_window=0))
    drawn = torch.zeros(1, 4, dtype=torch.int64)
    assert not is_repeated(drawn, drawn[:, None].expand(-1, 32, -1), sampling).any()


@pytest.mark.parametrize(
    "wrong", [{"temperature": -1.0}, {"top_p": 0.0}, {"top_k": -1}, {"repeat_window": 33}]
)
def test_settings_out_of_range_are_named(wrong: dict[str, float]) -> None:
    with pytest.raises(GenerationError, match=next(iter(wrong))):
        Sampling(**wrong)  # type: ignore[arg-type]
