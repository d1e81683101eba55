"""How a stream of columns is read, one column and one frame at a time: what bursts must equal."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field

from model.runs.engine_settings import EngineSettings
from model.runs.events import Ending

SILENT_CODES = 2
MISMATCH_COST = 10


class PlainStallDetector:
    """Feed it the coarse code of each frame; it says when the take should end."""

    def __init__(self, settings: EngineSettings) -> None:
        self._silence_frames = settings.silence_frames
        self._loop_frames = settings.loop_frames
        self._latest: deque[int] = deque(maxlen=max(settings.silence_frames, 1))
        self._past: deque[int] = deque(maxlen=settings.loop_period)
        self._matched_frames = [0] * settings.loop_period

    def feed(self, code: int) -> Ending | None:
        if self._silence_frames and self._is_silent(code):
            return Ending.STALLED
        if self._loop_frames and self._is_looping(code):
            return Ending.LOOPED
        return None

    def _is_silent(self, code: int) -> bool:
        self._latest.append(code)
        is_full = len(self._latest) == self._silence_frames
        return is_full and len(Counter(self._latest)) <= SILENT_CODES

    def _is_looping(self, code: int) -> bool:
        matched = self._matched_frames
        for period, past in enumerate(reversed(self._past)):
            if past == code:
                matched[period] += 1
            elif matched[period]:
                matched[period] = max(matched[period] - MISMATCH_COST, 0)
        self._past.append(code)
        return max(matched, default=0) >= self._loop_frames


@dataclass
class PlainStream:
    """Reads column by column; `frames` and `ending` are what is told of it."""

    settings: EngineSettings
    codebook_size: int
    stream_bos_id: int
    stream_eos_id: int
    codebook_count: int
    frame_budget: int
    frames: list[list[int]] = field(default_factory=list)
    ending: Ending | None = None
    has_failed: bool = False

    def __post_init__(self) -> None:
        self.columns = [[self.stream_bos_id] * self.codebook_count]
        self._detector = PlainStallDetector(self.settings)
        self._closing_frame_count: int | None = None

    @property
    def is_over(self) -> bool:
        return self.has_failed or self.ending is not None

    def read(self, column: list[int], is_closed: bool, is_finite: bool) -> None:
        if not is_finite:
            self.has_failed = True
            return
        self.columns.append(column)
        if column[0] == self.stream_eos_id and self._closing_frame_count is None:
            self._closing_frame_count = len(self.columns) - 2
        codes, stall = self._completed_frame(), None
        if codes is not None:
            self.frames.append(codes)
            stall = self._detector.feed(codes[0])
        self.ending = Ending.ENDED if is_closed else self._cut_off(stall)

    def _completed_frame(self) -> list[int] | None:
        first = len(self.columns) - self.codebook_count
        if first < 1 or first != len(self.frames) + 1:
            return None
        codes = [self.columns[first + book][book] for book in range(self.codebook_count)]
        return None if max(codes) >= self.codebook_size else codes

    def _cut_off(self, stall: Ending | None) -> Ending | None:
        closing = self._closing_frame_count
        if closing is not None and closing <= self.frame_budget:
            return None
        is_spent = len(self.columns) >= self.frame_budget + self.codebook_count
        return Ending.BUDGET if is_spent else stall
