"""Takes are checked beside the speaking: decoded, checked, measured and stored in other threads.

    lanes ── spoken chunk ──► TakeChecker ── in the order of speaking ──► ledger, answer, lane
                              └─► take store: whole on the disk before it is handed on

A lane is parked from its take until the answer, so never more takes wait here than there are lanes.
Of a checked take only the findings stay; the sound of a good one is kept beside the takes, if it
can be (see `kept_sounds.py`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from higgs_cli.errors import AudioTokenizationError, FormatError, HiggsError
from higgs_cli.listening.ears import Ears
from higgs_cli.listening.listener import Heard
from higgs_cli.planning.plan import Chunk
from higgs_cli.speech.protocol import Speech, SpokenChunk, Synthesizer
from higgs_cli.stopping import wait_for
from higgs_cli.takes.heard_takes import is_worth_hearing
from higgs_cli.takes.kept_sounds import KeptSounds
from higgs_cli.takes.store import TakeStore
from higgs_cli.takes.take import Finding, Levels, Slate, Take, TakeRecord, Verdict
from higgs_cli.threads import OwnsThreads

if TYPE_CHECKING:
    from higgs_cli.checks.signal import Evidence
    from higgs_cli.speech.protocol import Codes, Samples


SILENT = Levels(0.0, 0.0, 0)


@dataclass(frozen=True, eq=False)
class CheckedChunk:
    """One attempt, with the take that was stored of it, if one was wanted."""

    spoken: SpokenChunk
    take: Take | None
    trouble: HiggsError | None = None
    """Why a take that was wanted could not be stored."""
    heard: Mapping[str, Heard | None] = field(default_factory=dict)
    """What was heard of it, by who listened: of a chunk that was spoken before."""


class Shelf:
    """Where what was spoken is kept. What could not be stored once is not tried again."""

    def __init__(self, store: TakeStore, sounds: KeptSounds) -> None:
        self.sounds = sounds
        self.folder = store.folder
        self._store = store
        self._trouble: HiggsError | None = None

    def codes_of(self, record: TakeRecord) -> Codes:
        """Of a take that lies there, whoever has written it."""
        take = self._store.take(record.key, record.attempt)
        if take is None:
            raise FormatError(f"take {record.name} has vanished from {self.folder}")
        return take.codes

    def write(self, take: Take) -> None:
        if self._trouble is not None:
            raise self._trouble
        try:
            self._store.write(take)
        except HiggsError as trouble:
            self._trouble = trouble
            raise


class Checker(Protocol):
    """Takes in what was spoken, and hands it on checked and stored."""

    def give(
        self,
        spoken: SpokenChunk,
        chunk: Chunk,
        slate: Slate | None,
        shelf: Shelf,
        ears: Mapping[str, Ears] | None = None,
    ) -> None: ...

    def finished(self) -> Iterator[CheckedChunk]: ...

    def wait(self) -> None: ...

    def rest(self, seconds: float) -> Iterator[CheckedChunk]: ...


@runtime_checkable
class ChecksWhereItSpeaks(Protocol):
    """A synthesizer whose takes are checked and stored by whoever speaks them."""

    def checker(self, speech: Speech) -> AbstractContextManager[Checker]: ...


def checker_of(synthesizer: Synthesizer, speech: Speech) -> AbstractContextManager[Checker]:
    """Its own, where it has one, else one in threads of this process."""
    if isinstance(synthesizer, ChecksWhereItSpeaks):
        return synthesizer.checker(speech)
    return TakeChecker(synthesizer)


@dataclass(frozen=True, eq=False)
class _Judged:
    findings: tuple[Finding, ...]
    levels: Levels = SILENT
    samples: Samples | None = None


class TakeChecker(OwnsThreads):
    """First in, first out. What a thread raises is raised where its take is asked for."""

    def __init__(self, synthesizer: Synthesizer) -> None:
        self._decoder = synthesizer.side_decoder()
        self._sample_rate = synthesizer.description.sample_rate
        self._frame_rate = synthesizer.description.frame_rate
        self._waiting: deque[Future[CheckedChunk]] = deque()
        self._threads = ThreadPoolExecutor(self._decoder.thread_count, "checker")

    def give(
        self,
        spoken: SpokenChunk,
        chunk: Chunk,
        slate: Slate | None,
        shelf: Shelf,
        ears: Mapping[str, Ears] | None = None,
    ) -> None:
        """`slate`: what its take is stored as; None: it is not stored. `ears`: who is to hear it
        before its lane is answered."""
        self._waiting.append(
            self._threads.submit(self._check, spoken, chunk, slate, shelf, ears or {})
        )

    def finished(self) -> Iterator[CheckedChunk]:
        """Those that are ready now, up to the first that is not."""
        while self._waiting and self._waiting[0].done():
            yield self._waiting.popleft().result()

    def wait(self) -> None:
        """Until the oldest take is checked."""
        if self._waiting:
            wait_for(self._waiting[0])

    def rest(self, seconds: float) -> Iterator[CheckedChunk]:
        """All that is left, as far as it is checked within so many seconds."""
        end = monotonic() + seconds
        while self._waiting and monotonic() < end:
            wait([self._waiting[0]], timeout=end - monotonic())
            yield from self.finished()

    def _check(
        self,
        spoken: SpokenChunk,
        chunk: Chunk,
        slate: Slate | None,
        shelf: Shelf,
        ears: Mapping[str, Ears],
    ) -> CheckedChunk:
        """Judge, then store, then keep the sound: a take comes before any sound; then hear it."""
        if slate is None:
            return CheckedChunk(spoken, None)
        judged = self._judged(spoken, chunk)
        take = Take(_record(spoken, slate, judged), spoken.codes)
        try:
            shelf.write(take)
        except HiggsError as trouble:
            return CheckedChunk(spoken, None, trouble)
        if judged.samples is not None and take.record.verdict is not Verdict.FAIL:
            shelf.sounds.keep(spoken.codes, judged.samples)
        return CheckedChunk(spoken, take, heard=self._heard(take.record, judged.samples, ears))

    def _heard(
        self, record: TakeRecord, samples: Samples | None, ears: Mapping[str, Ears]
    ) -> dict[str, Heard | None]:
        """By all who are to hear it, at the same time."""
        from higgs_cli.audio.clip import AudioClip

        if samples is None or not is_worth_hearing(record):
            return {}
        clips = [AudioClip(samples, self._sample_rate)]
        asked = {
            listener: each.hear(lambda: clips, at_once=True) for listener, each in ears.items()
        }
        return {listener: future.result()[0] for listener, future in asked.items()}

    def _judged(self, spoken: SpokenChunk, chunk: Chunk) -> _Judged:
        """A take that cannot even be decoded is one that failed."""
        from higgs_cli.audio.clip import AudioClip
        from higgs_cli.checks.signal import Evidence, check_take

        if not spoken.codes.shape[1]:
            return _Judged((Finding("silent", Verdict.FAIL, "the take is empty"),))
        try:
            samples = self._decoder.decode(spoken.codes)
        except AudioTokenizationError as error:
            return _Judged((Finding("unspoken", Verdict.FAIL, error.message),))
        clip = AudioClip(samples, self._sample_rate)
        evidence = Evidence(clip, spoken.codes, spoken.ending, chunk.seconds, self._frame_rate)
        return _Judged(check_take(evidence), _levels(evidence), samples)


def _record(spoken: SpokenChunk, slate: Slate, judged: _Judged) -> TakeRecord:
    return TakeRecord(
        key=slate.key,
        attempt=spoken.attempt,
        recipe=slate.recipe,
        heard=slate.heard,
        frame_count=int(spoken.codes.shape[1]),
        ending=spoken.ending.value,
        findings=judged.findings,
        levels=judged.levels,
    )


def _levels(evidence: Evidence) -> Levels:
    from higgs_cli.audio.loudness import measure
    from higgs_cli.checks.signal import STALL_AMPLITUDE
    from higgs_cli.checks.treble import treble_db

    if not evidence.levels.is_finite:
        return SILENT
    power = measure(evidence.clip)
    return Levels(
        peak=evidence.levels.peak,
        block_power_sum=power.power_sum,
        block_count=power.block_count,
        sounding_seconds=evidence.levels.sounding_seconds(STALL_AMPLITUDE),
        floor_db=evidence.levels.floor_db,
        treble_db=treble_db(evidence.clip),
    )
