"""Make one part of the corpus: `python corpus.py OUT --part 0 --hours 2`. Same part, same bytes.

A part is three files: `N.pcm` (int16, 24 kHz, all utterances joined), `N.phones` (uint8, one phone number per
10 ms of `N.pcm`) and `N.jsonl` (one line per utterance: where it lies, who says it, what is said).
"""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr
from flite import Flite
from sentences import SentenceStream, read_dictionary
from speakers import BUNDLED, Speaker, continuum

SAMPLE_RATE = 24_000
LABEL_RATE = 100
LEVEL_DBFS = -23.0
CONTINUUM_SEED, CONTINUUM_COUNT, HELD_OUT_COUNT = 20, 64, 12
PHONES = (
    "pau aa ae ah ao aw ax ay b ch d dh eh er ey f g hh ih iy jh k l m n ng ow oy p r s sh t th uh uw v w y z zh"
).split()


@dataclass(frozen=True)
class Utterance:
    """One sentence by one speaker at 24 kHz, with a phone number for each 10 ms."""

    samples: np.ndarray
    labels: np.ndarray
    text: str
    speaker: str


def say(
    teacher: Flite, text: str, speaker: Speaker, lead: float = 0.12, tail: float = 0.2
) -> Utterance:
    """Speak, resample, keep `lead` and `tail` seconds of silence at most, bring to one level."""
    spoken = teacher.speak(text, speaker.base, speaker.stretch, speaker.f0_shift)
    played_rate = spoken.sample_rate * speaker.factor
    samples = soxr.resample(spoken.samples.astype(np.float32) / 32768, played_rate, SAMPLE_RATE)
    ends = np.asarray(spoken.ends_seconds) / speaker.factor
    numbers = np.asarray([PHONES.index(phone) for phone in spoken.phones], np.uint8)
    labels = _labels_per_tick(numbers, ends, len(samples))
    first, last = _speech_ticks(labels)
    start = max(0, first - round(lead * LABEL_RATE))
    stop = min(len(labels), last + round(tail * LABEL_RATE))
    ticks = SAMPLE_RATE // LABEL_RATE
    samples = _levelled(samples[start * ticks : stop * ticks])
    labels = labels[start : len(samples) // ticks + start]
    return Utterance(samples[: len(labels) * ticks], labels, text, speaker.name)


def all_speakers() -> tuple[Speaker, ...]:
    """The bundled ones and the continuum of training; never the held-out."""
    return BUNDLED + continuum(CONTINUUM_COUNT, CONTINUUM_SEED)


def held_out_speakers() -> tuple[Speaker, ...]:
    """Speakers whose factors no training utterance has."""
    return continuum(HELD_OUT_COUNT, CONTINUUM_SEED + 1, held_out=True)


def _labels_per_tick(numbers: np.ndarray, ends: np.ndarray, sample_count: int) -> np.ndarray:
    ticks = np.arange(sample_count * LABEL_RATE // SAMPLE_RATE)
    index = np.searchsorted(ends, (ticks + 0.5) / LABEL_RATE, side="right")
    return numbers[np.minimum(index, len(numbers) - 1)]


def _speech_ticks(labels: np.ndarray) -> tuple[int, int]:
    speech = np.flatnonzero(labels)
    return (int(speech[0]), int(speech[-1]) + 1) if len(speech) else (0, len(labels))


def _levelled(samples: np.ndarray) -> np.ndarray:
    """One loudness for all: the RMS of the louder half of 20 ms windows at LEVEL_DBFS."""
    windows = samples[: len(samples) // 480 * 480].reshape(-1, 480)
    power = np.sort((windows**2).mean(axis=1))[len(windows) // 2 :].mean()
    scaled = samples * (10 ** (LEVEL_DBFS / 20) / np.sqrt(power + 1e-9)) * 1.4
    peak = np.abs(scaled).max()
    return scaled if peak < 0.97 else scaled * (0.97 / peak)


def groups(part: int, only: list[str], crowd: int) -> tuple[tuple[Speaker, ...], ...]:
    """Those who speak 60 % of a part, and those who speak the rest."""
    if crowd:
        many = continuum(crowd, CONTINUUM_SEED + 100 + part, kind=f"crowd-{part}")
        return many, many
    named = tuple(speaker for speaker in BUNDLED if not only or speaker.name in only)
    return named, named if only else continuum(CONTINUUM_COUNT, CONTINUUM_SEED)


def write_part(
    folder: Path, part: int, hours: float, words: Path, speakers: tuple[tuple[Speaker, ...], ...]
) -> None:
    """Speak until `hours` are full."""
    teacher, stream = Flite(), SentenceStream(seed=1000 + part, dictionary=read_dictionary(words))
    source = np.random.default_rng(part)
    most, rest = speakers
    seconds, offset = 0.0, 0
    with (
        (folder / f"{part}.pcm").open("wb") as pcm,
        (folder / f"{part}.phones").open("wb") as phones,
        (folder / f"{part}.jsonl").open("w", encoding="utf-8") as index,
    ):
        for text in stream:
            group = most if source.random() < 0.6 else rest
            utterance = say(teacher, text, group[source.integers(len(group))])
            pcm.write((utterance.samples * 32767).astype(np.int16).tobytes())
            phones.write(utterance.labels.tobytes())
            row = {
                "at": offset,
                "samples": len(utterance.samples),
                "speaker": utterance.speaker,
                "text": text,
            }
            index.write(json.dumps(row) + "\n")
            offset += len(utterance.samples)
            seconds += len(utterance.samples) / SAMPLE_RATE
            if seconds >= hours * 3600:
                return


def main() -> None:
    """Read the options and write the part."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--part", type=int, required=True)
    parser.add_argument("--hours", type=float, default=2.0)
    parser.add_argument("--only", nargs="+", default=[], help="names of bundled speakers")
    parser.add_argument("--crowd", type=int, default=0, help="all of it by so many nameless ones")
    parser.add_argument(
        "--words", type=Path, default=Path("/usr/share/dict/american-english-small")
    )
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    speakers = groups(options.part, options.only, options.crowd)
    write_part(options.folder, options.part, options.hours, options.words, speakers)


if __name__ == "__main__":
    main()
