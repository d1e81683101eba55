"""The chapters of the page: each with its pictures and its lines, as long as there is room."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from higgs_cli.output.findings import FindingsRow
from higgs_cli.output.outcome import clock
from higgs_cli.output.report.parts import button, safe, span
from higgs_cli.output.report.pictures import WAVE_HEIGHT, spectrogram_uri, waveform_path
from higgs_cli.output.sketch import BookSketch
from higgs_cli.planning.plan import Plan

WIDEST, NARROWEST = 900, 80
BYTES_OF_A_COLUMN = 50
"""Of both pictures, once coded."""
SHARES = (0.05, 0.5, 0.4)
"""Of the room: for headings, pictures and lines; the rest is for what is around them."""
MOST_SPOTS = 200
"""Exceptions that are marked in one picture."""


@dataclass
class ByteBudget:
    """How many bytes are left for what may be left out."""

    left: int

    def takes(self, part: str) -> bool:
        """Whether a part still fits; then it is counted."""
        size = len(part.encode())
        if size > self.left:
            return False
        self.left -= size
        return True


def chapters_html(
    plan: Plan, rows: Sequence[FindingsRow], sketch: BookSketch, most_bytes: int
) -> Iterator[str]:
    """All chapters that say anything, within so many bytes."""
    chapters = {
        number: [rows[chunk.number] for chunk in chunks]
        for number, chunks in plan.chunks_by_chapter.items()
    }
    titles = {chapter.number: chapter.title for chapter in plan.script.chapters}
    heads, pictures, lines = (ByteBudget(round(most_bytes * share)) for share in SHARES)
    width = pictures.left // (BYTES_OF_A_COLUMN * max(1, len(chapters)))
    width = max(NARROWEST, min(WIDEST, width))
    yield "<h2>Chapters</h2>"
    left_out = 0
    for number, own in chapters.items():
        parts = [(_head(titles.get(number, ""), number, own), heads)]
        parts += [(_pictures(number, own, sketch, width), pictures), (_lines(own), lines)]
        shown = [part for part, room in parts if room.takes(part)]
        left_out += len(shown) < len(parts)
        yield f"<section>{''.join(shown)}</section>"
    if left_out:
        yield f"<p>{left_out} chapters are not here in full; the sheet of findings has all.</p>"


def _head(title: str, number: int, rows: Sequence[FindingsRow]) -> str:
    start, end = rows[0].start_seconds, rows[-1].end_seconds
    found = sum(row.is_exception for row in rows)
    said = f"{clock(start)}, {clock(end - start)} long" + (
        f", {found} to hear again" if found else ""
    )
    name = title or f"Part {number + 1}"
    return f'<h3>{safe(name)}</h3><p class="quiet">{said}</p>'


def _pictures(number: int, rows: Sequence[FindingsRow], sketch: BookSketch, width: int) -> str:
    start, end = rows[0].start_seconds, rows[-1].end_seconds
    if end <= start:
        return ""
    sound, at = sketch.of(number)
    wave = waveform_path(sound.peaks_between(start - at, end - at), width, sketch.tallest_peak)
    spectra = spectrogram_uri(sound.spectra_between(start - at, end - at), width)
    spots = "".join(
        f'<i class="spot {row.word}" style="left:{_share(row.start_seconds, start, end)}%;'
        f'width:{_share(row.end_seconds - row.start_seconds, 0.0, end - start)}%"></i>'
        for row in [row for row in rows if row.is_exception][:MOST_SPOTS]
    )
    return (
        f'<div class="picture" data-from="{start:.2f}" data-to="{end:.2f}">'
        f'<svg viewBox="0 0 {width} {WAVE_HEIGHT}" preserveAspectRatio="none" role="img" '
        f'aria-label="Waveform"><path d="{wave}"/></svg>'
        f'<img src="{spectra}" alt="Spectrogram">{spots}<i class="head"></i></div>'
    )


def _share(place: float, start: float, end: float) -> str:
    return f"{100.0 * (place - start) / (end - start):.2f}"


def _lines(rows: Sequence[FindingsRow]) -> str:
    """Every chunk with its time, speaker and words."""
    cells = "".join(
        f'<tr class="{row.word}" {span(row)}><td>{button(row)}</td><td>{safe(row.speaker)}</td>'
        f"<td>{safe(row.written)}</td></tr>"
        for row in rows
    )
    count = f"{len(rows)} line{'' if len(rows) == 1 else 's'}"
    return f"<details><summary>{count}</summary><table>{cells}</table></details>"
