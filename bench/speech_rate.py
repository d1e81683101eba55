"""Does the rate of speech tell takes that lack a part of their text? Takes of mini, both kinds.

    python -m bench.speech_rate [--faulty 220] [--seed 0] [--keep rates.json]
    python -m bench.speech_rate --kept rates.json


Whole takes: the prose of `transcripts/`, spoken in two voices. Faulty ones: chunks of which only
the first part of the words is spoken (30 to 66 % of the letters), put in the place of the whole
chunk's take; a part that becomes no chunk of just those words is left out. One half of the faulty
and the whole takes is for choosing limits, the other for reporting. A voice's norm is taken from
its first chunks in the plan's order: how many that should be is shown too. What was measured can be
kept, and looked at again without speaking.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from higgs_cli.planning.estimate import measure
from higgs_cli.takes.book_judge import SAMPLE_CHUNKS
from higgs_cli.takes.speech_rate import (
    LEAST_LETTERS,
    RETRY_ABOVE,
    Norm,
    letters_of,
    norm_of,
    spread_of,
)
from higgs_cli.takes.store import TakeStore

VOICES = ("marigold", "fergus")
SOURCES = ("long_chapter.txt", "short_story.md", "single_speaker.txt")
LEAST_SHARE, MOST_SHARE = 0.30, 0.66
SAMPLE_SIZES = (8, 12, 20, 30, 40, 60, 80, 120)
TRANSCRIPTS = Path(__file__).parent.parent / "transcripts"


@dataclass(frozen=True)
class Spoken:
    """One take: what it should say, how much of that it says, and for how long there is sound."""

    text: str
    share: float
    sounding_seconds: float
    planned_seconds: float

    @property
    def letters_per_second(self) -> float:
        return letters_of(self.text) / self.sounding_seconds


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--faulty", type=int, default=220, help="faulty takes wanted, of all voices"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="write what was measured to this file")
    parser.add_argument("--kept", type=Path, help="read that from this file, and speak nothing")
    options = parser.parse_args(arguments)
    found = _read(options.kept) if options.kept else _spoken(options.faulty, options.seed)
    if options.keep:
        plain = {
            voice: [list(map(asdict, part)) for part in parts] for voice, parts in found.items()
        }
        options.keep.write_text(json.dumps(plain), "utf-8")
    for voice, (whole, faulty) in found.items():
        _tell(voice, whole, faulty)
    _tell_sample_sizes(found)


Measured = dict[str, tuple[list[Spoken], list[Spoken]]]
"""Whole and faulty takes of each voice, both in the plan's order."""


