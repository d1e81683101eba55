"""What `higgs say` renders: a word or a line in some voices, without the lexicon and with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from higgs_cli.casting.cast import Cast, CastMember, Voice
from higgs_cli.casting.voice_library import open_library
from higgs_cli.errors import UsageError
from higgs_cli.jobs.clone_jobs import SaidText, slug
from higgs_cli.jobs.render_job import RenderJob, TextWithVoice, job_of
from higgs_cli.script.document import NARRATOR
from higgs_cli.script.reader import read_script
from higgs_cli.settings.table import Settings
from higgs_cli.settings.views import choices_of
from higgs_cli.takes.layout import STORE_SUFFIX


def said_text(words: str, script: str | None, settings: Settings) -> SaidText:
    """The words as they are given, or, of a script, the paragraph that stands on this line."""
    if script is None:
        return SaidText("<text>", words)
    if not words.isdecimal() or len(words) > 9:
        raise UsageError(f'"{words}" is not a line of {script}', hint="higgs say 14 --of book.txt")
    turns = read_script(script, choices_of(settings).reading, ()).turns
    line = int(words)
    found = [turn for turn in turns if turn.line_number <= line]
    if not found:
        raise UsageError(f"{script} has nothing spoken on line {line}")
    text = found[-1].text.text
    return SaidText(f"{script}, line {found[-1].line_number}", text, Path(script))


def say_jobs(
    said: SaidText, voices: Sequence[str], output: Path | None, settings: Settings
) -> list[RenderJob]:
    """Two jobs a voice, before and after the lexicon; one where there is no lexicon."""
    casting = choices_of(settings).casting
    library = open_library(casting.voices, allow_outside=casting.allow_outside)
    stem = output.with_suffix("") if output else Path(slug(said.text))
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


def _kinds(settings: Settings) -> list[tuple[str, Path | None]]:
    if settings.lexicon is None:
        return [("", None)]
    return [(".before", None), (".after", settings.lexicon)]


def _alone(voice: Voice) -> Cast:
    return Cast((CastMember(NARRATOR, voice, 0, "say"),))
