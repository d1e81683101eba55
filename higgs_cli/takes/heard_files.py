"""What was heard of takes as files of a take store: what is lost or damaged is heard again.

    HIGGS-HEARD 1\\n | {"listener": …, "sounds": […], "heard": […]}\\n | SHA-256 of all before it

A file is named after who listens and the takes that were heard together, so that nobody can take
one for another. Nothing waits for the disk here. For several threads at once.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from higgs_cli.errors import FormatError, HiggsError
from higgs_cli.files.place import Place
from higgs_cli.files.strict_json import read_record
from higgs_cli.listening.heard_form import heard_in, plain
from higgs_cli.listening.listener import Heard
from higgs_cli.takes.layout import HEARD_SUFFIX, HEARINGS, heard_name, last_part, names_in
from higgs_cli.takes.take import TakeRecord

MAGIC = b"HIGGS-HEARD 1\n"
DIGEST_BYTES = 32
MOST_BYTES = 4 << 20
OURS = re.compile(r"[0-9a-f]{64}\.heard")

Hearings: TypeAlias = "tuple[Heard | None, ...]"
Answer: TypeAlias = "Callable[[], Sequence[Heard | None]]"


def sound_of(record: TakeRecord) -> str:
    """Names what a take sounds like: the take, and what was measured of this recording of it."""
    levels = record.levels
    measured = (levels.peak, levels.block_power_sum, levels.sounding_seconds)
    return _digest(f"{record.name} {record.frame_count} {[*map(float, measured)]}")


def hearing_digest(listener: str, sounds: Sequence[str]) -> str:
    """Names what somebody has heard of sounds that follow one another."""
    return _digest("\n".join((listener, *sounds)))


class HeardFiles:
    """The hearings of one store, by the digest that names them; each is read once."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._known: dict[str, Hearings] = {}
        self._expected: dict[str, Answer] = {}

    def expect(self, listener: str, sounds: Sequence[str], answer: Answer) -> None:
        """Somebody hears them now: who asks for it first waits for the answer, and keeps it."""
        self._expected[hearing_digest(listener, sounds)] = answer

    def expects(self, listener: str, sounds: Sequence[str]) -> bool:
        return hearing_digest(listener, sounds) in self._expected

    def of(self, listener: str, sounds: Sequence[str]) -> Hearings | None:
        """What this listener has heard of these sounds, one after another."""
        digest = hearing_digest(listener, sounds)
        if (answer := self._expected.pop(digest, None)) is not None:
            self.keep(listener, sounds, answer())
        if digest not in self._known:
            found = self._read(digest)
            if found is None:
                return None
            self._known[digest] = found
        return self._known[digest]

    def keep(self, listener: str, sounds: Sequence[str], heard: Sequence[Heard | None]) -> None:
        """From now on it is known; where it cannot be written, in this process alone."""
        digest = hearing_digest(listener, sounds)
        self._known[digest] = tuple(heard)
        whole = {"listener": listener, "sounds": list(sounds), "heard": list(map(plain, heard))}
        line = json.dumps(whole, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        content = MAGIC + line.encode() + b"\n"
        self._place.write_passing(heard_name(digest), content, hashlib.sha256(content).digest())

    def damaged_names(self) -> Iterator[str]:
        """Read them all; yield the name of each that is not what was written."""
        for name in names_in(self._place, HEARINGS):
            if OURS.fullmatch(last_part(name)):
                digest = last_part(name).removesuffix(HEARD_SUFFIX)
                if self._read(digest) is None:
                    yield last_part(name)

    def _read(self, digest: str) -> Hearings | None:
        """None where nothing is, or nothing of ours."""
        try:
            data = self._place.read(heard_name(digest))
            return None if data is None else _opened(data, digest)
        except HiggsError:
            return None


def _opened(data: bytes, digest: str) -> Hearings:
    content, check = data[:-DIGEST_BYTES], data[-DIGEST_BYTES:]
    name = f"{digest}{HEARD_SUFFIX}"
    if not content.startswith(MAGIC) or hashlib.sha256(content).digest() != check:
        raise FormatError(f"{name}: damaged")
    record = read_record(content[len(MAGIC) :], name, MOST_BYTES)
    sounds, heard = record.texts("sounds"), record.records("heard")
    if hearing_digest(record.text("listener"), sounds) != digest or len(sounds) != len(heard):
        raise FormatError(f"{name}: not the hearing that its name says")
    return tuple(map(heard_in, heard))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
