"""Is this take too short, too long, silent, stalled, looping, clipped, clicking, or cut off?

Every check costs next to nothing and looks at one take alone. The figures come from what goes wrong
in long renders: a failure is gross, so that a coarse check finds it, and a strict one would mostly
raise false alarms. Three answers: only a fail is spoken again; what is inconclusive is reported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from higgs_cli.audio.clip import AudioClip, db_to_ratio, level_envelope, ratio_to_db, rms
from higgs_cli.checks.clicks import SURE_CLICK, clicks_of
from higgs_cli.checks.sound_levels import WINDOW_SECONDS, SoundLevels
from higgs_cli.speech.protocol import Ending
from higgs_cli.takes.take import Finding, Verdict

if TYPE_CHECKING:
    from higgs_cli.speech.protocol import Codes

TOO_LONG_RATIO = 2.5
TOO_LONG_FLOOR_SECONDS = 3.0
"""Lines of a word or two are often slow: below this no length is too long."""
TOO_SHORT_RATIO = 0.4
SURE_LENGTH_SECONDS = 1.5
"""An estimate below this says too little to fail a take for being short."""

SILENT_RMS = 0.003
QUIET_RMS = 0.006
STALL_SECONDS = 1.5
STALL_AMPLITUDE = 0.01

CLIPPED_AMPLITUDE = 0.999
CLIPPED_RUN_SAMPLES = 8
CLIPPED_SHARE = 0.0005

CUT_OFF_DB = -20.0
CUT_OFF_DOUBT_DB = -30.0

LOOP_PERIODS = range(4, 76)
LOOP_SECONDS = 2.0
LOOP_REPEATS = 3
LOOP_LIKENESS = 0.9
NO_CODE = np.iinfo(np.int64).min


@dataclass(frozen=True)
class Evidence:
    """One take, and what was expected of it."""

    clip: AudioClip
    codes: Codes
    ending: Ending
    expected_seconds: float
    frame_rate: int

    @cached_property
    def levels(self) -> SoundLevels:
        return SoundLevels(self.clip)


def check_take(evidence: Evidence) -> tuple[Finding, ...]:
    """All that is wrong or doubtful; nothing for a take that passes."""
    if not evidence.levels.is_finite:
        return (
            Finding(
                "not-finite", Verdict.FAIL, "the sound contains invalid samples (NaN or infinity)"
            ),
        )
    if not evidence.expected_seconds:
        return ()  # sounds alone, which this model leaves out: whatever it says, no word is missing
    return tuple(finding for check in CHECKS for finding in check(evidence))


def _ending(evidence: Evidence) -> Iterator[Finding]:
    seconds = evidence.clip.duration_seconds
    if evidence.ending is Ending.BUDGET:
        detail = f"still speaking after {seconds:.1f} s"
        yield Finding("never-ending", Verdict.FAIL, detail, seconds)
    elif evidence.ending is Ending.STALLED:
        yield Finding("stalled", Verdict.FAIL, "stopped speaking without ending", seconds)
    elif evidence.ending is Ending.LOOPED:
        yield Finding("looping", Verdict.FAIL, "repeated itself until it was stopped", seconds)


def _length(evidence: Evidence) -> Iterator[Finding]:
    seconds, expected = evidence.clip.duration_seconds, evidence.expected_seconds
    if seconds >= TOO_LONG_FLOOR_SECONDS and seconds > TOO_LONG_RATIO * expected:
        detail = f"{seconds:.1f} s where {expected:.1f} s were expected"
        yield Finding("too-long", Verdict.FAIL, detail)
    if seconds < TOO_SHORT_RATIO * expected:
        is_sure = expected >= SURE_LENGTH_SECONDS
        verdict = Verdict.FAIL if is_sure else Verdict.INCONCLUSIVE
        detail = f"{seconds:.1f} s where {expected:.1f} s were expected"
        yield Finding("too-short", verdict, detail)


def _loudness(evidence: Evidence) -> Iterator[Finding]:
    level = evidence.levels.rms
    if level <= SILENT_RMS:
        yield Finding("silent", Verdict.FAIL, f"almost no sound ({ratio_to_db(level):.0f} dBFS)")
    elif level <= QUIET_RMS:
        detail = f"very quiet ({ratio_to_db(level):.0f} dBFS)"
        yield Finding("quiet", Verdict.INCONCLUSIVE, detail)


def _long_silence(evidence: Evidence) -> Iterator[Finding]:
    """A silence between words; those at the edges are trimmed anyway."""
    sounding = np.flatnonzero(evidence.levels.envelope() > STALL_AMPLITUDE)
    if len(sounding) < 2:
        return
    gaps = np.diff(sounding) * WINDOW_SECONDS
    longest = int(np.argmax(gaps))
    if gaps[longest] > STALL_SECONDS:
        at = float(sounding[longest]) * WINDOW_SECONDS
        yield Finding("long-silence", Verdict.FAIL, f"silent for {gaps[longest]:.1f} s", at)


def _clipping(evidence: Evidence) -> Iterator[Finding]:
    if evidence.levels.peak < float(np.float32(CLIPPED_AMPLITUDE)):
        return
    loud = np.abs(evidence.clip.samples) >= CLIPPED_AMPLITUDE
    share = float(loud.mean())
    start, length = _longest_true_run(loud)
    if length >= CLIPPED_RUN_SAMPLES or share > CLIPPED_SHARE:
        at = start / evidence.clip.sample_rate
        yield Finding("clipping", Verdict.FAIL, f"{share:.2%} of the samples are at full scale", at)


def _last_word(evidence: Evidence) -> Iterator[Finding]:
    clip = evidence.clip
    level = rms(clip.samples[-max(1, round(WINDOW_SECONDS * clip.sample_rate)) :])
    detail = f"it ends at {ratio_to_db(level):.0f} dBFS"
    if level > db_to_ratio(CUT_OFF_DB):
        yield Finding("cut-off", Verdict.FAIL, detail, clip.duration_seconds)
    elif level > db_to_ratio(CUT_OFF_DOUBT_DB):
        yield Finding("cut-off", Verdict.INCONCLUSIVE, detail, clip.duration_seconds)


def _loops(evidence: Evidence) -> Iterator[Finding]:
    """The same stretch of the first codebook again and again, while there is sound."""
    first = _sounding_codes(evidence)
    for period, equal_count in zip(LOOP_PERIODS, _equal_counts(first), strict=True):
        span = max(period * (LOOP_REPEATS - 1), round(LOOP_SECONDS * evidence.frame_rate))
        if len(first) < span + period or equal_count / span < LOOP_LIKENESS:
            continue
        same = np.concatenate([[0], np.cumsum(first[period:] == first[:-period])])
        likeness = (same[span:] - same[:-span]) / span
        if likeness.max() >= LOOP_LIKENESS:
            at = int(likeness.argmax()) / evidence.frame_rate
            detail = f"repeats {period / evidence.frame_rate:.1f} s of itself"
            yield Finding("looping", Verdict.FAIL, detail, at)
            return


def _clicks(evidence: Evidence) -> Iterator[Finding]:
    level = evidence.levels.rms
    found = clicks_of(evidence.clip.samples, evidence.clip.sample_rate, level)
    if not found:
        return
    at, loudest = max(found, key=lambda click: click[1])
    verdict = Verdict.FAIL if loudest > SURE_CLICK else Verdict.INCONCLUSIVE
    detail = "a click" if len(found) == 1 else f"{len(found)} clicks"
    yield Finding("click", verdict, f"{detail}, {loudest:.0f} times the level of the speech", at)


Check = Callable[[Evidence], Iterator[Finding]]

CHECKS: tuple[Check, ...] = (
    _ending,
    _length,
    _loudness,
    _long_silence,
    _clipping,
    _last_word,
    _loops,
    _clicks,
)


def _equal_counts(codes: np.ndarray) -> np.ndarray:
    """How many codes are as those a period later, for each period: a loop has enough of them
    somewhere only if there are enough in all."""
    if not len(codes):
        return np.zeros(len(LOOP_PERIODS), dtype=np.int64)
    behind = np.full(LOOP_PERIODS.stop, NO_CODE)
    later = sliding_window_view(np.concatenate([codes, behind]), len(codes))
    return np.count_nonzero(later[LOOP_PERIODS.start : LOOP_PERIODS.stop] == codes, axis=1)


def _sounding_codes(evidence: Evidence) -> np.ndarray:
    """Codes of the first codebook, a different negative number in each silent frame."""
    first = evidence.codes[0].astype(np.int64) if len(evidence.codes) else np.zeros(0, np.int64)
    samples_per_frame = max(1, evidence.clip.sample_rate // evidence.frame_rate)
    windows = evidence.levels.windows_in(samples_per_frame)
    if windows is None:
        levels = level_envelope(evidence.clip.samples, samples_per_frame)[: len(first)]
    else:
        levels = evidence.levels.envelope(windows)[: len(first)]
    first = first[: len(levels)]
    return np.where(levels > STALL_AMPLITUDE, first, -1 - np.arange(len(first)))


def _longest_true_run(flags: np.ndarray) -> tuple[int, int]:
    """Where the longest run of True begins, and how long it is."""
    edges = np.diff(np.concatenate([[0], flags.astype(np.int8), [0]]))
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    if not len(starts):
        return 0, 0
    longest = int(np.argmax(ends - starts))
    return int(starts[longest]), int(ends[longest] - starts[longest])
