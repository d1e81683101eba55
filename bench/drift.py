"""Does a voice drift over a long chapter, and do words suffer late in a run? Rendered by mini.

    python -m bench.drift --print FILE --recognizer FOLDER [--rounds 2] [--run-chunks N]
        [--keep FOLDER] [--record]

One chapter of one voice: the prose of `transcripts/`, so often one after another. Each round says
the same sentences, so that its last parts can be held against its first ones sentence by sentence.
Context is carried over as by default. A recogniser hears takes joined; a print is held against the
middle of the first twenty.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench import results
from higgs_cli.audio.clip import AudioClip
from higgs_cli.listening.print_ear import open_listener
from higgs_cli.listening.voice_print import VoicePrint
from higgs_cli.listening.word_errors import error_count
from higgs_cli.takes.take import TakeRecord
from higgs_cli.takes.voice_levels import level_of

TRANSCRIPTS = Path(__file__).parent.parent / "transcripts"
SOURCES = ("short_story.md", "long_chapter.txt")
FIRST_TAKES = 20
PACK_SECONDS = 20.0
PART_MINUTES = 10
LEAST_SECONDS = 3.0
"""Likenesses of what is shorter vary too much to be averaged with the others."""


@dataclass(frozen=True, eq=False)
class Line:
    """One chunk as it was spoken first."""

    text: str
    run_position: int
    start_seconds: float
    record: TakeRecord
    clip: AudioClip


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory() as passing:
        folder = options.keep or Path(passing)
        folder.mkdir(parents=True, exist_ok=True)
        flags = ["--run-chunks", str(options.run_chunks)] if options.run_chunks else []
        lines = list(lines_of(rendered(folder, options.voice, options.rounds, flags)))
    likeness = _likeness(lines, options.speaker_print)
    errors = _errors(lines, options.recognizer)
    tables = [
        results.table(PART_HEADER, list(_by_part(lines, likeness, errors))),
        results.table(POSITION_HEADER, list(_by_position(lines, errors))),
        "\n".join(_between_rounds(lines, likeness, options.rounds)),
    ]
    print("\n\n".join(tables))
    if options.record:
        results.append("Drift over a long chapter, mini", "\n\n".join(tables))


def rendered(folder: Path, voice: str, rounds: int, flags: Sequence[str] = ()) -> Path:
    """The manifest of the chapter."""
    prose = [_prose((TRANSCRIPTS / name).read_text("utf-8")) for name in SOURCES]
    script, output = folder / "long.txt", folder / "long.wav"
    script.write_text("\n\n".join(prose * rounds) + "\n", "utf-8")
    command = [sys.executable, "-m", "higgs_cli", "render", str(script), "-o", str(output)]
    command += ["--quiet", "--model", "mini", "--gates", "none"]
    command += ["--cast", f"NARRATOR={voice}", *flags]
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL)
    return output.with_suffix(".json")


def _prose(text: str) -> str:
    """Without a header and without headings: all is one chapter."""
    if text.startswith("---\n"):
        text = text.partition("\n---\n")[2]
    return "\n".join(line for line in text.splitlines() if not line.startswith("#")).strip()


def lines_of(manifest: Path) -> Iterator[Line]:
    from higgs_cli.pipeline import open_higgs
    from higgs_cli.settings.views import ModelChoice
    from higgs_cli.takes.store import TakeStore

    told, store = json.loads(manifest.read_text("utf-8")), TakeStore(manifest.with_suffix(".higgs"))
    synthesizer = open_higgs(ModelChoice(model="mini"))
    decoder, rate = synthesizer.side_decoder(), synthesizer.description.sample_rate
    position = {n: at for run in told["runs"] for at, n in enumerate(run["chunks"])}
    for chunk in told["chunks"]:
        take = store.take(chunk["take"]["key"], chunk["take"]["attempt"]) if chunk["take"] else None
        if take is not None and take.record.is_usable:
            clip = AudioClip(decoder.decode(take.codes), rate)
            at = position[chunk["number"]]
            yield Line(chunk["text"], at, chunk["start_seconds"], take.record, clip)


def _likeness(lines: Sequence[Line], speaker_print: Path) -> list[float | None]:
    """Of each line long enough to the middle of the first ones."""
    told = prints_of(lines, speaker_print)
    first = [np.array(each.values) for each in told if each is not None][:FIRST_TAKES]
    middle = np.mean(first, axis=0) / np.linalg.norm(np.mean(first, axis=0))
    return [None if each is None else float(np.array(each.values) @ middle) for each in told]


def prints_of(lines: Sequence[Line], speaker_print: Path) -> list[VoicePrint | None]:
    """Of each line long enough."""
    ear = open_listener({"path": str(speaker_print)})
    prints: list[VoicePrint | None] = []
    for pack in _packs(lines):
        prints += ear.hear([line.clip for line in pack])
    return [
        p if n.clip.duration_seconds >= LEAST_SECONDS else None
        for n, p in zip(lines, prints, strict=True)
    ]


def _errors(lines: Sequence[Line], recognizer: Path) -> list[tuple[int, int]]:
    """Of each line: words heard otherwise, and words."""
    from whisper_normalizer.english import EnglishTextNormalizer

    from higgs_cli.listening.whisper_ear import WhisperEar

    ear, plain, found = WhisperEar(str(recognizer), "en", "cpu"), EnglishTextNormalizer(), []
    for pack in _packs(lines):
        for line, heard in zip(pack, ear.hear([each.clip for each in pack]), strict=True):
            written = plain(line.text).split()
            found.append((error_count(written, plain(heard.text).split()), len(written)))
    return found


def _packs(lines: Sequence[Line]) -> Iterator[list[Line]]:
    pack: list[Line] = []
    for line in lines:
        seconds = sum(each.clip.duration_seconds for each in (*pack, line))
        if pack and seconds > PACK_SECONDS:
            yield pack
            pack = []
        pack.append(line)
    if pack:
        yield pack


PART_HEADER = (
    "minutes",
    "lines",
    "likeness to the first, mean",
    "least",
    "level, dB",
    "word errors",
)
POSITION_HEADER = ("place in its run", "lines", "word errors")
Likeness = Sequence[float | None]
Errors = Sequence[tuple[int, int]]


def _by_part(lines: Sequence[Line], likeness: Likeness, errors: Errors) -> Iterator[list[str]]:
    parts: dict[int, list[int]] = defaultdict(list)
    for index, line in enumerate(lines):
        parts[int(line.start_seconds // (60 * PART_MINUTES))].append(index)
    for part, indices in sorted(parts.items()):
        alike = [each for index in indices if (each := likeness[index]) is not None]
        levels = [level for i in indices if (level := level_of(lines[i].record.levels)) is not None]
        yield [
            f"{part * PART_MINUTES} to {(part + 1) * PART_MINUTES}",
            str(len(indices)),
            f"{np.mean(alike):.4f} ± {np.std(alike) / len(alike) ** 0.5:.4f}",
            f"{min(alike):.3f}",
            f"{np.mean(levels):.2f} ± {np.std(levels):.2f}",
            _rate([errors[index] for index in indices]),
        ]


def _by_position(lines: Sequence[Line], errors: Errors) -> Iterator[list[str]]:
    places: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for line, each in zip(lines, errors, strict=True):
        places[line.run_position].append(each)
    for place, own in sorted(places.items()):
        yield [str(place + 1), str(len(own)), _rate(own)]


def _between_rounds(lines: Sequence[Line], likeness: Likeness, rounds: int) -> Iterator[str]:
    """The same sentences in the first and in the last round, in pairs."""
    found: dict[str, list[int]] = defaultdict(list)
    for index, line in enumerate(lines):
        found[line.text].append(index)
    pairs = [(own[0], own[-1]) for own in found.values() if len(own) == rounds > 1]
    alike, levels = [], []
    for first, last in pairs:
        one, other = likeness[first], likeness[last]
        if one is not None and other is not None:
            alike.append(other - one)
        before, after = level_of(lines[first].record.levels), level_of(lines[last].record.levels)
        if before is not None and after is not None:
            levels.append(after - before)
    if pairs:
        for what, own, unit in (("likeness", alike, ""), ("level", levels, " dB")):
            error = np.std(own) / len(own) ** 0.5
            yield (
                f"The same sentence in the last round against the first: {what} "
                f"{np.mean(own):+.4f}{unit} ± {error:.4f} ({len(own)} pairs)."
            )


def _rate(errors: Sequence[tuple[int, int]]) -> str:
    wrong, words = sum(each for each, _ in errors), sum(words for _, words in errors)
    return f"{wrong / max(1, words):.1%} ({wrong} of {words})"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Drift of voice, level and words by mini.")
    parser.add_argument("--print", type=Path, dest="speaker_print", required=True)
    parser.add_argument("--recognizer", type=Path, required=True, help="folder of a Whisper model")
    parser.add_argument("--voice", default="marigold")
    parser.add_argument("--rounds", type=int, default=2, help="how often the prose is said")
    parser.add_argument(
        "--keep", type=Path, help="folder for the render; one that is there goes on"
    )
    parser.add_argument("--run-chunks", type=int, help="in longer runs than mini is made for")
    parser.add_argument("--record", action="store_true", help="append to bench/RESULTS.md")
    return parser.parse_args()


if __name__ == "__main__":
    main()
