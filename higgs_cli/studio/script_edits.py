"""Changes to the file of a script: other words, a pause, a mood; planned before they are written.

Only text files are changed, in their own encoding and with their own line ends; of a book that is
none, words are said otherwise by the lexicon.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from higgs_cli.errors import HiggsError, UsageError
from higgs_cli.jobs.book import planned
from higgs_cli.jobs.render_job import ScriptFile
from higgs_cli.plain_text import is_whole
from higgs_cli.planning.places import chunk_place
from higgs_cli.planning.plan import Chunk, Plan
from higgs_cli.script.decoding import decoded_text
from higgs_cli.studio.book import Standing, StudioBook
from higgs_cli.studio.conflict import ConflictError, check_seen
from higgs_cli.studio.history import FileChange, bytes_of

PAUSE = re.compile(r"\[pause\s+[\d.]+\s*\]\s*$", re.IGNORECASE)
HEAD = re.compile(r"(?P<name>[^()\n:：]*?)\s*(?:\([^()\n]*\)\s*)?(?P<colon>[:：]\s*)")
LONGEST = 20_000
UNWRITABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
PLAIN_CODECS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
"""Of what follows the mark; a longer mark comes before one that it begins with."""


@dataclass(frozen=True)
class Edit:
    """Words in the place of the part `[start, end)` of a text."""

    start: int
    end: int
    words: str

    def applied(self, text: str) -> str:
        return text[: self.start] + self.words + text[self.end :]


def why_not(standing: Standing) -> str | None:
    """Why the script cannot be changed; None where it can."""
    if not isinstance(standing.job.source, ScriptFile):
        return "only its manifest is here, not its script"
    if standing.plan.script.places.labels:
        return "it is no text file; words are said otherwise by the lexicon"
    return None


def source_of(standing: Standing, line: str) -> str:
    """A line as it is written, tags and all."""
    start, end = _span(standing.chunk(line))
    return standing.plan.script.source[start:end]


def change_words(book: StudioBook, line: str, seen: str, words: str) -> str:
    """Other words; the name of the line that begins there then."""
    wanted = " ".join(words.split()) if "\n" not in words.strip() else words.strip()
    if not wanted or len(wanted) > LONGEST or UNWRITABLE.search(wanted) or not is_whole(wanted):
        raise UsageError("these words cannot be written", hint="to leave a line out: <!-- … -->")
    standing = book.standing()
    chunk = standing.chunk(line)
    start, end = _span(chunk)
    check_seen("this line", seen, source_of(standing, line))
    said = f"{_place(chunk)}: other words"
    return _changed(book, standing, Edit(start, end, wanted), said, lambda plan, at: None)


def change_pause(book: StudioBook, line: str, seen: float, seconds: float | None) -> str:
    """A pause that is written before the line; None: the usual one."""
    standing = book.standing()
    chunk = standing.chunk(line)
    check_seen("this pause", f"{seen:.2f}", f"{chunk.pause.seconds:.2f}")
    start, _ = _span(chunk)
    found = PAUSE.search(standing.plan.script.source, 0, start)
    begin = found.start() if found else start
    tag = "" if seconds is None else f"[pause {seconds:g}] "

    def check(plan: Plan, at: int) -> None:
        now = plan.chunks[at].pause
        is_it = seconds is None or abs(now.seconds - seconds) < 0.01
        if not is_it or (now.kind == "written") != (seconds is not None):
            raise UsageError("a pause cannot be written before this line", hint=_by_hand(plan))

    said = (
        f"{_place(chunk)}: {'the usual pause' if seconds is None else f'a pause of {seconds:g} s'}"
    )
    return _changed(book, standing, Edit(begin, start, tag), said, check)


def change_mood(book: StudioBook, line: str, seen: str | None, mood: str | None) -> str:
    """`NAME (mood): …`, where a line begins with its speaker and the voice has the mood."""
    standing = book.standing()
    chunk = standing.chunk(line)
    check_seen("this mood", seen, chunk.mood)
    voice = standing.plan.cast.member(chunk.speaker).voice
    if mood is not None and mood not in voice.moods:
        has = ", ".join(sorted(voice.moods)) or "none"
        raise UsageError(f'the voice "{voice.name}" has no mood "{mood}"', hint=f"its moods: {has}")
    source, (start, _) = standing.plan.script.source, _span(chunk)
    begin = source.rfind("\n", 0, start) + 1
    head = HEAD.match(source, begin, start)
    if head is None:
        raise UsageError("this line does not begin with its speaker", hint=_by_hand(standing.plan))
    told = head["name"] + (f" ({mood})" if mood else "") + head["colon"]

    def check(plan: Plan, at: int) -> None:
        if plan.chunks[at].mood != mood:
            raise UsageError("a mood cannot be written at this line", hint=_by_hand(plan))

    return _changed(
        book,
        standing,
        Edit(begin, head.end(), told),
        f"{_place(chunk)}: mood {mood or 'none'}",
        check,
    )


def _changed(
    book: StudioBook,
    standing: Standing,
    edit: Edit,
    said: str,
    check: Callable[[Plan, int], None],
) -> str:
    """Plan it, then write it; the name of the line that is behind the edit's beginning."""
    reason = why_not(standing)
    if reason is not None:
        raise UsageError(f"{book.source.name} cannot be changed: {reason}")
    source = standing.job.source
    assert isinstance(source, ScriptFile)
    wanted = edit.applied(standing.plan.script.source)
    plan = planned(replace(standing.job, source=ScriptFile(source.path, wanted)))
    at = _chunk_at(plan, edit.start)
    check(plan, at)
    path = Path(source.path)
    with book.changing:
        before = bytes_of(path) or b""
        change = FileChange(path, before, _encoded(before, edit, standing, path))
        change.apply()
        book.forget()

        def undo() -> None:
            change.undo()
            book.forget()

        book.history.add(said, undo)
    return plan.chunks[at].key


