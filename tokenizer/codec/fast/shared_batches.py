"""The clips of all threads that wait, their windows decoded in the same batches.

```
thread 1  clip ─► windows ─┐                        ┌─► its own windows ─► sound
thread 2  clip ─► windows ─┼─► batch │ batch │ … ───┼─► its own windows ─► sound
thread 3  clip ─► windows ─┘   by whoever comes     └─► its own windows ─► sound
                               first to the device
```

Takes end together, at the end of a burst: the first thread that comes waits a little for the
others. The device is held while batches are begun, not until they arrive.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from itertools import islice
from time import monotonic

from torch import Tensor

from tokenizer.codec.fast.cut_clip import CutWindow
from tokenizer.codec.fast.window_decoder import Arrival, WindowDecoder, WindowSettings
from tokenizer.codec.network import CodecNetwork

_COMPANY_SECONDS = 0.002
"""A tenth of what it takes to check a take, and long enough for threads to cut theirs."""
_MOST_WINDOWS = 16
"""Of one clip at a time, so that memory does not grow with its length."""


class SharedBatches:
    """Decodes for any number of threads; the first makes the decoder, if nobody prepared it."""

    def __init__(self, network: CodecNetwork, settings: WindowSettings) -> None:
        self._network, self._settings = network, settings
        self._coming = threading.Condition()
        self._waiting: deque[_WaitingWindow] = deque()
        self._device = threading.Lock()
        self._decoder: WindowDecoder | None = None

    def prepare(self) -> WindowDecoder:
        if self._decoder is not None:  # whoever holds the device may be waiting for this thread
            return self._decoder
        with self._device:
            if self._decoder is None:
                self._decoder = WindowDecoder(self._network, self._settings)
            return self._decoder

    def decode(self, codes: Tensor) -> Tensor:
        """Codes `[codebooks, frames]` -> float32 samples `[frames * hop]`, both on the host."""
        clip = self.prepare().cut(codes)
        windows = iter(clip)
        while some := [_WaitingWindow(one) for one in islice(windows, _MOST_WINDOWS)]:
            with self._coming:
                self._waiting.extend(some)
                self._coming.notify_all()
            with self._device:
                self._see_begun(some)
            for one in some:
                one.collect()
        return clip.sound

    def before_burst(self) -> None:
        """See `WindowDecoder.before_burst`."""
        if self._decoder is not None:
            self._decoder.before_burst()

    def _see_begun(self, own: Sequence[_WaitingWindow]) -> None:
        """Begin batches of whatever waits, first come first, until these are among them; one that
        is not full only when nobody has come for a while."""
        until, size = monotonic() + _COMPANY_SECONDS, self._settings.batch_size
        while not all(one.is_begun for one in own):
            with self._coming:
                left = max(0.0, until - monotonic())
                self._coming.wait_for(lambda: len(self._waiting) >= size, left)
                count = min(size, len(self._waiting))
                batch = [self._waiting.popleft() for _ in range(count)]
            self._begin(batch)

    def _begin(self, batch: Sequence[_WaitingWindow]) -> None:
        """What goes wrong is told to everybody whose window is among them."""
        assert self._decoder is not None
        try:
            arrival = self._decoder.begin([one.window for one in batch])
        except Exception as problem:
            for one in batch:
                one.problem = problem
            return
        for lane, one in enumerate(batch):
            one.arrival, one.lane = arrival, lane


class _WaitingWindow:
    """A window that a thread waits for."""

    def __init__(self, window: CutWindow) -> None:
        self.window = window
        self.lane = 0
        self.arrival: Arrival | None = None
        self.problem: Exception | None = None

    @property
    def is_begun(self) -> bool:
        return self.arrival is not None or self.problem is not None

    def collect(self) -> None:
        """Wait for its sound and put it where it belongs."""
        if self.problem is not None:
            raise self.problem
        assert self.arrival is not None
        self.window.put(self.arrival.samples()[self.lane])
