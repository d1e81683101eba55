"""The last few takes as they go into the performance: who asks next often asks for the same.

Neighbouring stretches share a take, and a take is looked at before it is measured; it is read,
trimmed and faded once for all of them. For several threads at once.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future

from higgs_cli.audio.clip import Samples


class RecentSounds:
    """Sounds by number. Those that were asked for longest ago go first, when there is no room."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._sounds: OrderedDict[int, Future[Samples]] = OrderedDict()
        self._changing = threading.Lock()

    def get(self, number: int, make: Callable[[], Samples]) -> Samples:
        """The sound of this number; made by the first who asks, whom others wait for."""
        with self._changing:
            sound = self._sounds.get(number)
            is_new = sound is None
            if sound is None:
                sound = self._sounds[number] = Future()
            self._sounds.move_to_end(number)
        if is_new:
            self._fill(number, sound, make)
        return sound.result()

    def _fill(self, number: int, sound: Future[Samples], make: Callable[[], Samples]) -> None:
        try:
            samples = make()
        except BaseException as error:
            with self._changing:
                del self._sounds[number]
            sound.set_exception(error)
            return
        sound.set_result(samples)
        with self._changing:
            self._bytes += samples.nbytes
            self._make_room()

    def _make_room(self) -> None:
        for number, sound in list(self._sounds.items()):
            if self._bytes <= self._most_bytes:
                return
            if sound.done():
                self._bytes -= sound.result().nbytes
                del self._sounds[number]
