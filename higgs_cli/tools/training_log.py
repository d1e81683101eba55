"""What a training run says of itself: a line now and then, `curves.csv`, and `curves.png`.

The table is the memory: every row is in the file before the next step begins, and a run that is
continued first forgets the rows after its last checkpoint, then writes them again, so that the file
reads as if nothing had happened. A step's row must be added before its checkpoint is written.
"""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TextIO

from higgs_cli.errors import FormatError
from higgs_cli.files.atomic_file import write_whole
from higgs_cli.files.writable import check_empty_folder
from higgs_cli.tools.training_curves import draw_curves

TABLE_FILE, PICTURE_FILE = "curves.csv", "curves.png"
MARKS_OF_A_RUN = ("checkpoints", "training.safetensors")
"""Of the language model, of the codec; beside them there may be no table any more."""
LEADING_COLUMNS = ("step", "seconds")
DRAWN_EVERY_SECONDS = 60.0
SAID_EVERY_SECONDS = 10.0


def check_run_folder(folder: Path) -> None:
    """A run writes into a folder of its own: a new or empty one, or one that a run has begun."""
    if (folder / TABLE_FILE).is_file():
        _table(folder / TABLE_FILE)
    elif folder.is_dir() and not any((folder / mark).exists() for mark in MARKS_OF_A_RUN):
        check_empty_folder(folder, hint="name a new folder with `out`")


class TrainingLog:
    """Is told of every step. Use as a context: it closes the table and draws at the end."""

    def __init__(
        self,
        folder: Path,
        first_step: int,
        step_count: int,
        say: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder, self._say, self._clock = folder, say, clock
        self._first_step, self._step_count = first_step, step_count
        folder.mkdir(parents=True, exist_ok=True)
        self._columns, self._rows = _rows_up_to(folder / TABLE_FILE, first_step)
        self._table: TextIO | None = None
        self._begun = self._drawn = clock()
        self._said = -SAID_EVERY_SECONDS

    def __enter__(self) -> TrainingLog:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()
        if self._rows:
            self._draw()

    def add(self, step: int, seconds: float, values: Mapping[str, float]) -> None:
        """One step: its number from 1, how long it took, and its figures."""
        row = {"step": float(step), "seconds": round(seconds, 4)} | dict(values)
        if self._table is None or not row.keys() <= set(self._columns):
            self._close()
            self._table = self._open_table(row)
        self._rows.append(row)
        cells = [_cell(row.get(name)) for name in self._columns]
        csv.writer(self._table, lineterminator="\n").writerow(cells)
        self._table.flush()  # what is buffered dies with a killed run, and its checkpoint does not
        now = self._clock()
        if now - self._said >= SAID_EVERY_SECONDS or step == self._step_count:
            self._said = now
            self._say(self._line(step, values))
        if now - self._drawn >= DRAWN_EVERY_SECONDS:
            self._drawn = now
            self._draw()

    def _line(self, step: int, values: Mapping[str, float]) -> str:
        figures = "  ".join(f"{name} {value:.4g}" for name, value in values.items())
        done = step - self._first_step
        left = (self._step_count - step) * (self._clock() - self._begun) / max(done, 1)
        return f"step {step} of {self._step_count}  {figures}  {_duration(left)} left"

    def _open_table(self, first_row: Mapping[str, float]) -> TextIO:
        """The table with the rows that stay, ready for more; new figures become columns."""
        self._columns += [name for name in first_row if name not in self._columns]
        path = self._folder / TABLE_FILE
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self._columns)
        for row in self._rows:
            writer.writerow([_cell(row.get(name)) for name in self._columns])
        write_whole(path, text.getvalue().encode())
        return path.open("a", newline="", encoding="utf-8")

    def _close(self) -> None:
        if self._table is not None:
            self._table.close()

    def _draw(self) -> None:
        names = [name for name in self._columns if name not in LEADING_COLUMNS]
        curves = {
            name: [(row["step"], row[name]) for row in self._rows if name in row] for name in names
        }
        write_whole(self._folder / PICTURE_FILE, draw_curves(curves))


def _table(path: Path) -> tuple[list[str], list[list[str]]]:
    """Header and lines, of a file that is the table of a run."""
    with path.open(newline="", encoding="utf-8") as file:
        header, *lines = list(csv.reader(file)) or [[]]
    if header[: len(LEADING_COLUMNS)] != list(LEADING_COLUMNS):
        raise FormatError(f"{path} is not a training log", hint="move it away and try again")
    return header, lines


def _rows_up_to(path: Path, step: int) -> tuple[list[str], list[dict[str, float]]]:
    """Columns and rows of an earlier part of the run; a last line cut in half is dropped."""
    header, lines = _table(path) if path.is_file() else ([], [])
    if step == 0 or not header:
        return list(LEADING_COLUMNS), []
    rows: list[dict[str, float]] = []
    for line in lines:
        try:
            row = {n: float(cell) for n, cell in zip(header, line, strict=True) if cell}
        except ValueError:
            continue
        if row["step"] <= step:
            rows.append(row)
    return header, rows


def _cell(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"


def _duration(seconds: float) -> str:
    hours, rest = divmod(round(seconds), 3600)
    minutes, rest = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}"
