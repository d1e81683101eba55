"""A render as a guest of the lanes that serve: in a thread of its own, with the one open model.

    render's thread                     thread that speaks
    runs ──► one that is offered ─────► a lane, in turn with the requests
    events ◄─────────────────────────── what becomes of its runs
    answers ──────────────────────────► its lanes go on

A render reads its own ledger when it gives a run, so runs are asked for in its thread, one ahead.
It has half of the lanes at most: whoever asks for a sentence does not wait for a chapter.
"""

from __future__ import annotations

import itertools
import queue
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from higgs_cli.errors import HiggsError
from higgs_cli.speech.protocol import (
    Answer,
    BurstSpoken,
    ChunkFailed,
    LanesIdle,
    NothingYet,
    Retry,
    Sampling,
    SideDecoder,
    SpeechEvent,
    SpeechRun,
    SpokenChunk,
    Synthesizer,
    SynthesizerDescription,
)

if TYPE_CHECKING:
    from higgs_cli.server.speaker import Speaker
    from higgs_cli.speech.protocol import Codes, Samples

LOOKING_SECONDS = 0.02
"""How long a render does not look at what has been checked of its takes."""
HEARTBEAT = BurstSpoken(0)
_numbers = itertools.count(1)


@dataclass(eq=False)
class Guest:
    """Runs on their way between the two threads; which thread may call what is said at each."""

    most_lanes: int
    client: str = field(default_factory=lambda: f"guest {next(_numbers)}")
    offered: SpeechRun | None = None
    """Given by the render, taken by a lane."""
    lanes: dict[str, str] = field(default_factory=dict)
    """Keys of runs that are spoken, each with that of its last chunk. Of the thread that speaks."""
    parked: dict[tuple[str, str], SpokenChunk] = field(default_factory=dict)
    """What waits for an answer, as the lanes have told it; by the render's own keys. Of that
    thread too."""

    def __post_init__(self) -> None:
        self._events: queue.SimpleQueue[SpeechEvent | HiggsError] = queue.SimpleQueue()

    # -- in the thread that speaks -------------------------------------------------------------

    def begin(self) -> None:
        """It has offered nothing yet."""

    def next_run(self) -> SpeechRun | None:
        run = self.offered
        if run is None or len(self.lanes) >= self.most_lanes:
            return None
        named = replace(run, key=f"{self.client}/{run.key}")
        self.lanes[named.key] = run.chunks[-1].key
        self.offered = None
        return named

    def burst(self, event: BurstSpoken) -> None:
        """A sign of life, and which of its chunks have begun."""
        begun = tuple(
            replace(each, run_key=self._own(each.run_key))
            for each in event.begun
            if each.run_key in self.lanes
        )
        self._events.put(BurstSpoken(event.frame_count, begun))

    def spoken(self, event: SpokenChunk) -> None:
        own = replace(event, run_key=self._own(event.run_key))
        self.parked[own.run_key, own.chunk_key] = event
        self._events.put(own)

    def failed(self, event: ChunkFailed) -> None:
        self.lanes.pop(event.run_key, None)
        self._events.put(replace(event, run_key=self._own(event.run_key)))

    def is_over(self, spoken: SpokenChunk, answer: Answer) -> bool:
        """Whether its run ends with this answer. `spoken`: as the lanes have told it."""
        is_last = self.lanes.get(spoken.run_key) == spoken.chunk_key
        if is_last and not isinstance(answer, Retry):
            del self.lanes[spoken.run_key]
            return True
        return False

    def fail(self, trouble: HiggsError) -> None:
        self._events.put(trouble)

    # -- in the thread of the render -----------------------------------------------------------

    @property
    def is_idle(self) -> bool:
        """Has it nothing in lanes, and nothing that waits for one?"""
        return self.offered is None and not self.lanes

    def next_event(self) -> SpeechEvent | None:
        """What has come, if it comes soon. Raises the trouble that has ended it."""
        try:
            event = self._events.get(timeout=LOOKING_SECONDS)
        except queue.Empty:
            return None
        if isinstance(event, HiggsError):
            raise event
        return event

    def named(self, run_key: str) -> str:
        """The key of its run as the lanes know it."""
        return f"{self.client}/{run_key}"

    def _own(self, key: str) -> str:
        return key.removeprefix(f"{self.client}/")


class GuestSpeech:
    """See `protocol.Speech`. Ends with its runs; what is in lanes then is dropped."""

    def __init__(
        self, speaker: Speaker, runs: Iterator[SpeechRun | NothingYet], lanes: int
    ) -> None:
        self._speaker = speaker
        self._runs = runs
        self._guest = Guest(lanes)

    def answer(self, chunk: SpokenChunk, answer: Answer) -> None:
        self._speaker.answer_guest(self._guest, chunk, answer)

    def drop(self, run_key: str) -> None:
        self._speaker.drop_guest_run(self._guest, run_key)

    def __iter__(self) -> Iterator[SpeechEvent]:
        guest, has_more = self._guest, True
        self._speaker.add(guest)
        try:
            while True:
                if has_more and guest.offered is None:
                    has_more = self._offer(next(self._runs, None))
                event = guest.next_event()
                if event is None and guest.is_idle:
                    if not has_more:
                        return
                    event = LanesIdle()
                yield event or HEARTBEAT
        finally:
            self._speaker.drop(guest)

    def _offer(self, run: SpeechRun | NothingYet | None) -> bool:
        if isinstance(run, SpeechRun):
            self._guest.offered = run
            self._speaker.wake()
        return run is not None


class GuestSynthesizer:
    """The open model of a service, for a render; see `protocol.Synthesizer`."""

    remarks = ()

    def __init__(
        self, synthesizer: Synthesizer, speaker: Speaker, encode: Callable[[Path], Codes]
    ) -> None:
        """`encode` waits for the one thread that encodes."""
        self._synthesizer = synthesizer
        self._speaker = speaker
        self._encode = encode

    @property
    def description(self) -> SynthesizerDescription:
        return self._synthesizer.description

    def prepare(self) -> None:
        """It is open."""

    def encode_voice(self, recording: Path) -> Codes:
        return self._encode(recording)

    def speak(
        self,
        runs: Iterable[SpeechRun | NothingYet],
        sampling: Sampling,
        seed: int,
        lane_count: int,
        stream_codes: bool = False,
        prefix_bytes: int = 0,
    ) -> GuestSpeech:
        own = (
            run
            if isinstance(run, NothingYet)
            else replace(
                run,
                sampling=run.sampling or sampling,
                seed=seed if run.seed is None else run.seed,
            )
            for run in runs
        )
        half = max(1, self._speaker.state.lane_count // 2)
        return GuestSpeech(self._speaker, own, min(lane_count, half))

    def decode(self, codes: Codes) -> Samples:
        return self._synthesizer.decode(codes)

    def side_decoder(self) -> SideDecoder:
        return self._synthesizer.side_decoder()
