"""What describes a book, from wherever it is said: `book.yaml`, its header, the book itself.

--book FILE, or book.yaml beside the script  >  the script's header  >  what an EPUB says of itself
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from higgs_cli.casting.safe_paths import file_inside
from higgs_cli.errors import FormatError, UsageError
from higgs_cli.files.plain_file import read_plain
from higgs_cli.jobs.render_job import RenderJob, ScriptFile
from higgs_cli.output.about import AboutBook
from higgs_cli.planning.plan import Plan
from higgs_cli.script.about import About, read_about
from higgs_cli.script.credits import with_credits
from higgs_cli.script.decoding import STDIN
from higgs_cli.script.document import Script

if TYPE_CHECKING:
    from higgs_cli.output.formats.labels import Picture

FILE_NAME = "book.yaml"
MEND = "copy the picture into the folder of the file that names it"


def about_of(job: RenderJob, plan: Plan) -> AboutBook:
    """All of it that is known; a picture that nobody can show is an error."""
    whole = described(job, plan.script)
    if job.earlier is not None:
        kept = _kept_cover(job.store_folder, job.earlier.cover_sha256)
    else:
        kept = _own_cover(plan)
    return AboutBook(
        **_texts(job, plan.script, whole), cover=_cover(whole) or kept, sample=whole.sample
    )


def described(job: RenderJob, script: Script) -> About:
    """What is said of the book in all its files, the nearest first."""
    path = about_file(job)
    said = read_about(path) if path is not None else About()
    if job.earlier is not None:
        return said.over(About(**job.earlier.about.texts, sample=job.earlier.about.sample))
    whole = said.over(script.header.about).over(_own_texts(script))
    selection = job.choices.reading.chapters
    return _of_selection(whole) if selection is not None else _of_part(whole, *job.part)


def _of_selection(about: About) -> About:
    """Some chapters are no book for shops: their sample is one that the command line asks for."""
    return replace(about, sample=None)


def _of_part(about: About, number: int, count: int) -> About:
    """What of it is of one of several scripts that are a book: where credits and sample belong."""
    credits, sample = about.credits, about.sample
    if credits is not None:
        opening = credits.opening if number == 1 else None
        closing = credits.closing if number == count else None
        credits = replace(credits, opening=opening, closing=closing)
    if sample is not None and count > 1:
        is_here = number == (sample.chapter or 1)
        sample = replace(sample, chapter=None) if is_here else None
    return replace(about, credits=credits, sample=sample)


def with_own_credits(job: RenderJob, script: Script) -> Script:
    """The script with the credits that its files ask for, filled in."""
    about = described(job, script)
    if about.credits is None:
        return script
    return with_credits(script, about.credits, _texts(job, script, about))


def _texts(job: RenderJob, script: Script, about: About) -> dict[str, Any]:
    """What is said in words; a book always has a title."""
    return {**about.texts, "title": about.title or _name(job, script)}


def missing_cover(job: RenderJob, plan: Plan, about: AboutBook) -> str | None:
    """What is to be said where a book had a cover, and its files get none."""
    if about.cover is not None:
        return None
    mend = "so no file has one: name a picture with `cover:`"
    if job.earlier is not None:
        if job.earlier.cover_sha256 is None:
            return None
        where = "in a file for --book"
        return f"{job.earlier.manifest}: its cover is no longer in the take store, {mend} {where}"
    fault = _fault_of_own_cover(plan)
    return f"{fault}, {mend} in {FILE_NAME}" if fault else None


def _own_texts(script: Script) -> About:
    """As the script's header and an EPUB name them, where nothing describes the book."""
    header, facts = script.header, script.facts
    return About(
        title=header.title or facts.title,
        author=header.author or facts.author,
        series=facts.series,
        year=facts.year,
        description=facts.description,
    )


def _name(job: RenderJob, script: Script) -> str:
    """What a book without a title is called."""
    has_file = isinstance(job.source, ScriptFile) and job.source.path != STDIN
    return Path(script.path).stem if has_file or job.output is None else job.output.stem


def about_file(job: RenderJob) -> Path | None:
    """The file that describes the book, if there is one."""
    named = job.choices.delivery.book
    if named is not None:
        if not named.is_file():
            raise UsageError(f"--book: {named}: no such file")
        return named
    if not isinstance(job.source, ScriptFile) or job.source.path == STDIN:
        return None
    beside = Path(job.source.path).with_name(FILE_NAME)
    return beside if beside.is_file() else None


def _kept_cover(store: Path | None, digest: str | None) -> Picture | None:
    """That of the earlier render, as long as its store has it."""
    from higgs_cli.output.formats.cover import picture_of
    from higgs_cli.takes.store import TakeStore

    if store is None or digest is None:
        return None
    data = TakeStore(store).covers.of(digest)
    return picture_of(data, f"{store}: the cover") if data is not None else None


def _cover(about: About) -> Picture | None:
    """The picture that a file names, inside the folder of that file."""
    from higgs_cli.output.formats.cover import MOST_BYTES, picture_of

    node = about.cover
    if node is None:
        return None
    folder = Path(node.source.path).parent
    path = file_inside(folder, node, "the cover", allow_outside=False, mend=MEND)
    try:
        return picture_of(read_plain(path, MOST_BYTES), str(path))
    except UsageError as error:
        raise node.refusal(error.message, error.hint) from None
    except OSError as error:
        raise node.refusal(f"{path}: cannot be read: {error.strerror or error}") from None


def _own_cover(plan: Plan) -> Picture | None:
    """That of the book's own file; one that players cannot show is no reason to refuse a book."""
    from higgs_cli.output.formats.cover import picture_of

    cover = plan.script.facts.cover
    if cover is None or _fault_of_own_cover(plan):
        return None
    return picture_of(cover.data, plan.script.path)


def _fault_of_own_cover(plan: Plan) -> str | None:
    """Why players cannot show it."""
    from higgs_cli.output.formats.cover import picture_of

    cover = plan.script.facts.cover
    try:
        if cover is not None:
            picture_of(cover.data, f"{plan.script.path}: its own cover")
    except FormatError as error:
        return error.message
    return None
