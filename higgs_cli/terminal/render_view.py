"""What a render came to, for whoever is listening: a short list of what to listen to again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from higgs_cli.jobs.finishing import RenderReport
from higgs_cli.output.findings import FindingsRow, exceptions_first
from higgs_cli.output.outcome import ChunkOutcome, clock, doubtful, failed
from higgs_cli.planning.places import chunk_place
from higgs_cli.takes.take import Verdict
from higgs_cli.terminal.console import Console

LISTED = 20
FAILED_CODE = 1
NOT_CHECKED = "words and voices were not compared with the script"
"""What no check of a render looks at: without it, "0 doubtful" would promise too much."""


def show_report(report: RenderReport, out: Console) -> int:
    """Show it, and return the exit code: 0 all good, 1 some chunk failed."""
    if out.mode == "json":
        out.event(_event(report))
    else:
        _show_exceptions(report, out)
        _show_summary(report, out)
        for path in report.delivered.files:
            out.result(str(path))
    return 0 if report.is_whole else FAILED_CODE


def _show_summary(report: RenderReport, out: Console) -> None:
    count = len(report.delivered.outcomes)
    bad, unsure = failed(report.delivered.outcomes), doubtful(report.delivered.outcomes)
    parts = [
        f"{count} chunk{'' if count == 1 else 's'}, {report.spoken_count} of them spoken now",
        f"{clock(report.delivered.duration_seconds)} of audio",
        f"{len(bad)} failed, {len(unsure)} doubtful by sound and rate ({NOT_CHECKED})",
    ]
    unrated = sum(not outcome.settled.is_rated for outcome in report.delivered.outcomes)
    if unrated:
        parts.append(f"{unrated} takes of an earlier version were not checked by rate")
    other = sum(outcome.has_other_context for outcome in report.delivered.outcomes)
    if other:
        parts.append(
            f"{other} spoken in the context of a line that has changed since (--strict-context)"
        )
    out.say("; ".join(parts))
    if bad:
        places = places_of(bad)
        out.hint(f"for new takes of what failed, add --retake={places}")


def _show_exceptions(report: RenderReport, out: Console) -> None:
    for line in exception_lines(report):
        out.say(line)


def exception_lines(report: RenderReport) -> Iterator[str]:
    """The short list: what failed, then what is doubtful."""
    exceptions = [row for row in exceptions_first(report.findings) if row.is_exception]
    for row in exceptions[:LISTED]:
        yield _line(row)
    if len(exceptions) > LISTED:
        yield f"and {len(exceptions) - LISTED} more; the manifest has all of them"


def places_of(outcomes: Sequence[ChunkOutcome]) -> str:
    """Where they are, as `--retake` takes it."""
    return ",".join(chunk_place(outcome.chunk.number) for outcome in outcomes[:LISTED])


def _line(row: FindingsRow) -> str:
    """With its places, each of which `--retake` takes."""
    gone = "" if row.is_heard else " (silence stands in its place)"
    return f"{row.word}: {row.place}  {row.at}  {row.speaker}, {row.where}: {row.what}{gone}"


def _event(report: RenderReport) -> dict[str, object]:
    return {
        "event": "finished",
        "files": [str(path) for path in report.delivered.files],
        "chunks": len(report.delivered.outcomes),
        "spoken": report.spoken_count,
        "failed": len(failed(report.delivered.outcomes)),
        "inconclusive": len(doubtful(report.delivered.outcomes)),
        "checked": ["sound", "rate"],
        "not_rated": sum(not outcome.settled.is_rated for outcome in report.delivered.outcomes),
        "not_checked": ["words", "voice"],
        "duration_seconds": round(report.delivered.duration_seconds, 3),
        "exceptions": exceptions(report),
    }


def exceptions(report: RenderReport) -> list[dict[str, object]]:
    """The same list for programs."""
    return [
        {
            "chunk": chunk_place(outcome.chunk.number),
            "line": outcome.chunk.line_number,
            "place": outcome.chunk.place,
            "speaker": outcome.chunk.speaker,
            "start_seconds": round(outcome.start_seconds, 3),
            "verdict": outcome.verdict.value,
            "checks": [finding.check for finding in outcome.findings],
        }
        for outcome in report.delivered.outcomes
        if outcome.verdict is not Verdict.PASS
    ]
