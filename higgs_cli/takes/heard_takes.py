"""What was heard of the takes of one book: first takes in packs, any other take alone.

    first takes     1.0  2.0  3.0 │ 4.0  5.0      heard together, once all of a pack are spoken
    spoken again              3.1                 alone

Who listens may change, and so may takes: a hearing is of these very takes by this very listener, or
it is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from higgs_cli.listening.listener import Heard
from higgs_cli.planning.plan import Chunk
from higgs_cli.takes.heard_files import HeardFiles, Hearings, sound_of
from higgs_cli.takes.measure import Measure
from higgs_cli.takes.packs import Pack, packs_of
from higgs_cli.takes.take import TakeRecord, Verdict


@dataclass(frozen=True)
class ToHear:
    """Takes that are there, and are to be heard one after another."""

    listener: str
    takes: tuple[TakeRecord, ...]
    numbers: tuple[int, ...]
    """Of the chunks, one for each take."""

    @property
    def sounds(self) -> tuple[str, ...]:
        return tuple(map(sound_of, self.takes))


class HeardTakes:
    """By one listener; it reads the store and hears nothing itself."""

    def __init__(
        self,
        gate: Measure,
        listener: str,
        chapters: Iterable[Sequence[Chunk]],
        files: HeardFiles,
        first_take: Callable[[int], TakeRecord | None],
    ) -> None:
        """`first_take`: the one to go by of those that were spoken first; None where there is
        none."""
        self._listener = listener
        self._files = files
        self._first_take = first_take
        told = ([chunk for chunk in chapter if gate.is_told(chunk)] for chapter in chapters)
        packs = [pack for chapter in told for pack in packs_of(chapter)]
        self._pack_of: dict[int, Pack] = {number: pack for pack in packs for number in pack}

    def is_known(self, number: int, record: TakeRecord | None) -> bool:
        """Whether what this take sounds like can be asked, or need not be."""
        if record is None or number not in self._pack_of or not is_heard_at_all(record):
            return True
        return self._found(number, record)[0] is not None

    def of(self, number: int, record: TakeRecord | None) -> Heard | None:
        """What was heard of it."""
        if record is None or number not in self._pack_of or not is_heard_at_all(record):
            return None
        found, at = self._found(number, record)
        return found[at] if found is not None else None

    def to_hear(
        self,
        numbers: Iterable[int],
        is_spoken: Callable[[int], bool],
        records: Callable[[int], Sequence[TakeRecord]],
    ) -> Iterator[ToHear]:
        """What can be heard now of these chunks: packs that were spoken, and other takes."""
        packs = dict.fromkeys(self._pack_of[n] for n in numbers if n in self._pack_of)
        for pack in packs:
            if not all(map(is_spoken, pack)):
                continue
            together = self._together(pack)
            if together and self._files.of(self._listener, _sounds(together)) is None:
                yield self._to_hear(together)
            for number in pack:
                for record in records(number):
                    if not self.is_known(number, record):
                        alone = [(number, record)]
                        if (number, record) not in together:
                            yield self._to_hear(alone)

    def _to_hear(self, takes: Sequence[tuple[int, TakeRecord]]) -> ToHear:
        return ToHear(self._listener, tuple(r for _, r in takes), tuple(n for n, _ in takes))

    def _found(self, number: int, record: TakeRecord) -> tuple[Hearings | None, int]:
        """What was heard with it, and its place among that."""
        together = self._together(self._pack_of[number])
        if (number, record) not in together:
            together = [(number, record)]
        found = self._files.of(self._listener, _sounds(together))
        return found, together.index((number, record))

    def _together(self, pack: Pack) -> list[tuple[int, TakeRecord]]:
        """The first takes of a pack that are heard at all."""
        firsts = ((number, self._first_take(number)) for number in pack)
        return [(n, record) for n, record in firsts if record and is_heard_at_all(record)]


def is_heard_at_all(record: TakeRecord) -> bool:
    """What nobody will hear, nobody listens to."""
    return record.is_usable and record.frame_count > 0


def is_worth_hearing(record: TakeRecord) -> bool:
    """Of takes that were spoken again: one that has failed is spoken again whatever it says."""
    return is_heard_at_all(record) and record.verdict is not Verdict.FAIL


def _sounds(takes: Sequence[tuple[int, TakeRecord]]) -> tuple[str, ...]:
    return tuple(sound_of(record) for _, record in takes)
