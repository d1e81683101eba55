"""Who speaks with which voice: heard, auditioned, and changed for the whole book.

A change is written into the cast sheet: the one that was named, else one called after the output.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from higgs_cli.casting.roles import roles_of
from higgs_cli.casting.sheet import MOST_BYTES, Member, Sheet, read_sheet, sheet_text
from higgs_cli.casting.voice_library import VoiceLibrary, open_library
from higgs_cli.errors import HiggsError, UsageError
from higgs_cli.files.strict_yaml import read_yaml
from higgs_cli.jobs.audition_jobs import line_of
from higgs_cli.jobs.book import checkpoint_here, planned
from higgs_cli.jobs.cast_script import sheet_path
from higgs_cli.jobs.render_job import ScriptFile
from higgs_cli.jobs.speaking import ledger_of
from higgs_cli.output.report.page import SAMPLE_SECONDS
from higgs_cli.planning.measured_rate import recall_rate
from higgs_cli.planning.plan import FRAMES_PER_SECOND, Plan
from higgs_cli.progress import Progress
from higgs_cli.script.names import plain_name
from higgs_cli.settings.table import Settings
from higgs_cli.studio.book import Standing, StudioBook
from higgs_cli.studio.conflict import NotHereError, check_seen
from higgs_cli.studio.heard import HeardOnce, Trial, spoken_alone
from higgs_cli.studio.history import FileChange, bytes_of
from higgs_cli.studio.sources import SHEET
from higgs_cli.takes.take import Verdict

MOST_AUDITIONED = 8


def cast_document(book: StudioBook) -> dict[str, Any]:
    """Everybody who speaks, with a line to hear; and the voices that there are."""
    standing = book.standing()
    plan = standing.plan
    return {
        "members": [_member(standing, member.speaker) for member in plan.cast.members],
        "voices": [
            {"name": entry.name, "description": entry.description or ""}
            for entry in _library(book).entries()
        ],
        "can_change": isinstance(standing.job.source, ScriptFile),
        "sheet": str(_sheet_place(book)),
    }


def _member(standing: Standing, speaker: str) -> dict[str, Any]:
    member = standing.plan.cast.member(speaker)
    own = [chunk for chunk in standing.plan.chunks if chunk.speaker == speaker]
    sample = _sample(standing, speaker)
    return {
        "speaker": speaker,
        "voice": member.voice.name,
        "why": member.why,
        "lines": len(own),
        "minutes": round(sum(chunk.seconds for chunk in own) / 60, 2),
        "first": standing.writing.text(own[0])[:120] if own else "",
        "sample": sample,
    }


def _sample(standing: Standing, speaker: str) -> dict[str, Any] | None:
    """A good take of theirs that is long enough to know the voice by."""
    best: tuple[float, str, int] | None = None
    for chunk in standing.plan.chunks:
        if chunk.speaker != speaker:
            continue
        state = standing.ledger.state(chunk.number)
        if state.best is None or not state.is_used:
            continue
        bad = state.best.verdict is not Verdict.PASS
        off = abs(state.best.frame_count / FRAMES_PER_SECOND - SAMPLE_SECONDS) + 100.0 * bad
        if best is None or off < best[0]:
            best = (off, chunk.key, state.best.attempt)
    return {"line": best[1], "attempt": best[2]} if best else None


def audition(
    book: StudioBook, heard: HeardOnce, speaker: str, voices: Sequence[str], progress: Progress
) -> list[dict[str, str]]:
    """A line of a speaker's own in each of these voices."""
    if not 1 <= len(voices) <= MOST_AUDITIONED:
        raise UsageError(f"1 to {MOST_AUDITIONED} voices can be heard at once")
    standing, library = book.standing(), _library(book)
    text = _line(standing, speaker)
    settings = spoken_alone(book)
    trials = [Trial(voice, text, _named(library, voice), settings.lexicon) for voice in voices]
    return heard.speak(trials, settings, progress)


def check_speaker(standing: Standing, speaker: str) -> None:
    if speaker not in {member.speaker for member in standing.plan.cast.members}:
        raise NotHereError(f'nobody called "{speaker}" speaks in this book')


def _line(standing: Standing, speaker: str) -> str:
    check_speaker(standing, speaker)
    script = standing.plan.script
    if any(turn.speaker == speaker for turn in script.turns):
        return line_of(script, speaker)
    own = [chunk for chunk in standing.plan.chunks if chunk.speaker == speaker]
    return standing.writing.text(max(own, key=lambda chunk: chunk.seconds))


# -- a change --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Recast:
    """A speaker with another voice, planned and not written."""

    settings: Settings
    change: FileChange
    plan: Plan


def cost(book: StudioBook, speaker: str, voice: str) -> dict[str, Any]:
    """What would have to be spoken: chunks, minutes of speech, minutes of work where known."""
    found, standing = _recast(book, speaker, voice), book.standing()
    choice = standing.job.choices.model
    ledger = ledger_of(standing.job, found.plan, standing.store, book.model.identity(choice))
    missing = [c for c in found.plan.chunks if not ledger.state(c.number).is_settled]
    before = {c.key for c in standing.plan.chunks if not standing.ledger.state(c.number).is_settled}
    new = [chunk for chunk in missing if chunk.key not in before]
    seconds = sum(chunk.seconds for chunk in new)
    checkpoint = checkpoint_here(choice)
    rate = recall_rate(checkpoint.name, choice.device) if checkpoint else None
    return {
        "chunks": len(new),
        "minutes": round(seconds / 60, 2),
        "work_minutes": round(seconds / 60 / rate, 2) if rate else None,
        "others": sum(chunk.speaker != speaker for chunk in new),
    }


