"""Who speaks which run: the same voices to the same worker, long runs first, and none twice.

A few runs are read ahead. A worker with room gets one whose voices it has spoken already, else the
longest of a group that nobody has begun, else the longest there is; so each prefix is read by few
workers, and what is left at the end is short. What a dead worker had is given back by its key.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from higgs_cli.speech.protocol import NOTHING_YET, NothingYet, SpeechChunk, SpeechRun

READ_AHEAD = 4
"""Runs for each that may wait at a worker."""


@dataclass
class _Share:
    """What one worker has: runs by key, of which some wait, and the voices it has spoken."""

    room: int
    runs: dict[str, SpeechRun] = field(default_factory=dict)
    waiting: set[str] = field(default_factory=set)
    voices: set[int] = field(default_factory=set)


class HandOut:
    """For one reader. `workers` come and go."""

    def __init__(self, runs: Iterator[SpeechRun | NothingYet]) -> None:
        self._source = runs
        self._ahead: list[SpeechRun] = []
        self._shares: dict[int, _Share] = {}
        self._is_open = True

    def add(self, worker: int, room: int) -> None:
        """`room`: how many runs may wait there for a lane."""
        self._shares[worker] = _Share(room)

    def remove(self, worker: int) -> list[SpeechRun]:
        """What it had is nobody's."""
        share = self._shares.pop(worker, None)
        return [] if share is None else list(share.runs.values())

    def next_for(self, worker: int) -> SpeechRun | None:
        """A run for it, if it has room and there is one."""
        share = self._shares[worker]
        if len(share.waiting) >= share.room:
            return None
        self._read_ahead()
        if not self._ahead:
            return None
        run = self._ahead.pop(self._best(share))
        share.runs[run.key] = run
        share.waiting.add(run.key)
        share.voices.add(_voices(run))
        return run

    def taken(self, worker: int, run_key: str) -> None:
        """A lane has it: there is room for another."""
        if worker in self._shares:
            self._shares[worker].waiting.discard(run_key)

    def ended(self, worker: int, run_key: str) -> None:
        """It is spoken, or failed."""
        share = self._shares.get(worker)
        if share is not None:
            share.runs.pop(run_key, None)
            share.waiting.discard(run_key)

    def knows(self, worker: int) -> bool:
        return worker in self._shares

    def ends_with(self, worker: int, run_key: str, chunk_key: str) -> bool:
        """Whether this is the last chunk that is to be spoken of a run."""
        run = self._shares[worker].runs.get(run_key)
        return run is not None and next(filter(_is_new, reversed(run.chunks))).key == chunk_key

    def has(self, worker: int, run_key: str) -> bool:
        return worker in self._shares and run_key in self._shares[worker].runs

    def has_runs(self, worker: int) -> bool:
        return worker in self._shares and bool(self._shares[worker].runs)

    @property
    def is_empty(self) -> bool:
        """Nobody has anything, and nothing is read ahead."""
        return not self._ahead and not any(share.runs for share in self._shares.values())

    @property
    def is_done(self) -> bool:
        """Nor will anything come."""
        return self.is_empty and not self._is_open

    def _read_ahead(self) -> None:
        most = READ_AHEAD * sum(share.room for share in self._shares.values())
        while self._is_open and len(self._ahead) < most:
            run = next(self._source, None)
            if run is None:
                self._is_open = False
            elif run is NOTHING_YET:
                return
            elif isinstance(run, SpeechRun):
                self._ahead.append(run)

    def _best(self, share: _Share) -> int:
        """The place, in what is read ahead, of what this worker should speak."""
        begun = {voices for other in self._shares.values() for voices in other.voices}

        def worth(place: int) -> tuple[bool, bool, int, int]:
            run = self._ahead[place]
            voices = _voices(run)
            return (voices in share.voices, voices not in begun, _length(run), -place)

        return max(range(len(self._ahead)), key=worth)


def _voices(run: SpeechRun) -> int:
    """Of the prefix: runs with the same are spoken after one reading of it."""
    return hash((run.scene, *((each.speaker, each.transcript) for each in run.references)))


def _length(run: SpeechRun) -> int:
    return sum(len(chunk.text) for chunk in run.chunks if _is_new(chunk))


def _is_new(chunk: SpeechChunk) -> bool:
    return chunk.stored_codes is None
