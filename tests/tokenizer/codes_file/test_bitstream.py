"""Codes files: lossless, never larger than bitpacking, and damage is always named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file

from tokenizer.codes_file.bitstream import (
    BITPACKED,
    HEADER_BYTES,
    RANGE_CODED,
    CodesHeader,
    codes_from_bytes,
    codes_to_bytes,
    parse_header,
)
from tokenizer.codes_file.code_models import ContextModel
from tokenizer.codes_file.range_coder import TOTAL, RangeDecoder, encode_stretches
from tokenizer.errors import BitstreamError

RAW_MARGIN = 1.02
VOICES = Path(__file__).parents[3] / "voices"


def header_for(codes: np.ndarray, size: int, samples: int | None = None) -> CodesHeader:
    books, frames = codes.shape
    count = frames * 960 if samples is None else samples
    return CodesHeader(books, size, 24_000, 960, frames, count, "0123456789abcdef")


def speechlike_codes(frames: int, size: int = 1024, seed: int = 0) -> np.ndarray:
    """Codes as uneven as those of speech: a few in pauses, the rest spread by Zipf's law."""
    random = np.random.default_rng(seed)
    shares = 1 / (np.arange(size) + 20.0)
    spoken = random.choice(size, p=shares / shares.sum(), size=(8, frames))
    pauses = np.repeat(random.random(frames // 10 + 1) < 0.2, 10)[:frames]
    spoken[:, pauses] = random.integers(0, 4, (8, int(pauses.sum())))
    return spoken


@settings(max_examples=60, deadline=None)
@given(
    size=st.sampled_from([2, 3, 7, 256, 1000, 1024, 16_384, 20_000, 1 << 20]),
    books=st.integers(1, 12),
    frames=st.integers(0, 90),
    skew=st.sampled_from([0.02, 1.0, 40.0]),
    seed=st.integers(0, 1 << 32),
)
@example(size=1024, books=8, frames=0, skew=1.0, seed=0)
def test_any_codes_come_back_and_never_cost_more_than_bitpacking(
    size: int, books: int, frames: int, skew: float, seed: int
) -> None:
    uneven = np.random.default_rng(seed).random((books, frames)) ** skew
    codes = np.minimum((uneven * size).astype(np.int64), size - 1)
    header = header_for(codes, size, max(0, frames * 960 - 17))
    data = codes_to_bytes(header, codes)
    file = codes_from_bytes(data, "x.hac")
    assert np.array_equal(file.codes, codes)
    assert file.header.sample_count == header.sample_count
    assert file.header.fingerprint == header.fingerprint
    assert HEADER_BYTES <= 64
    assert len(data) - HEADER_BYTES <= RAW_MARGIN * file.header.bitpacked_bytes


def payload_share(codes: np.ndarray, size: int) -> float:
    """The payload's size, as a share of the bitpacked one's."""
    data = codes_to_bytes(header_for(codes, size), codes)
    header = parse_header(data[:HEADER_BYTES], "x")
    assert header.coding == RANGE_CODED
    return header.payload_bytes / header.bitpacked_bytes


def test_uneven_codes_cost_well_below_bitpacking() -> None:
    assert payload_share(speechlike_codes(25 * 80), 1024) < 0.88


def test_codes_that_follow_from_their_neighbours_cost_less_than_they_would_alone() -> None:
    """As in speech: a code tells of the next frame's, and of the next codebook's."""
    random = np.random.default_rng(0)
    related = random.integers(0, 64, (2, 1200))
    follows = random.random(1200) < 0.6
    related[1, follows] = 7 * related[0, follows] % 64
    assert payload_share(related, 64) < 0.9
    runs = np.repeat(related[:, ::8], 8, axis=1)
    assert payload_share(runs, 64) < 0.6


def recorded_codes(name: str) -> np.ndarray:
    return load_file(VOICES / f"{name}.codes.safetensors")["codes"].astype(np.int64)


def test_a_minute_of_real_speech_costs_less_than_bitpacking() -> None:
    """The bundled voices, some six seconds each: the model starts without any knowledge, and a
    codec that uses its codebooks evenly leaves it little to learn in so short a time."""
    names = sorted(path.name.split(".")[0] for path in VOICES.glob("*.codes.safetensors"))
    if not names:
        pytest.skip("the bundled voices have not been encoded")
    clips = [recorded_codes(name) for name in names]
    assert payload_share(np.concatenate(clips, axis=1), 256) < 1


def test_the_coder_comes_within_a_percent_of_what_the_model_predicts() -> None:
    codes = speechlike_codes(500)
    model, bits = ContextModel(8, 1024), 0.0
    for frame in codes.T:
        for codebook, code in enumerate(frame):
            ends = model.ends(codebook)
            bits -= np.log2((ends[code + 1] - ends[code]) / TOTAL)
            model.observe(codebook, code)
    payload = len(codes_to_bytes(header_for(codes, 1024), codes)) - HEADER_BYTES
    assert bits / 8 <= payload <= 1.001 * bits / 8 + 4


@settings(max_examples=20, deadline=None)
@given(size=st.sampled_from([2, 3, 256, 2048, 2049, 16_384]), seed=st.integers(0, 1 << 32))
def test_no_code_is_ever_impossible(size: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    model = ContextModel(3, size)
    for _ in range(40):
        for codebook in range(3):
            ends = model.ends(codebook)
            assert ends[0] == 0 and ends[-1] == TOTAL and (np.diff(ends) > 0).all()
            model.observe(codebook, int(random.integers(0, min(size, 3))))


def test_old_codes_are_forgotten_by_halves() -> None:
    model = ContextModel(1, 4)
    model.FORGET_AT = 64  # type: ignore[misc]
    for code in [0] * 63 + [1] * 64:
        model.observe(0, code)
    shares = np.diff(model.ends(0))
    assert shares[1] > 0.9 * TOTAL
    assert 0 < model._alone[0].count < 64


def test_noise_falls_back_to_bitpacking() -> None:
    codes = np.random.default_rng(0).integers(0, 1024, (8, 500))
    data = codes_to_bytes(header_for(codes, 1024), codes)
    assert parse_header(data[:HEADER_BYTES], "x").coding == BITPACKED
    assert len(data) == HEADER_BYTES + 5000


@given(
    stretches=st.lists(
        st.tuples(st.integers(0, TOTAL - 1), st.integers(1, TOTAL)).filter(
            lambda pair: sum(pair) <= TOTAL
        ),
        max_size=200,
    )
)
@example(stretches=[(TOTAL - 1, 1)] * 200)  # carries run through every word
@example(stretches=[(0, 1)] * 200)
def test_the_range_coder_is_lossless_for_any_stretches(stretches: list[tuple[int, int]]) -> None:
    data = encode_stretches([s for s, _ in stretches], [n for _, n in stretches])
    decoder = RangeDecoder(data)
    for start, size in stretches:
        assert decoder.pull([0, start, start + size, TOTAL]) == 1


class PerfectMemory:
    """A model that knows the codes beforehand: what a language model could come near to."""

    identifier = 77
    codes = speechlike_codes(40)

    def __init__(self, codebook_count: int, codebook_size: int) -> None:
        self.size = codebook_size
        self.seen = [0] * codebook_count

    def ends(self, codebook: int) -> np.ndarray:
        sizes = np.ones(self.size, np.int64)
        sizes[self.codes[codebook, self.seen[codebook]]] += TOTAL - self.size
        return np.concatenate([[0], sizes.cumsum()])

    def observe(self, codebook: int, code: int) -> None:
        assert code == self.codes[codebook, self.seen[codebook]]
        self.seen[codebook] += 1


def test_another_model_can_take_the_place_of_the_learning_one() -> None:
    codes = PerfectMemory.codes
    data = codes_to_bytes(header_for(codes, 1024), codes, PerfectMemory)
    assert len(data) - HEADER_BYTES < 12
    assert np.array_equal(codes_from_bytes(data, "x", {77: PerfectMemory}).codes, codes)
    with pytest.raises(BitstreamError, match="model 77, which is not known"):
        codes_from_bytes(data, "x")


@pytest.fixture(scope="module")
def data() -> bytes:
    codes = speechlike_codes(300)
    return codes_to_bytes(header_for(codes, 1024), codes)


@settings(max_examples=150, deadline=None)
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_any_flipped_bit_is_noticed(data: bytes, place: float, bit: int) -> None:
    damaged = bytearray(data)
    damaged[int(place * len(data))] ^= 1 << bit
    with pytest.raises(BitstreamError, match=r"take\.hac"):
        codes_from_bytes(bytes(damaged), "take.hac")


@settings(max_examples=60, deadline=None)
@given(length=st.floats(0, 1, exclude_max=True))
def test_any_cut_is_noticed(data: bytes, length: float) -> None:
    with pytest.raises(BitstreamError, match=r"cut short|not a codes file"):
        codes_from_bytes(data[: int(length * len(data))], "x")


def test_what_follows_the_end_is_noticed(data: bytes) -> None:
    with pytest.raises(BitstreamError, match="2 bytes follow its end"):
        codes_from_bytes(data + b"xx", "x")


@settings(max_examples=100)
@given(noise=st.binary(max_size=200))
def test_other_files_are_not_codes_files(noise: bytes) -> None:
    with pytest.raises(BitstreamError):
        codes_from_bytes(noise, "x")


@pytest.mark.parametrize(
    "lie",
    [
        {"frame_count": 1 << 40},
        {"frame_count": 10_000_000, "sample_count": 9_600_000_000},
        {"sample_count": 1},
        {"codebook_size": 1},
        {"codebook_count": 0},
        {"sample_rate": 0},
    ],
)
def test_a_header_that_asks_for_the_impossible_is_refused(data: bytes, lie: dict[str, int]) -> None:
    """With checksums that match: a lie, not an accident."""
    from tokenizer.codes_file.bitstream import _header_bytes

    header = replace(parse_header(data[:HEADER_BYTES], "x"), **lie)
    with pytest.raises(BitstreamError, match="contradicts itself"):
        codes_from_bytes(_header_bytes(header) + data[HEADER_BYTES:], "x")
