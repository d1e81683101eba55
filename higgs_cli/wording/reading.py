"""What a reader makes of some tokens: words, how many tokens, and how sure that is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from higgs_cli.wording.tokens import Tokens

SURE, LIKELY, GUESS = 3, 2, 1
"""Written so; by what stands beside it; for want of anything better."""


@dataclass(frozen=True, slots=True)
class Manner:
    """What decides how the same tokens are said."""

    region: str = ""
    """GB, US, or neither."""
    is_heading: bool = False
    is_letter: bool = False
    """Is the lone letter that opens this heading one of the alphabet, and no numeral?"""

    @property
    def is_american(self) -> bool:
        return self.region == "US"

    @property
    def is_british(self) -> bool:
        return self.region in ("GB", "UK", "IE", "AU", "NZ", "ZA", "IN")

    @property
    def with_and(self) -> bool:
        """`two hundred and four`?"""
        return not self.is_american


@dataclass(frozen=True, slots=True)
class Said:
    """What is said in the place of `count` tokens; None leaves them as they are written."""

    words: str | None
    count: int
    sureness: int = SURE


Reader = Callable[[Tokens, int, Manner], "Said | None"]
"""Reads the tokens from an index on, looking at both sides; None: not mine."""
