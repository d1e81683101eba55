"""The set in clean speech: a corpus as `examples/train_mini/speak_corpus.py` writes it.

Words are dropped, doubled and swapped in the sound itself, between the word times of forced
alignment (`word_times.py`); other text and a foreign voice are other takes of the corpus.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np
import soundfile

from bench.gates.labelled_take import FOREIGN, SOUND_FAULTS, WHOLE, LabelledTake, MadeTake, Samples
from bench.gates.sound_faults import FAULTS, joined, quietest
from bench.gates.word_orders import ORDERS, Order, told
from bench.gates.word_times import WordTimes
from higgs_cli.audio.clip import AudioClip

SAMPLE_RATE = 24_000
MOST_WORDS, LEAST_TAKES_OF_A_VOICE = 25, 40
SINGLE_WORDS = 3
"""Of each voice: chunks of one word, which are cut from before the first pause of a line."""
PAUSE_SECONDS = 0.12
FEW_WORDS = 5
SHARE_OF_FEW = 8
"""One in so many takes that lack a word, or say one twice, has fewer than five."""


@dataclass(frozen=True)
class Line:
    """One utterance of the corpus."""

    part: Path
    at: int
    sample_count: int
    voice: str
    text: str

    @cached_property
    def words(self) -> list[str]:
        return self.text.split()

    def samples(self) -> Samples:
        found, rate = soundfile.read(
            self.part, frames=self.sample_count, start=self.at, dtype="float32"
        )
        if rate != SAMPLE_RATE:
            raise SystemExit(f"{self.part}: not at {SAMPLE_RATE} Hz")
        return np.asarray(found, np.float32)


def clean_set(corpus: Path, whole: int, faulty: int, seed: int) -> Iterator[MadeTake]:
    """So many whole takes and faulty ones of each kind, in equal shares by the corpus's voices."""
    voices = read_corpus(corpus)
    times = WordTimes()
    for voice, lines in voices.items():
        others = [line for name, own in voices.items() if name != voice for line in own]
        chance = random.Random(f"{seed}/{voice}")
        chance.shuffle(lines)
        yield from _Maker(voice, lines, others, times, chance).takes(
            whole // len(voices), -(-faulty // len(voices))
        )


def more_set(
    corpus: Path, known: Sequence[LabelledTake], whole: int, faulty: int, seed: int
) -> Iterator[MadeTake]:
    """Whole takes, and those that lack a word of five or more: of lines that `known` has not."""
    used = {(take.voice, take.text) for take in known}
    used |= {(take.spoken_by, take.said) for take in known}
    times, voices = WordTimes(), read_corpus(corpus)
    for voice, lines in voices.items():
        rest = [line for line in lines if (voice, line.text) not in used]
        chance = random.Random(f"extra{seed or ''}/{voice}")
        chance.shuffle(rest)
        yield from _Maker(voice, rest, [], times, chance).more_takes(
            whole // len(voices), faulty // len(voices)
        )


def read_corpus(corpus: Path) -> dict[str, list[Line]]:
    """The lines of up to 25 words, of each voice that says enough of them."""
    found: dict[str, list[Line]] = {}
    for index in sorted(corpus.glob("[0-9]*.jsonl")):
        for text in index.read_text("utf-8").splitlines():
            row = json.loads(text)
            part = index.with_suffix(".flac")
            line = Line(part, row["at"], row["samples"], row["voice"], row["text"])
            if len(line.words) <= MOST_WORDS and len(re.findall("[-—]", line.text)) == 0:
                found.setdefault(line.voice, []).append(line)
    return {
        voice: own for voice, own in sorted(found.items()) if len(own) >= LEAST_TAKES_OF_A_VOICE
    }


