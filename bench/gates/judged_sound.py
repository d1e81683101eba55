"""What the checks of sound and the voice gate say of a set, by kind of fault and by half.

Norms are of a voice's first whole takes, as in a book where few takes are wrong. The recording of a
voice is its longest whole take of that half of the set that limits were chosen on.
"""

from __future__ import annotations

import os
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np

from bench.gates.beds import BEDS
from bench.gates.judged_set import chunk_of, words_findings
from bench.gates.labelled_take import CHOOSING, FOREIGN, WHOLE, LabelledTake, by_voice, read_clip
from higgs_cli.audio.clip import AudioClip
from higgs_cli.audio.loudness import measure
from higgs_cli.checks.clicks import SURE_CLICK, clicks_of
from higgs_cli.checks.sound_levels import SoundLevels
from higgs_cli.checks.treble import treble_db
from higgs_cli.checks.voice import is_told_by_print, voice_finding, voice_norm
from higgs_cli.listening.print_ear import open_listener
from higgs_cli.listening.voice_print import VoicePrint
from higgs_cli.takes.book_judge import SAMPLE_CHUNKS
from higgs_cli.takes.measure import Measure
from higgs_cli.takes.take import Finding, Levels, TakeRecord, Verdict
from higgs_cli.takes.voice_levels import (
    Background,
    DecibelNorm,
    SpeechLevel,
    Treble,
    is_told_by_levels,
)

JUDGED = (WHOLE, "hum", "click")
MADE_OF_EACH = 64
Norms: TypeAlias = Sequence[tuple[Measure, DecibelNorm]]
PACK_TAKES = 5


@dataclass(frozen=True)
class Judged:
    """One take, and what was found; `is_told`: whether it is long enough to be judged by a norm."""

    name: str
    kind: str
    half: int
    is_told: bool
    findings: tuple[Finding, ...]

    @property
    def fails(self) -> bool:
        return any(each.verdict is Verdict.FAIL for each in self.findings)


def tell_sound(folder: Path, takes: Sequence[LabelledTake]) -> list[Judged]:
    """Clicks, level, treble and background."""
    judged = list(_by_sound(folder, takes))
    _tell(judged)
    return judged


def tell_voices(folder: Path, takes: Sequence[LabelledTake], speaker_print: Path) -> list[Judged]:
    """By the prints alone, and beside the recordings of the other voices: these are returned."""
    prints = _prints(folder, [t for t in takes if t.kind in (WHOLE, FOREIGN)], speaker_print)
    for has_others in (False, True):
        print("beside the recordings of the others:" if has_others else "by the voice alone:")
        judged = list(_by_voice(takes, prints, has_others))
        _tell(judged)
    return judged


def tell_together(
    folder: Path, takes: Sequence[LabelledTake], judged: Sequence[Judged], recognizer: str
) -> None:
    """Of whole takes, what the words gate and all that was judged find together: what a producer
    is shown of takes that are good."""
    found: dict[str, list[Finding]] = defaultdict(list)
    for each in judged:
        if each.kind == WHOLE:
            found[each.name] += each.findings
    for name, finding in words_findings(folder, takes, recognizer).items():
        found[name] += [finding] if finding else []
    for half in (0, 1):
        names = [take.name for take in takes if take.kind == WHOLE and take.half == half]
        failed = sum(any(f.verdict is Verdict.FAIL for f in found[name]) for name in names)
        flagged = sum(bool(found[name]) for name in names)
        print(f"whole, half {half}: {failed} failed, {flagged} flagged of {len(names)} by all")


def _by_sound(folder: Path, takes: Sequence[LabelledTake]) -> Iterator[Judged]:
    measures: tuple[Measure, ...] = (SpeechLevel(), Treble(), Background())
    for voice, own in by_voice(takes).items():
        chance = random.Random(voice)
        whole = [take for take in own if take.kind == WHOLE]
        records = {
            take.name: _record(read_clip(folder, take)) for take in own if take.kind in JUDGED
        }
        told = [take for take in whole if is_told_by_levels(chunk_of(take))]
        sample = [(chunk_of(take), records[take.name]) for take in told[:SAMPLE_CHUNKS]]
        norms = [(each, each.norm((voice, None), sample)) for each in measures]

        for take in own:
            if take.kind in JUDGED:
                yield _judged(take.kind, take, records[take.name], norms)
        count = MADE_OF_EACH * len(whole) // max(1, sum(t.kind == WHOLE for t in takes)) + 1
        for kind, spoil in BEDS.items():
            for take in chance.sample(whole, min(count, len(whole))):
                clip = read_clip(folder, take)
                spoilt = AudioClip(spoil(clip.samples, clip.sample_rate, chance), clip.sample_rate)
                yield _judged(kind, take, _record(spoilt), norms)


