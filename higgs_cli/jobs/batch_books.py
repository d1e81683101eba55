"""Which books a batch is of: a folder of scripts, or a `books.yaml`.

books/emma.epub              one book                  ──► OUT/emma.wav, OUT/emma.higgs/
books/emma.toml              its settings, if there
books/emma.cast.yaml         its cast sheet, if there
books/lamp/01.txt, 02.txt    one book of two chapters  ──► OUT/lamp/01.wav, 02.wav, book.higgs/
books/lamp/higgs.toml        its settings, if there, and cast.yaml

all: {voices: voices/profile.yaml}     # books.yaml: settings of every book, then its own
books:
  - {script: emma.epub, cast: {NARRATOR: belinda}, output: emma.flac}
  - {script: lamp/, subtitles: srt}
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from higgs_cli.casting.safe_paths import folder_shown
from higgs_cli.casting.sheet import is_sheet
from higgs_cli.errors import HiggsError, UsageError
from higgs_cli.files.strict_yaml import Node, read_yaml
from higgs_cli.jobs.batch import BatchBook, check_apart
from higgs_cli.jobs.book_folder import (
    CAST_SHEET,
    in_order,
    look_into,
    refuse_link_out,
)
from higgs_cli.jobs.render_job import ScriptFile, job_of, named_output
from higgs_cli.settings.sources import FILE_NAME, file_settings, range_of, settings_in
from higgs_cli.settings.table import Settings, flag_name
from higgs_cli.takes.layout import STORE_SUFFIX

CHAPTERS_STORE = f"book{STORE_SUFFIX}"
ENTRY_KEYS = ("script", "output")
MOST_BOOKS = 10_000

Resolve = Callable[[Mapping[str, object]], Settings]
"""All settings of a book, given its own."""


@dataclass(frozen=True)
class Destination:
    """Where the books go, and how their audio files end."""

    folder: Path
    ending: str = ".wav"


def destination_of(folder: Path, ending: str) -> Destination:
    """`ending`: of the audio files, `flac` or `.flac`."""
    from higgs_cli.output.formats.write import ENDINGS

    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is not a folder", hint="name a folder with -o")
    suffix = "." + ending.removeprefix(".").lower()
    if suffix not in ENDINGS:
        formats = ", ".join(each[1:] for each in ENDINGS)
        raise UsageError(f"--format {ending}: no format of audio files", hint=f"one of {formats}")
    return Destination(folder, suffix)


def books_of(
    source: Path, to: Destination, resolve: Resolve, *, one_book: bool = False
) -> list[BatchBook]:
    """All books, in the order in which they are to be spoken; `one_book`: the scripts of the folder
    are chapters."""
    resolve({})  # a mistake in what is said for all is no book's own
    if one_book and source.is_dir() and look_into(source).scripts:
        books = [_chapters(source, "", to, resolve, {})]
    elif source.is_dir():
        books = _in_folder(source, to, resolve)
    elif source.suffix.lower() in (".yaml", ".yml"):
        books = _in_list(source, to, resolve)
    else:
        raise UsageError(
            f"{source}: neither a folder of scripts nor a books.yaml",
            hint="for one script: higgs render",
        )
    if not books:
        skipped = "; ".join(skipped_in(source, ()))
        raise UsageError(
            f"{source}: no books in it" + (f" ({skipped})" if skipped else ""),
            hint="a book is a script, or a folder of some",
        )
    if len(books) > MOST_BOOKS:
        raise UsageError(f"{source}: more than {MOST_BOOKS:,} books")
    check_apart(books)
    counts = Counter(book.name for book in books)
    return [_by_place(book, to) if counts[book.name] > 1 else book for book in books]


def _by_place(book: BatchBook, to: Destination) -> BatchBook:
    """Books of one name are called by what they become: `emma.wav`, `emma/`."""
    if not book.jobs:
        return book
    first = named_output(book.jobs[0]).relative_to(to.folder)
    return replace(book, name=str(first) if len(book.jobs) == 1 else f"{first.parent}/")


def skipped_in(source: Path, books: Sequence[BatchBook]) -> Iterator[str]:
    """What lies in the folders of these books and looks like a script, and why it is none."""
    scripts = (job.source for book in books if len(book.jobs) > 1 for job in book.jobs[:1])
    folders = {Path(each.path).parent for each in scripts if isinstance(each, ScriptFile)}
    for folder in sorted({*folders, *([source] if source.is_dir() else [])}):
        for line in look_into(folder).skipped:
            yield f"skipped in {folder}: {line}"


# -- a folder --------------------------------------------------------------------------------


def _in_folder(source: Path, to: Destination, resolve: Resolve) -> list[BatchBook]:
    books = []
    scripts = frozenset(look_into(source).scripts)
    for path in sorted(source.iterdir(), key=in_order):
        if path.name.startswith(".") or _is_same(path, to.folder):
            continue
        if path.is_dir() or path in scripts or path.name.endswith((".toml", CAST_SHEET)):
            refuse_link_out(source, path)
        if path.is_dir() and path.suffix != STORE_SUFFIX and look_into(path).scripts:
            books.append(_chapters(path, path.name, to, resolve, {}))
        elif path in scripts:
            books.append(_alone(path, to, resolve))
    return books


def _is_same(path: Path, folder: Path) -> bool:
    return folder.exists() and path.exists() and path.samefile(folder)


def _settings_beside(settings: Path, sheet: Path) -> dict[str, object]:
    """What lies beside a script for it alone."""
    own = file_settings(settings) if settings.is_file() else {}
    _refuse_model(own, str(settings))
    if "cast" not in own and sheet.is_file():
        own["cast"] = (str(sheet),)
    return own


def _alone(script: Path, to: Destination, resolve: Resolve) -> BatchBook:
    """A script with what lies beside it; a mistake in that is its own."""
    sheet = script.with_suffix(f".{CAST_SHEET}")
    output = to.folder / f"{script.stem}{to.ending}"
    try:
        own = _settings_beside(script.with_suffix(".toml"), sheet)
        return _single(script, output, resolve, own)
    except HiggsError as error:
        return BatchBook(script.stem, trouble=error)


def _single(script: Path, output: Path, resolve: Resolve, own: Mapping[str, object]) -> BatchBook:
    job = job_of(ScriptFile(str(script)), output, resolve(own))
    return BatchBook(output.stem, (replace(job, makes_folder=True),))


def _chapters(
    folder: Path, name: str, to: Destination, resolve: Resolve, given: Mapping[str, object]
) -> BatchBook:
    """A folder of chapters: a file for each, one store for all."""
    scripts, place = look_into(folder).scripts, to.folder / name
    name = name or folder.resolve().name
    try:
        own = {**_settings_beside(folder / FILE_NAME, folder / CAST_SHEET), **given}
        settings = resolve(own)
    except HiggsError as error:
        return BatchBook(name, trouble=error)
    if settings.store is None:
        settings = replace(settings, store=place / CHAPTERS_STORE)
    jobs = []
    for number, script in enumerate(scripts, start=1):
        job = job_of(ScriptFile(str(script)), place / f"{script.stem}{to.ending}", settings)
        jobs.append(replace(job, makes_folder=True, part=(number, len(scripts))))
    return BatchBook(name, tuple(jobs))


# -- a list ----------------------------------------------------------------------------------


def _in_list(path: Path, to: Destination, resolve: Resolve) -> list[BatchBook]:
    root = read_yaml(path).known_entries("a list of books", ("all", "books"))
    if "books" not in root:
        raise UsageError(f"{path}: has no `books:`", hint="books: [{script: emma.epub}]")
    shared = _own_settings(root["all"], path, ()) if "all" in root else {}
    return [
        _listed(node, path, to, lambda own: resolve({**shared, **own}))
        for node in root["books"].items("books")
    ]


def _listed(node: Node, path: Path, to: Destination, resolve: Resolve) -> BatchBook:
    if isinstance(node.value, str):
        node = Node({"script": node}, node.source, node.line, node.start, node.end)
    entries = node.entries("a book")
    if "script" not in entries:
        raise node.refusal("a book without `script`")
    script = _inside(entries["script"], path.parent, "script")
    own = _own_settings(node, path, ENTRY_KEYS)
    name = _file_name(entries["output"]) if "output" in entries else None
    if script.is_dir():
        if not look_into(script).scripts:
            raise entries["script"].refusal("no chapters in this folder")
        return _chapters(script, name or script.name, to, resolve, own)
    if name is not None and Path(name).suffix == "":
        name += to.ending
    return _single(script, to.folder / (name or f"{script.stem}{to.ending}"), resolve, own)


def _own_settings(node: Node, path: Path, other: tuple[str, ...]) -> dict[str, object]:
    entries = node.entries("settings")
    own: dict[str, object] = {}
    for key, each in entries.items():
        if key not in other:
            own |= _own_setting(key, each, path)
    cast = own.get("cast", ())
    if isinstance(cast, tuple):  # a sheet lies beside the list, like all that it names
        own["cast"] = tuple(str(path.parent / each) if is_sheet(each) else each for each in cast)
    return own


def _own_setting(key: str, node: Node, path: Path) -> dict[str, object]:
    """One setting of a list; a mistake in it is shown with its line."""
    try:
        own = settings_in({key: node.plain()}, path)
        _refuse_model(own, str(path))
    except UsageError as error:
        raise node.refusal(error.message.removeprefix(f"{path}: "), error.hint) from None
    return own


def _refuse_model(own: Mapping[str, object], where: str) -> None:
    """One model is opened for all books."""
    for name in own:
        limits = range_of(Settings.__dataclass_fields__[name])
        if limits.group == "model":
            flag = flag_name(name, limits)
            raise UsageError(
                f"{where}: {flag} is chosen for all books of a batch",
                hint=f"say it on the command line, or in {FILE_NAME}: --{flag}",
            )


def _inside(node: Node, folder: Path, what: str) -> Path:
    """What a list names lies in the list's folder."""
    written = node.text(what)
    if "\x00" in written or "\n" in written or Path(written).is_absolute():
        raise node.refusal(f"{what} is not a path inside {folder}")
    path = folder / written
    try:
        if not path.resolve().is_relative_to(folder.resolve()):
            raise node.refusal(f'{what} "{written}" is outside {folder_shown(folder)}')
        if not path.exists():
            raise node.refusal(
                f'{what} "{written}": no such file beside {Path(node.source.path).name}'
            )
    except (OSError, RuntimeError, ValueError) as error:
        raise node.refusal(f'{what} "{written[:80]}" cannot be opened ({error})') from None
    return path


def _file_name(node: Node) -> str:
    """A name in the folder of the batch, and nothing that leads out of it."""
    name = node.text("output")
    if Path(name).name != name or name in ("", ".", "..") or "\x00" in name:
        raise node.refusal("output is a file name, without a folder")
    return name
