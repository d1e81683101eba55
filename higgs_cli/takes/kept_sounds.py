"""The sound of takes: what was decoded to be checked need not be decoded again to be mastered.

    check   ── samples of a good take ──► kept, up to so many bytes ──► mastering takes them out
                                                              else ─► decoded ahead, in threads

Sounds are known by the codes they were decoded of, so that nobody can take one for another. What
is kept and what is decoded again have the same bits: both come from the side decoder. Nothing is
written: a render that is resumed decodes what it did not speak itself.
"""

from __future__ import annotations

import hashlib
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from higgs_cli.speech.protocol import SideDecoder

if TYPE_CHECKING:
    from higgs_cli.speech.protocol import Codes, Samples

MOST_BYTES = 384 << 20
"""An hour and ten minutes of speech."""
LOOK_AHEAD = 2
"""Takes for each thread that are decoded before they are asked for."""


def codes_digest(codes: Codes) -> str:
    """Names codes by what they are; a manifest has it too."""
    return hashlib.sha256(codes.tobytes()).hexdigest()


class KeptSounds:
    """For several threads at once. When it is full, what comes is not kept."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._samples: dict[str, Samples] = {}
        self._changing = threading.Lock()

    def keep(self, codes: Codes, samples: Samples) -> None:
        digest = codes_digest(codes)
        with self._changing:
            if digest in self._samples or self._bytes + samples.nbytes > self._most_bytes:
                return
            self._samples[digest] = samples
            self._bytes += samples.nbytes

    def take_out(self, digest: str) -> Samples | None:
        """The samples of these codes if they are kept; they are not any more."""
        with self._changing:
            samples = self._samples.pop(digest, None)
            self._bytes -= 0 if samples is None else samples.nbytes
            return samples

    def get(self, digest: str) -> Samples | None:
        with self._changing:
            return self._samples.get(digest)

    def in_order(
        self, takes: Iterable[Codes | None], decoder: SideDecoder
    ) -> Iterator[Samples | None]:
        """The samples of each take, None for None. What is not kept is decoded in other threads,
        a little ahead of who asks."""
        ahead = LOOK_AHEAD * decoder.thread_count
        waiting: deque[Future[Samples] | Samples | None] = deque()
        with ThreadPoolExecutor(decoder.thread_count, "decode") as threads:
            try:
                for codes in takes:
                    kept = None if codes is None else self.take_out(codes_digest(codes))
                    is_missing = codes is not None and kept is None
                    waiting.append(threads.submit(decoder.decode, codes) if is_missing else kept)
                    if len(waiting) > ahead:
                        yield _settled(waiting.popleft())
                while waiting:
                    yield _settled(waiting.popleft())
            finally:
                threads.shutdown(wait=True, cancel_futures=True)


class DecodedSounds:
    """What is kept, and what is decoded when it is asked for."""

    def __init__(self, kept: KeptSounds, decoder: SideDecoder) -> None:
        self._kept = kept
        self._decoder = decoder

    def of(self, codes: Codes) -> Samples:
        kept = self._kept.get(codes_digest(codes))
        return self._decoder.decode(codes) if kept is None else kept


def _settled(sound: Future[Samples] | Samples | None) -> Samples | None:
    return sound.result() if isinstance(sound, Future) else sound
