"""A script with its spoken credits: chapters of their own before its first and after its last.

    source    the writer's own text … │ opening │ closing        the rest is laid behind it
    chapters  Opening Credits · the script's chapters · Closing Credits

The credits are no words of the source: numbers and places of its chapters, turns and lines stay as
they are without them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from higgs_cli.files.strict_yaml import Node
from higgs_cli.script.credit_texts import CreditTexts, filled
from higgs_cli.script.document import (
    BEFORE_THE_FIRST,
    NARRATOR,
    Chapter,
    CreditsKind,
    Script,
    Turn,
)
from higgs_cli.script.names import speaker_name
from higgs_cli.script.source_text import SourceText

TITLES: Mapping[CreditsKind, str] = {"opening": "Opening Credits", "closing": "Closing Credits"}


def with_credits(script: Script, texts: CreditTexts, facts: Mapping[str, object]) -> Script:
    """The same script, in which they are said too; what describes the book fills them in."""
    is_named = texts.speaker is not None and texts.speaker.strip().upper() != NARRATOR
    speaker = speaker_name(texts.speaker) if texts.speaker and is_named else NARRATOR
    source, begin = script.source, len(script.source) + 1
    number = max((turn.number for turn in script.turns), default=-1) + 1
    last = max((chapter.number for chapter in script.chapters), default=-1)
    written: dict[CreditsKind, Chapter] = {}
    templates: tuple[tuple[CreditsKind, Node | None], ...]
    templates = (("opening", texts.opening), ("closing", texts.closing))
    for kind, template in templates:
        if template is None:
            continue
        start, source = len(source) + 1, f"{source}\n{filled(template, facts)}"
        turns = tuple(_turns(source, start, number, speaker))
        number += len(turns)
        chapter_number = BEFORE_THE_FIRST if kind == "opening" else last + 1
        written[kind] = Chapter(
            chapter_number, TITLES[kind], turns[0].line_number, turns, credits=kind
        )
    if not written:
        return script
    opening, closing = ([written[kind]] if kind in written else [] for kind in TITLES)
    chapters = (*opening, *script.chapters, *closing)
    return replace(script, source=source, chapters=chapters, credits_start=begin)


def _turns(source: str, start: int, number: int, speaker: str) -> Iterator[Turn]:
    """Each line of what stands from `start` on as a paragraph."""
    line_number = source.count("\n", 0, start) + 1
    for line in source[start:].split("\n"):
        first = start + len(line) - len(line.lstrip())
        if line.strip():
            text = SourceText.of(source, first, start + len(line.rstrip()))
            yield Turn(number, speaker, text, line_number)
            number += 1
        start, line_number = start + len(line) + 1, line_number + 1
