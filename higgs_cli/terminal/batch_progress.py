"""Progress of a batch: a live table of books with one time left, lines for a log, or events."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from higgs_cli.plain_text import shown, shown_in_a_line
from higgs_cli.progress import BatchProgress, ChunkProgress, Progress, SilentProgress
from higgs_cli.terminal.console import Console
from higgs_cli.terminal.progress_view import LINE_INTERVAL_SECONDS
from higgs_cli.terminal.tally import Tally, facts, rounded

if TYPE_CHECKING:
    from rich.console import Group
    from rich.live import Live

SHOWN_BOOKS = 12
AT_WORK = ("speaking", "mastering", "reading")


def batch_progress_for(out: Console) -> BatchProgress:
    """The display that suits who is listening."""
    if out.mode == "json":
        return BatchEvents(out)
    if out.mode == "quiet":
        return BatchTally(out)
    return BatchTable(out) if out.is_terminal else BatchLines(out)


@dataclass
class BookRow:
    """What is shown of one book."""

    name: str
    state: str = "waiting"
    chunk_count: int = 0
    done_count: int = 0
    missing_seconds: float = 0.0
    audio_seconds: float = 0.0
    retry_count: int = 0
    failed_count: int = 0
    share_mastered: float | None = None


@dataclass
class BatchTally(SilentProgress):
    """Counts, and shows nothing: what the displays have in common. Told by two threads."""

    out: Console
    rows: dict[str, BookRow] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)
    changing: threading.RLock = field(default_factory=threading.RLock)
    _has_begun: bool = False

    def row(self, name: str) -> BookRow:
        return self.rows.setdefault(name, BookRow(name))

    def expect(self, name: str, chunk_count: int, stored_count: int, missing: float) -> None:
        with self.changing:
            row = self.row(name)
            row.chunk_count, row.done_count, row.missing_seconds = (
                chunk_count,
                stored_count,
                missing,
            )

    def of_book(self, name: str) -> Progress:
        return BookTeller(self, name)

    def became(self, name: str, state: str) -> None:
        with self.changing:
            self.row(name).state = state
            self.changed(name, "state")

    def first_spoken(self) -> None:
        """All books are known by then: how much there is to do."""
        if not self._has_begun:
            self._has_begun = True
            rows = self.rows.values()
            self.tally.begin(
                sum(row.chunk_count for row in rows),
                sum(row.done_count for row in rows),
            )

    def changed(self, name: str, what: str, **more: Any) -> None:
        """Something of a book is another than it was."""

    def stage(self, text: str) -> None:
        self.out.say(text)

    def note(self, text: str) -> None:
        self.out.warn(text)


@dataclass(frozen=True)
class BookTeller:
    """What one book tells, entered in its row."""

    view: BatchTally
    name: str

    def stage(self, text: str) -> None:
        pass

    def begin(self, chunk_count: int, stored_count: int, speech_seconds: float) -> None:
        pass

    def speaking(self, at: ChunkProgress) -> None:
        with self.view.changing:
            self.view.first_spoken()
            self.view.tally.speaking((self.name, at.chunk_number))

    def spoken(self, at: ChunkProgress, audio_seconds: float, verdict: str) -> None:
        with self.view.changing:
            row = self.view.row(self.name)
            row.done_count = min(row.chunk_count, row.done_count + 1)
            row.audio_seconds += audio_seconds
            row.failed_count += verdict == "fail"
            self.view.tally.add((self.name, at.chunk_number), audio_seconds)
            self.view.changed(
                self.name,
                "spoken",
                line=at.line_number,
                place=at.place,
                speaker=at.speaker,
                verdict=verdict,
            )

    def retried(self, at: ChunkProgress, reason: str) -> None:
        with self.view.changing:
            self.view.row(self.name).retry_count += 1
            self.view.tally.retry_count += 1
            self.view.changed(
                self.name, "retried", line=at.line_number, place=at.place, reason=reason
            )

    def note(self, text: str) -> None:
        with self.view.changing:
            self.view.note(f"{self.name}: {text}")

    def end(self) -> None:
        pass

    def mastered(self, share: float) -> None:
        with self.view.changing:
            self.view.row(self.name).share_mastered = share
            self.view.changed(self.name, "mastered")


@dataclass
class BatchLines(BatchTally):
    """For logs: a line when a book has another state, and one now and then."""

    _said: float = 0.0

    def changed(self, name: str, what: str, **more: Any) -> None:
        row = self.row(name)
        if what == "state" and row.state not in ("waiting", "reading"):
            self.out.say(f"{name}: {row.state}")
        if what == "retried":
            self.out.say(f"{name}, {more['place']}, again: {more['reason']}")
        if what != "spoken" or time.monotonic() - self._said < LINE_INTERVAL_SECONDS:
            return
        self._said = time.monotonic()
        done, count = self.tally.done_count, self.tally.chunk_count
        books = [each for each in self.rows.values() if each.state == "speaking"]
        where = ", ".join(f"{each.name} {each.done_count}/{each.chunk_count}" for each in books)
        where = f" - {where}" if where else ""
        self.out.say(f"{done}/{count} chunks {facts(self.tally)}".rstrip() + where)


@dataclass
class BatchTable(BatchTally):
    """For a person: a table of the books that are at work, and one line for all."""

    _live: Live | None = None

    def changed(self, name: str, what: str, **more: Any) -> None:
        if self._live is None:
            from rich.console import Console as RichConsole
            from rich.live import Live

            self._live = Live(
                get_renderable=self._drawn,
                console=RichConsole(stderr=True),
                transient=True,
                refresh_per_second=4,
            )
            self._live.start()

    def stage(self, text: str) -> None:
        self._print(text)

    def note(self, text: str) -> None:
        self._print(f"warning: {text}")

    def end(self) -> None:
        with self.changing:
            live, self._live = self._live, None
        if live is not None:  # outside: its own thread may be drawing
            live.stop()

    def _print(self, text: str) -> None:
        if self._live is None:
            self.out.say(text)
        else:
            self._live.console.print(shown(text), markup=False, highlight=False)

    def _drawn(self) -> Group:
        from rich.console import Group
        from rich.table import Table
        from rich.text import Text

        with self.changing:
            rows = list(self.rows.values())
            at_work = [row for row in rows if row.state in AT_WORK]
            waiting = [row for row in rows if row.state == "waiting"]
            listed = (at_work + waiting)[:SHOWN_BOOKS]
            done = sum(row.state in ("finished", "unchanged") for row in rows)
            failed = sum(row.state == "failed" for row in rows)
            total = f"{done} of {len(rows)} books"
            total += f", {failed} failed" if failed else ""
            if self.tally.chunk_count:
                total += f"; {self.tally.done_count}/{self.tally.chunk_count} chunks"
                total += f", {rest}" if (rest := facts(self.tally)) else ""
            table = Table(box=None, pad_edge=False)
            for heading in ("book", "state", "chunks", "again"):
                table.add_column(
                    heading, justify="left" if heading in ("book", "state") else "right"
                )
            for row in listed:
                table.add_row(*_cells(row))
            return Group(table, Text(total, overflow="ellipsis", no_wrap=True))


def _cells(row: BookRow) -> tuple[str, str, str, str]:
    state = row.state
    if state == "mastering" and row.share_mastered is not None:
        state = f"mastering {100 * row.share_mastered:.0f}%"
    chunks = f"{row.done_count}/{row.chunk_count}" if row.chunk_count else ""
    return shown_in_a_line(row.name), state, chunks, str(row.retry_count or "")


@dataclass
class BatchEvents(BatchTally):
    """For programs: one JSON object for each thing that happens, with its book."""

    def changed(self, name: str, what: str, **more: Any) -> None:
        row = self.row(name)
        if what == "state":
            more = {"state": row.state}
        elif what == "spoken":
            more |= {
                "done": row.done_count,
                "chunks": row.chunk_count,
                "times_real_time": rounded(self.tally.speed, 3),
                "remaining_seconds": rounded(self.tally.remaining_seconds, 1),
            }
        elif what == "mastered":
            return
        self.out.event({"event": what, "book": name, **more})

    def stage(self, text: str) -> None:
        self.out.event({"event": "stage", "text": text})

    def note(self, text: str) -> None:
        self.out.event({"event": "note", "text": text})
