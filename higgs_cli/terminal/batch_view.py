"""What a batch will take, and what it came to: a table for a person, a document for programs."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from higgs_cli.jobs.batch import BookResult, batch_exit_code
from higgs_cli.jobs.batch_outlook import BatchOutlook
from higgs_cli.jobs.disk_need import gigabytes
from higgs_cli.jobs.finishing import RenderReport
from higgs_cli.jobs.render_job import named_output
from higgs_cli.output.outcome import clock, doubtful, failed
from higgs_cli.terminal.console import Console
from higgs_cli.terminal.plan_view import duration
from higgs_cli.terminal.render_view import exception_lines, exceptions, places_of
from higgs_cli.terminal.tally import rate_shown

MISTAKE_CODE = 2


def show_outlook(outlook: BatchOutlook, out: Console) -> int:
    """The plan of a batch; the exit code is 2 where no book can be rendered as it is, 1 where some
    cannot."""
    code = 0 if not outlook.mistakes else 1 if outlook.books else MISTAKE_CODE
    if out.mode == "json":
        out.document(outlook.document())
        return code
    for name, text in outlook.warnings:
        out.warn(f"{name}: {text}")
    rate = outlook.times_real_time
    rows = [
        [
            book.name,
            str(book.chunk_count),
            str(book.chunk_count - book.missing_count),
            duration(book.audio_seconds),
            duration(book.missing_seconds),
            duration(book.missing_seconds / rate) if rate else "?",
            gigabytes(book.disk_bytes),
        ]
        for book in outlook.books
    ]
    out.table(["book", "chunks", "stored", "audio", "to speak", "device time", "disk"], rows)
    _show_totals(outlook, out)
    for name, error in outlook.mistakes:
        out.error(f"{name}: {error.message}", hint=error.hint, spot=getattr(error, "spot", None))
    return code


def _show_totals(outlook: BatchOutlook, out: Console) -> None:
    audio = sum(book.audio_seconds for book in outlook.books)
    disk = sum(book.disk_bytes for book in outlook.books)
    count = len(outlook.books)
    out.result(
        f"{count} book{'' if count == 1 else 's'}, {duration(audio)} of audio, "
        f"{duration(outlook.missing_seconds)} to be spoken, {gigabytes(disk)} of disk"
    )
    if (speed := outlook.times_real_time) is not None and outlook.render_seconds is not None:
        rate = f"{rate_shown(speed)} times real time before"
        out.result(f"device time: about {duration(outlook.render_seconds)} ({rate})")
    else:
        out.result("device time: not known yet on this machine")


def show_results(results: Sequence[BookResult], out: Console) -> int:
    """What became of each book, and the exit code."""
    if out.mode == "json":
        out.event({"event": "finished", "books": [_document(result) for result in results]})
        return batch_exit_code(results)
    for result in results:
        if result.trouble is not None:
            message = f"{result.name}: {result.trouble.message}"
            out.error(message, hint=result.trouble.hint, spot=getattr(result.trouble, "spot", None))
    rows = [_row(result) for result in results if out.mode != "quiet" or result.exit_code]
    if rows:
        headings = ["book", "state", "audio", "chunks", "spoken", "failed", "doubtful", "files"]
        out.table(headings, rows)
    for result in results:
        for report in result.reports:
            _show_exceptions(result.name, report, out)
    return batch_exit_code(results)


def _show_exceptions(name: str, report: RenderReport, out: Console) -> None:
    """The places of a book that are to be listened to, and the command for other takes."""
    lines = [*exception_lines(report)]
    if not lines:
        return
    manifest = named_output(report.job).with_suffix(".json")
    if manifest.stem != name:
        name = f"{name}, {manifest.stem}"
    for line in lines:
        out.say(f"{name}: {line}")
    bad = failed(report.delivered.outcomes)
    if bad:
        command = f"higgs render --from {shlex.quote(str(manifest))} --retake={places_of(bad)}"
        out.hint(f"for new takes of what failed: {command}")


def _row(result: BookResult) -> list[str]:
    figures = _document(result)
    files = [str(path) for report in result.reports for path in report.delivered.files[:1]]
    first = files[0] if files else ""
    return [
        result.name,
        str(figures["state"]),
        clock(sum(report.delivered.duration_seconds for report in result.reports)),
        *(str(figures[name]) for name in ("chunks", "spoken", "failed", "doubtful")),
        first + (f" and {len(files) - 1} more" if len(files) > 1 else ""),
    ]


def _document(result: BookResult) -> dict[str, object]:
    outcomes = [each for report in result.reports for each in report.delivered.outcomes]
    seconds = sum(report.delivered.duration_seconds for report in result.reports)
    return {
        "book": result.name,
        "state": result.state,
        "exit_code": result.exit_code,
        "error": result.trouble and result.trouble.message,
        "duration_seconds": round(seconds, 3),
        "chunks": len(outcomes),
        "spoken": sum(report.spoken_count for report in result.reports),
        "failed": len(failed(outcomes)),
        "doubtful": len(doubtful(outcomes)),
        "exceptions": [
            {"manifest": str(named_output(report.job).with_suffix(".json")), **each}
            for report in result.reports
            for each in exceptions(report)
        ],
        "files": [str(path) for report in result.reports for path in report.delivered.files],
    }
