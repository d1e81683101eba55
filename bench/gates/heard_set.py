"""What a recogniser has heard of the takes of a set, kept beside it: heard once, judged often.

    SET/heard-NAME.jsonl    a line for each take that was heard

Takes are heard as in a render: joined, those that follow one another in the plan in one window.
Those of which only the sound is spoilt, or the voice another, are not heard.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path

from bench.gates.labelled_take import WHOLE, WORD_FAULTS, LabelledTake, by_voice, read_clip
from higgs_cli.listening.hearing import HeardWord, Hearing

PACK_SECONDS = 20.0
HEARD_KINDS = (WHOLE, *WORD_FAULTS, "cut-end", "loop", "silence")


def hear_set(folder: Path, takes: list[LabelledTake], recognizer: Path, name: str) -> None:
    """Hear what was not heard before, and say what it cost."""
    from higgs_cli.listening.whisper_ear import WhisperEar

    known = read_heard(folder, name) if heard_path(folder, name).is_file() else {}
    ear = WhisperEar(str(recognizer), "en", "cpu")
    spent, seconds = 0.0, 0.0
    with heard_path(folder, name).open("a", encoding="utf-8") as file:
        for pack in packs(takes):
            if all(take.name in known for take in pack):
                continue
            clips = [read_clip(folder, take) for take in pack]
            began = _cpu_seconds()
            heard = ear.hear(clips)
            spent += _cpu_seconds() - began
            seconds += sum(clip.duration_seconds for clip in clips)
            for take, hearing in zip(pack, heard, strict=True):
                file.write(json.dumps({"take": take.name, **asdict(hearing)}) + "\n")
            file.flush()
    if spent:
        print(f"{name}: {seconds:.0f} s heard in {spent:.0f} CPU s, {seconds / spent:.1f} x")


def packs(takes: list[LabelledTake]) -> Iterator[list[LabelledTake]]:
    """Consecutive takes of one voice, of up to twenty seconds."""
    for own in by_voice(take for take in takes if take.kind in HEARD_KINDS).values():
        pack: list[LabelledTake] = []
        for take in own:
            if pack and sum(each.seconds for each in [*pack, take]) > PACK_SECONDS:
                yield pack
                pack = []
            pack.append(take)
        if pack:
            yield pack


@lru_cache(maxsize=8)
def read_heard(folder: Path, name: str) -> dict[str, Hearing]:
    """By the names of the takes."""
    found = {}
    for line in heard_path(folder, name).read_text("utf-8").splitlines():
        row = json.loads(line)
        words = tuple(HeardWord(**word) for word in row["words"])
        found[row["take"]] = Hearing(words, row["no_speech"], row["log_probability"])
    return found


def heard_path(folder: Path, name: str) -> Path:
    return folder / f"heard-{name}.jsonl"


def _cpu_seconds() -> float:
    times = os.times()
    return times.user + times.system
