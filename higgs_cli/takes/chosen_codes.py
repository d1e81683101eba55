"""The codes that go into the audio, read from the store while they are mastered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from higgs_cli.errors import TakesFailedError
from higgs_cli.takes.kept_sounds import codes_digest
from higgs_cli.takes.settled import SettledChunk
from higgs_cli.takes.store import TakeStore

if TYPE_CHECKING:
    from higgs_cli.speech.protocol import Codes


class ChosenCodes:
    """Reads takes, and notes what their codes were."""

    def __init__(self, store: TakeStore) -> None:
        self._store = store
        self.digests: dict[int, str] = {}
        """SHA-256 of the codes that were read, by chunk number."""

    def of(self, settled: SettledChunk) -> Codes | None:
        """The codes of the chosen take, or None where silence is to stand."""
        if settled.take is None or not settled.is_used:
            return None
        take = self._store.take(settled.key, settled.take.attempt)
        if take is None:
            raise TakesFailedError(
                f"the take of line {settled.chunk.line_number} was damaged while it was being used",
                hint="run the same command again: only that line will be spoken",
            )
        self.digests[settled.chunk.number] = codes_digest(take.codes)
        return take.codes
