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
ALWAYS_CHECKED = ("sound", "rate")
GATES = {"words": "words", "voice": "voices"}
"""The gates, and what is not compared with the script without them: where that is not said, "0
doubtful" would promise too much."""


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
        f"{count} chunks, {report.spoken_count} of them spoken now",
        f"{clock(report.delivered.duration_seconds)} of audio",
        f"{len(bad)} failed, {len(unsure)} doubtful by {_checked(report)}",
    ]
    unrated = sum(not outcome.settled.is_rated for outcome in report.delivered.outcomes)
    if unrated:
        parts.append(f"{unrated} takes of an earlier version were not checked by rate and level")
    parts += _too_short(report)
    other = sum(outcome.has_other_context for outcome in report.delivered.outcomes)
    if other:
        parts.append(
            f"{other} spoken in the context of a line that has changed since (--strict-context)"
        )
    out.say("; ".join(parts))
    if bad:
        places = places_of(bad)
        out.hint(f"for new takes of what failed, add --retake={places}")


def _checked(report: RenderReport) -> str:
    """By what takes were judged, and what was not looked at."""
    *others, last = (*ALWAYS_CHECKED, *_gates(report))
    said = f"{', '.join(others)} and {last}"
    missing = [things for gate, things in GATES.items() if gate not in _gates(report)]
    if not missing:
        return said
    return f"{said} ({' and '.join(missing)} were not compared with the script)"


def _too_short(report: RenderReport) -> Iterator[str]:
    """How many chunks a gate says nothing of."""
    for gate in _gates(report):
        count = sum(gate in outcome.settled.untold for outcome in report.delivered.outcomes)
        if count:
            chunks = "1 chunk was" if count == 1 else f"{count} chunks were"
            yield f"{chunks} too short to compare {GATES[gate]}"


def _gates(report: RenderReport) -> list[str]:
    return [each.gate for each in report.judged_by]


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
        "checked": [*ALWAYS_CHECKED, *_gates(report)],
        "not_rated": sum(not outcome.settled.is_rated for outcome in report.delivered.outcomes),
        "too_short": {
            gate: sum(gate in outcome.settled.untold for outcome in report.delivered.outcomes)
            for gate in _gates(report)
        },
        "not_checked": [gate for gate in GATES if gate not in _gates(report)],
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
