"""Sample and stems are written, from the performance of which the book was just written."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from higgs_cli.files.atomic_file import write_whole
from higgs_cli.jobs.book import Book
from higgs_cli.output.extras import stem_form, wanted_sample
from higgs_cli.script.file_wishes import SampleWish

if TYPE_CHECKING:
    from higgs_cli.mastering.master import Performance
    from higgs_cli.output.delivery import DeliveryPlace
    from higgs_cli.output.manifest.write import CompanionFacts


def extra_files(
    book: Book, place: DeliveryPlace, performance: Performance, chapter: int | None = None
) -> tuple[CompanionFacts, ...]:
    """Of a performance of the book, or of the one chapter in it."""
    return (
        *_samples(book, place, performance, chapter),
        *_stems(book, place, performance, chapter),
    )


def _samples(
    book: Book, place: DeliveryPlace, performance: Performance, chapter: int | None
) -> Iterator[CompanionFacts]:
    from higgs_cli.output.formats.write import write_audio
    from higgs_cli.output.manifest.write import CompanionFacts
    from higgs_cli.output.sample import first_chunk, sample_labels, sample_of

    paths = [each.path for each in place.companions if each.kind == "sample"]
    if not paths:
        return
    delivery, plan = book.job.choices.delivery, book.plan
    wish = wanted_sample(book.about, delivery) or book.about.sample or SampleWish()
    if chapter not in (None, first_chunk(plan, wish).chapter):
        return
    part = sample_of(performance, plan, wish, performance.times)
    for facts in write_audio(
        paths, part, delivery.sample_format, sample_labels(book.about), place.note
    ):
        yield CompanionFacts(facts.path, facts.sha256)


def _stems(
    book: Book,
    place: DeliveryPlace,
    performance: Performance,
    chapter: int | None,
) -> Iterator[CompanionFacts]:
    """One speaker after another: nothing is held of one while the next is written."""
    from higgs_cli.mastering.stems import Stem
    from higgs_cli.output.formats.labels import Labels
    from higgs_cli.output.formats.write import write_audio
    from higgs_cli.output.manifest.write import CompanionFacts
    from higgs_cli.output.stem_labels import stem_labels

    for each in place.companions:
        if each.kind not in ("stem", "room", "labels") or each.chapter != chapter:
            continue
        each.path.parent.mkdir(exist_ok=True)
        if each.kind == "labels":
            data = stem_labels(book.plan, performance.times)
            write_whole(each.path, data, place.note)
            yield CompanionFacts(each.path, hashlib.sha256(data).hexdigest())
            continue
        own = frozenset(one.number for one in book.plan.chunks if one.speaker == each.speaker)
        stem = Stem(performance, own if each.kind == "stem" else None)
        form = stem_form(each.path, book.job.choices.delivery.sample_format)
        labels = Labels(title=each.speaker or "Room tone", book=book.about.title)
        (facts,) = write_audio([each.path], stem, form, labels, place.note)
        yield CompanionFacts(facts.path, facts.sha256)
