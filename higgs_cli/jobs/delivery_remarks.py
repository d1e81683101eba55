"""What a person should know of what was delivered, by where it goes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from higgs_cli.jobs.about_book import missing_cover
from higgs_cli.planning.places import OF_CREDITS
from higgs_cli.settings.views import Delivery
from higgs_cli.tools.delivery_rules import RULES, Rules

if TYPE_CHECKING:
    from higgs_cli.jobs.book import Book
    from higgs_cli.output.manifest.write import AudioFacts

LISTED_CHAPTERS = 255
"""What the older of the two lists of an MP4 holds."""


def warnings(book: Book) -> Iterator[str]:
    """What is known before anything is spoken."""
    delivery, endings = book.job.choices.delivery, {path.suffix.lower() for path in book.outputs}
    chapters = len(book.plan.chunks_by_chapter)
    if {".m4b", ".m4a"} & endings and not delivery.per_chapter and chapters > LISTED_CHAPTERS:
        yield (
            f"{chapters} chapters: players that read only the older list of an MP4 show "
            f"{LISTED_CHAPTERS} of them"
        )
    if lost := missing_cover(book.job, book.plan, book.about):
        yield lost
    rules = RULES.get(delivery.delivery or "")
    if rules is not None and rules.says:
        yield rules.says
    if delivery.delivery == "acx":
        if ".mp3" not in endings:
            yield "ACX takes MP3 files: name a .mp3 with -o"
        said = {chunk.place for chunk in book.plan.chunks if chunk.is_credits}
        if len(said) < len(OF_CREDITS):
            yield "ACX takes a book with spoken credits before and after it: `credits` in book.yaml"
        if not delivery.per_chapter and chapters > 1:
            yield "ACX takes a file for each chapter: --per-chapter"


def remarks(audio: Sequence[AudioFacts], delivery: Delivery) -> Iterator[str]:
    """What only the finished files show: one line for each that misses what is asked of it."""
    rules = RULES.get(delivery.delivery or "")
    if rules is None:
        return
    for each in audio:
        missed = "; ".join(_missed(each, rules))
        if missed:
            yield f"{each.path.name} is not as {delivery.delivery} asks: {missed}"


def _missed(audio: AudioFacts, rules: Rules) -> Iterator[str]:
    """What of that which was measured in the writing is out of its limits, and by how much.

    The true peak stands for the peak: it is never lower, and encoding adds to both.
    """
    measured = (
        ("RMS", "RMS", audio.rms_db, "dB"),
        ("loudness", "loudness", audio.loudness_lufs, "LUFS"),
        ("peak", "true peak", audio.true_peak_db, "dB"),
        ("true peak", "true peak", audio.true_peak_db, "dB"),
        ("length", "length", audio.sample_count / audio.sample_rate / 60, "min"),
    )
    for rule, name, value, unit in measured:
        wanted = rules.wanted.get(rule)
        missed = 0.0 if wanted is None or value is None else wanted.missed_by(round(value, 2))
        if wanted is None or value is None or not missed:
            continue
        side = "below" if missed < 0 else "above"
        yield f"{name} {value:.2f} {unit}, {abs(missed):.2f} {side} {wanted.text(unit)}"
        if rule == "RMS" and audio.loudness_lufs is not None:
            yield f"--loudness {_mended(audio.loudness_lufs - missed, side):.1f} mends it"


def _mended(loudness_lufs: float, side: str) -> float:
    """To a tenth, well within the limit: the limiter may take some of it back."""
    tenths = 10 * loudness_lufs
    return (math.ceil(tenths) + 1 if side == "below" else math.floor(tenths) - 1) / 10
