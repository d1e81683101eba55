"""How late a recogniser says that words were heard, by recordings whose words' times are known.

    said      |The  |boat  |leaves
    heard        |The  |boat  |leaves      one delay for all voices, each recogniser its own

`tiny.en` is a tenth of a second late, `base` a little early. Four of the bundled recordings are
heard once by whoever hears takes; their times are those of `bench/gates/word_times.py`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from higgs_cli.checks.heard_spans import heard_spans
from higgs_cli.files.bundled import own_folder
from higgs_cli.listening.hearing import Hearing

LANGUAGE = "en"
LEAST_WORDS = 30
"""With fewer heard, nothing is known of the delay."""
MOST_SECONDS = 0.3
"""A longer one is no delay of a recogniser."""


@dataclass(frozen=True)
class KnownRecording:
    """One of the bundled voices."""

    voice: str
    text: str
    starts: tuple[float, ...]
    """When each word begins, in seconds."""

    @property
    def path(self) -> Path:
        return own_folder("voices") / f"{self.voice}.wav"

    @property
    def sound(self) -> str:
        """Names it among what was heard."""
        return f"known {hashlib.sha256(repr(self).encode()).hexdigest()}"


KNOWN = (
    KnownRecording(
        "marigold",
        "The garden gate was open, and the first bees of the year had found the lavender. I put "
        "the kettle on.",
        (0.11, 0.22, 0.63, 0.86, 1.04, 1.44, 1.69, 1.76, 2.20, 2.43, 2.57, 2.70, 2.86, 3.03, 3.35,
         3.45, 4.33, 4.55, 4.77, 4.88, 5.17),
    ),
    KnownRecording(
        "juniper",
        "Come in from the cold, and sit by the fire. There is a story I have been keeping for an "
        "evening like this.",
        (0.14, 0.40, 0.54, 0.83, 0.92, 1.40, 1.69, 1.86, 2.05, 2.16, 2.79, 3.02, 3.15, 3.19, 3.67,
         3.78, 3.99, 4.19, 4.68, 4.90, 4.99, 5.32, 5.63),
    ),
    KnownRecording(
        "ambrose",
        "Chapter one. The road climbed slowly out of the valley, and by noon the whole county lay "
        "below us.",
        (0.11, 0.60, 0.97, 1.16, 1.43, 1.82, 2.48, 2.70, 2.87, 2.94, 3.51, 3.74, 3.89, 4.25, 4.36,
         4.74, 5.19, 5.49, 5.92),
    ),
    KnownRecording(
        "fergus",
        "The boat leaves with the tide, whether you are on it or not. Bring a warm coat and a "
        "little patience.",
        (0.09, 0.18, 0.45, 0.82, 0.95, 1.04, 1.61, 1.88, 2.09, 2.25, 2.38, 2.58, 2.76, 3.29, 3.49,
         3.55, 3.97, 4.22, 4.39, 4.43, 4.73),
    ),
)  # fmt: skip
"""Together they fill one window of Whisper."""


def late_seconds(hearings: Sequence[object]) -> float:
    """What to take off the times of a recogniser that has heard this of them, in order; negative
    of one that is early; nothing of one that has not understood them."""
    delays = [
        delay
        for known, hearing in zip(KNOWN, hearings, strict=True)
        if isinstance(hearing, Hearing)
        for delay in _delays(known, hearing)
    ]
    if len(delays) < LEAST_WORDS or abs(median(delays)) > MOST_SECONDS:
        return 0.0
    return round(median(delays), 3)


def _delays(known: KnownRecording, hearing: Hearing) -> Iterator[float]:
    """Of each word but the first, which a recogniser may let begin with the silence before it."""
    starts = _starts_by_place(known)
    for span in heard_spans(known.text, hearing, LANGUAGE):
        if span.first in starts and span.first:
            yield span.start_seconds - starts[span.first]


def _starts_by_place(known: KnownRecording) -> Mapping[int, float]:
    found: dict[int, float] = {}
    at = 0
    for word, start in zip(known.text.split(), known.starts, strict=True):
        at = known.text.index(word, at)
        found[at] = start
        at += len(word)
    return found
