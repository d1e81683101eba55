"""Notice a model that hangs: no event for a long time is an error, not a night lost.

Works by the alarm signal, so only in the main thread; elsewhere events pass through unwatched. The
alarm goes off once in a while and looks how long the model has been asked: an event costs one
reading of the clock. Time in which nobody asks the model is not its silence.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterable, Iterator
from time import monotonic
from types import FrameType

from higgs_cli.errors import GenerationTimeoutError
from higgs_cli.speech.protocol import SpeechEvent


def watched(events: Iterable[SpeechEvent], seconds_limit: float) -> Iterator[SpeechEvent]:
    """The same events; a silence longer than the limit raises `GenerationTimeoutError`."""
    if threading.current_thread() is not threading.main_thread():
        yield from events
        return

    asked_at: float | None = None

    def look(signal_number: int, frame: FrameType | None) -> None:
        silent_seconds = 0.0 if asked_at is None else monotonic() - asked_at
        if silent_seconds >= seconds_limit:
            raise GenerationTimeoutError(f"the model has not responded for {seconds_limit:g} s")
        signal.setitimer(signal.ITIMER_REAL, seconds_limit - silent_seconds)

    before = signal.signal(signal.SIGALRM, look)
    source = iter(events)
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds_limit)
        while True:
            asked_at = monotonic()
            event = next(source, None)
            asked_at = None
            if event is None:
                return
            yield event
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
