"""How a word is said: heard before and after, then written into the book's lexicon."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from higgs_cli.errors import UsageError
from higgs_cli.files.atomic_file import write_whole
from higgs_cli.jobs.render_job import ScriptFile
from higgs_cli.planning.plan import Chunk
from higgs_cli.planning.unsure_words import unsure_words
from higgs_cli.progress import Progress
from higgs_cli.studio.book import Standing, StudioBook
from higgs_cli.studio.conflict import check_seen
from higgs_cli.studio.heard import HeardOnce, Trial, spoken_alone
from higgs_cli.studio.history import FileChange, bytes_of
from higgs_cli.studio.sources import LEXICON
from higgs_cli.wording.lexicon import (
    LONGEST_REPLACEMENT,
    UNSPEAKABLE,
    Lexicon,
    Pronunciation,
    read_lexicon,
)
from higgs_cli.wording.lexicon_file import GrownLexicon, with_pronunciation

MOST_SHOWN = 200


def lexicon_path(book: StudioBook) -> Path:
    """The file that is grown: the one that was named, else one called after the output."""
    return book.settings.lexicon or book.source.beside(LEXICON)


def lexicon_document(book: StudioBook) -> dict[str, Any]:
    """What it says, and words of which it is not sure how they are said."""
    standing = book.standing()
    unsure = unsure_words(standing.plan)
    return {
        "path": str(lexicon_path(book)),
        "can_grow": isinstance(standing.job.source, ScriptFile),
        "words": [
            {"word": each.word, "replacement": each.replacement, "speaker": each.speaker}
            for each in _lexicon(book).entries
        ],
        "unsure": [
            {"word": each.word, "kind": each.kind, "count": each.count, "where": each.place}
            for each in unsure[:MOST_SHOWN]
        ],
    }


def entry_of(word: str, replacement: str) -> Pronunciation:
    """As a lexicon may have it."""
    word, replacement = " ".join(word.split()), " ".join(replacement.split())
    for text in (word, replacement):
        if not text or len(text) > LONGEST_REPLACEMENT or UNSPEAKABLE.search(text):
            raise UsageError(f'"{text[:40]}" cannot be spoken')
    return Pronunciation(word, replacement)


def places_of(standing: Standing, word: str) -> list[Chunk]:
    """The lines in which it is written."""
    pattern = re.compile(Pronunciation(" ".join(word.split()), "x").pattern)
    return [chunk for chunk in standing.plan.chunks if pattern.search(standing.writing.text(chunk))]


def preview(
    book: StudioBook, heard: HeardOnce, line: str, entry: Pronunciation, progress: Progress
) -> list[dict[str, str]]:
    """The line as it is said now, and as it would be."""
    standing = book.standing()
    chunk = standing.chunk(line)
    text = standing.writing.text(chunk)
    grown = _grown(book, entry)
    after = heard.folder / "preview.lexicon.yaml"
    write_whole(after, grown.text.encode())
    before = book.settings.lexicon
    voice = standing.plan.cast.member(chunk.speaker).voice
    trials = [Trial("before", text, voice, before), Trial("after", text, voice, after)]
    return heard.speak(trials, spoken_alone(book), progress)


def say_so(book: StudioBook, entry: Pronunciation, seen: str | None) -> int:
    """Write it; in how many lines it is said so from now on."""
    standing = book.standing()
    if not isinstance(standing.job.source, ScriptFile):
        raise UsageError("a lexicon needs the script, and only its manifest is here")
    with book.changing:
        check_seen(f'how "{entry.word}" is said', seen, said_now(book, entry.word))
        path = lexicon_path(book)
        grown = _grown(book, entry)
        change = FileChange(path, bytes_of(path), grown.text.encode())
        before = book.settings
        change.apply()
        book.use(replace(before, lexicon=path))

        def undo() -> None:
            change.undo()
            book.use(replace(book.settings, lexicon=before.lexicon))

        book.history.add(f'"{entry.word}" is said "{entry.replacement}"', undo)
    return len(places_of(book.standing(), entry.word))


def said_now(book: StudioBook, word: str) -> str | None:
    """What the lexicon says of a word for everybody."""
    wanted = " ".join(word.split()).casefold()
    for entry in _lexicon(book).entries:
        if entry.word.casefold() == wanted and not (entry.speaker or entry.part_of_speech):
            return entry.replacement
    return None


def _lexicon(book: StudioBook) -> Lexicon:
    path = lexicon_path(book)
    return read_lexicon(path) if path.exists() else Lexicon()


def _grown(book: StudioBook, entry: Pronunciation) -> GrownLexicon:
    return with_pronunciation(lexicon_path(book), entry)