def _spoken(faulty_count: int, seed: int) -> Measured:
    chance = random.Random(seed)
    found: Measured = {}
    with tempfile.TemporaryDirectory() as folder:
        for voice in VOICES:
            whole = [each for name in SOURCES for each in _whole(Path(folder), name, voice)]
            whole = [each for each in whole if letters_of(each.text) > LEAST_LETTERS]
            chosen = chance.sample(whole, faulty_count // len(VOICES))
            found[voice] = whole, list(_faulty(Path(folder), chosen, voice, chance))
    return found


def _read(path: Path) -> Measured:
    plain = json.loads(path.read_text("utf-8"))
    return {
        voice: (
            [Spoken(**each) for each in whole],
            [Spoken(**each) for each in faulty],
        )
        for voice, (whole, faulty) in plain.items()
    }


def _tell(voice: str, whole: list[Spoken], faulty: list[Spoken]) -> None:
    """Each faulty take is judged by the norm of the whole ones, as in a book where few are."""
    norm = norm_of([each.letters_per_second for each in whole[:SAMPLE_CHUNKS]])
    spread = spread_of([each.letters_per_second for each in whole])
    print(f"{voice}: {len(whole)} whole, {len(faulty)} faulty, {norm}, spread of all {spread:.3f}")
    plan = sorted(letters_of(e.text) / e.planned_seconds for e in whole)
    print(f"  planned, letters a second: {plan[len(plan) // 2]:.2f}")
    for half in (0, 1):
        fine, lacking = _excess(whole[half::2], norm), _excess(faulty[half::2], norm)
        print(f"  half {half}: whole, highest {[round(e, 2) for e in sorted(fine)[-6:]]}")
        print(f"          faulty, lowest {[round(e, 2) for e in sorted(lacking)[:8]]}")
        print(f"          found {_above(lacking)}, whole ones retried {_above(fine)}")


def _tell_sample_sizes(found: Measured) -> None:
    """What a norm of so many chunks finds, whichever of the book's chunks come first."""
    print("a norm from so many chunks, at every eighth place of the book: mean, worst")
    for size in SAMPLE_SIZES:
        missed, wrong = [], []
        for whole, faulty in found.values():
            rates = [each.letters_per_second for each in whole]
            for start in range(0, len(rates), 8):
                norm = norm_of((rates + rates)[start : start + size])
                missed.append(1 - _share_above(_excess(faulty, norm)))
                wrong.append(_share_above(_excess(whole, norm)))
        print(
            f"  {size:3d}: faulty missed {_percent(missed)}, whole ones retried {_percent(wrong)}"
        )


def _excess(takes: Sequence[Spoken], norm: Norm) -> list[float]:
    return [norm.excess(each.letters_per_second) for each in takes]


def _share_above(excess: Sequence[float]) -> float:
    return sum(each > RETRY_ABOVE for each in excess) / len(excess)


def _above(excess: Sequence[float]) -> str:
    return f"{sum(each > RETRY_ABOVE for each in excess)}/{len(excess)}"


def _percent(shares: Sequence[float]) -> str:
    return f"{100 * sum(shares) / len(shares):.2f} % ({100 * max(shares):.2f} %)"


def _whole(folder: Path, name: str, voice: str) -> Iterator[Spoken]:
    for text, seconds, planned in _rendered(folder, TRANSCRIPTS / name, voice):
        yield Spoken(text, 1.0, seconds, planned)


def _faulty(
    folder: Path, chosen: Sequence[Spoken], voice: str, chance: random.Random
) -> Iterator[Spoken]:
    """The first words of each, spoken by the same voice, each as a turn of its own."""
    parts: dict[str, Spoken] = {}
    for each in chosen:
        words = each.text.split()
        count = max(2, int(len(words) * chance.uniform(LEAST_SHARE, MOST_SHARE)))
        part = " ".join(words[:count]).rstrip(",;:.?!-") + "."
        if letters_of(part) / letters_of(each.text) <= MOST_SHARE:
            parts[part] = each
    script = folder / f"parts of {voice}.txt"
    script.write_text("".join(f"[SPEAKER0] {part}\n\n" for part in parts), "utf-8")
    for text, seconds, _ in _rendered(folder, script, voice, "SPEAKER0"):
        if text in parts:
            whole = parts[text]
            share = letters_of(text) / letters_of(whole.text)
            yield Spoken(whole.text, share, seconds, whole.planned_seconds)


def _rendered(
    folder: Path, script: Path, voice: str, speaker: str = "NARRATOR"
) -> list[tuple[str, float, float]]:
    """Text, sounding and planned seconds of the first take of each chunk."""
    output = folder / f"{voice} {script.stem}.wav"
    command = [
        sys.executable,
        "-m",
        "higgs_cli",
        "render",
        "--quiet",
        str(script),
        "-o",
        str(output),
    ]
    command += ["--model", "mini", "--retries", "0"]
    command += ["--cast", f"{speaker}={voice}"]
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL)
    store = TakeStore(output.with_suffix(".higgs"))
    found = []
    for chunk in json.loads(output.with_suffix(".json").read_text("utf-8"))["chunks"]:
        text, take = chunk["text"], chunk["take"]
        record = store.record(take["key"], take["attempt"]) if take else None
        if record is None or not record.is_usable or measure(text).sounds:
            continue
        if record.levels.sounding_seconds:
            found.append((text, record.levels.sounding_seconds, measure(text).seconds))
    return found


if __name__ == "__main__":
    main()
