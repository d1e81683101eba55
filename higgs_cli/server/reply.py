"""One request on its way through the lanes: its part of the speaking, and who waits for it.

    part ── runs ──► lanes ── frames of each chunk ──► in the order of the text ──► mailbox
                         └─── spoken chunks ─────────► answered, checked if asked for

All but the mailbox belongs to the thread that speaks. A request that is checked comes whole, at its
end: its takes may be spoken again. One that is streamed takes every first take as it is.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from higgs_cli.checks.checker import CheckedChunk
from higgs_cli.errors import GenerationFailedError, HiggsError
from higgs_cli.rendering.part import Part
from higgs_cli.server.mailbox import Mailbox, SpokenPiece, end_of_chunk
from higgs_cli.speech.protocol import (
    Answer,
    GiveUp,
    NothingYet,
    Retry,
    SpeechRun,
    SpokenChunk,
    SpokenFrames,
)
from higgs_cli.takes.settled import SpokenChapter
from higgs_cli.takes.take import Levels, Take, TakeRecord

if TYPE_CHECKING:
    from higgs_cli.speech.protocol import Codes

GRACE_SECONDS = 0.25
"""Before a request has another lane: who comes together with it is to have one first."""
UNMEASURED = Levels(0.0, 0.0, 0)


@dataclass(eq=False)
class Reply:
    """What becomes of one request."""

    part: Part
    client: str
    is_streamed: bool
    mailbox: Mailbox[SpokenPiece]
    is_given_up: bool = False
    """Does nobody wait for it any more?"""

    def __post_init__(self) -> None:
        self.chapters: list[SpokenChapter] = []
        """All of it, once the mailbox has ended."""
        self.runs_in_lanes: dict[str, str] = {}
        """Keys of runs, each with that of its last chunk."""
        self._source: Iterator[SpeechRun | NothingYet] = iter(())
        self._has_lost = False
        self._last_run_at = 0.0
        self._order = ChunkOrder(len(self.part.plan.chunks), self.mailbox)

    def begin(self) -> None:
        self.part.begin()
        self._source = self.part.runs()

    def next_run(self) -> SpeechRun | None:
        """What a free lane may speak of it now."""
        if self.runs_in_lanes and time.monotonic() - self._last_run_at < GRACE_SECONDS:
            return None
        run = next(self._source, None)
        if run is None or isinstance(run, NothingYet):
            return None
        self._last_run_at = time.monotonic()
        self.runs_in_lanes[run.key] = run.chunks[-1].key
        return run

    def hear(self, frames: SpokenFrames) -> None:
        if self.is_streamed:
            self._order.add(self.part.number_of(frames.chunk_key), frames.codes)

    def accepted(self, spoken: SpokenChunk) -> Answer:
        """A streamed chunk has come to its end: it has been heard, so it stands."""
        number, slate = self.part.number_of(spoken.chunk_key), self.part.slate(spoken)
        self._order.end(number)
        if slate is None:
            return self._over(spoken, GiveUp())
        record = TakeRecord(
            key=slate.key,
            attempt=spoken.attempt,
            recipe=slate.recipe,
            heard=slate.heard,
            frame_count=int(spoken.codes.shape[1]),
            ending=spoken.ending.value,
            findings=(),
            levels=UNMEASURED,
        )
        take = Take(record, spoken.codes)
        self.part.shelf.write(take)
        return self.judged(CheckedChunk(spoken, take))

    def judged(self, checked: CheckedChunk) -> Answer:
        """A checked chunk: the part says how the lane goes on."""
        return self._over(checked.spoken, self.part.answer(checked))

    def lose(self, run_key: str, chunk_key: str, reason: str) -> None:
        """A chunk could not be spoken, and its run ended with it."""
        self.runs_in_lanes.pop(run_key, None)
        self._has_lost = True
        self.part.lose(chunk_key, reason)
        if self.is_streamed:
            self._order.end(self.part.number_of(chunk_key))

    def settle(self) -> bool:
        """Take in what has become whole; True when nothing more is to be spoken."""
        if self.part.trouble is not None:
            raise self.part.trouble
        self.chapters += self.part.finished_chapters()
        if self.part.is_whole:
            self._finish()
            return True
        if self._has_lost and not self.runs_in_lanes:
            self._has_lost, self._source = False, self.part.runs()
        return False

    def fail(self, trouble: HiggsError) -> None:
        self.mailbox.end(trouble)

    def _finish(self) -> None:
        self.chapters.sort(key=lambda chapter: chapter.number)
        chunks = [chunk for chapter in self.chapters for chunk in chapter.chunks]
        if not any(chunk.is_used for chunk in chunks):
            losses = [chunk.loss for chunk in chunks if chunk.loss]
            self.fail(GenerationFailedError(losses[0] if losses else "no take of it is usable"))
        self.mailbox.end()

    def _over(self, spoken: SpokenChunk, answer: Answer) -> Answer:
        """A run is over with its last chunk, unless that is spoken again."""
        is_last = self.runs_in_lanes.get(spoken.run_key) == spoken.chunk_key
        if is_last and not isinstance(answer, Retry):
            del self.runs_in_lanes[spoken.run_key]
        return answer


class ChunkOrder:
    """Chunks are spoken in any order and handed on in that of the text."""

    def __init__(self, chunk_count: int, mailbox: Mailbox[SpokenPiece]) -> None:
        self._chunk_count = chunk_count
        self._mailbox = mailbox
        self._now = 0
        """The chunk that is handed on as it comes."""
        self._held: dict[int, list[Codes]] = {}
        self._ended: set[int] = set()

    def add(self, number: int, codes: Codes) -> None:
        if number == self._now:
            self._put(codes)
        elif number > self._now:
            self._held.setdefault(number, []).append(codes)

    def end(self, number: int) -> None:
        self._ended.add(number)
        while self._now in self._ended:
            self._put_end()
            self._now += 1
            for codes in self._held.pop(self._now, []):
                self._put(codes)

    def _put(self, codes: Codes) -> None:
        self._mailbox.put(SpokenPiece(codes), codes.shape[1])

    def _put_end(self) -> None:
        self._mailbox.put(end_of_chunk(), 0)
