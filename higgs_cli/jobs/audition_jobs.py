"""What an audition renders: a line of each speaker in the voices that suit them best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path

from higgs_cli.casting.cast import Cast, CastMember
from higgs_cli.casting.suggestion import candidates
from higgs_cli.casting.voice_library import VoiceLibrary, open_library
from higgs_cli.files.plain_file import read_plain
from higgs_cli.jobs.cast_proposal import CastProposal
from higgs_cli.jobs.clone_jobs import slug
from higgs_cli.jobs.render_job import STORE_SUFFIX, RenderJob, TextWithVoice, job_of
from higgs_cli.planning.sentences import sentences
from higgs_cli.script.document import NARRATOR, Script
from higgs_cli.settings.table import Settings
from higgs_cli.settings.views import choices_of

CANDIDATES = 3
GOOD_WORDS = (8, 40)
"""Of a line that shows a voice and does not take long."""
LONGEST_TEXT = 240
MARK = "<!-- an audition by higgs cast -->"
MOST_BYTES = 1 << 20


@dataclass(frozen=True)
class Audition:
    """One speaker's line in one voice."""

    speaker: str
    voice: str
    text: str
    path: Path
    is_cast: bool
    """Is it the voice that the sheet gives them?"""


def auditions(proposal: CastProposal, folder: Path, settings: Settings) -> list[Audition]:
    """Each speaker in the voice they have and in those that suit them next."""
    library = _library(settings)
    voices = list(library.own.values()) or list(library.bundled.values())
    found: list[Audition] = []
    names: set[str] = set()
    for role in proposal.roles:
        text = line_of(proposal.script, role.speaker)
        own = proposal.sheet.members[role.speaker].voice
        others = [name for name in candidates(role, voices) if name != own]
        for voice in [own, *others][:CANDIDATES]:
            name = _free(f"{slug(role.speaker)}-{slug(Path(voice).stem)}", names)
            found.append(Audition(role.speaker, voice, text, folder / f"{name}.wav", voice == own))
    return found


def audition_jobs(parts: Sequence[Audition], folder: Path, settings: Settings) -> list[RenderJob]:
    """A job for each, all on one store."""
    library = _library(settings)
    store = settings.store or folder / f"audition{STORE_SUFFIX}"
    settings = replace(settings, store=store, read_as="prose", headings="spoken", cast=())
    jobs = []
    for part in parts:
        cast = Cast((CastMember(NARRATOR, library.voice(part.voice), 0, "audition"),))
        job = job_of(TextWithVoice(part.speaker, part.text, cast), part.path, settings)
        jobs.append(replace(job, makes_folder=True))
    return jobs


def line_of(script: Script, speaker: str) -> str:
    """A line of their own, neither too short to judge nor long."""
    least, most = GOOD_WORDS
    texts = [turn.text.text for turn in script.turns if turn.speaker == speaker]
    good = [text for text in texts if least <= len(text.split()) <= most]
    text = " ".join((good[0] if good else max(texts, key=len)).split())
    if len(text) <= LONGEST_TEXT:
        return text
    ends = [end for _, end in sentences(text) if end <= LONGEST_TEXT]
    return text[: ends[-1]].strip() if ends else text[:LONGEST_TEXT].rsplit(" ", 1)[0]


def is_own_index(path: Path) -> bool:
    """Was the file written by an audition?"""
    try:
        return MARK.encode() in read_plain(path, MOST_BYTES)
    except OSError:
        return False


def index_text(parts: Sequence[Audition]) -> str:
    """A page to listen from: every speaker with their line and voices."""
    rows = [MARK, "<!doctype html><meta charset=utf-8><title>Audition</title>"]
    speaker = None
    for part in parts:
        if part.speaker != speaker:
            rows.append(f"<h2>{escape(part.speaker)}</h2><p>{escape(part.text)}</p>")
            speaker = part.speaker
        chosen = " (cast)" if part.is_cast else ""
        rows.append(
            f"<p>{escape(part.voice)}{chosen} "
            f'<audio controls preload=none src="{escape(part.path.name)}"></audio></p>'
        )
    return "\n".join(rows) + "\n"


def _library(settings: Settings) -> VoiceLibrary:
    casting = choices_of(settings).casting
    return open_library(casting.voices, allow_outside=casting.allow_outside)


def _free(name: str, taken: set[str]) -> str:
    count, free = 1, name
    while free in taken:
        count += 1
        free = f"{name}-{count}"
    taken.add(free)
    return free
