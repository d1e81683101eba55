"""What `higgs say` renders: a word or a line in some voices, without the lexicon and with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from higgs_cli.casting.cast import Cast, CastMember, Voice
from higgs_cli.casting.voice_library import open_library
from higgs_cli.errors import UsageError
from higgs_cli.jobs.book import planned, times_of
from higgs_cli.jobs.clone_jobs import SaidText, slug
from higgs_cli.jobs.render_job import RenderJob, TextWithVoice, job_from_script, job_of
from higgs_cli.planning.places import EXAMPLES, Span, chunks_at, spans_of, written
from higgs_cli.script.document import NARRATOR, Script, Turn
from higgs_cli.script.reader import read_script
from higgs_cli.settings.table import Settings
from higgs_cli.settings.views import choices_of
from higgs_cli.takes.layout import STORE_SUFFIX


def said_text(words: str, script: str | None, settings: Settings) -> SaidText:
    """The words as they are given; of a script, the paragraph or the chunk of this place."""
    if script is None:
        return SaidText("<text>", words)
    place = _one_place(words, script)
    if place.kind in ("chunk", "time"):
        return SaidText(f"{script}, {words}", _of_chunk(place, script, settings), Path(script))
    read = read_script(script, choices_of(settings).reading, ())
    is_paragraph = place.kind == "paragraph"
    if not is_paragraph and read.places.labels:
        hint = f"name a chapter and a paragraph: 1:{words}; the plan shows them"
        raise UsageError(f"{script} has no lines", hint=hint)
    words = written(place.kind, place.first)
    turns = _at_place(read, words) if is_paragraph else _on_line(read, *place.first)
    where = words if is_paragraph else f"line {turns[0].line_number}"
    text = "\n\n".join(turn.text.text for turn in turns)
    return SaidText(f"{script}, {where}", text, Path(script))


def _one_place(words: str, script: str) -> Span:
    spans = spans_of(words, "PLACE")
    if len(spans) > 1 or spans[0].first != spans[0].last:
        raise UsageError(f"{words} is more than one place of {script}", hint=EXAMPLES)
    return spans[0]


def _of_chunk(place: Span, script: str, settings: Settings) -> str:
    """The words, as they are written, of the chunk that a render speaks there or spoke then."""
    job = job_from_script(script, None, settings)
    plan = planned(job)
    times = times_of(job, plan) if place.kind == "time" else None
    (chunk, *_) = chunks_at(plan, (place,), "PLACE", times)
    spoken = {turn.number: turn.text for turn in plan.script.turns}
    start, end = chunk.pieces[0].start, chunk.pieces[-1].end
    parts = (spoken[number].between(start, end).text.strip() for number in chunk.turns)
    return "\n\n".join(part for part in parts if part)


def _on_line(script: Script, line: int) -> list[Turn]:
    """The turn that stands on a line, or goes on there."""
    ends = script.lines.number_at
    for turn in script.turns:
        if turn.line_number <= line <= ends(max(turn.text.start, turn.text.end - 1)):
            return [turn]
    spoken = [turn.line_number for turn in script.turns]
    nearest = min(spoken, key=lambda number: abs(number - line))
    raise UsageError(
        f"{script.path}: nothing is spoken on line {line}",
        hint=f"the nearest line that is spoken is {nearest}",
    )


def _at_place(script: Script, place: str) -> list[Turn]:
    """The paragraph `3:14`, or what stands in the heading, `3:0`."""
    found = [turn for turn in script.turns if script.place_of_turn(turn.number) == place]
    if found:
        return found
    number = int(place.partition(":")[0])
    if not 1 <= number <= len(script.chapters):
        count = len(script.chapters)
        hint = f"the chapters are 1 to {count}" if count > 1 else "there is one chapter"
    else:
        turns = script.chapters[number - 1].turns
        paragraphs = sum(not turn.is_heading for turn in turns)
        hint = f"chapter {number} has {paragraphs} paragraphs, from {number}:1"
    raise UsageError(f"{script.path}: nothing is spoken at {place}", hint=hint)


def say_jobs(
    said: SaidText, voices: Sequence[str], output: Path | None, settings: Settings
) -> list[RenderJob]:
    """Two jobs a voice, before and after the lexicon; one where there is no lexicon."""
    casting = choices_of(settings).casting
    library = open_library(casting.voices, allow_outside=casting.allow_outside)
    stem = _stem(said, output)
    store = settings.store or stem.with_name(stem.name + STORE_SUFFIX)
    settings = replace(settings, store=store, read_as="prose", headings="spoken")
    jobs = []
    for name in voices:
        voice = library.voice(name)
        base = f"{stem.name}.{voice.name}" if len(voices) > 1 else stem.name
        for kind, lexicon in _kinds(settings):
            path = stem.with_name(f"{base}{kind}.wav")
            asked = replace(settings, lexicon=lexicon)
            job = job_of(TextWithVoice(said.name, said.text, _alone(voice)), path, asked)
            jobs.append(replace(job, inputs=(*job.inputs, *([said.file] if said.file else []))))
    return jobs


def _stem(said: SaidText, output: Path | None) -> Path:
    """What the files are named after: in a folder that is there, the text."""
    if output is None or output.is_dir():
        return (output or Path()) / slug(said.text)
    return output.with_suffix("")


def _kinds(settings: Settings) -> list[tuple[str, Path | None]]:
    if settings.lexicon is None:
        return [("", None)]
    return [(".before", None), (".after", settings.lexicon)]


def _alone(voice: Voice) -> Cast:
    return Cast((CastMember(NARRATOR, voice, 0, "say"),))
