"""Uniform numbers that depend on what they are for, and on nothing else.

A draw's number is a hash of (seed, chunk key, attempt, frame, codebook, purpose): no generator, no
state, so neither the neighbours of a lane nor an interruption can shift it. Integer arithmetic
only, hence the same bits on every device. The mixer is the finaliser of splitmix64: two rounds of
it on distinct counters pass for noise, which the tests check.
"""

import hashlib
from enum import IntEnum

import torch

_WORD_BITS = 64
_UNIFORM_BITS = 24
FRAME_STRIDE = -7046029254386353131  # 2**64 / golden ratio, as a signed word: odd, no pattern
DRAW_STRIDE = -3335678366873096957
FIRST_FACTOR = -4658895280553007687
SECOND_FACTOR = -7723592293110705685


class Purpose(IntEnum):
    """What a number is drawn for. Values are part of every stored take: never renumber."""

    DRAW = 0
    REDRAW = 1
    TEXT = 2


def noise_key(seed: int, chunk_key: str, attempt: int) -> int:
    """A signed 64-bit word that names one attempt at one chunk."""
    text = f"{seed}\x1f{attempt}\x1f{chunk_key}".encode()
    digest = hashlib.blake2b(text, digest_size=_WORD_BITS // 8).digest()
    return int.from_bytes(digest, "little", signed=True)


def uniforms(
    keys: torch.Tensor, frames: torch.Tensor, codebook_count: int, purpose: Purpose
) -> torch.Tensor:
    """Numbers in [0, 1), float32 `[lanes, codebooks]`, for keys and frames `[lanes]` (int64)."""
    codebooks = torch.arange(codebook_count, device=keys.device)
    draws = codebooks * len(Purpose) + int(purpose)
    frame_words = _mix(keys + frames * FRAME_STRIDE)
    words = _mix(frame_words[:, None] + (draws + 1) * DRAW_STRIDE)
    top_bits = (words >> (_WORD_BITS - _UNIFORM_BITS)) & ((1 << _UNIFORM_BITS) - 1)
    return top_bits.to(torch.float32) * 2.0**-_UNIFORM_BITS


def _mix(words: torch.Tensor) -> torch.Tensor:
    words = (words ^ _shifted(words, 30)) * FIRST_FACTOR
    words = (words ^ _shifted(words, 27)) * SECOND_FACTOR
    return words ^ _shifted(words, 31)


def _shifted(words: torch.Tensor, bits: int) -> torch.Tensor:
    """Shift right and fill with zeros; torch's own shift of signed words fills with the sign."""
    return (words >> bits) & ((1 << (_WORD_BITS - bits)) - 1)
