"""Runs that are prefilled before a lane is free for them: then one copy refills the lane.

```
ready   row 0 │own prompt│      row 1 │own prompt│      row 2 │ …      short rows beside the lanes
                  ╲                                                    prefixes lie elsewhere, once
lane 3  ▐ chunk a2 ──────▐parked▐prefix, own prompt▐ chunk c1 …
```

Rows are prefilled many at once, as soon as half of them are free and while lanes speak: on a GPU a
prefill reads all weights, whether for one prompt or for thirty. In exact mode they are prefilled
one by one, as a lane would be, and so hold the same bits. Only runs that begin with their first
chunk are prepared: a longer context does not fit into a row.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Container

from model.cache.shared_prefix import LaneBehindPrefix
from model.cache.static import LaneCache, StaticCache
from model.checkpoint.language_model import LanguageModel
from model.config.config import ModelConfig
from model.hardware.quantized_rows import QuantizedFormat
from model.lanes.lane import Lane
from model.lanes.waiting_room import WaitingRoom, next_chunk
from model.prefill.lane_context import LaneContext
from model.prefill.one_lane import Prefixes
from model.runs.engine_settings import MOST_READY_RUNS, READY_RUN_POSITIONS, EngineSettings
from model.runs.events import ChunkFailed
from model.runs.run import RunRequest


class ReadyRunsCache(StaticCache):
    """Rows that hold what follows a prefix; the prefix stays where it was prefilled."""

    def __init__(
        self,
        language_model: LanguageModel,
        row_count: int,
        quantized: QuantizedFormat | None = None,
    ) -> None:
        """`quantized`: of the cache that rows go to."""
        lm = language_model
        super().__init__(lm.config, row_count, READY_RUN_POSITIONS, lm.device, lm.dtype, quantized)
        self._prefixes: list[StaticCache | None] = [None] * row_count

    def begin_with_prefix(self, lane: int, prefix: StaticCache | None) -> None:
        self._prefixes[lane] = prefix

    def shared_prefix(self, lane: int) -> StaticCache | None:
        return self._prefixes[lane]

    def lane(self, lane: int, length: int) -> LaneCache:
        return LaneBehindPrefix(self, lane, length, self._prefixes[lane])

    def hand_over(self, row: int, length: int, cache: StaticCache, lane: int) -> None:
        """The whole context of a row, `length` positions, to a lane of another cache."""
        prefix = self._prefixes[row]
        own = length - (0 if prefix is None else prefix.position_count)
        cache.take_over(lane, prefix, self.keys[:, row, :, :own], self.values[:, row, :, :own])
        self._prefixes[row] = None


class ReadyRuns:
    """Rows, and which run lies in which. First in, first out."""

    def __init__(
        self,
        language_model: LanguageModel,
        cache: StaticCache,
        settings: EngineSettings,
        prefixes: Prefixes,
    ) -> None:
        """`cache` is that of the lanes."""
        self._lanes_cache = cache
        count = ready_run_count(language_model, settings)
        self._cache = ReadyRunsCache(language_model, count, cache.quantized)
        self.context = LaneContext(language_model, self._cache, settings, prefixes)
        self._rows = [Lane(row) for row in range(self._cache.lane_count)]
        self._free = deque(self._rows)
        self._ready: deque[Lane] = deque()

    @property
    def is_empty(self) -> bool:
        return not self._ready

    @property
    def wants_runs(self) -> bool:
        """Whether enough rows are free to be worth a prefill."""
        return len(self._free) > len(self._ready)

    def clear(self) -> None:
        """Forget every run, those among them that an error kept from being prefilled."""
        self._ready.clear()
        self._free.clear()
        for row in self._rows:
            self._release(row)

    def drop(self, keys: Container[str]) -> None:
        """Nobody wants these runs any more."""
        for row in tuple(self._ready):
            if row.run is not None and row.run.key in keys:
                self._ready.remove(row)
                self._release(row)

    def give(self, lane: Lane) -> bool:
        """Let a free lane go on with the run that waits longest; False if there is none."""
        if not self._ready:
            return False
        row = self._ready.popleft()
        self._cache.hand_over(row.index, row.length, self._lanes_cache, lane.index)
        lane.take_over(row)
        self._release(row)
        return True

    def fill(self, room: WaitingRoom) -> list[ChunkFailed]:
        """Fill free rows with the next runs that fit; returns those that are refused."""
        chosen: list[Lane] = []
        while self._free and (run := room.next_run(_fits)) is not None:
            row = self._free.popleft()
            row.occupy(run)
            chosen.append(row)
        refused = self.context.prepare(chosen)
        failures = []
        for row in chosen:
            if row.index in refused:
                failures.append(row.failure(row.first_attempt, refused[row.index]))
                self._release(row)
            else:
                self._ready.append(row)
        return failures

    def _release(self, row: Lane) -> None:
        row.release()
        self._cache.begin_with_prefix(row.index, None)
        self._free.append(row)


def ready_run_count(language_model: LanguageModel, settings: EngineSettings) -> int:
    """How many rows an engine gets. On a CPU a prefill ahead is paid by the lanes that wait for it:
    nothing is gained."""
    if settings.ready_runs is not None:
        return settings.ready_runs if can_prepare_runs(language_model.config) else 0
    is_for_gpu = language_model.device.type == "cuda" and not settings.exact
    if not is_for_gpu or not can_prepare_runs(language_model.config):
        return 0
    return min(settings.lane_count, MOST_READY_RUNS)


def can_prepare_runs(config: ModelConfig) -> bool:
    """Where text keys are told from audio keys, a prefix must lie where a lane lies."""
    return not config.tells_audio_keys_apart


def _fits(run: RunRequest) -> bool:
    return next_chunk(run, 0) == 0 and len(run.chunks[0].prompt.ids) <= READY_RUN_POSITIONS
