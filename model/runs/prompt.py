"""A stretch of context as the engine takes it: ids, and codes where an id stands for sound."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import torch


@dataclass(frozen=True, eq=False)
class Prompt:
    """A stretch of context: ids, and one column of codes for each audio id among them."""

    ids: tuple[int, ...]
    """Every position in order. Audio ids (audio in, audio out, delay) stand for one column each."""
    codes: torch.Tensor | None = None
    """`[codebooks, audio positions]`, int64, in the *delayed* layout with its specials
    (see `delay_pattern.delayed`); None when no id is an audio id."""


def joined(prompts: Sequence[Prompt]) -> Prompt:
    """Prompts one after another, as one."""
    ids = tuple(one for prompt in prompts for one in prompt.ids)
    codes = [prompt.codes for prompt in prompts if prompt.codes is not None]
    return Prompt(ids, torch.cat(codes, dim=1) if codes else None)


def without_first(prompt: Prompt, count: int) -> Prompt:
    """A prompt whose first `count` positions, all audio, are in the cache already."""
    if not count or prompt.codes is None:
        return prompt
    codes = prompt.codes[:, count:]
    return Prompt(prompt.ids[count:], codes if codes.shape[1] else None)


def prompt_digest(prompt: Prompt) -> bytes:
    """Equal for equal prompts; what runs share a prefix is decided by it."""
    digest = hashlib.blake2b(repr(prompt.ids).encode(), digest_size=16)
    if prompt.codes is not None:
        digest.update(prompt.codes.to("cpu", torch.int64).contiguous().numpy().tobytes())
    return digest.digest()
