"""How a take sounds and looks: WAV bytes, a waveform, and when each of its words is heard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from higgs_cli.audio.clip import level_envelope
from higgs_cli.checks.heard_spans import heard_spans
from higgs_cli.output.formats.wav import encoded, wav_header
from higgs_cli.output.heard_chunks import HEARD, PLANNED
from higgs_cli.output.heard_times import heard_between
from higgs_cli.output.report.pictures import waveform_path
from higgs_cli.output.sketch import LEVEL_SECONDS
from higgs_cli.studio.book import StudioBook
from higgs_cli.studio.conflict import NotHereError
from higgs_cli.takes.kept_sounds import sounds_of

if TYPE_CHECKING:
    from higgs_cli.checks.heard_spans import HeardSpan
    from higgs_cli.output.sketch import Levels
    from higgs_cli.planning.plan import Chunk
    from higgs_cli.speech.protocol import Samples
    from higgs_cli.takes.ledger import Ledger

WIDTH = 200
"""Of a waveform."""
FORMAT = "pcm16"


@dataclass(frozen=True)
class TakeSound:
    """The samples of a take, as it was spoken."""

    samples: Samples
    sample_rate: int

    @property
    def wav(self) -> bytes:
        header = wav_header(len(self.samples), self.sample_rate, FORMAT)
        return header + bytes(encoded(self.samples, FORMAT))

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.sample_rate

    def levels_between(self, start_seconds: float, end_seconds: float) -> Levels:
        first, last = (round(at * self.sample_rate) for at in (start_seconds, end_seconds))
        return level_envelope(self.samples[first:last], self._window)

    @property
    def peaks(self) -> Levels:
        """The largest magnitude in each 10 ms."""
        if not len(self.samples):
            return np.zeros(0, dtype=np.float32)
        starts = np.arange(0, len(self.samples), self._window)
        return np.asarray(np.maximum.reduceat(np.abs(self.samples), starts), dtype=np.float32)

    @property
    def _window(self) -> int:
        return round(LEVEL_SECONDS * self.sample_rate)


def take_sound(book: StudioBook, line: str, attempt: int) -> TakeSound:
    """Kept, or decoded now."""
    standing = book.standing()
    key = standing.ledger.state(standing.chunk(line).number).key
    take = standing.store.take(key, attempt)
    if take is None:
        raise NotHereError("this take is not stored any more")
    speech = book.model.open(standing.job.choices.model)
    samples = sounds_of(standing.store.sounds, speech).of(take.codes)
    return TakeSound(samples, speech.description.sample_rate)


def take_shape(book: StudioBook, line: str, attempt: int) -> dict[str, Any]:
    """Its waveform, and its words with their times."""
    sound, standing = take_sound(book, line, attempt), book.standing()
    chunk, ledger = standing.chunk(line), standing.ledger
    words, spans = standing.writing.words(chunk), _spans(ledger, chunk, attempt)
    peaks = sound.peaks
    return {
        "seconds": round(sound.seconds, 3),
        "wave": waveform_path(peaks, WIDTH, float(peaks.max(initial=0.0))),
        "width": WIDTH,
        "words": [
            [each.word.text, round(each.start_seconds, 3), round(each.end_seconds, 3)]
            for each in heard_between(words, 0.0, sound.seconds, sound, spans)
        ],
        "times": HEARD if spans else PLANNED,
    }


def _spans(ledger: Ledger, chunk: Chunk, attempt: int) -> tuple[HeardSpan, ...]:
    """When the words of a take were heard, if somebody has listened."""
    records = {each.attempt: each for each in ledger.takes.records(chunk.number)}
    hearing = ledger.hearing(chunk.number, records.get(attempt))
    if hearing is None:
        return ()
    return heard_spans(chunk.text, hearing, ledger.plan.language, ledger.late_seconds)