def _judged(kind: str, take: LabelledTake, record: TakeRecord, norms: Norms) -> Judged:
    chunk = chunk_of(take)
    is_told = is_told_by_levels(chunk)
    held = [each.finding(chunk, record, norm) for each, norm in norms if is_told]
    found = [*record.findings, *(each for each in held if each is not None)]
    return Judged(take.name, kind, take.half, is_told, tuple(found))


def _record(clip: AudioClip) -> TakeRecord:
    """As `TakeChecker` measures it."""
    levels, power = SoundLevels(clip), measure(clip)
    findings = [
        Finding("click", Verdict.FAIL if height > SURE_CLICK else Verdict.INCONCLUSIVE, "", at)
        for at, height in clicks_of(clip.samples, clip.sample_rate, levels.rms)
    ]
    measured = Levels(
        levels.peak, power.power_sum, power.block_count, 1.0, levels.floor_db, treble_db(clip)
    )
    return TakeRecord("", 0, {}, (), 1, "ended", tuple(findings), measured)


def _by_voice(
    takes: Sequence[LabelledTake], prints: dict[str, VoicePrint], has_others: bool
) -> Iterator[Judged]:
    chosen = [t for t in takes if t.kind == WHOLE and t.half == CHOOSING]
    longest = {v: max(own, key=lambda take: take.seconds) for v, own in by_voice(chosen).items()}
    recordings = {voice: prints[take.name] for voice, take in longest.items()}
    for voice, own in by_voice(takes).items():
        told = [t for t in own if t.kind == WHOLE and t.name in prints]
        first = [(chunk_of(t), prints[t.name]) for t in told]
        sample = [pair for pair in first if is_told_by_print(pair[0])][:SAMPLE_CHUNKS]
        norm = voice_norm(sample, recordings[voice] if has_others else None)
        others = {name: each for name, each in recordings.items() if name != voice and has_others}
        for take in own:
            if take.name in prints:
                found = voice_finding(chunk_of(take), prints[take.name], norm, others)
                is_told = is_told_by_print(chunk_of(take))
                findings = (found,) if found else ()
                yield Judged(take.name, take.kind, take.half, is_told, findings)


def _prints(
    folder: Path, takes: Sequence[LabelledTake], speaker_print: Path
) -> dict[str, VoicePrint]:
    ear, found, seconds, began = (
        open_listener({"path": str(speaker_print)}),
        {},
        0.0,
        _cpu_seconds(),
    )
    for start in range(0, len(takes), PACK_TAKES):
        pack = takes[start : start + PACK_TAKES]
        clips = [read_clip(folder, take) for take in pack]
        seconds += sum(clip.duration_seconds for clip in clips)
        for take, heard in zip(pack, ear.hear(clips), strict=True):
            if heard is not None:
                found[take.name] = heard
    spent = _cpu_seconds() - began
    print(f"prints: {seconds:.0f} s of sound in {spent:.0f} CPU s, {seconds / spent:.0f} x")
    return found


def _tell(judged: Iterable[Judged]) -> None:
    kinds: dict[str, list[Judged]] = defaultdict(list)
    for each in judged:
        kinds[each.kind].append(each)
    print(f"{'kind':13} half takes  told  failed  of told  flagged")
    for kind, every in kinds.items():
        for half in (0, 1):
            own = [each for each in every if each.half == half]
            told = [each for each in own if each.is_told]
            failed, of_told = _share(own), _share(told)
            flagged = np.mean([bool(each.findings) for each in own]) if own else 0.0
            print(
                f"{kind:13} {half:4} {len(own):5} {len(told):5} "
                f"{failed:7.1%} {of_told:8.1%} {flagged:8.1%}"
            )


def _share(judged: Sequence[Judged]) -> float:
    return sum(each.fails for each in judged) / len(judged) if judged else 0.0


def _cpu_seconds() -> float:
    times = os.times()
    return times.user + times.system
