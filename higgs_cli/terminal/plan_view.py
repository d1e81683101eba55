"""Shows a plan to a person: the cast, how the script was read, what will be spoken, how long."""

from __future__ import annotations

from collections import Counter

from higgs_cli.planning.places import chunk_place
from higgs_cli.planning.plan import Chunk, Coverage
from higgs_cli.planning.summary import PlanSummary, voice_kind
from higgs_cli.script.about import BookTexts
from higgs_cli.script.manuscript import LEFT_OUT
from higgs_cli.terminal.console import Console
from higgs_cli.wording.languages import LEVELS, NAMES

SHOWN_CHUNKS = 12
SHOWN_REPLACEMENTS = 12
SHOWN_CHARACTERS = 72
LEFT_PARTS = {
    "speaker": "speaker tag",
    "markup": "mark",
    "break": "scene break",
}


def show_plan(summary: PlanSummary, out: Console, *, shows_all: bool) -> None:
    """The whole plan on stdout, its warnings on stderr."""
    if out.mode == "json":
        out.document(summary.document())
        return
    for warning in summary.plan.warnings:
        out.warn(warning)
    _show_reading(summary, out)
    _show_cast(summary, out)
    _show_left_out(summary, out)
    _show_chapters(summary, out)
    _show_replacements(summary, out, shows_all)
    _show_chunks(summary, out, shows_all)
    _show_totals(summary, out)


def duration(seconds: float) -> str:
    """`1 h 02 min`, `3 min 20 s`, `4.5 s`."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def _show_reading(summary: PlanSummary, out: Console) -> None:
    plan, script = summary.plan, summary.plan.script
    language = f"{NAMES.get(plan.language, plan.language)} ({LEVELS.get(plan.language, 'low')})"
    chapters = _count(len(script.chapters), "chapter")
    out.result(f"{script.path}: {script.form}, {script.encoding}, {language}, {chapters}")
    if plan.coverage is not None:
        _show_coverage(plan.coverage, out)
    scene = plan.scene_text.splitlines()[0] if plan.scene_text else "none"
    out.result(f"scene: {_short(scene)}")
    if summary.about is not None:
        out.result(f"book: {_described(summary.about, summary.cover)}")


def _described(about: BookTexts, cover: str | None) -> str:
    """As its files will say it."""
    parts = [about.title]
    parts += [f"by {about.author}"] if about.author else []
    parts += [f"read by {about.narrator}"] if about.narrator else []
    parts += [f"cover {cover}" if cover else "no cover"]
    return ", ".join(_short(part) for part in parts if part)


def _show_coverage(coverage: Coverage, out: Console) -> None:
    left = ", ".join(
        _count(n, LEFT_PARTS.get(kind, kind))
        for kind, n in coverage.left_parts.items()
        if kind not in LEFT_OUT
    )
    out.result(
        f"coverage: each of {_count(coverage.spoken_words, 'word')} is spoken, in order, once"
        + (f"; left out: {left}" if left else "")
    )


def _show_cast(summary: PlanSummary, out: Console) -> None:
    out.result("")
    rows = []
    turn_counts = Counter(turn.speaker for turn in summary.plan.script.turns)
    for member in summary.plan.cast.members:
        turns = str(turn_counts[member.speaker] or "")
        kind = voice_kind(summary.plan, member.speaker)
        seconds = duration(summary.speaker_seconds(member.speaker))
        rows.append([member.speaker, member.voice.name, kind, member.why, turns, seconds])
    out.table(["speaker", "voice", "made from", "chosen by", "turns", "speech"], rows)


def _show_left_out(summary: PlanSummary, out: Console) -> None:
    """What of a book nobody reads, so that it is never left out unseen."""
    if not summary.left_out:
        return
    out.result("")
    rows = [
        [part.kind, str(part.parts), str(part.words), duration(part.seconds), _short(part.place)]
        for part in summary.left_out
    ]
    out.table(["left out", "parts", "words", "length", "first"], rows)
    out.result(f"to read a part all the same: --keep {summary.left_out[0].kind}")


def _show_chapters(summary: PlanSummary, out: Console) -> None:
    if len(summary.plan.script.chapters) < 2:
        return
    out.result("")
    chapters = summary.chapters()
    rows = [
        [str(part["number"]), _short(part["title"]), str(part["chunks"]), duration(part["seconds"])]
        for part in chapters
    ]
    out.table(["chapter", "title", "chunks", "length"], rows)


def _show_replacements(summary: PlanSummary, out: Console, shows_all: bool) -> None:
    found = summary.replacements().most_common(None if shows_all else SHOWN_REPLACEMENTS)
    if not found:
        return
    out.result("")
    rows = [[_short(said[1]), _short(said[2]), said[0], str(count)] for said, count in found]
    out.table(["written", "spoken", "by", "times"], rows)
    _say_more(out, len(summary.replacements()) - len(found), "replacement")


def _show_chunks(summary: PlanSummary, out: Console, shows_all: bool) -> None:
    out.result("")
    chunks = summary.plan.chunks if shows_all else summary.plan.chunks[:SHOWN_CHUNKS]
    has_places = bool(summary.plan.script.places.labels)
    rows = [_row(summary, chunk, has_places) for chunk in chunks]
    where = "place" if has_places else "line"
    out.table(["chunk", where, "speaker", "pause", "speech", "take", "text"], rows)
    _say_more(out, len(summary.plan.chunks) - len(chunks), "chunk")


def _row(summary: PlanSummary, chunk: Chunk, has_places: bool) -> list[str]:
    """Its place is the line of a text; of a book that has no lines, chapter and paragraph."""
    place = chunk.place if has_places else str(chunk.line_number)
    who = f"{chunk.speaker} ({chunk.mood})" if chunk.mood else chunk.speaker
    return [
        chunk_place(chunk.number),
        place,
        who,
        f"{chunk.pause.kind} {chunk.pause.seconds:g}",
        f"{chunk.seconds:.1f}",
        summary.missing.get(chunk.number, "stored"),
        _short(chunk.text),
    ]


def _show_totals(summary: PlanSummary, out: Console) -> None:
    plan = summary.plan
    out.result("")
    out.result(
        f"{_count(len(plan.chunks), 'chunk')} in {_count(len(plan.runs), 'run')}, about "
        f"{duration(plan.audio_seconds)} of audio ({summary.frame_count} frames of speech)"
    )
    stored = len(plan.chunks) - len(summary.missing)
    reasons = Counter(summary.missing.values())
    why = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common(5))
    out.result(
        f"stored: {stored}; to be spoken: {len(summary.missing)}" + (f" ({why})" if why else "")
    )
    if summary.gates:
        heard = " and ".join(f"{gate} by {name}" for gate, name in summary.gates)
        out.result(f"heard and compared: {heard}")
    if summary.not_compared:
        out.result(summary.not_compared)
    if summary.render_seconds is not None and summary.missing:
        rate = f"{summary.times_real_time:.1f} times real time"
        out.result(f"rendering takes about {duration(summary.render_seconds)} here ({rate} before)")
    elif summary.missing:
        out.result("rendering time: not known yet on this machine")


def _say_more(out: Console, count: int, what: str) -> None:
    if count > 0:
        out.result(f"… and {_count(count, what)} more: --all shows them")


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 or what == "speech" else "s")


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN_CHARACTERS else line[: SHOWN_CHARACTERS - 1] + "…"
