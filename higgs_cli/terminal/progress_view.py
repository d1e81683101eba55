"""Progress as it is shown: a bar on a terminal, a line at a time elsewhere, events for programs.

All of it goes through `out`: talk to stderr, events to stdout in json mode, nothing when quiet.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from higgs_cli.plain_text import shown, shown_in_a_line
from higgs_cli.planning.places import chunk_place
from higgs_cli.progress import ChunkProgress, Progress, SilentProgress
from higgs_cli.terminal.console import Console
from higgs_cli.terminal.tally import Stint, Tally, facts, rounded, time_shown

if TYPE_CHECKING:
    from rich.progress import Progress as RichBar
    from rich.progress import TaskID

LINE_INTERVAL_SECONDS = 10.0
BAR_INTERVAL_SECONDS = 0.5
EVENT_INTERVAL_SECONDS = 1.0


def progress_for(out: Console) -> Progress:
    """The display that suits who is listening."""
    if out.mode == "quiet":
        return SilentProgress()
    if out.mode == "json":
        return EventProgress(out)
    return BarProgress(out) if out.is_terminal else LineProgress(out)


@dataclass
class LineProgress:
    """For logs: a line now and then, drawn by tqdm's meter."""

    out: Console
    tally: Tally = field(default_factory=Tally)
    stint: Stint = field(default_factory=lambda: Stint(LINE_INTERVAL_SECONDS))
    _said: float = 0.0

    def stage(self, text: str) -> None:
        self.out.say(text)

    def begin(self, chunk_count: int, stored_count: int, speech_seconds: float) -> None:
        self.tally.begin(chunk_count, stored_count)
        self._said = self.tally.clock()
        if stored_count:
            self.out.say(f"{stored_count} of {chunk_count} chunks are in the take store")

    def speaking(self, at: ChunkProgress) -> None:
        self.tally.speaking(at.chunk_number)

    def spoken(self, at: ChunkProgress, audio_seconds: float, verdict: str) -> None:
        was_done = self.tally.done_count == self.tally.chunk_count
        self.tally.add(at.chunk_number, audio_seconds)
        is_last = self.tally.done_count == self.tally.chunk_count and not was_done
        if not is_last and self.tally.clock() - self._said < LINE_INTERVAL_SECONDS:
            return
        self._said = self.tally.clock()
        self.out.say(self._line(at))

    def retried(self, at: ChunkProgress, reason: str) -> None:
        self.tally.retry_count += 1
        chunk = chunk_place(at.chunk_number)
        self.out.say(f"{chunk}, {at.place} ({at.speaker}) again: {reason}")

    def note(self, text: str) -> None:
        self.out.warn(text)

    def end(self) -> None:
        pass

    def mastered(self, share: float) -> None:
        if self.stint.is_to_be_told(share):
            left = time_shown(self.stint.remaining_seconds)
            self.out.say(f"{100 * share:3.0f}% mastered, {left} left")

    def _line(self, at: ChunkProgress) -> str:
        from tqdm import tqdm

        meter = tqdm.format_meter(
            self.tally.done_count,
            self.tally.chunk_count,
            self.tally.elapsed_seconds,
            unit="chunk",
            bar_format="{percentage:3.0f}% {n_fmt}/{total_fmt} chunks [{elapsed}]",
        )
        parts = (meter, facts(self.tally), "-", f"{at.speaker}, {at.place}")
        return " ".join(part for part in parts if part)


