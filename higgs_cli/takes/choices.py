"""What a person decided of chunks, beside their takes.

A render goes by the choices that it found when it first asked. Others may write them meanwhile:
they have a lock of their own, held only while one is written.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from higgs_cli.errors import FormatError
from higgs_cli.files.place import Place
from higgs_cli.files.strict_json import read_record
from higgs_cli.takes.layout import (
    CHOICE_SUFFIX,
    CHOICES,
    CHOICES_LOCK,
    choice_name,
    choice_names,
    last_part,
    names_in,
)
from higgs_cli.takes.take import MOST_ATTEMPTS

LOCK_SECONDS = 5.0
"""Another process writes a few choices at a time."""


@dataclass(frozen=True)
class Choice:
    """What a person decided of a chunk. `wanted_attempt`: speak until this attempt exists."""

    chosen_attempt: int | None = None
    is_locked: bool = False
    wanted_attempt: int = 0


class StoredChoices:
    """The choices of a store, `shown` so to a person; names of damaged ones go to `damaged`."""

    def __init__(self, place: Place, shown: str, damaged: list[str]) -> None:
        self._place = place
        self._shown = shown
        self._damaged = damaged
        self._known: dict[str, Choice] = {}
        self._names: frozenset[str] | None = None

    def of(self, key: str) -> Choice:
        """As it was when choices were first asked for, or as it was decided here since."""
        if self._names is None:
            self._names = frozenset(names_in(self._place, CHOICES))
        if key not in self._known:
            is_there = choice_name(key) in self._names
            self._known[key] = self._read(key) if is_there else Choice()
        return self._known[key]

    def damaged_names(self) -> Iterator[str]:
        """Read them all; yield the name of each that is none."""
        for name in choice_names(self._place):
            known = len(self._damaged)
            self._read(last_part(name).removesuffix(CHOICE_SUFFIX))
            yield from self._damaged[known:]

    def change(self, key: str, changed: Callable[[Choice], Choice]) -> None:
        """What stands there now becomes another; nobody else writes between the two."""
        doing = f"writing decisions into {self._shown}"
        with self._place.lock(CHOICES_LOCK, doing, seconds=LOCK_SECONDS):
            choice = changed(self._read(key))
            value = {
                "chosen": choice.chosen_attempt,
                "locked": choice.is_locked,
                "wanted": choice.wanted_attempt,
            }
            self._place.write_whole(choice_name(key), json.dumps(value).encode() + b"\n")
        self._known[key] = choice

    def _read(self, key: str) -> Choice:
        name = choice_name(key)
        try:
            data = self._place.read(name)
            if data is None:
                return Choice()
            value = read_record(data, name)
            chosen = value.whole("chosen", 0, MOST_ATTEMPTS) if "chosen" in value else None
            return Choice(chosen, value.flag("locked"), value.whole("wanted", 0, MOST_ATTEMPTS))
        except FormatError:
            self._damaged.append(last_part(name))
            return Choice()
