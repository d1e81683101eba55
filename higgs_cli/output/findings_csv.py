"""The table of findings as a sheet: exceptions first, then all the rest; a pick-up list to fill in.

UTF-8 with a mark of its own, so that spreadsheets know it; no cell begins a formula. What is
written under `remark` comes back with `--pickups`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from higgs_cli.output.findings import FindingsRow, exceptions_first
from higgs_cli.plain_text import shown_in_a_line
from higgs_cli.planning.places import time_place

COLUMNS = (
    "place",
    "where",
    "start",
    "end",
    "speaker",
    "verdict",
    "findings",
    "source",
    "spoken",
    "retake",
    "remark",
)
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of one."""


def findings_csv(rows: Sequence[FindingsRow]) -> bytes:
    """All rows, with a heading."""
    sheet = io.StringIO()
    writer = csv.writer(sheet, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in exceptions_first(rows):
        writer.writerow([_cell(each) for each in _values(row)])
    return b"\xef\xbb\xbf" + sheet.getvalue().encode()


def _values(row: FindingsRow) -> tuple[str, ...]:
    return (
        row.place,
        row.where,
        row.at,
        time_place(row.end_seconds),
        row.speaker,
        row.word,
        row.what,
        row.written,
        row.spoken,
        row.retake,
        "",
    )


def _cell(text: str) -> str:
    """A quote mark before what would be a formula, as spreadsheets write it themselves."""
    text = shown_in_a_line(text)
    return f"'{text}" if text.startswith(FORMULA) else text