def recast(book: StudioBook, speaker: str, voice: str, seen: str) -> None:
    """From now on, in the whole book."""
    with book.changing:
        standing = book.standing()
        check_speaker(standing, speaker)
        check_seen(f"the voice of {speaker}", seen, standing.plan.cast.member(speaker).voice.name)
        found = _recast(book, speaker, voice)
        before = book.settings
        found.change.apply()
        book.use(found.settings)

        def undo() -> None:
            found.change.undo()
            book.use(replace(book.settings, cast=before.cast, ref_audio=before.ref_audio))

        book.history.add(f"{speaker} speaks with {voice}", undo)


def _recast(book: StudioBook, speaker: str, voice: str) -> Recast:
    standing = book.standing()
    check_speaker(standing, speaker)
    if not isinstance(standing.job.source, ScriptFile):
        raise UsageError("another voice needs the script, and only its manifest is here")
    _named(_library(book), voice)
    path = _sheet_place(book)
    before = bytes_of(path)
    named = sheet_path(standing.job.choices.casting)
    text = _resheeted(path, speaker, voice) if named else _new_sheet(book, speaker, voice)
    settings = replace(book.settings, cast=(str(path),), ref_audio=None)
    change = FileChange(path, before, text.encode())
    return _tried(book, standing, settings, change)


def _tried(book: StudioBook, standing: Standing, settings: Settings, change: FileChange) -> Recast:
    """Planned with the sheet under another name, in a folder that is there for as long."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(prefix="higgs-studio-") as folder:
        aside = Path(folder) / "tried.yaml"
        aside.write_bytes(change.after)
        plan = planned(book.source.job(replace(settings, cast=(str(aside),))))
    said = [(chunk.speaker, chunk.text) for chunk in plan.chunks]
    if said != [(chunk.speaker, chunk.text) for chunk in standing.plan.chunks]:
        raise UsageError(
            "with a cast sheet this script would be read otherwise",
            hint="make the sheet with higgs cast, and name it with --cast",
        )
    return Recast(settings, change, plan)


def _new_sheet(book: StudioBook, speaker: str, voice: str) -> str:
    """The cast as it is, with this one change."""
    standing = book.standing()
    script = standing.plan.script
    members = {}
    for member in standing.plan.cast.members:
        name = voice if member.speaker == speaker else _written(book, member.speaker)
        aliases = {
            alias
            for entry in script.header.cast
            if plain_name(entry.speaker) == plain_name(member.speaker)
            for alias in entry.aliases
        }
        members[member.speaker] = Member(member.speaker, name, tuple(sorted(aliases)))
    why = {member.speaker: member.why for member in standing.plan.cast.members}
    why[speaker] = "chosen in the studio"
    sheet = Sheet(read_as=script.form, members=members)
    return sheet_text(script.path, sheet, roles_of(script), why, script.form == "prose")


def _written(book: StudioBook, speaker: str) -> str:
    """A voice as a sheet names it."""
    voice = book.standing().plan.cast.member(speaker).voice
    if voice.reference is None and voice.origin:
        return f"profile:{voice.name}"
    if _library(book).named(voice.name) is None and voice.origin:
        return voice.origin
    return voice.name


def _resheeted(path: Path, speaker: str, voice: str) -> str:
    """A person's sheet, with another voice in the one place where it stands."""
    sheet, root = read_sheet(path), read_yaml(path, MOST_BYTES)
    if speaker not in sheet.members:
        raise UsageError(f"{path} does not name {speaker}", hint="write the line by hand")
    wanted = {**sheet.members, speaker: replace(sheet.members[speaker], voice=voice)}
    entries = root.entries("a cast sheet")["cast"].entries("cast")
    node = next(n for name, n in entries.items() if plain_name(name) == plain_name(speaker))
    if isinstance(node.value, dict):
        node = node.value["voice"]
    lines = root.source.text.split("\n")
    head, _, rest = lines[node.line].rpartition(str(node.value))
    if head.endswith(('"', "'")) and rest.startswith(head[-1]):
        head, rest = head[:-1], rest[1:]
    lines[node.line] = head + json.dumps(voice, ensure_ascii=False) + rest
    text = "\n".join(lines)
    if _members_of(text) != wanted:
        raise UsageError(f"{path} cannot be changed here", hint="write the voice by hand")
    return text


def _members_of(text: str) -> dict[str, Member]:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(prefix="higgs-studio-") as folder:
        path = Path(folder) / "tried.yaml"
        path.write_text(text, encoding="utf-8")
        try:
            return dict(read_sheet(path).members)
        except HiggsError:
            return {}


def _sheet_place(book: StudioBook) -> Path:
    return sheet_path(book.source.job(book.settings).choices.casting) or book.source.beside(SHEET)


def _library(book: StudioBook) -> VoiceLibrary:
    return open_library(book.settings.voices, allow_outside=book.settings.allow_outside)


def _named(library: VoiceLibrary, name: str) -> Any:
    """A voice of the library; no path from a client is one."""
    voice = library.named(name)
    if voice is None:
        raise library.unknown(name)
    return voice
