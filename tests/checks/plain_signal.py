"""The checks as one reads them: every envelope for itself, every period of a loop looked through.

What `higgs_cli/checks/signal.py` finds faster; findings and details are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from higgs_cli.audio.clip import AudioClip, db_to_ratio, level_envelope, ratio_to_db, rms
from higgs_cli.checks.signal import Evidence
from higgs_cli.speech.protocol import Ending
from higgs_cli.takes.take import Finding, Verdict

WINDOW_SECONDS = 0.010

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


def check_take(evidence: Evidence) -> tuple[Finding, ...]:
    """All that is wrong or doubtful; nothing for a take that passes."""
    if not np.isfinite(evidence.clip.samples).all():
        return (
            Finding(
                "not-finite", Verdict.FAIL, "the sound contains invalid samples (NaN or infinity)"
            ),
        )
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
    level = rms(evidence.clip.samples)
    if level <= SILENT_RMS:
        yield Finding("silent", Verdict.FAIL, f"almost no sound ({ratio_to_db(level):.0f} dBFS)")
    elif level <= QUIET_RMS:
        detail = f"very quiet ({ratio_to_db(level):.0f} dBFS)"
        yield Finding("quiet", Verdict.INCONCLUSIVE, detail)


def _long_silence(evidence: Evidence) -> Iterator[Finding]:
    """A silence between words; those at the edges are trimmed anyway."""
    clip = evidence.clip
    sounding = _sounding_windows(clip)
    if len(sounding) < 2:
        return
    gaps = np.diff(sounding) * WINDOW_SECONDS
    longest = int(np.argmax(gaps))
    if gaps[longest] > STALL_SECONDS:
        at = float(sounding[longest]) * WINDOW_SECONDS
        yield Finding("long-silence", Verdict.FAIL, f"silent for {gaps[longest]:.1f} s", at)


def _clipping(evidence: Evidence) -> Iterator[Finding]:
    loud = np.abs(evidence.clip.samples) >= CLIPPED_AMPLITUDE
    share = float(loud.mean()) if len(loud) else 0.0
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
    for period in LOOP_PERIODS:
        span = max(period * (LOOP_REPEATS - 1), round(LOOP_SECONDS * evidence.frame_rate))
        if len(first) < span + period:
            continue
        same = np.concatenate([[0], np.cumsum(first[period:] == first[:-period])])
        likeness = (same[span:] - same[:-span]) / span
        if likeness.max() >= LOOP_LIKENESS:
            at = int(likeness.argmax()) / evidence.frame_rate
            detail = f"repeats {period / evidence.frame_rate:.1f} s of itself"
            yield Finding("looping", Verdict.FAIL, detail, at)
            return


def _clicks(evidence: Evidence) -> Iterator[Finding]:
    """A window whose largest second difference is four times the level of the take, and four times
    that of any window 2 to 8 windows away."""
    clip = evidence.clip
    level, size = rms(clip.samples), max(2, round(0.002 * clip.sample_rate))
    bends = np.abs(np.diff(np.diff(clip.samples)))
    peaks = [float(bends[at : at + size].max()) for at in range(0, len(bends) - size + 1, size)]
    found: list[list[tuple[float, int]]] = []
    for number, own in enumerate(peaks):
        before, after = (
            peaks[max(0, number - 8) : max(0, number - 1)],
            peaks[number + 2 : number + 9],
        )
        if level > 0.003 and own > 4 * level and own > 4 * max([*before, *after], default=0.0):
            is_next = bool(found) and number - found[-1][-1][1] <= 2
            found[-1:] = (
                [[*found[-1], (own, number)]] if is_next else [*found[-1:], [(own, number)]]
            )
    if found:
        own, number = max(
            (max(click, key=lambda each: each[0]) for click in found), key=lambda each: each[0]
        )
        loudest, at = own / level, number * size / clip.sample_rate
        verdict = Verdict.FAIL if loudest > 5 else Verdict.INCONCLUSIVE
        detail = "a click" if len(found) == 1 else f"{len(found)} clicks"
        yield Finding(
            "click", verdict, f"{detail}, {loudest:.0f} times the level of the speech", at
        )


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


def _sounding_windows(clip: AudioClip) -> np.ndarray:
    window = max(1, round(WINDOW_SECONDS * clip.sample_rate))
    return np.flatnonzero(level_envelope(clip.samples, window) > STALL_AMPLITUDE)


def _sounding_codes(evidence: Evidence) -> np.ndarray:
    """Codes of the first codebook, a different negative number in each silent frame."""
    first = evidence.codes[0].astype(np.int64) if len(evidence.codes) else np.zeros(0, np.int64)
    samples_per_frame = max(1, evidence.clip.sample_rate // evidence.frame_rate)
    levels = level_envelope(evidence.clip.samples, samples_per_frame)[: len(first)]
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
