"""What a person should know of what was delivered, by where it goes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from higgs_cli.settings.views import Delivery

if TYPE_CHECKING:
    from higgs_cli.jobs.book import Book
    from higgs_cli.output.manifest.write import AudioFacts

LISTED_CHAPTERS = 255
"""What the older of the two lists of an MP4 holds."""
LONGEST_ACX_MINUTES = 120
PERMISSION = (
    "ACX takes synthetic voices only with its permission: ask for it before you upload anything"
)


def warnings(book: Book) -> Iterator[str]:
    """What is known before anything is spoken."""
    delivery, endings = book.job.choices.delivery, {path.suffix.lower() for path in book.outputs}
    chapters = len(book.plan.chunks_by_chapter)
    if {".m4b", ".m4a"} & endings and not delivery.per_chapter and chapters > LISTED_CHAPTERS:
        yield (
            f"{chapters} chapters: players that read only the older list of an MP4 show "
            f"{LISTED_CHAPTERS} of them"
        )
    if delivery.delivery == "acx":
        yield PERMISSION
        if ".mp3" not in endings:
            yield "ACX takes MP3 files: name a .mp3 with -o"
        if not delivery.per_chapter and chapters > 1:
            yield "ACX takes a file for each chapter: --per-chapter"


def remarks(audio: Sequence[AudioFacts], delivery: Delivery) -> Iterator[str]:
    """What only the finished files show."""
    if delivery.delivery != "acx":
        return
    for each in audio:
        minutes = each.sample_count / each.sample_rate / 60
        if minutes > LONGEST_ACX_MINUTES:
            yield f"{each.path.name}: {minutes:.0f} minutes, and ACX takes {LONGEST_ACX_MINUTES}"
