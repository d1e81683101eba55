"""Notice a model that hangs: no event for a long time is an error, not a night lost.

Works by the alarm signal, so only in the main thread; elsewhere events pass through unwatched.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterable, Iterator
from types import FrameType
from typing import NoReturn

from higgs_cli.errors import GenerationTimeoutError
from higgs_cli.speech.protocol import SpeechEvent


def watched(events: Iterable[SpeechEvent], seconds_limit: float) -> Iterator[SpeechEvent]:
    """The same events; a silence longer than the limit raises `GenerationTimeoutError`."""
    if threading.current_thread() is not threading.main_thread():
        yield from events
        return

    def give_up(signal_number: int, frame: FrameType | None) -> NoReturn:
        raise GenerationTimeoutError(f"the model has not said anything for {seconds_limit:g} s")

    before = signal.signal(signal.SIGALRM, give_up)
    source = iter(events)
    try:
        while True:
            signal.setitimer(signal.ITIMER_REAL, seconds_limit)
            event = next(source, None)
            signal.setitimer(signal.ITIMER_REAL, 0)
            if event is None:
                return
            yield event
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
