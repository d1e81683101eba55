"""Progress as it is shown: a bar on a terminal, a line at a time elsewhere, events for programs.

All of it goes through `out`: talk to stderr, events to stdout in json mode, nothing when quiet.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from higgs_cli.plain_text import shown, shown_in_a_line
from higgs_cli.progress import ChunkProgress, Progress, SilentProgress
from higgs_cli.terminal.console import Console

if TYPE_CHECKING:
    from rich.progress import Progress as RichBar
    from rich.progress import TaskID

LINE_INTERVAL_SECONDS = 10.0


def progress_for(out: Console) -> Progress:
    """The display that suits who is listening."""
    if out.mode == "quiet":
        return SilentProgress()
    if out.mode == "json":
        return EventProgress(out)
    return BarProgress(out) if out.is_terminal else LineProgress(out)


@dataclass
class Tally:
    """What has been spoken since the start, and what that says of the rest."""

    clock: Callable[[], float] = time.monotonic
    chunk_count: int = 0
    done_count: int = 0
    retry_count: int = 0
    expected_seconds: float = 0.0
    audio_seconds: float = 0.0
    missing_count: int = 0
    _began: float = 0.0

    def begin(self, chunk_count: int, stored_count: int, speech_seconds: float) -> None:
        self.chunk_count, self.done_count = chunk_count, stored_count
        self.missing_count = chunk_count - stored_count
        self.expected_seconds = speech_seconds
        self._began = self.clock()

    def add(self, audio_seconds: float) -> None:
        self.done_count = min(self.chunk_count, self.done_count + 1)
        self.audio_seconds += audio_seconds

    @property
    def elapsed_seconds(self) -> float:
        return max(1e-6, self.clock() - self._began)

    @property
    def speed(self) -> float:
        """Seconds of speech for each second of waiting."""
        return self.audio_seconds / self.elapsed_seconds

    @property
    def remaining_seconds(self) -> float | None:
        """None until something has been spoken."""
        spoken_count = self.missing_count - (self.chunk_count - self.done_count)
        if not spoken_count or not self.missing_count:
            return None
        left = self.chunk_count - self.done_count
        return self.elapsed_seconds / spoken_count * left


@dataclass
class LineProgress:
    """For logs: a line now and then, drawn by tqdm's meter."""

    out: Console
    tally: Tally = field(default_factory=Tally)
    _said: float = 0.0

    def stage(self, text: str) -> None:
        self.out.say(text)

    def begin(self, chunk_count: int, stored_count: int, speech_seconds: float) -> None:
        self.tally.begin(chunk_count, stored_count, speech_seconds)
        self._said = self.tally.clock()
        if stored_count:
            self.out.say(f"{stored_count} of {chunk_count} chunks are in the take store")

    def speaking(self, at: ChunkProgress) -> None:
        pass

    def spoken(self, at: ChunkProgress, audio_seconds: float, verdict: str) -> None:
        self.tally.add(audio_seconds)
        is_last = self.tally.done_count == self.tally.chunk_count
        if not is_last and self.tally.clock() - self._said < LINE_INTERVAL_SECONDS:
            return
        self._said = self.tally.clock()
        self.out.say(self._line(at))

    def retried(self, at: ChunkProgress, reason: str) -> None:
        self.tally.retry_count += 1
        self.out.say(f"line {at.line_number} ({at.speaker}) again: {reason}")

    def note(self, text: str) -> None:
        self.out.warn(text)

    def end(self) -> None:
        pass

    def _line(self, at: ChunkProgress) -> str:
        from tqdm import tqdm

        meter = tqdm.format_meter(
            self.tally.done_count,
            self.tally.chunk_count,
            self.tally.elapsed_seconds,
            unit="chunk",
            bar_format="{percentage:3.0f}% {n_fmt}/{total_fmt} chunks [{elapsed}]",
        )
        return f"{meter} {facts(self.tally)} - {at.speaker}, line {at.line_number}"


