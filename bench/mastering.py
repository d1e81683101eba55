"""What it costs to master a book and to write it: CPU seconds for ten hours of audio, by steps.

    python -m bench.mastering
    python -m bench.mastering --hours 10 --loudness -14 --threads 1 2 --record
    python -m bench.mastering --hours 1 --pace 0.9

Takes are made up: bursts of coloured noise with the pauses and the peaks of speech, as float32
files that are read as often as they are asked for, in chapters of half an hour. CPU time of all
threads. Wall time means little where other work shares the cores; what one thread does in order,
and a sixteenth of the rest, is what sixteen would need if the one waited for all the others.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from bench import results
from bench.profiling import stages
from higgs_cli.audio import tempo
from higgs_cli.audio.clip import AudioClip, Samples
from higgs_cli.audio.loudness import BlockPower, measure
from higgs_cli.mastering.master import performed
from higgs_cli.mastering.score import Part
from higgs_cli.mastering.section import Section, Target
from higgs_cli.output.formats.encodings import ENCODINGS
from higgs_cli.output.formats.labels import Labels
from higgs_cli.output.formats.write import write_audio

RATE = 24000
TAKES = 48
CHAPTER_SECONDS = 1800.0
TEN_HOURS = 36000.0
GAIN_DB = 0.5
STEPS = {
    "takes read, their edges": "higgs_cli.mastering.score.Score.edges_of",
    "blocks made of takes": "higgs_cli.mastering.score.Score.stretch",
    "loudness (first pass)": "higgs_cli.mastering.levelling.step_powers",
    "limiter (first pass)": "higgs_cli.mastering.levelling.limited",
    "limiter (last pass)": "higgs_cli.mastering.section.limited",
    "loudness of the file": "higgs_cli.mastering.blocks.step_powers",
    "true peak of the file": "higgs_cli.mastering.blocks.true_peaks",
    "WAV: whole numbers": "higgs_cli.output.formats.write.encoded",
    "FLAC: encoded": "higgs_cli.output.formats.write.flac_stretch",
    "others: resampled, encoded": "higgs_cli.output.formats.encoder.Resampled.write",
}
"""What is timed, none of it within another."""


def take(number: int) -> Samples:
    """From 4 to 24 seconds: words of noise in phrases, at some -23 LUFS, and silence around."""
    noise = np.random.default_rng(number)
    count = round((4.0 + 20.0 * (number * 0.618 % 1.0)) * RATE)
    times = np.arange(count) / RATE
    sound = np.convolve(noise.standard_normal(count), np.ones(9) / 9, mode="same")
    syllables = np.clip(np.sin(2 * np.pi * 2.3 * times + number), 0.0, None) ** 2
    phrases = np.sin(2 * np.pi * 0.31 * times + 0.2) > -0.6
    quiet = np.zeros(round(0.15 * RATE))
    return np.concatenate([quiet, 0.28 * sound * syllables * phrases, quiet]).astype(np.float32)


def at_pace(path: Path, pace: float) -> Samples:
    """A take as it is heard."""
    return tempo.at_tempo(np.fromfile(path, np.float32), pace, RATE)


def sections(folder: Path, seconds: float, heard: BlockPower, pace: float) -> Iterator[Section]:
    """Chapters of the takes in a folder, over and over; `heard` is the loudness of all of them."""
    paths = sorted(folder.glob("*.f32"))
    lengths = [path.stat().st_size / 4 / RATE for path in paths]
    numbers = itertools.count()
    for chapter in range(max(1, round(seconds / CHAPTER_SECONDS))):
        parts, left = [], min(seconds, CHAPTER_SECONDS)
        while left > 0:
            number = next(numbers)
            read = partial(at_pace, paths[number % len(paths)], pace)
            parts.append(Part(number, 0.6, read, gain_db=GAIN_DB))
            left -= lengths[number % len(paths)] / pace + 0.2
        yield Section((chapter,), parts, heard.louder(GAIN_DB).loudness_lufs)


def cost(
    folder: Path,
    heard: BlockPower,
    seconds: float,
    loudness: float,
    threads: int,
    suffix: str,
    pace: float,
) -> list[str]:
    """One row: a book is mastered and written."""
    target, out = Target(loudness, -1.5), folder / f"book{suffix}"
    cpu, wall, main = time.process_time(), time.perf_counter(), time.thread_time()
    with (
        stages(STEPS) as spent,
        performed(sections(folder, seconds, heard, pace), RATE, target, threads) as performance,
    ):
        written = write_audio([out], performance, "pcm16", Labels(), lambda digest: None)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    main = time.thread_time() - main
    scale = TEN_HOURS / performance.duration_seconds
    by_steps = [spent[step] * scale for step in STEPS]
    totals = [each * scale for each in (cpu, main, main + (cpu - main) / 16, wall)]
    figures = [*totals, *by_steps, cpu * scale - sum(by_steps)]
    facts = written[0]
    told = f"{facts.loudness_lufs} LUFS, {facts.true_peak_db} dB"
    return [suffix[1:], str(threads), *(f"{figure:.2f}" for figure in figures), told]


HEADER = (
    "format",
    "threads",
    "CPU, s",
    "of it in order",
    "wall of 16 threads, by arithmetic",
    "wall, s",
    *STEPS,
    "joined, hashed, written, and the rest",
    "the file",
)


def main() -> None:
    options = _options()
    rows = []
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        heard = BlockPower(0.0, 0)
        for number in range(TAKES):
            samples = take(number)
            samples.tofile(folder / f"{number:02}.f32")
            heard = heard.plus(measure(AudioClip(samples, RATE)))  # and compiles what is measured
        cost(folder, heard, 60.0, options.loudness, 1, ".wav", options.pace)  # the machine code
        for suffix, threads in itertools.product(options.formats, options.threads):
            seconds = options.hours * 3600
            row = cost(folder, heard, seconds, options.loudness, threads, suffix, options.pace)
            rows.append(row)
            print(dict(zip(HEADER, rows[-1], strict=True)), flush=True)
    body = results.table(HEADER, rows)
    title = f"Mastering and writing ten hours at {options.loudness} LUFS, seconds"
    print(f"\n{title}\n\n{body}")
    if options.record:
        results.append(title, body)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What mastering and writing a book costs.")
    parser.add_argument("--hours", type=float, default=1.0, help="how much of the ten is measured")
    parser.add_argument("--pace", type=float, default=1.0, help="of all speakers")
    parser.add_argument("--loudness", type=float, default=-19.0)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--formats", nargs="+", default=[".wav", ".flac", *ENCODINGS])
    parser.add_argument("--record", action="store_true", help="append to RESULTS.md")
    return parser.parse_args()


if __name__ == "__main__":
    main()
