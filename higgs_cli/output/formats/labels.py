"""What a delivered file says about itself: tags, chapters, cover. Knows nothing of formats."""

from __future__ import annotations

from dataclasses import dataclass

from higgs_cli.script.about import BookTexts

SYNTHETIC = "Spoken by a synthetic voice."
"""What every delivered file that has tags says of the voice."""


@dataclass(frozen=True)
class ChapterMark:
    """A chapter as players show it."""

    title: str
    start_seconds: float
    end_seconds: float


@dataclass(frozen=True)
class Picture:
    """A cover that is whole; see `cover.py`."""

    data: bytes
    media_type: str
    """`image/jpeg` or `image/png`."""
    width: int
    height: int

    @property
    def form(self) -> str:
        """In a few words."""
        return f"{self.media_type}, {self.width} x {self.height}"


@dataclass(frozen=True)
class Labels(BookTexts):
    """All that players are told besides the sound; empty and None are left out."""

    title: str = ""
    """Of this file: the book's, or that of the one chapter in it."""
    book: str = ""
    note: str = SYNTHETIC
    track: tuple[int, int] | None = None
    """Which file of how many, where the book has several."""
    chapters: tuple[ChapterMark, ...] = ()
    cover: Picture | None = None