@dataclass
class BarProgress:
    """For a person: one bar, with speed, time left, and who is speaking."""

    out: Console
    tally: Tally = field(default_factory=Tally)
    _bar: RichBar | None = None
    _task: TaskID | None = None

    def stage(self, text: str) -> None:
        self.out.say(text)

    def begin(self, chunk_count: int, stored_count: int, speech_seconds: float) -> None:
        from rich.console import Console as RichConsole
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
        from rich.progress import Progress as RichBar

        self.tally.begin(chunk_count, stored_count, speech_seconds)
        self._bar = RichBar(
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.description}", markup=False),
            console=RichConsole(stderr=True),
            transient=True,
        )
        self._bar.start()
        self._task = self._bar.add_task("", total=chunk_count, completed=stored_count)

    def speaking(self, at: ChunkProgress) -> None:
        self._show(at)

    def spoken(self, at: ChunkProgress, audio_seconds: float, verdict: str) -> None:
        self.tally.add(audio_seconds)
        self._show(at)

    def retried(self, at: ChunkProgress, reason: str) -> None:
        self.tally.retry_count += 1
        self._show(at)

    def note(self, text: str) -> None:
        if self._bar is not None:
            self._bar.console.print(f"warning: {shown(text)}", markup=False, highlight=False)
        else:
            self.out.warn(text)

    def end(self) -> None:
        if self._bar is not None:
            self._bar.stop()

    def _show(self, at: ChunkProgress) -> None:
        if self._bar is None or self._task is None:
            return
        who = shown_in_a_line(at.speaker)
        text = f"{facts(self.tally)}  {who}, line {at.line_number}"
        self._bar.update(self._task, completed=self.tally.done_count, description=text)


@dataclass
class EventProgress:
    """For programs: one JSON object for each thing that happens."""

    out: Console
    tally: Tally = field(default_factory=Tally)

    def stage(self, text: str) -> None:
        self.out.event({"event": "stage", "text": text})

    def begin(self, chunk_count: int, stored_count: int, speech_seconds: float) -> None:
        self.tally.begin(chunk_count, stored_count, speech_seconds)
        self.out.event(
            {
                "event": "begin",
                "chunks": chunk_count,
                "stored": stored_count,
                "speech_seconds": round(speech_seconds, 3),
            }
        )

    def speaking(self, at: ChunkProgress) -> None:
        self.out.event({"event": "speaking", **_progress_of(at)})

    def spoken(self, at: ChunkProgress, audio_seconds: float, verdict: str) -> None:
        self.tally.add(audio_seconds)
        remaining = self.tally.remaining_seconds
        self.out.event(
            {
                "event": "spoken",
                **_progress_of(at),
                "audio_seconds": round(audio_seconds, 3),
                "verdict": verdict,
                "done": self.tally.done_count,
                "chunks": self.tally.chunk_count,
                "times_real_time": round(self.tally.speed, 3),
                "remaining_seconds": None if remaining is None else round(remaining, 1),
            }
        )

    def retried(self, at: ChunkProgress, reason: str) -> None:
        self.out.event({"event": "retried", **_progress_of(at), "reason": reason})

    def note(self, text: str) -> None:
        self.out.event({"event": "note", "text": text})

    def end(self) -> None:
        self.out.event({"event": "end"})


def facts(tally: Tally) -> str:
    """`x 12.3 real time, 4:05 left, 2 retries`."""
    parts = [f"x {tally.speed:.1f} real time"]
    remaining = tally.remaining_seconds
    if remaining is not None:
        minutes, seconds = divmod(round(remaining), 60)
        hours, minutes = divmod(minutes, 60)
        left = f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
        parts.append(f"{left} left")
    if tally.retry_count:
        parts.append(f"{tally.retry_count} retries" if tally.retry_count > 1 else "1 retry")
    return ", ".join(parts)


def _progress_of(at: ChunkProgress) -> dict[str, object]:
    return {
        "chunk": at.chunk_number,
        "speaker": at.speaker,
        "line": at.line_number,
        "attempt": at.attempt,
    }
