"""What of one ledger is being heard beside the speaking: takes go out, hearings come in.

    take stored ──► its pack is whole ──► an ear ──► hearing ──► store, ledger

What is asked of whom, and when it comes back, decides nothing: the ledger judges a run when all of
it is known.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING

from higgs_cli.errors import FormatError
from higgs_cli.listening.ears import Ears, Hearings
from higgs_cli.takes.heard_files import hearing_digest
from higgs_cli.takes.heard_takes import ToHear
from higgs_cli.takes.kept_sounds import KeptSounds
from higgs_cli.takes.ledger import Ledger
from higgs_cli.takes.take import TakeRecord

if TYPE_CHECKING:
    from higgs_cli.audio.clip import AudioClip
    from higgs_cli.speech.protocol import Codes

Listeners = Mapping[str, Ears]
"""Who hears, by identity."""


class HearingDesk:
    """For one thread; the ears work in their own."""

    def __init__(
        self, ledger: Ledger, listeners: Listeners, sounds: KeptSounds, sample_rate: int
    ) -> None:
        self._ledger = ledger
        self._listeners = listeners
        self._sounds = sounds
        self._sample_rate = sample_rate
        self._asked: set[str] = set()
        self._waiting: dict[Future[Hearings], ToHear] = {}

    @property
    def waiting(self) -> Collection[Future[Hearings]]:
        """What is on its way."""
        return self._waiting.keys()

    def ask(self, numbers: Collection[int] | None = None) -> None:
        """Give out what of these chunks, or of all, can be heard now; nothing twice."""
        for to_hear in self._ledger.to_hear(numbers):
            digest = hearing_digest(to_hear.listener, to_hear.sounds)
            if digest not in self._asked:
                self._asked.add(digest)
                codes = [self._codes(record) for record in to_hear.takes]
                future = self._listeners[to_hear.listener].hear(partial(self._clips, codes))
                self._waiting[future] = to_hear

    def come(self) -> Iterator[tuple[int, ...]]:
        """Keep what has come back; yield the chunks that it is of."""
        for future in [each for each in self._waiting if each.done()]:
            to_hear = self._waiting.pop(future)
            self._ledger.store.heard.keep(to_hear.listener, to_hear.sounds, future.result())
            yield to_hear.numbers

    def ears_for(self, number: int) -> dict[str, Ears]:
        """Who is to hear another take of a chunk that was spoken before, by identity."""
        return {
            gate.listener: self._listeners[gate.listener]
            for gate in self._ledger.gates_of(number)
            if gate.listener is not None
        }

    def _codes(self, record: TakeRecord) -> Codes:
        take = self._ledger.store.take(record.key, record.attempt)
        if take is None:
            raise FormatError(f"take {record.name} has vanished from {self._ledger.store.folder}")
        return take.codes

    def _clips(self, codes: Sequence[Codes]) -> list[AudioClip]:
        """In a thread of an ear, when it is free."""
        from higgs_cli.audio.clip import AudioClip

        return [AudioClip(self._sounds.of(each), self._sample_rate) for each in codes]
