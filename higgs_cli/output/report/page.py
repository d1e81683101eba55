"""The report: one HTML page, complete in itself, that plays the audio that lies beside it.

    player · figures · exceptions, each with its take to hear · loudness over time · cast
    · each chapter with waveform, spectrogram and lines

It asks nothing of the network, and is never larger than 5 MB: first come the exceptions, then
pictures and lines, chapter by chapter, as long as there is room; what is not there is said.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files

from higgs_cli import __version__
from higgs_cli.output.findings import FindingsRow, exceptions_first
from higgs_cli.output.outcome import clock
from higgs_cli.output.report.chapters import chapters_html
from higgs_cli.output.report.parts import button, head_html, safe, span, verdict_html
from higgs_cli.output.report.pictures import (
    CURVE_HEIGHT,
    CURVE_POINTS,
    curve_path,
    loudness_height,
    loudness_points,
)
from higgs_cli.output.sketch import BookSketch
from higgs_cli.planning.plan import Plan
from higgs_cli.takes.take import Verdict

MOST_BYTES = 5_000_000
BYTES_OF_EXCEPTIONS = 2_000_000
SPARE_BYTES = 60_000
"""For all that is not counted by itself: cast, curve, styles."""
MOST_CAST = 300
MOST_LINES = 500
SAMPLE_SECONDS = 6.0
"""A line of about this length shows a voice."""


@dataclass(frozen=True)
class TrackFacts:
    """An audio file beside the page, and what part of the book is in it."""

    name: str
    start_seconds: float
    end_seconds: float


@dataclass(frozen=True)
class ReportFacts:
    """What the page says of the audio beside it."""

    tracks: tuple[TrackFacts, ...]
    """The files that it plays: the book, or its chapters in order."""
    duration_seconds: float
    loudness_lufs: float | None
    true_peak_db: float | None
    model: str


def report_html(
    plan: Plan, rows: Sequence[FindingsRow], sketch: BookSketch, facts: ReportFacts
) -> bytes:
    """The page."""
    title = plan.script.header.title or plan.script.facts.title or facts.tracks[0].name
    top = "".join(_top(rows, sketch, facts, title, plan))
    left = MOST_BYTES - SPARE_BYTES - len(top.encode())
    script, styles = (
        files(__package__).joinpath(name).read_text("utf-8") for name in ("page.js", "page.css")
    )
    page = "".join(
        [
            head_html(f"{title}: findings", plan.language, styles, script),
            f"<body>{top}",
            *chapters_html(plan, rows, sketch, left),
            f"<script>{script}</script></body></html>\n",
        ]
    ).encode()
    if len(page) > MOST_BYTES:
        raise RuntimeError(f"a page of {len(page)} bytes: more than it may have")
    return page


def _top(
    rows: Sequence[FindingsRow], sketch: BookSketch, facts: ReportFacts, title: str, plan: Plan
) -> Iterator[str]:
    yield f"<h1>{safe(title)}</h1>"
    made_of = f"{safe(plan.script.path)} · {safe(facts.model)} · higgs {__version__}"
    yield f'<p class="quiet">{made_of}</p>'
    yield (
        f'<div class="player"><audio controls preload="metadata" data-tracks="{_tracks(facts)}" '
        f'src="{escape(_address(facts.tracks[0].name), quote=True)}"></audio>'
        '<p id="now" class="quiet" aria-live="off"></p></div>'
    )
    yield _figures(rows, facts)
    yield from _exceptions(rows)
    yield from _loudness(plan, rows, sketch, facts)
    yield from _cast(plan, rows)


def _figures(rows: Sequence[FindingsRow], facts: ReportFacts) -> str:
    counts = [
        sum(row.verdict is verdict for row in rows)
        for verdict in (Verdict.FAIL, Verdict.INCONCLUSIVE)
    ]
    figures = [
        (clock(facts.duration_seconds), "long"),
        (str(len(rows)), "chunks"),
        (str(counts[0]), "failed"),
        (str(counts[1]), "doubtful"),
    ]
    if facts.loudness_lufs is not None:
        figures.append((f"{facts.loudness_lufs:.1f} LUFS", "loudness"))
    if facts.true_peak_db is not None:
        figures.append((f"{facts.true_peak_db:.1f} dBTP", "true peak"))
    items = "".join(f"<li><b>{number}</b>{word}</li>" for number, word in figures)
    return f'<ul class="facts">{items}</ul>'


def _exceptions(rows: Sequence[FindingsRow]) -> Iterator[str]:
    """What failed, then what is doubtful, as much as there is room for."""
    yield '<h2>To be listened to again</h2><section id="exceptions">'
    found = [row for row in exceptions_first(rows) if row.is_exception]
    if not found:
        yield "<p>Nothing: no check of any chunk found fault.</p>"
    left = BYTES_OF_EXCEPTIONS
    for number, row in enumerate(found):
        card = _card(row)
        left -= len(card.encode())
        if left < 0:
            yield f"<p>And {len(found) - number} more; the sheet of findings has all of them.</p>"
            break
        yield card
    yield "</section>"
    if found:
        yield '<p class="quiet">Keys: n plays the next of these in the audio, p the one before.</p>'


def _card(row: FindingsRow) -> str:
    spoken = f'<p class="quiet">Spoken: {safe(row.spoken)}</p>' if row.is_said_otherwise else ""
    gone = "" if row.is_heard else " Silence stands in its place."
    return (
        f'<article class="card {row.word}" {span(row)}>{button(row)}'
        f"<h3>{verdict_html(row)} {safe(row.place)} {safe(row.speaker)}, {safe(row.where)}</h3>"
        f"<div><p>{safe(row.written)}</p>{spoken}<p>{safe(row.what)}.{gone}</p>"
        f"<p><code>{safe(row.retake)}</code></p></div></article>"
    )


def _loudness(
    plan: Plan, rows: Sequence[FindingsRow], sketch: BookSketch, facts: ReportFacts
) -> Iterator[str]:
    if not facts.duration_seconds:
        return
    yield "<h2>Loudness over time</h2>"
    lines = []
    for chunks in plan.chunks_by_chapter.values():
        x = round(rows[chunks[0].number].start_seconds / facts.duration_seconds * CURVE_POINTS)
        lines.append(f'<path class="chapter" d="M{x} 0V{CURVE_HEIGHT}"/>')
    points = loudness_points(sketch, facts.duration_seconds)
    said = ""
    if facts.loudness_lufs is not None:
        height = loudness_height(facts.loudness_lufs)
        lines.append(f'<path class="mean" d="M0 {height}H{CURVE_POINTS}"/>')
        said = f", the whole at {facts.loudness_lufs:.1f} LUFS (dashed)"
    yield (
        f'<svg class="curve" viewBox="0 0 {CURVE_POINTS} {CURVE_HEIGHT}" '
        'preserveAspectRatio="none" role="img" aria-label="Loudness over time">'
        f'{"".join(lines[:MOST_LINES])}<path class="line" '
        f'd="{curve_path(points)}"/></svg>'
        f'<p class="quiet">From -48 to -8 LUFS, in windows of at least 3 seconds{said}; '
        "upright lines are beginnings of chapters.</p>"
    )


def _cast(plan: Plan, rows: Sequence[FindingsRow]) -> Iterator[str]:
    yield '<h2>Cast</h2><div class="cast">'
    for member in plan.cast.members[:MOST_CAST]:
        own = [row for row in rows if row.speaker == member.speaker and row.is_heard]
        if not own:
            continue
        sample = min(own, key=lambda row: (row.is_exception, _distance(row), row.number))
        minutes = sum(row.end_seconds - row.start_seconds for row in own)
        yield (
            f'<div class="card" {span(sample)}>{button(sample, "Sample")}'
            f"<h3>{safe(member.speaker)}</h3><div><p>{safe(member.voice.name)}</p>"
            f'<p class="quiet">{len(own)} chunks, {clock(minutes)}</p></div></div>'
        )
    if len(plan.cast.members) > MOST_CAST:
        yield f"<p>And {len(plan.cast.members) - MOST_CAST} more.</p>"
    yield "</div>"


def _distance(row: FindingsRow) -> float:
    return abs(row.end_seconds - row.start_seconds - SAMPLE_SECONDS)


def _address(name: str) -> str:
    """A file of the same folder, whatever its name is made of."""
    from urllib.parse import quote

    return "./" + quote(name)


def _tracks(facts: ReportFacts) -> str:
    """As the script of the page reads them: address, name, from when to when."""
    tracks = [
        [_address(each.name), each.name, round(each.start_seconds, 3), round(each.end_seconds, 3)]
        for each in facts.tracks
    ]
    return escape(json.dumps(tracks), quote=True)
