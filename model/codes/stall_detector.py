"""Notice that a take has stalled, from its codes alone.

Only the coarsest codebook is read: it carries the melody of the speech, and real speech neither
rests on one or two of its codes for seconds nor repeats itself code by code. Plain numbers, no
tensors; a few operations per frame.
"""

from collections import Counter, deque

from model.runs.engine_settings import EngineSettings
from model.runs.events import EndReason

_SILENT_CODES = 2
_MISMATCH_COST = 10


class StallDetector:
    """Feed it the coarse code of each frame; it says when the take should end."""

    def __init__(self, settings: EngineSettings) -> None:
        self._silence_frames = settings.silence_frames
        self._loop_frames = settings.loop_frames
        self._latest: deque[int] = deque(maxlen=max(settings.silence_frames, 1))
        self._counts: Counter[int] = Counter()
        self._past: deque[int] = deque(maxlen=settings.loop_period)
        self._matched_frames = [0] * settings.loop_period

    def feed(self, code: int) -> EndReason | None:
        """Take one coarse code, in order; the reason to stop now, if there is one."""
        if self._silence_frames and self._is_silent(code):
            return EndReason.SILENCE
        if self._loop_frames and self._is_looping(code):
            return EndReason.LOOP
        return None

    def _is_silent(self, code: int) -> bool:
        if len(self._latest) == self._silence_frames:
            oldest = self._latest[0]
            self._counts[oldest] -= 1
            if not self._counts[oldest]:
                del self._counts[oldest]
        self._latest.append(code)
        self._counts[code] += 1
        return len(self._latest) == self._silence_frames and len(self._counts) <= _SILENT_CODES

    def _is_looping(self, code: int) -> bool:
        """Count, for each period, the frames that agreed with the one a period ago.

        A mismatch costs ten agreements rather than all: a loop is sung with small variations.
        """
        matched = self._matched_frames
        for period, past in enumerate(reversed(self._past)):
            if past == code:
                matched[period] += 1
            elif matched[period]:
                matched[period] = max(matched[period] - _MISMATCH_COST, 0)
        self._past.append(code)
        return max(matched, default=0) >= self._loop_frames
