"""A pick-up list: what somebody who listened remarked, by place; it becomes retakes and words.

    place,remark
    14,too fast                          line 14 is spoken again
    #7,too loud                          and so is chunk 7
    0:26:23,Hermione = Her-my-oh-nee     goes into the lexicon, and changes every place of it

The sheet of findings is such a list, once remarks are written into it. Rows without a remark, and
all other columns, are for people. A row that was carried out is noted in the take store and asks
for nothing again.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from higgs_cli.errors import UsageError
from higgs_cli.files.plain_file import read_plain
from higgs_cli.planning.places import spans_of
from higgs_cli.wording.lexicon import LONGEST_REPLACEMENT, UNSPEAKABLE, Pronunciation

MOST_BYTES = 64 << 20
DELIMITERS = ",;\t"
TELLING = ("place", "remark", "start", "end")
"""Columns by which a row is known again; programs for tables write the others in their own way."""
ARROW = re.compile(r"->|→")
PLACE = re.compile(r"'?(?:line\s+)?(?P<place>\S+)")
"""As it is written anywhere, also with `line` before it."""


@dataclass(frozen=True)
class Remark:
    """A place that is to be spoken again, as `--retake` takes it."""

    place: str
    sha256: str
    """Of its row: place, remark, and when the take sounded where the sheet says so."""


@dataclass(frozen=True)
class Pickups:
    """What a list asks for."""

    remarks: tuple[Remark, ...] = ()
    words: tuple[Pronunciation, ...] = ()

    @property
    def rows(self) -> tuple[str, ...]:
        """Their checksums."""
        return tuple(remark.sha256 for remark in self.remarks)

    def retake(self, also: str | None) -> str | None:
        """All places as one option says them."""
        places = [*([also] if also is not None else []), *(each.place for each in self.remarks)]
        return ",".join(dict.fromkeys(places)) if places else None

    def without(self, carried_out: Collection[str]) -> Pickups:
        """What is left to do. Words stay: a lexicon has each once."""
        left = tuple(each for each in self.remarks if each.sha256 not in carried_out)
        return Pickups(left, self.words)

    def lexicon(self, lexicon: object, *, has_script: bool) -> Path:
        """The lexicon that the words go into: one that this command line names."""
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
        return lexicon

    def absent(self, text: str) -> list[str]:
        """Words that are nowhere in it."""
        return [each.word for each in self.words if not re.search(each.pattern, text)]


def read_pickups(path: Path) -> Pickups:
    """The list of a file; a row that cannot be understood is an error that names it."""
    remarks: list[Remark] = []
    words: dict[str, Pronunciation] = {}
    for number, row in enumerate(_rows(path), start=2):
        remark = (row.get("remark") or "").strip()
        if not remark:
            continue
        where = f"{path}, row {number}"
        entry = _pronunciation(remark, where)
        if entry is None:
            remarks.append(Remark(_place(row, where), _checksum(row)))
        elif words.setdefault(entry.word.casefold(), entry) != entry:
            raise UsageError(f'{where}: "{entry.word}" is said in two ways')
    return Pickups(tuple(remarks), tuple(words.values()))


def _checksum(row: Mapping[str, str | None]) -> str:
    said = [" ".join((row.get(name) or "").split()) for name in TELLING]
    return hashlib.sha256("\x00".join(said).encode()).hexdigest()


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
    spans_of(found["place"], f"{where}:")
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