def _encoded(before: bytes, edit: Edit, standing: Standing, path: Path) -> bytes:
    """What is there, which is still what was planned, with the edit in it: all else as it is."""
    asked, text = standing.job.choices.reading.encoding, standing.plan.script.source
    now, encoding = decoded_text(before, path.name, asked)
    if now != text:
        raise ConflictError(f"{path.name} was changed meanwhile; look at it again")
    mark = b"" if asked else next((m for m in PLAIN_CODECS if before.startswith(m)), b"")
    codec = asked or PLAIN_CODECS.get(mark, encoding)
    try:
        raw = before[len(mark) :].decode(codec)
        after = mark + _edited(raw, edit).encode(codec)
        if decoded_text(after, path.name, asked)[0] == edit.applied(text):
            return after
    except (UnicodeError, LookupError, HiggsError):
        pass
    raise UsageError(f"{path.name} is {encoding}, in which this cannot be written")


def _edited(raw: str, edit: Edit) -> str:
    """An edit of a text with `\\n` ends, in the text with its own."""
    lead = len(raw) - len(raw.removeprefix("\ufeff"))
    start, end = (lead + _raw_position(raw[lead:], at) for at in (edit.start, edit.end))
    ends = "\r\n" if "\r\n" in raw else "\n"
    return raw[:start] + edit.words.replace("\n", ends) + raw[end:]


def _raw_position(raw: str, position: int) -> int:
    pairs = 0
    for match in re.finditer("\r\n", raw):
        if match.start() - pairs >= position:
            break
        pairs += 1
    return position + pairs


def _span(chunk: Chunk) -> tuple[int, int]:
    if not chunk.pieces:
        raise UsageError("where this line stands in the script is not known")
    return chunk.pieces[0].start, chunk.pieces[-1].end


def _chunk_at(plan: Plan, position: int) -> int:
    """The chunk that stands at a position of the source, or the next behind it."""
    for chunk in plan.chunks:
        if chunk.pieces and chunk.pieces[-1].end > position:
            return chunk.number
    return len(plan.chunks) - 1


def _place(chunk: Chunk) -> str:
    return chunk_place(chunk.number)


def _by_hand(plan: Plan) -> str:
    return f"write it into {plan.script.path} by hand"
