"""The takes of an earlier render, as its manifest names them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class HeardTake:
    """A take that an earlier render let be heard, as its manifest names it."""

    key: str
    attempt: int
    codes_sha256: str | None
    had_other_context: bool
    """What it had heard is not what its run says: it cannot be made again, only kept."""


@dataclass(frozen=True)
class EarlierTakes:
    """All takes of an earlier render, and the model that spoke them."""

    model_name: str
    model_fingerprint: str
    was_exact: bool
    takes: Mapping[int, HeardTake]
    """By chunk number."""
    minted_takes: Mapping[str, str]
    """The take that each minted voice was made of, by speaker."""
