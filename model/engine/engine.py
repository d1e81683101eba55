"""Speak runs in lanes: a generator that takes runs and yields what is spoken, burst by burst.

```python
engine = Engine(language_model, EngineSettings(lane_count=8))
for event in engine.generate(runs):  # any iterable of RunRequest, read lazily
    match event:
        case BurstSpoken():
            ...  # so many frames more
        case SpokenChunk():
            engine.answer(event, Accept() if good(event) else Retry())
        case ChunkFailed():
            ...  # this run ended, the others go on
        case LanesParked():
            ...  # every busy lane is parked: answer a chunk before asking for more
        case LanesIdle():
            ...  # nothing to speak, but `runs` has yielded NOTHING_YET: wait until it has a run
```

A chunk may be answered at once, or any number of events later: its lane stays parked meanwhile and
the other lanes go on. `runs` may yield `NOTHING_YET` in place of a run that is still to come: the
lanes go on with what they have, and it is asked again between two bursts. A run that nobody wants
any more is dropped, `engine.drop(key)`, and its lane is free. Knows nothing about text; `reply.py`
is for answers that are partly text.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from model.checkpoint.language_model import LanguageModel
from model.codes.noise import noise_key
from model.codes.stall_detector import StallDetector
from model.errors import GenerationError
from model.lanes.burst_log import DrawnSteps, StepLog
from model.lanes.burst_reading import BurstReading
from model.lanes.lane import Lane, Phase
from model.lanes.lane_changes import LaneChanges, StreamOpening
from model.lanes.lane_tensors import LaneState
from model.lanes.stream import Stream
from model.lanes.waiting_room import WaitingRoom, next_chunk
from model.prefill.lane_context import LaneContext
from model.prefill.one_lane import Prefixes
from model.prefill.ready_runs import ReadyRuns
from model.runs.context_window import longest_stream
from model.runs.engine_settings import GPU_BURST_STEPS, EngineSettings
from model.runs.events import (
    Accept,
    Answer,
    ChunkFailed,
    Ending,
    LanesIdle,
    LanesParked,
    NothingYet,
    Retry,
    SpeechEvent,
    SpokenChunk,
)
from model.runs.run import RunRequest
from model.step.choice import choose_step
from model.step.cuda_graph import lane_bucket
from model.step.torch_step import EXACT_KEY_BLOCK, whole_blocks

_KEY_BLOCK = 64


@dataclass(frozen=True)
class _Burst:
    """Steps that were begun and not yet looked at."""

    number: int
    lanes: tuple[tuple[int, Lane], ...]
    """Those that spoke, each with the slot it had."""
    drawn: DrawnSteps


def shared_with_nobody() -> None:
    """What a device does before a burst, where nothing but lanes is on it."""


class Engine:
    """Lanes, their cache, and the loop that keeps them busy."""

    def __init__(self, language_model: LanguageModel, settings: EngineSettings) -> None:
        self._settings = settings
        self._config = config = language_model.config
        device = language_model.device
        choice = choose_step(language_model, settings)
        cache = choice.cache(settings)
        self.step_description = choice.description
        """What it steps with, and what was left out: every figure of it should say so."""
        self._position_count = cache.position_count
        self._state = LaneState(config, settings.lane_count, settings.closing_rule, device)
        self._changes = LaneChanges(self._state)
        self._step = choice.step(cache, self._state)
        self._needs_one_shape = settings.exact and not self._step.is_width_free
        self._may_change_places = not (settings.exact or self._step.is_width_free)
        self._cache = cache
        prefixes = Prefixes(language_model, settings.quantized_keys, settings.prefix_bytes)
        self._context = LaneContext(language_model, cache, settings, prefixes)
        self._ready_runs = ReadyRuns(language_model, cache, settings, prefixes)
        self._lanes = [Lane(index) for index in range(settings.lane_count)]
        is_on_cpu = device.type == "cpu"
        self._burst_steps = settings.burst_steps or (1 if is_on_cpu else GPU_BURST_STEPS)
        ahead = settings.bursts_ahead
        self._bursts_ahead = (0 if is_on_cpu else 1) if ahead is None else ahead
        self._log = StepLog(self._state, self._burst_steps)
        self._bursts: deque[_Burst] = deque()
        self._burst_count = 0
        self._dropped: set[str] = set()

    def answer(self, chunk: SpokenChunk, answer: Answer) -> None:
        """Say what becomes of a spoken chunk.

        Answering twice, a chunk of no lane, or with codes that are none, is an error.
        """
        for lane in self._lanes:
            if lane.spoken is chunk and lane.answer is None:
                if isinstance(answer, Accept) and answer.codes is not None:
                    self._context.check_take(answer.codes)
                lane.answer = answer
                return
        raise GenerationError(f"no lane awaits an answer to chunk {chunk.chunk_key!r}")

    def drop(self, run_key: str) -> None:
        """Nobody wants this run any more: its lane, if it has one, is free before the next burst
        begins, and nothing more is told of it. Between two events, as `answer`."""
        self._dropped.add(run_key)

    def generate(
        self,
        runs: Iterable[RunRequest | NothingYet],
        before_burst: Callable[[], None] = shared_with_nobody,
    ) -> Iterator[SpeechEvent]:
        """Speak every run and yield what happens, as it happens. One generation at a time.

        `before_burst` is called before the device is given a burst, on the stream it is given to:
        whoever shares the device takes its turn there.
        """
        self._bursts.clear()
        self._ready_runs.clear()
        self._dropped.clear()
        for lane in self._lanes:
            self._free(lane)
        room = WaitingRoom(runs, self._settings.read_ahead)
        while True:
            yield from self._refill(room)
            if any(lane.phase is Phase.SPEAKING for lane in self._lanes):
                before_burst()
                self._bursts.append(self._begin_burst())
                yield from self._prefill_ahead(room)
                if len(self._bursts) > self._bursts_ahead:
                    yield from self._read(self._bursts.popleft())
            elif self._bursts:
                self._bursts.clear()  # nobody speaks in them any more
            elif parked := [lane for lane in self._lanes if lane.phase is Phase.PARKED]:
                if all(lane.answer is None for lane in parked):
                    yield LanesParked(len(parked))
            elif room.is_closed:
                return
            elif room.is_empty:
                yield LanesIdle()

    # Between steps: answers and empty lanes

    def _refill(self, room: WaitingRoom) -> Iterator[ChunkFailed]:
        """Bring every lane that was answered or is free to its next chunk, all of them at once."""
        if self._dropped:
            self._free_dropped(room)
        due = self._answered()
        while due := due + self._occupied(room):
            refused = self._context.prepare(due)
            for lane in due:
                if lane.index in refused:
                    yield from self._fail(lane, lane.first_attempt, refused[lane.index])
                else:
                    self._begin_stream(lane, lane.first_attempt)
            due = []  # a lane that failed is free again
        self._changes.write()
        if self._may_change_places and self._ready_runs.is_empty and room.is_empty:
            self._close_ranks()

    def _free_dropped(self, room: WaitingRoom) -> None:
        """Bursts that are on their way say nothing of a lane that does not speak."""
        for lane in self._lanes:
            if lane.run is not None and lane.run.key in self._dropped:
                self._free(lane)
        self._ready_runs.drop(self._dropped)
        room.drop(self._dropped)
        self._dropped.clear()

    def _answered(self) -> list[Lane]:
        """The lanes that go on to another chunk of their run. A retry begins here."""
        due = []
        for lane in self._lanes:
            if lane.answer is None:
                continue
            answer, spoken = lane.answer, lane.spoken
            assert spoken is not None
            lane.answer = lane.spoken = None
            if isinstance(answer, Retry):
                self._begin_stream(lane, spoken.attempt + 1)
                continue
            if isinstance(answer, Accept):
                codes = spoken.codes if answer.codes is None else answer.codes
                lane.takes[lane.chunk] = codes
            if self._advance_to(lane, lane.chunk + 1):
                due.append(lane)
        return due

    def _occupied(self, room: WaitingRoom) -> list[Lane]:
        """Free lanes, each with the first chunk of a run that waited. Ready runs begin at once."""
        due: list[Lane] = []
        for lane in self._lanes:
            while lane.phase is Phase.FREE and lane.run is None:
                if self._ready_runs.give(lane):
                    self._begin_stream(lane, lane.first_attempt)
                    break
                run = room.next_run()
                if run is None:
                    return due
                lane.occupy(run)
                if self._advance_to(lane, 0):
                    due.append(lane)
        return due

    def _prefill_ahead(self, room: WaitingRoom) -> Iterator[ChunkFailed]:
        """While a burst is on its way, prefill what will be spoken next."""
        if self._ready_runs.wants_runs:
            yield from self._ready_runs.fill(room)

    def _close_ranks(self) -> None:
        """When no run waits any more, lanes move down as soon as a smaller bucket holds them
        all."""
        occupied = [lane for lane in self._lanes if lane.phase is not Phase.FREE]
        width = 1 + max((lane.index for lane in occupied), default=0)
        bucket = lane_bucket(len(occupied), len(self._lanes))
        if lane_bucket(width, len(self._lanes)) == bucket:
            return
        unread = len(self._bursts) * self._burst_steps
        vacant = [lane for lane in self._lanes[:bucket] if lane.phase is Phase.FREE]
        outside = [lane for lane in occupied if lane.index >= bucket]
        for lane, free in zip(outside, vacant, strict=False):
            length = min(lane.next_position + unread, self._position_count)
            self._cache.move(lane.index, free.index, length)
            self._state.move(lane.index, free.index)
            lane.change_places(free)
        self._lanes.sort(key=lambda one: one.index)

    def _advance_to(self, lane: Lane, chunk: int) -> bool:
        """Choose the next chunk to speak, from `chunk` on; without one, free the lane: False."""
        assert lane.run is not None
        following = next_chunk(lane.run, chunk)
        if following is None:
            self._free(lane)
            return False
        lane.chunk = following
        return True

    def _begin_stream(self, lane: Lane, attempt: int) -> None:
        assert lane.run is not None
        run, chunk = lane.run, lane.run.chunks[lane.chunk]
        limit = longest_stream(chunk, self._config.codebook_count)
        lane.stream = Stream(
            self._config,
            attempt,
            chunk.frame_budget,
            limit,
            StallDetector(self._settings),
            self._burst_count,
        )
        lane.phase = Phase.SPEAKING
        key = noise_key(run.seed, chunk.key, attempt)
        minimum_frames = min(chunk.minimum_frames, chunk.frame_budget)
        sampling = run.sampling.of_attempt(attempt)
        opening = StreamOpening(lane.length, key, minimum_frames, sampling, limit)
        self._changes.begin(lane.index, opening)

    def _free(self, lane: Lane) -> None:
        lane.release()
        self._changes.rest(lane.index, 0)

    def _fail(self, lane: Lane, attempt: int, reason: str) -> Iterator[ChunkFailed]:
        failure = lane.failure(attempt, reason)
        self._context.wipe(lane)
        self._free(lane)
        yield failure

    # A burst of steps of all lanes, begun now and read later

    def _begin_burst(self) -> _Burst:
        """The device may stop lanes on the way; where they end is decided when the burst is
        read."""
        width, steps = self._width(), self._burst_steps
        unread = (len(self._bursts) + 1) * steps
        longest = max(lane.next_position for lane in self._lanes[:width]) + unread
        block = EXACT_KEY_BLOCK if self._needs_one_shape else _KEY_BLOCK
        key_count = min(whole_blocks(longest, block), self._position_count)
        for place in range(steps):
            self._step.step(width, key_count)
            self._log.keep(place)
        self._burst_count += 1
        speaking = tuple((one.index, one) for one in self._lanes if one.phase is Phase.SPEAKING)
        return _Burst(self._burst_count, speaking, self._log.hand_over())

    def _read(self, burst: _Burst) -> Iterator[SpeechEvent]:
        """What all lanes have said; then the lanes that ended in it, in the order of steps."""
        reading = BurstReading(burst.drawn.read(), self._settings.stream_codes)
        reading.read(burst.lanes, burst.number)
        yield reading.spoken
        for lane, end in reading.ends:
            if end.ending is None:
                _, _, stream = lane.speaks_of
                yield from self._fail(lane, stream.attempt, "the model's logits are not finite")
            else:
                yield self._park(lane, end.ending)

    def _width(self) -> int:
        """All lanes where every product must have one shape; else up to the last that speaks."""
        if self._needs_one_shape:
            return len(self._lanes)
        return 1 + max(lane.index for lane in self._lanes if lane.phase is Phase.SPEAKING)

    def _park(self, lane: Lane, ending: Ending) -> SpokenChunk:
        run, chunk, stream = lane.speaks_of
        lane.phase = Phase.PARKED
        self._changes.rest(lane.index, lane.next_position)
        heard = tuple(run.chunks[place].key for place in lane.heard)
        codes = stream.codes()
        lane.spoken = SpokenChunk(run.key, chunk.key, stream.attempt, codes, ending, heard)
        return lane.spoken
