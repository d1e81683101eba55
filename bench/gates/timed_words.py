"""How well the times of words hold, by the plan and by what a recogniser heard.

The witness is the forced alignment of `word_times.py`: how far off the beginning of each word is,
but for the first of a take, which begins with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.gates.heard_set import read_heard
from bench.gates.labelled_take import WHOLE, LabelledTake, read_clip, read_set
from bench.gates.word_times import WordTimes
from higgs_cli.audio.clip import AudioClip, level_envelope
from higgs_cli.checks.heard_spans import HeardSpan, heard_spans
from higgs_cli.checks.known_recordings import KNOWN, late_seconds
from higgs_cli.evaluation.recordings import read_recording
from higgs_cli.mastering.edges import find_edges
from higgs_cli.output.heard_times import heard_between
from higgs_cli.output.sketch import LEVEL_SECONDS, Levels
from higgs_cli.output.word_times import Levelled
from higgs_cli.output.written_words import plain_written_words

LEAST_WORDS = 5


@dataclass(frozen=True)
class _Sound:
    """The levels of a clip."""

    clip: AudioClip

    def levels_between(self, start_seconds: float, end_seconds: float) -> Levels:
        rate = self.clip.sample_rate
        first, last = round(start_seconds * rate), round(end_seconds * rate)
        return level_envelope(self.clip.samples[first:last], round(LEVEL_SECONDS * rate))


def tell_times(folder: Path, recognizer: Path, name: str) -> None:
    """Of the whole takes of a set that the recogniser has heard."""
    late, heard = delay_of(recognizer), read_heard(folder, name)
    print(f"{name} is {1000 * late:.0f} ms late")
    errors: dict[str, list[float]] = {"plan": [], "plan and pauses": [], name: []}
    fitting = count = 0
    for take, starts in _placed(folder):
        spans = heard_spans(take.text, heard[take.name], "en", late)
        count, fitting = count + 1, fitting + bool(spans)
        clip = read_clip(folder, take)
        errors["plan"] += _errors(take, clip, starts, None, ())
        errors["plan and pauses"] += _errors(take, clip, starts, _Sound(clip), ())
        errors[name] += _errors(take, clip, starts, _Sound(clip), spans)
    for what, found in errors.items():
        away = 1000 * np.abs(found)
        middle, most = np.percentile(away, [50, 90])
        print(f"{what}: {len(away)} words, median {middle:.0f} ms, 90 % within {most:.0f} ms, "
              f"{100 * np.mean(away > 300):.1f} % more than 300 ms off")  # fmt: skip
    print(f"{fitting} of {count} takes fit what was heard")


def delay_of(recognizer: Path) -> float:
    """By the bundled recordings, as in a render."""
    from higgs_cli.listening.whisper_ear import WhisperEar

    clips = [read_recording(known.path) for known in KNOWN]
    return late_seconds(WhisperEar(str(recognizer), "en", "cpu").hear(clips))


def _placed(folder: Path) -> Iterator[tuple[LabelledTake, list[float]]]:
    """Takes whose words the witness can place, with the beginning of each."""
    witness = WordTimes()
    for take in read_set(folder):
        words = take.text.split()
        if take.kind == WHOLE and len(words) >= LEAST_WORDS:
            placed = witness.of(words, read_clip(folder, take))
            if placed is not None:
                yield take, [start for start, _ in placed]


def _errors(
    take: LabelledTake,
    clip: AudioClip,
    starts: Sequence[float],
    sound: Levelled | None,
    spans: Sequence[HeardSpan],
) -> Iterator[float]:
    edges, words = find_edges(clip), plain_written_words(take.text)
    if len(words) != len(starts):
        return
    begin, end = (at / clip.sample_rate for at in (edges.start, edges.end))
    timed = heard_between(words, begin, end, sound, spans)
    for word, start in list(zip(timed, starts, strict=True))[1:]:
        yield word.start_seconds - start
