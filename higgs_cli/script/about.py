"""What describes a book to those who hear it, as its header or a `book.yaml` says it.

title: The Lamp            series: Harbour Tales      cover: cover.jpg
author: [Ann Hale]         year: 1921                 description: …
narrator: Marigold
credits: {…}               sample: true               room tone: {…}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from higgs_cli.files.strict_yaml import Node, read_yaml
from higgs_cli.script.credit_texts import CreditTexts, credit_texts_in
from higgs_cli.script.file_wishes import RoomWish, SampleWish, room_in, sample_in

PEOPLE = ("author", "narrator")
LONGEST = 4000
LATEST_YEAR = 9999


@dataclass(frozen=True)
class BookTexts:
    """What is said of a book in words, each as far as it is said: the one list of it."""

    title: str | None = None
    author: str | None = None
    narrator: str | None = None
    series: str | None = None
    year: int | None = None
    description: str | None = None

    @property
    def texts(self) -> dict[str, Any]:
        """By name, for another that says the same."""
        return {name: getattr(self, name) for name in TEXT_NAMES}


TEXT_NAMES = tuple(each.name for each in fields(BookTexts))


@dataclass(frozen=True)
class About(BookTexts):
    """As a file of the user's says it."""

    cover: Node | None = None
    """The name of a picture, as it is written; nothing is opened here."""
    credits: CreditTexts | None = None
    sample: SampleWish | None = None
    room_tone: RoomWish | None = None

    def over(self, other: About) -> About:
        """What this says, and where it says nothing, what the other does."""
        ours = {each.name: getattr(self, each.name) for each in fields(self)}
        rest = {each.name: getattr(other, each.name) for each in fields(other)}
        return About(
            **{name: rest[name] if value is None else value for name, value in ours.items()}
        )


KEYS = (*TEXT_NAMES, "cover", "credits", "sample", "room tone")
"""As a file writes them."""


def read_about(path: Path) -> About:
    """A file that describes a book and nothing else."""
    return about_in(read_yaml(path).known_entries("the description of a book", KEYS))


def about_in(entries: Mapping[str, Node]) -> About:
    """What of a table is about the book; other keys are left to the caller."""
    said = {key: node for key, node in entries.items() if node.value is not None}
    texts = {key: _text(said[key], key) for key in TEXT_NAMES if key in said and key != "year"}
    return About(
        **texts,
        year=_year(said["year"]) if "year" in said else None,
        cover=said.get("cover"),
        credits=credit_texts_in(said["credits"]) if "credits" in said else None,
        sample=sample_in(said["sample"]) if "sample" in said else None,
        room_tone=room_in(said["room tone"]) if "room tone" in said else None,
    )


def people_in(node: Node, key: str) -> str:
    """Whoever it is, one or several, by name; pandoc writes a table of each."""
    each = node.items(key) if isinstance(node.value, list) else [node]
    named = [
        item.value.get("name", item) if isinstance(item.value, dict) else item for item in each
    ]
    return ", ".join(item.text(key) for item in named)


def _text(node: Node, key: str) -> str:
    if key in PEOPLE:
        return people_in(node, key)
    text = node.text(key)
    if len(text) > LONGEST:
        raise node.refusal(f"{key} is longer than {LONGEST} characters")
    return text


def _year(node: Node) -> int:
    number = node.number("year", 1, LATEST_YEAR)
    if number != int(number):
        raise node.refusal("year must be a whole number")
    return int(number)
