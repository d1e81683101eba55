"""Each check fails what it should, doubts what it cannot know, and passes speech."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from higgs_cli.audio.clip import AudioClip
from higgs_cli.checks.signal import Evidence, check_take
from higgs_cli.speech.protocol import Ending
from higgs_cli.takes.take import Verdict

RATE = 24000


def evidence(seconds: float = 4.0, expected: float = 4.0) -> Evidence:
    """Bursts like syllables, silence at both ends, codes that do not repeat."""
    times = np.arange(round(seconds * RATE)) / RATE
    bursts = np.clip(np.sin(2 * np.pi * 2.5 * times), 0, None)
    edges = (times > 0.1) & (times < seconds - 0.1)
    samples = (0.3 * np.sin(2 * np.pi * 180 * times) * bursts * edges).astype(np.float32)
    codes = np.random.default_rng(1).integers(0, 1024, (8, round(seconds * 25))).astype(np.int16)
    return Evidence(AudioClip(samples, RATE), codes, Ending.ENDED, expected, 25)


def verdicts(given: Evidence) -> dict[str, Verdict]:
    return {finding.check: finding.verdict for finding in check_take(given)}


def with_samples(given: Evidence, samples: np.ndarray) -> Evidence:
    return replace(given, clip=AudioClip(samples.astype(np.float32), RATE))


def test_speech_passes() -> None:
    assert verdicts(evidence()) == {}


@pytest.mark.parametrize(
    ("ending", "check"),
    [
        (Ending.BUDGET, "never-ending"),
        (Ending.STALLED, "stalled"),
        (Ending.LOOPED, "looping"),
    ],
)
def test_only_a_take_that_ended_by_itself_passes(ending: Ending, check: str) -> None:
    assert verdicts(replace(evidence(), ending=ending)) == {check: Verdict.FAIL}


def test_lengths_are_judged_by_what_was_expected() -> None:
    assert verdicts(evidence(4.0, expected=1.5)) == {"too-long": Verdict.FAIL}
    assert verdicts(evidence(1.0, expected=4.0)) == {"too-short": Verdict.FAIL}


def test_a_short_line_is_never_too_long_and_only_doubted_when_short() -> None:
    assert verdicts(evidence(2.5, expected=0.4)) == {}
    assert verdicts(evidence(0.5, expected=1.4)) == {"too-short": Verdict.INCONCLUSIVE}


def test_near_silence_fails_and_quiet_is_doubted() -> None:
    given = evidence()
    quiet = verdicts(with_samples(given, given.clip.samples * 0.03))
    assert quiet["quiet"] is Verdict.INCONCLUSIVE
    assert verdicts(with_samples(given, given.clip.samples * 0.01))["silent"] is Verdict.FAIL


def test_a_long_silence_within_fails_and_one_at_the_end_does_not() -> None:
    given = evidence()
    samples = given.clip.samples.copy()
    samples[RATE : RATE * 3] = 0
    assert verdicts(with_samples(given, samples)) == {"long-silence": Verdict.FAIL}
    samples = given.clip.samples.copy()
    samples[RATE * 2 :] = 0
    assert verdicts(with_samples(given, samples)) == {}


def test_clipping_fails_and_a_single_peak_does_not() -> None:
    given = evidence()
    samples = given.clip.samples.copy()
    samples[RATE : RATE + 20] = 1.0
    assert verdicts(with_samples(given, samples))["clipping"] is Verdict.FAIL
    samples = given.clip.samples.copy()
    samples[RATE : RATE + 2] = 1.0
    assert "clipping" not in verdicts(with_samples(given, samples))


def test_a_click_fails_and_a_hiss_or_a_stop_does_not() -> None:
    given = evidence()
    chance = np.random.default_rng(2)
    for at, height in ((RATE // 2, 0.5), (RATE * 2 + 700, -0.5)):
        clicking = given.clip.samples.copy()
        clicking[at : at + 12] += height * np.exp(-np.arange(12) / 3)
        assert verdicts(with_samples(given, clicking)) == {"click": Verdict.FAIL}
    hissing = given.clip.samples.copy()
    hissing[RATE : RATE + 2400] += 0.2 * chance.standard_normal(2400)
    assert verdicts(with_samples(given, hissing)) == {}
    burst = given.clip.samples.copy()  # as of a t: noise for some milliseconds out of silence
    burst[RATE : RATE + 720] += 0.1 * chance.standard_normal(720) * np.hanning(720)
    assert verdicts(with_samples(given, burst)) == {}


def test_where_a_click_is_and_how_many_there_are_is_said() -> None:
    given = evidence()
    samples = given.clip.samples.copy()
    samples[RATE] += 0.4
    samples[RATE * 2] += 0.6
    (finding,) = check_take(with_samples(given, samples))
    assert finding.detail.startswith("2 clicks") and finding.at_seconds == pytest.approx(
        2, abs=0.01
    )


@pytest.mark.parametrize(("level", "verdict"), [(0.3, Verdict.FAIL), (0.06, Verdict.INCONCLUSIVE)])
def test_a_loud_end_is_a_word_cut_off(level: float, verdict: Verdict) -> None:
    given = evidence()
    samples = given.clip.samples.copy()
    samples[-480:] = level * np.sin(np.arange(480) / 3)
    assert verdicts(with_samples(given, samples)) == {"cut-off": verdict}


@pytest.mark.parametrize("period", [5, 17, 30])
def test_a_loop_of_codes_fails_while_there_is_sound(period: int) -> None:
    given = evidence(8.0, expected=8.0)
    samples = 0.2 * np.sin(np.arange(len(given.clip.samples)) / 20)
    samples[:2400] = samples[-2400:] = 0
    looping = given.codes.copy()
    looping[0] = np.resize(looping[0, :period], looping.shape[1])
    sounding = with_samples(replace(given, codes=looping), samples)
    assert verdicts(sounding) == {"looping": Verdict.FAIL}
    assert verdicts(with_samples(given, samples)) == {}


def test_equal_codes_of_silence_are_no_loop() -> None:
    given = evidence(4.0)
    samples = given.clip.samples.copy()
    samples[RATE * 2 :] = 0
    codes = given.codes.copy()
    codes[0, 50:] = 7
    assert verdicts(with_samples(replace(given, codes=codes), samples)) == {}


def test_values_that_are_no_numbers_fail_alone() -> None:
    given = evidence()
    samples = given.clip.samples.copy()
    samples[5] = np.nan
    assert verdicts(with_samples(given, samples)) == {"not-finite": Verdict.FAIL}
