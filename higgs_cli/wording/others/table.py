"""What a language writes in figures and in short: the form of its table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Names = tuple[str, str]
"""For one and for many."""


@dataclass(frozen=True)
class LanguageTable:
    """The written forms of a language, with what is said for them."""

    language: str
    decimal: str
    """The mark before decimals; the other of `.` and `,` stands between thousands."""
    point: str
    """What is said for it."""
    percent: str
    minus: str
    to: str
    """Between the ends of a range."""
    ratio: str
    """Between the numbers of a score."""
    months: tuple[str, ...] = ()
    currencies: Mapping[str, Names] = field(default_factory=dict)
    units: Mapping[str, Names] = field(default_factory=dict)
    things: frozenset[str] = frozenset()
    """What a number or a Roman numeral behind it counts: `Kapitel`, `tomo`, and in short."""
    abbreviations: Mapping[str, str] = field(default_factory=dict)
    may_end: frozenset[str] = frozenset()
    """Abbreviations whose point before a capital ends the sentence too."""
    before_figures: frozenset[str] = frozenset()
    """Abbreviations that are none elsewhere."""
    behind_figures: frozenset[str] = frozenset()
    bare: frozenset[str] = frozenset()
    """Abbreviations without a point that stand before small letters too."""
    openers: frozenset[str] = frozenset()
    """Where nouns have capitals: what begins a sentence behind a unit with a point."""
    clock: str = "{hour} {minute}"
    full_hour: str = "{hour}"
    one_o_clock: str = ""
    """The hour of one o'clock with its noun, where that differs."""
    hour_word: str = ""
    """What is written behind the hour, besides a colon: `Uhr`, `h`."""
    one: str = ""
    """`1` before a noun, where it differs from counting: `ein`, `un`."""
    feminine_one: str = ""
    feminine: frozenset[str] = frozenset()
    """Nouns that ask for it, as far as their endings do not say it."""
    joint: str = ""
    """Between the coins of a sum."""
    row: frozenset[str] = frozenset()
    """Between two numerals of one thing: `y`, `et`, `und`."""
    rulers: frozenset[str] = frozenset()
    """Who may have a numeral of one letter."""
