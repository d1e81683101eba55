"""What earlier deliveries of a book left beside it: weighed before mastering, told afterwards."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from higgs_cli.jobs.book import Book
    from higgs_cli.output.delivery import Delivered, DeliveryPlace
    from higgs_cli.output.superseded import Fates
    from higgs_cli.takes.settled import SpokenPlan

OF_CHAPTER = re.compile(r"-\d{2,}(-.*)?")


def fates_of(book: Book, spoken: SpokenPlan, place: DeliveryPlace) -> Fates:
    """What becomes of each file that is not written under its own name now."""
    from higgs_cli.output.file_names import audio_paths
    from higgs_cli.output.making import making_now
    from higgs_cli.output.superseded import WritingNow, fates_of_earlier

    choices = book.job.choices
    way = (place.levelled, place.mastering_version)
    paths = audio_paths(place.outputs, book.plan, choices.delivery)
    writing = WritingNow(
        making=making_now(book.plan, spoken, place.record, place.about, way),
        outputs=place.outputs,
        paths=frozenset({*paths, *(each.path for each in place.companions)}),
        inputs=book.inputs,
        noted=place.store.written.of(place.output),
        per_chapter=choices.delivery.per_chapter,
        selection=choices.reading.chapters,
        has_pages=book.job.earlier is None,
    )
    return fates_of_earlier(place.output, writing)


def told(book: Book, files: Delivered) -> Iterator[str]:
    """What was removed, and in one line what was let lie though it is made of something else."""
    for path in files.removed:
        yield f"{path.name} was of an earlier version, and is removed"
    if files.stale:
        names = ", ".join(path.name for path in files.stale)
        stays = "stays as it was" if len(files.stale) == 1 else "stay as they were"
        yield (
            f"{names} {stays}, of another text, other takes, settings or chapters than "
            f"{book.output.name}, and is not renewed with it; "
            f"to write anew: {' or '.join(_renewing(book, files.stale))}"
        )


def _renewing(book: Book, stale: Sequence[Path]) -> Iterator[str]:
    """The commands that make them again of what is heard now."""
    manifest = book.output.with_suffix(".json")
    outputs: dict[bool, dict[str, None]] = {False: {}, True: {}}
    for path in stale:
        stem, match = book.output.stem, None
        if path.stem.startswith(stem):
            match = OF_CHAPTER.fullmatch(path.stem.removeprefix(stem))
        name = path.with_name(stem + path.suffix) if match else path
        outputs[match is not None][str(name)] = None
    store = ["--store", str(book.job.store)] if book.job.store is not None else []
    for is_chapter, names in outputs.items():
        if names:
            named = [word for name in names for word in ("-o", name)]
            each = ["--per-chapter"] if is_chapter else ["--no-per-chapter"]
            each = each if book.job.choices.delivery.per_chapter != is_chapter else []
            yield shlex.join(["higgs", "render", "--from", str(manifest), *named, *each, *store])