class _Maker:
    """Makes the takes of one voice; no line of the corpus is used twice in it."""

    def __init__(
        self,
        voice: str,
        lines: list[Line],
        others: list[Line],
        times: WordTimes,
        chance: random.Random,
    ) -> None:
        self._voice = voice
        self._lines = lines
        self._others = others
        self._times = times
        self._chance = chance

    def takes(self, whole: int, faulty: int) -> Iterator[MadeTake]:
        singles = list(self._single_words(SINGLE_WORDS))
        yield from singles
        for _ in range(whole - len(singles)):
            line = self._lines.pop()
            yield self._made(WHOLE, line, line.samples(), line.text)
        for number in range(faulty):
            is_short = number % SHARE_OF_FEW == 0
            for kind in ORDERS:
                yield self._reordered(kind, is_short and kind != "dropped-3")
            for kind in SOUND_FAULTS:
                yield self._spoilt(kind)
            yield self._other_text()
            yield self._foreign()

    def more_takes(self, whole: int, faulty: int) -> Iterator[MadeTake]:
        for _ in range(faulty):
            yield self._reordered("dropped-1", is_short=False)
        for _ in range(whole):
            line = self._lines.pop()
            yield self._made(WHOLE, line, line.samples(), line.text)

    def _made(self, kind: str, line: Line, samples: Samples, said: str, *detail: str) -> MadeTake:
        return MadeTake(kind, self._voice, line.text, samples, self._voice, said, *detail)

    def _single_words(self, count: int) -> Iterator[MadeTake]:
        """What is said before the first pause of a line."""
        for line in [line for line in self._lines if line.words[0][-1] in ",;!?"]:
            if count and len(line.words) > 1 and (cut := self._first_word(line)) is not None:
                count -= 1
                self._lines.remove(line)
                word = line.words[0].rstrip(",;")
                yield MadeTake(WHOLE, self._voice, word, cut, self._voice, word, "cut from a line")

    def _first_word(self, line: Line) -> Samples | None:
        samples = line.samples()
        placed = self._times.of(line.words, AudioClip(samples, SAMPLE_RATE))
        if placed is None or placed[1][0] - placed[0][1] < PAUSE_SECONDS:
            return None
        return samples[: round((placed[0][1] + placed[1][0]) / 2 * SAMPLE_RATE)]

    def _reordered(self, kind: str, is_short: bool) -> MadeTake:
        for line in self._lines[::-1]:
            order = ORDERS[kind](len(line.words), self._chance)
            if order is None or (len(line.words) < FEW_WORDS) is not is_short:
                continue
            self._lines.remove(line)
            samples = line.samples()
            placed = self._times.of(line.words, AudioClip(samples, SAMPLE_RATE))
            if placed is not None:
                said = " ".join(line.words[index] for index in order)
                changed = _in_order(samples, placed, order)
                return self._made(kind, line, changed, said, told(line.words, order))
        raise SystemExit(f"the corpus has too few lines of {self._voice}")

    def _spoilt(self, kind: str) -> MadeTake:
        while True:
            line = self._lines.pop()
            if (spoilt := FAULTS[kind](line.samples(), SAMPLE_RATE, self._chance)) is not None:
                return self._made(kind, line, spoilt[0], line.text, spoilt[1])

    def _other_text(self) -> MadeTake:
        """What the same voice says elsewhere, of about the same length."""
        line = self._lines.pop()
        near = sorted(self._lines, key=lambda each: abs(len(each.text) - len(line.text)))
        other = self._chance.choice(near[:8])
        self._lines.remove(other)
        return self._made("other-text", line, other.samples(), other.text)

    def _foreign(self) -> MadeTake:
        line = self._chance.choice(self._others)
        self._others.remove(line)
        return MadeTake(FOREIGN, self._voice, line.text, line.samples(), line.voice, line.text)


def _in_order(samples: Samples, placed: list[tuple[float, float]], order: Order) -> Samples:
    """The words' parts of the sound in another order; what is before and after them stays."""
    inner = [
        quietest(samples, SAMPLE_RATE, round((end + start) / 2 * SAMPLE_RATE))
        for (_, end), (start, _) in pairwise(placed)
    ]
    first = round(max(0.0, placed[0][0] - 0.03) * SAMPLE_RATE)
    last = round((placed[-1][1] + 0.05) * SAMPLE_RATE)
    bounds = [first, *inner, min(last, len(samples))]
    parts = [samples[:first]]
    for nth, word in enumerate(order):
        if nth and word == order[nth - 1] + 1:  # what follows itself needs no join
            parts[-1] = np.concatenate([parts[-1], samples[bounds[word] : bounds[word + 1]]])
        else:
            parts.append(samples[bounds[word] : bounds[word + 1]])
    return joined([*parts, samples[bounds[-1] :]], SAMPLE_RATE)
