"""A take of the labelled set: what it should say, what was done to it, and where its sound lies.

SET/takes.jsonl       a line for each take, in the order of the plan, voice by voice
SET/sound/NAME.flac   its sound
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from higgs_cli.audio.clip import AudioClip

Samples = NDArray[np.float32]

WHOLE = "whole"
WORD_FAULTS = ("dropped-1", "dropped-3", "doubled", "swapped", "other-text")
SOUND_FAULTS = ("cut-end", "loop", "silence", "hum", "click")
FOREIGN = "foreign-voice"
KINDS = (WHOLE, *WORD_FAULTS, *SOUND_FAULTS, FOREIGN)
GROSS = ("dropped-3", "other-text", "loop", FOREIGN)
"""Three words or more, and another voice."""
UNTOUCHED_WORDS = (WHOLE, "hum", "click", FOREIGN)
"""Kinds in which every word is there."""
CHOOSING, REPORTING = 0, 1
INDEX = "takes.jsonl"


@dataclass(frozen=True)
class LabelledTake:
    """Of one voice, in the place of one chunk."""

    name: str
    kind: str
    voice: str
    """Whose it should be."""
    text: str
    """What it should say."""
    spoken_by: str
    said: str
    """What it was made to say, as far as that can be written."""
    detail: str
    seconds: float
    half: int
    """CHOOSING: thresholds are chosen on it; REPORTING: figures are given of it."""

    @property
    def word_count(self) -> int:
        return len(self.text.split())


@dataclass(frozen=True, eq=False)
class MadeTake:
    """Its sound too."""

    kind: str
    voice: str
    text: str
    samples: Samples
    spoken_by: str
    said: str
    detail: str = ""


def write_set(folder: Path, made: Iterable[MadeTake], sample_rate: int) -> list[LabelledTake]:
    """Sounds first, the index last, so that a set with an index is whole."""
    (folder / "sound").mkdir(parents=True, exist_ok=True)
    counts: dict[tuple[str, str], int] = {}
    takes = []
    for number, each in enumerate(made):
        nth = counts[each.voice, each.kind] = counts.get((each.voice, each.kind), -1) + 1
        take = LabelledTake(
            name=f"{number:04d}-{each.kind}",
            kind=each.kind,
            voice=each.voice,
            text=each.text,
            spoken_by=each.spoken_by,
            said=each.said,
            detail=each.detail,
            seconds=round(len(each.samples) / sample_rate, 3),
            half=nth % 2,
        )
        soundfile.write(sound_path(folder, take), each.samples, sample_rate, "PCM_16")
        takes.append(take)
    takes = _spread(takes)
    lines = [json.dumps(asdict(take), ensure_ascii=False) for take in takes]
    (folder / INDEX).write_text("\n".join(lines) + "\n", "utf-8")
    return takes


def read_set(folder: Path) -> list[LabelledTake]:
    lines = (folder / INDEX).read_text("utf-8").splitlines()
    return [LabelledTake(**json.loads(line)) for line in lines]


def sound_path(folder: Path, take: LabelledTake) -> Path:
    return folder / "sound" / f"{take.name}.flac"


def read_clip(folder: Path, take: LabelledTake) -> AudioClip:
    samples, sample_rate = soundfile.read(sound_path(folder, take), dtype="float32")
    return AudioClip(samples, sample_rate)


def by_voice(takes: Iterable[LabelledTake]) -> dict[str, list[LabelledTake]]:
    found: dict[str, list[LabelledTake]] = {}
    for take in takes:
        found.setdefault(take.voice, []).append(take)
    return found


def _spread(takes: list[LabelledTake]) -> list[LabelledTake]:
    """Voice by voice, the faulty ones evenly among the whole ones, as they might come in a book."""
    ordered = []
    for own in by_voice(takes).values():
        places = []
        for is_whole in (True, False):
            part = [take for take in own if (take.kind == WHOLE) is is_whole]
            if not is_whole:  # their kinds mixed, and none more at the start than elsewhere
                part = [take for kind in range(61) for take in part[kind::61]]
            places += [((nth + 0.5) / len(part), take.name, take) for nth, take in enumerate(part)]
        ordered += [take for _, _, take in sorted(places)]
    return ordered
