"""Takes are checked beside the speaking: decoded, checked and measured in threads of their own.

    lanes ── spoken chunk ──► TakeChecker ── in the order of speaking ──► store, answer, lane

A lane is parked from its take until the answer, so never more takes wait here than there are lanes.
Of a checked take only the findings stay; the sound of a good one is kept beside the takes, if it
can be (see `kept_sounds.py`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING

from higgs_cli.errors import AudioTokenizationError
from higgs_cli.planning.plan import Chunk
from higgs_cli.speech.protocol import SpokenChunk, Synthesizer
from higgs_cli.stopping import checkpoint
from higgs_cli.takes.kept_sounds import KeptSounds
from higgs_cli.takes.take import Finding, Levels, Verdict

if TYPE_CHECKING:
    from higgs_cli.speech.protocol import Samples


ASKED_AGAIN_SECONDS = 0.2


@dataclass(frozen=True, eq=False)
class CheckedChunk:
    """One attempt, and what was found in it."""

    spoken: SpokenChunk
    findings: tuple[Finding, ...]
    levels: Levels


class TakeChecker:
    """First in, first out. What a thread raises is raised where its take is asked for."""

    def __init__(self, synthesizer: Synthesizer, sounds: KeptSounds) -> None:
        self._decoder = synthesizer.side_decoder()
        self._sounds = sounds
        self._sample_rate = synthesizer.description.sample_rate
        self._frame_rate = synthesizer.description.frame_rate
        self._waiting: deque[Future[CheckedChunk]] = deque()
        self._threads = ThreadPoolExecutor(self._decoder.thread_count, "checker")

    def __enter__(self) -> TakeChecker:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Whatever has not been begun is dropped; what has is waited for."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    def give(self, spoken: SpokenChunk, chunk: Chunk) -> None:
        self._waiting.append(self._threads.submit(self._check, spoken, chunk))

    def finished(self) -> Iterator[CheckedChunk]:
        """Those that are ready now, up to the first that is not."""
        while self._waiting and self._waiting[0].done():
            yield self._waiting.popleft().result()

    def wait(self) -> None:
        """Until the oldest take is checked."""
        while self._waiting and not self._waiting[0].done():
            checkpoint()
            wait([self._waiting[0]], timeout=ASKED_AGAIN_SECONDS)

    def rest(self, seconds: float) -> Iterator[CheckedChunk]:
        """All that is left, as far as it is checked within so many seconds."""
        end = monotonic() + seconds
        while self._waiting and monotonic() < end:
            wait([self._waiting[0]], timeout=end - monotonic())
            yield from self.finished()

    def drop(self) -> None:
        """Nobody asks for the rest."""
        self._waiting.clear()

    def _check(self, spoken: SpokenChunk, chunk: Chunk) -> CheckedChunk:
        """A take that cannot even be decoded is one that failed."""
        from higgs_cli.audio.clip import AudioClip
        from higgs_cli.checks.signal import Evidence, check_take

        nothing = Levels(0.0, 0.0, 0)
        if not spoken.codes.shape[1]:
            finding = Finding("silent", Verdict.FAIL, "the take is empty")
            return CheckedChunk(spoken, (finding,), nothing)
        try:
            samples = self._decoder.decode(spoken.codes)
        except AudioTokenizationError as error:
            finding = Finding("unspoken", Verdict.FAIL, error.message)
            return CheckedChunk(spoken, (finding,), nothing)
        clip = AudioClip(samples, self._sample_rate)
        evidence = Evidence(clip, spoken.codes, spoken.ending, chunk.seconds, self._frame_rate)
        findings = check_take(evidence)
        if not any(finding.verdict is Verdict.FAIL for finding in findings):
            self._sounds.keep(spoken.codes, samples)
        return CheckedChunk(spoken, findings, _levels(samples, self._sample_rate))


def _levels(samples: Samples, sample_rate: int) -> Levels:
    import numpy as np

    from higgs_cli.audio.clip import AudioClip, peak
    from higgs_cli.audio.loudness import measure

    if not np.isfinite(samples).all():
        return Levels(0.0, 0.0, 0)
    power = measure(AudioClip(samples, sample_rate))
    return Levels(peak(samples), power.power_sum, power.block_count)
