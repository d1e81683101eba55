"""What `higgs studio` is given, as books: a script, a manifest, or a folder of both.

talk.txt     the script; its output as `higgs render talk.txt` has it
talk.json    the settings of that render, and its script where that lies here; else takes alone
books/       all of them
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from higgs_cli.errors import FormatError, HiggsError, UsageError
from higgs_cli.jobs.book import planned
from higgs_cli.jobs.book_folder import look_into
from higgs_cli.jobs.render_job import RenderJob, ScriptFile, job_from_script, job_of, named_output
from higgs_cli.jobs.repeated_job import OF_THE_MACHINE, job_from_manifest
from higgs_cli.output.manifest.named_files import named_files
from higgs_cli.output.manifest.opened import opened_manifest
from higgs_cli.output.manifest.write import VERSION
from higgs_cli.script.decoding import STDIN
from higgs_cli.settings.record import from_record
from higgs_cli.settings.table import Settings

MANIFEST = ".json"
LEXICON, SHEET = ".lexicon.yaml", ".cast.yaml"
"""What a studio writes beside an output, called after it, where no such file was named."""
MOST_BOOKS = 500


@dataclass(frozen=True)
class BookSource:
    """Where a book comes from and goes."""

    name: str
    settings: Settings
    outputs: tuple[Path, ...]
    script: str | None = None
    manifest: Path | None = None
    """Only where there is no script."""
    given: Mapping[str, object] = field(default_factory=dict)
    why_no_script: str = ""

    def job(self, settings: Settings) -> RenderJob:
        """What a render of it is, by these settings."""
        if self.script is None:
            assert self.manifest is not None
            return job_from_manifest(self.manifest, None, self.given)
        job = job_of(ScriptFile(self.script), self.outputs[0], settings)
        return replace(job, other_outputs=self.outputs[1:])

    def beside(self, ending: str) -> Path:
        """A file that is called after its output."""
        output = self.outputs[0]
        return output.with_name(output.stem + ending)


def book_sources(
    named: Path, output: Path | None, settings: Settings, given: Mapping[str, object]
) -> tuple[BookSource, ...]:
    """The books that were named; each is read, and what is wrong with the only one is an error."""
    if str(named) == STDIN:
        raise UsageError("a script from stdin cannot be changed", hint="name its file")
    if named.is_dir():
        if output is not None:
            raise UsageError("-o is for one book, not for a folder of them")
        return tuple(_in_folder(named, settings, given))
    if not named.exists():
        raise UsageError(f"{named}: no such file", hint="higgs studio chapter.txt")
    if named.suffix.lower() == MANIFEST:
        if output is not None:
            raise UsageError("-o does not go with a manifest, which names its files")
        return (_of_manifest(named, given),)
    source = _of_script(named, output, settings, given)
    planned(source.job(source.settings))
    return (source,)


def _in_folder(
    folder: Path, settings: Settings, given: Mapping[str, object]
) -> Iterator[BookSource]:
    scripts = look_into(folder).scripts
    manifests = [path for path in sorted(folder.glob("*" + MANIFEST)) if _is_manifest(path)]
    own = {path.stem for path in scripts}
    manifests = [path for path in manifests if path.stem not in own]
    if not scripts and not manifests:
        raise UsageError(f"{folder}: holds no script and no manifest")
    if len(scripts) + len(manifests) > MOST_BOOKS:
        raise UsageError(f"{folder}: holds more than {MOST_BOOKS} books", hint="name one of them")
    for path in scripts:
        yield _of_script(path, path.with_suffix(".wav"), settings, given)
    for path in manifests:
        yield _of_manifest(path, given)


def _is_manifest(path: Path) -> bool:
    try:
        opened_manifest(path)
    except HiggsError:
        return False
    return True


def _of_script(
    path: Path, output: Path | None, settings: Settings, given: Mapping[str, object]
) -> BookSource:
    if output is not None and (said := named_files(output)) and said.is_of(output):
        outputs = said.outputs or (output,)
        job = job_from_script(str(path), outputs[0], settings, outputs[1:], given)
    else:
        job = job_from_script(str(path), output, settings, given=given)
    settings = replace(settings, per_chapter=job.choices.delivery.per_chapter)
    source = BookSource(
        path.name, settings, (named_output(job), *job.other_outputs), str(path), given=given
    )
    return replace(source, settings=_with_own_files(source))


def _with_own_files(source: BookSource) -> Settings:
    """The lexicon and the sheet that a studio has written before, where no other is named."""
    settings, lexicon, sheet = source.settings, source.beside(LEXICON), source.beside(SHEET)
    if settings.lexicon is None and lexicon.is_file():
        settings = replace(settings, lexicon=lexicon)
    if not settings.cast and not settings.ref_audio and sheet.is_file():
        settings = replace(settings, cast=(str(sheet),))
    return settings


def _of_manifest(manifest: Path, given: Mapping[str, object]) -> BookSource:
    """With its script, where that lies here and can still be planned."""
    job = job_from_manifest(manifest, None, given)
    outputs = (named_output(job), *job.other_outputs)
    then = from_record(job.record, VERSION, f"{manifest}: settings")
    usual = Settings()
    settings = replace(then, **{name: getattr(usual, name) for name in OF_THE_MACHINE})
    settings = replace(settings, store=job.store)
    alone = BookSource(manifest.name, settings, outputs, manifest=manifest, given=given)
    script = _script_of(manifest, job)
    if script is None:
        return replace(alone, why_no_script="its script does not lie here")
    found = BookSource(manifest.name, settings, outputs, str(script), given=given)
    try:
        planned(found.job(settings))
    except HiggsError as error:
        return replace(alone, why_no_script=f"its script cannot be read now: {error.message}")
    return found


def _script_of(manifest: Path, job: RenderJob) -> Path | None:
    """A manifest may come from elsewhere: only a script in its folder or in this one is opened."""
    assert job.earlier is not None
    named = job.earlier.plan.script.path
    folders = [manifest.parent.resolve(), Path.cwd()]
    try:
        for path in (Path(named), manifest.parent / named, manifest.parent / Path(named).name):
            inside = any(path.resolve().is_relative_to(folder) for folder in folders)
            if inside and path.is_file():
                return path
    except (OSError, ValueError, RuntimeError) as error:
        raise FormatError(f"{manifest}: its script is not a path ({error})") from None
    return None
