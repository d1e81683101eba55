"""What the pages and overlays of a read-along are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from higgs_cli.output.about import AboutBook
from higgs_cli.output.read_along.sentences import ToldChapter
from higgs_cli.planning.plan import Plan

AUDIO_TYPE = "audio/mp4"


@dataclass(frozen=True)
class BookParts:
    """A book that has been told."""

    plan: Plan
    about: AboutBook
    chapters: tuple[ToldChapter, ...]
    audio: Mapping[int, str]
    """Of each chapter, by its number: the name of its audio file."""
    known_by: str
    """How the times of its words are known."""
