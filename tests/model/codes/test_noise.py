"""Counter noise: it depends on what it is for and on nothing else, and it passes for noise."""

from __future__ import annotations

import pytest
import torch

from model.codes.noise import Purpose, noise_key, uniforms

FRAMES = 4000


def table(key: int, purpose: Purpose = Purpose.DRAW, frames: int = FRAMES) -> torch.Tensor:
    keys = torch.full((frames,), key)
    return uniforms(keys, torch.arange(frames), 8, purpose)


def splitmix(word: int) -> int:
    """The mixer in plain Python integers."""
    mask = (1 << 64) - 1
    word &= mask
    word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9 & mask
    word = (word ^ (word >> 27)) * 0x94D049BB133111EB & mask
    return word ^ (word >> 31)


def test_numbers_are_the_hash_written_in_plain_integers() -> None:
    key, golden, stride = noise_key(7, "chapter 1", 2), 0x9E3779B97F4A7C15, 0xD1B54A32D192ED03
    for purpose in Purpose:
        drawn = uniforms(torch.tensor([key]), torch.tensor([41]), 8, purpose)[0].tolist()
        for codebook, number in enumerate(drawn):
            word = splitmix(key + 41 * golden)
            word = splitmix(word + (codebook * 3 + int(purpose) + 1) * stride)
            assert number == (word >> 40) / 2**24


def test_numbers_do_not_depend_on_the_batch() -> None:
    keys = torch.tensor([noise_key(1, f"c{n}", 0) for n in range(6)])
    frames = torch.tensor([3, 1, 4, 1, 5, 9])
    together = uniforms(keys, frames, 8, Purpose.REDRAW)
    for lane in range(6):
        alone = uniforms(keys[lane : lane + 1], frames[lane : lane + 1], 8, Purpose.REDRAW)
        assert torch.equal(alone[0], together[lane])


def test_numbers_lie_in_the_half_open_unit_interval_and_fill_it_evenly() -> None:
    numbers = table(noise_key(0, "", 0)).flatten()
    assert float(numbers.min()) >= 0 and float(numbers.max()) < 1
    counts = torch.histc(numbers, bins=64, min=0, max=1)
    expected = len(numbers) / 64
    chi_square = float(((counts - expected) ** 2 / expected).sum())
    assert chi_square < 112  # 63 degrees of freedom: 1 in 10 000


@pytest.mark.parametrize("change", ["seed", "chunk", "attempt", "purpose", "frame", "codebook"])
def test_every_part_of_the_counter_matters(change: str) -> None:
    base = table(noise_key(5, "a", 0))
    others = {
        "seed": lambda: table(noise_key(6, "a", 0)),
        "chunk": lambda: table(noise_key(5, "b", 0)),
        "attempt": lambda: table(noise_key(5, "a", 1)),
        "purpose": lambda: table(noise_key(5, "a", 0), Purpose.REDRAW),
        "frame": lambda: base.roll(1, dims=0),
        "codebook": lambda: base.roll(1, dims=1),
    }
    other = others[change]()
    correlation = torch.corrcoef(torch.stack((base.flatten(), other.flatten())))[0, 1]
    assert abs(float(correlation)) < 4 / (base.numel() ** 0.5)
    assert not torch.equal(base, other)


def test_keys_of_near_chunks_are_far_apart() -> None:
    keys = {noise_key(s, f"c{c}", a) for s in range(9) for c in range(9) for a in range(9)}
    assert len(keys) == 9**3
    assert noise_key(1, "1", 1) != noise_key(11, "", 1)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_numbers_are_the_same_bits_on_a_gpu() -> None:
    keys, frames = torch.full((FRAMES,), noise_key(3, "x", 1)), torch.arange(FRAMES)
    there = uniforms(keys.cuda(), frames.cuda(), 8, Purpose.DRAW).cpu()
    assert torch.equal(uniforms(keys, frames, 8, Purpose.DRAW), there)
