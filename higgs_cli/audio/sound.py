"""A finished sound that comes in pieces, as whoever writes it needs to know it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from higgs_cli.audio.clip import Samples


class Sound(Protocol):
    """Mono samples of a known rate and number."""

    @property
    def sample_rate(self) -> int: ...

    @property
    def sample_count(self) -> int: ...

    def pieces(self) -> Iterator[Samples]:
        """All samples, in order; may be asked for again."""
        ...
