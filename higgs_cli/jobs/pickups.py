"""A pick-up list: what somebody who listened remarked, by place; it becomes retakes and words.

    place,remark
    14,too fast                          line 14 is spoken again
    #7,too loud                          and so is chunk 7
    0:26:23,Hermione = Her-my-oh-nee     goes into the lexicon, and changes every place of it

The sheet of findings is such a list, once remarks are written into it. Rows without a remark, and
all other columns, are for people.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from higgs_cli.errors import UsageError
from higgs_cli.files.plain_file import read_plain
from higgs_cli.wording.lexicon import LONGEST_REPLACEMENT, UNSPEAKABLE, Pronunciation
from higgs_cli.wording.lexicon_file import add_to_lexicon

MOST_BYTES = 64 << 20
DELIMITERS = ",;\t"
ARROW = re.compile(r"->|→")
PLACE = re.compile(r"'?(?:line\s+)?(?P<place>\S+)")
"""As it is written anywhere, also with `line` before it."""


@dataclass(frozen=True)
class Pickups:
    """What a list asks for."""

    places: tuple[str, ...] = ()
    """To be spoken again, as `--retake` takes them."""
    words: tuple[Pronunciation, ...] = ()

    def retake(self, also: str | None) -> str | None:
        """All places as one option says them."""
        return ",".join([*([also] if also else []), *self.places]) or None

    def put_into_lexicon(self, lexicon: object, *, has_script: bool) -> list[str]:
        """Write the words into the lexicon that this command line names; what was added, said."""
        example = f"{self.words[0].word} = {self.words[0].replacement}"
        if not has_script:
            raise UsageError(
                f'"{example}" of the pick-up list changes the text, and --from has no script to '
                "read again",
                hint="render the script itself, with --lexicon and --pickups",
            )
        if not isinstance(lexicon, Path):
            raise UsageError(
                f'"{example}" of the pick-up list goes into a lexicon, and none is named',
                hint="name its file, which is made if it is not there: --lexicon words.yaml",
            )
        added = add_to_lexicon(lexicon, self.words)
        return [f"{lexicon}: {entry.word} is said {entry.replacement}" for entry in added]


def read_pickups(path: Path) -> Pickups:
    """The list of a file; a row that cannot be understood is an error that names it."""
    places: dict[str, None] = {}
    words: dict[str, Pronunciation] = {}
    for number, row in enumerate(_rows(path), start=2):
        remark = (row.get("remark") or "").strip()
        if not remark:
            continue
        where = f"{path}, row {number}"
        entry = _pronunciation(remark, where)
        if entry is None:
            places[_place(row, where)] = None
        elif words.setdefault(entry.word.casefold(), entry) != entry:
            raise UsageError(f'{where}: "{entry.word}" is said in two ways')
    return Pickups(tuple(places), tuple(words.values()))


def _rows(path: Path) -> Iterator[Mapping[str, str | None]]:
    text = _text(path)
    heading = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=heading.count)
    names = [
        name.strip().casefold() for name in next(csv.reader([heading], delimiter=delimiter), [])
    ]
    missing = [name for name in ("place", "remark") if name not in names]
    if missing:
        raise UsageError(
            f"{path}: no column is called {missing[0]}",
            hint="a pick-up list has the columns place and remark, as a sheet of --findings has",
        )
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    try:
        next(reader)
        for row in reader:
            yield dict(zip(names, row, strict=False))
    except csv.Error as error:
        raise UsageError(f"{path}: not a list of comma-separated values ({error})") from None


def _text(path: Path) -> str:
    try:
        return read_plain(path, MOST_BYTES).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: byte {error.start} is not UTF-8") from None
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror or error}") from None


def _place(row: Mapping[str, str | None], where: str) -> str:
    found = PLACE.match((row.get("place") or "").strip())
    if found is None:
        raise UsageError(f"{where}: it has a remark, and no place")
    return found["place"]


def _pronunciation(remark: str, where: str) -> Pronunciation | None:
    """`WORD = how it is said`; None for a remark of any other kind."""
    parts = remark.split("=") if "=" in remark else ARROW.split(remark, maxsplit=1)
    if len(parts) != 2 or not all(part.strip() for part in parts):
        return None
    word, said = (" ".join(part.split()) for part in parts)
    if UNSPEAKABLE.search(said) or max(len(word), len(said)) > LONGEST_REPLACEMENT:
        raise UsageError(f'{where}: "{said[:40]}" cannot be spoken')
    return Pronunciation(word, said)