@dataclass
class BarProgress:
    """For a person: one bar, with speed, time left, and who is speaking."""

    out: Console
    tally: Tally = field(default_factory=Tally)
    stint: Stint = field(default_factory=lambda: Stint(BAR_INTERVAL_SECONDS))
    _bar: RichBar | None = None
    _task: TaskID | None = None

    def stage(self, text: str) -> None:
        self.out.say(text)

    def begin(self, chunk_count: int, stored_count: int, speech_seconds: float) -> None:
        self.tally.begin(chunk_count, stored_count)
        self._begin_bar(chunk_count, stored_count, with_count=True)

    def speaking(self, at: ChunkProgress) -> None:
        self.tally.speaking(at.chunk_number)
        self._show(at)

    def spoken(self, at: ChunkProgress, audio_seconds: float, verdict: str) -> None:
        self.tally.add(at.chunk_number, audio_seconds)
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
            self._bar = None

    def mastered(self, share: float) -> None:
        if not self.stint.is_to_be_told(share):
            return
        if self._bar is None:
            self._begin_bar(total=100, done=0, with_count=False)
        if self._bar is not None and self._task is not None:
            left = f"mastered, {time_shown(self.stint.remaining_seconds)} left"
            self._bar.update(self._task, completed=100 * share, description=left)
        if share >= 1.0:
            self.end()

    def _begin_bar(self, total: int, done: int, with_count: bool) -> None:
        from rich.console import Console as RichConsole
        from rich.progress import BarColumn, MofNCompleteColumn, TaskProgressColumn, TextColumn
        from rich.progress import Progress as RichBar

        self._bar = RichBar(
            BarColumn(bar_width=24),
            MofNCompleteColumn() if with_count else TaskProgressColumn(),
            TextColumn("{task.description}", markup=False),
            console=RichConsole(stderr=True),
            transient=True,
        )
        self._bar.start()
        self._task = self._bar.add_task("", total=total, completed=done)

    def _show(self, at: ChunkProgress) -> None:
        if self._bar is None or self._task is None:
            return
        who = shown_in_a_line(at.speaker)
        text = f"{facts(self.tally)}  {who}, {at.place}".lstrip()
        self._bar.update(self._task, completed=self.tally.done_count, description=text)


@dataclass
class EventProgress:
    """For programs: one JSON object for each thing that happens."""

    out: Console
    tally: Tally = field(default_factory=Tally)
    stint: Stint = field(default_factory=lambda: Stint(EVENT_INTERVAL_SECONDS))

    def stage(self, text: str) -> None:
        self.out.event({"event": "stage", "text": text})

    def begin(self, chunk_count: int, stored_count: int, speech_seconds: float) -> None:
        self.tally.begin(chunk_count, stored_count)
        self.out.event(
            {
                "event": "begin",
                "chunks": chunk_count,
                "stored": stored_count,
                "speech_seconds": round(speech_seconds, 3),
            }
        )

    def speaking(self, at: ChunkProgress) -> None:
        self.tally.speaking(at.chunk_number)
        self.out.event({"event": "speaking", **_progress_of(at)})

    def spoken(self, at: ChunkProgress, audio_seconds: float, verdict: str) -> None:
        self.tally.add(at.chunk_number, audio_seconds)
        self.out.event(
            {
                "event": "spoken",
                **_progress_of(at),
                "audio_seconds": round(audio_seconds, 3),
                "verdict": verdict,
                "done": self.tally.done_count,
                "chunks": self.tally.chunk_count,
                "times_real_time": rounded(self.tally.speed, 3),
                "remaining_seconds": rounded(self.tally.remaining_seconds, 1),
            }
        )

    def retried(self, at: ChunkProgress, reason: str) -> None:
        self.out.event({"event": "retried", **_progress_of(at), "reason": reason})

    def note(self, text: str) -> None:
        self.out.event({"event": "note", "text": text})

    def end(self) -> None:
        self.out.event({"event": "end"})

    def mastered(self, share: float) -> None:
        if self.stint.is_to_be_told(share):
            self.out.event(
                {
                    "event": "mastered",
                    "share": round(share, 3),
                    "remaining_seconds": round(self.stint.remaining_seconds, 1),
                }
            )


def _progress_of(at: ChunkProgress) -> dict[str, object]:
    return {
        "chunk": at.chunk_number,
        "speaker": at.speaker,
        "line": at.line_number,
        "place": at.place,
        "attempt": at.attempt,
    }
