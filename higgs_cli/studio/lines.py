"""A book as its page shows it: chapters, and the lines of one with verdicts, takes and decisions.

A line is a chunk. What is said of it is a row of the one table of findings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from higgs_cli.jobs.render_job import ScriptFile
from higgs_cli.output.findings import FindingsRow, findings_of
from higgs_cli.output.outcome import ChunkOutcome
from higgs_cli.planning.plan import FRAMES_PER_SECOND, Chunk
from higgs_cli.studio.book import Standing, StudioBook
from higgs_cli.studio.conflict import NotHereError
from higgs_cli.takes.choices import Choice
from higgs_cli.takes.ledger import ChunkState
from higgs_cli.takes.take import TakeRecord, Verdict

Row = tuple[FindingsRow, ChunkState, Chunk]

WORDS = {Verdict.PASS: "good", Verdict.INCONCLUSIVE: "doubtful", Verdict.FAIL: "failed"}
MISSING, ASKED_FOR = "missing", "asked for"


def book_document(book: StudioBook) -> dict[str, Any]:
    """All of a book but its lines."""
    standing = book.standing()
    plan = standing.plan
    step = book.history.last
    titles = {chapter.number: chapter.title for chapter in plan.script.chapters}
    chapters = [
        _chapter(standing, number, titles.get(number, "")) for number in plan.chunks_by_chapter
    ]
    return {
        "name": book.source.name,
        "title": plan.script.header.title or plan.script.facts.title or book.source.name,
        "language": plan.language,
        "form": plan.script.form,
        "chapters": chapters,
        "warnings": list(plan.warnings),
        "script": script_path(standing),
        "why_no_script": book.source.why_no_script,
        "output": str(book.output),
        "outputs": [path.name for path in book.source.outputs],
        "lexicon": _shown(book.settings.lexicon),
        "undo": {"step": step.number, "said": step.said} if step else None,
        "totals": _totals(chapters),
    }


def script_path(standing: Standing) -> str | None:
    source = standing.job.source
    return source.path if isinstance(source, ScriptFile) else None


def chapter_document(book: StudioBook, number: int) -> dict[str, Any]:
    """The lines of one chapter."""
    standing = book.standing()
    if number not in standing.plan.chunks_by_chapter:
        raise NotHereError(f"there is no chapter {number + 1} that says anything")
    return {"number": number, "lines": list(_lines(standing, number))}


def line_document(standing: Standing, line: str) -> dict[str, Any]:
    """One line."""
    chunk = standing.chunk(line)
    return next(each for each in _lines(standing, chunk.chapter) if each["id"] == line)


def choice_version(choice: Choice) -> str:
    """What a tab has seen of a decision, to be sent back with its change."""
    chosen = "" if choice.chosen_attempt is None else choice.chosen_attempt
    return f"{chosen}/{int(choice.is_locked)}/{choice.wanted_attempt}"


def _shown(path: object) -> str | None:
    return None if path is None else str(path)


def _totals(chapters: list[dict[str, Any]]) -> dict[str, Any]:
    names = ("lines", "missing", "exceptions", "seconds")
    return {name: sum(chapter[name] for chapter in chapters) for name in names}


def _chapter(standing: Standing, number: int, title: str) -> dict[str, Any]:
    """In figures; no texts are made for that."""
    outcomes = _outcomes(standing, number)
    states = [standing.ledger.state(each.chunk.number) for each in outcomes]
    parts = list(zip(outcomes, states, strict=True))
    return {
        "number": number,
        "title": title,
        "lines": len(parts),
        "missing": sum(not state.is_settled for state in states),
        "exceptions": sum(_is_exception(*each) for each in parts),
        "seconds": round(sum(_seconds(each.chunk, state) for each, state in parts), 1),
    }


def _is_exception(outcome: ChunkOutcome, state: ChunkState) -> bool:
    """What was never spoken is no exception yet."""
    return state.is_settled and outcome.verdict is not Verdict.PASS


def _rows(standing: Standing, chapter: int) -> Sequence[Row]:
    """Made once for each standing."""
    if chapter not in standing.rows:
        standing.rows[chapter] = list(_made_rows(standing, chapter))
    found: Sequence[Row] = standing.rows[chapter]
    return found


def _made_rows(standing: Standing, chapter: int) -> Iterator[Row]:
    outcomes = _outcomes(standing, chapter)
    manifest = str(standing.job.output.with_suffix(".json")) if standing.job.output else ""
    for row, each in zip(findings_of(standing.plan, outcomes, manifest), outcomes, strict=True):
        yield row, standing.ledger.state(each.chunk.number), each.chunk


def _outcomes(standing: Standing, chapter: int) -> list[ChunkOutcome]:
    """Its chunks as they would be delivered now, where they were heard last."""
    settled = standing.ledger.settled_chapter(chapter).chunks
    times = [standing.moments.get(each.chunk.key, (0.0, 0.0)) for each in settled]
    return [ChunkOutcome(each, None, *moment) for each, moment in zip(settled, times, strict=True)]


def _lines(standing: Standing, chapter: int) -> Iterator[dict[str, Any]]:
    for row, state, chunk in _rows(standing, chapter):
        yield _line(standing, row, state, chunk)


def _line(standing: Standing, row: FindingsRow, state: ChunkState, chunk: Chunk) -> dict[str, Any]:
    choice = standing.store.choice(state.key)
    voice = standing.plan.cast.member(chunk.speaker).voice
    moment = standing.moments.get(chunk.key)
    return {
        "id": chunk.key,
        "number": chunk.number,
        "place": row.place,
        "where": row.where,
        "speaker": chunk.speaker,
        "voice": voice.name,
        "text": row.written,
        "spoken": row.spoken if row.is_said_otherwise else None,
        "seconds": round(_seconds(chunk, state), 2),
        "pause": {"kind": chunk.pause.kind, "seconds": round(chunk.pause.seconds, 2)},
        "mood": chunk.mood,
        "moods": sorted(voice.moods),
        **_verdict(row, state),
        "is_heard": state.is_used,
        "used": state.best.attempt if state.best else None,
        "takes": [_take(record) for record in state.records],
        "is_locked": choice.is_locked,
        "seen": choice_version(choice),
        "moment": [round(each, 2) for each in moment] if moment else None,
    }


def _verdict(row: FindingsRow, state: ChunkState) -> Mapping[str, Any]:
    if not state.is_settled:
        word = ASKED_FOR if state.records else MISSING
        return {"verdict": word, "is_exception": False, "findings": []}
    findings = [
        {
            "check": each.check,
            "verdict": WORDS[each.verdict],
            "detail": each.detail,
            "at": round(each.at_seconds, 2),
        }
        for each in row.findings
    ]
    return {"verdict": row.word, "is_exception": row.is_exception, "findings": findings}


def _take(record: TakeRecord) -> dict[str, Any]:
    return {
        "attempt": record.attempt,
        "number": record.attempt + 1,
        "verdict": WORDS[record.verdict],
        "what": "; ".join(f"{each.check}: {each.detail}" for each in record.findings),
        "seconds": round(record.frame_count / FRAMES_PER_SECOND, 2),
    }


def _seconds(chunk: Chunk, state: ChunkState) -> float:
    """Of its take, else about."""
    return state.best.frame_count / FRAMES_PER_SECOND if state.best else chunk.seconds
