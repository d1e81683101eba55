"""Another pace is the same voice: as long as it should be, at the pitch it had."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from higgs_cli.audio.clip import Samples, rms
from higgs_cli.audio.tempo import Tempo, at_tempo

RATE = 24000
FACTORS = (0.25, 0.5, 0.8, 0.95, 1.1, 1.5, 2.0, 4.0)
VOICE = Path(__file__).parents[2] / "voices" / "grimsby.wav"


def tone(hertz: float, seconds: float) -> Samples:
    return (0.3 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)).astype("f4")


@pytest.fixture(scope="module")
def voice() -> Samples:
    samples, rate = soundfile.read(VOICE, dtype="float32")
    assert rate == RATE
    return np.asarray(samples)


def strongest_hertz(samples: Samples) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), 1 << 19))
    return float(np.argmax(spectrum)) * RATE / (1 << 19)


def pitch_hertz(samples: Samples, at: int) -> float | None:
    """By autocorrelation around a place; None where no voice is."""
    window, highest, lowest = 600, RATE // 320, RATE // 60
    part = samples[max(0, at - window // 2) :][: window + lowest].astype(np.float64)
    if len(part) < window + lowest or rms(part) < 0.02:
        return None
    alike = np.correlate(part, part[:window], mode="valid")
    energy = np.convolve(np.square(part), np.ones(window), mode="valid")
    likeness = alike / np.sqrt(energy * energy[0])
    lag = highest + int(np.argmax(likeness[highest:lowest]))
    return RATE / lag if likeness[lag] > 0.9 else None


@pytest.mark.parametrize("factor", FACTORS)
def test_a_sound_lasts_as_long_as_its_tempo_says(factor: float, voice: Samples) -> None:
    for samples in (voice, voice[: RATE // 10], voice[:1], voice[:0]):
        assert len(at_tempo(samples, factor, RATE)) == pytest.approx(len(samples) / factor, abs=1)


@pytest.mark.parametrize("factor", FACTORS)
@pytest.mark.parametrize("hertz", [82.0, 220.0, 1000.0])
def test_a_tone_keeps_its_pitch_and_its_level(factor: float, hertz: float) -> None:
    before = tone(hertz, 6)
    after = at_tempo(before, factor, RATE)
    assert strongest_hertz(after) == pytest.approx(hertz, rel=0.01)
    assert rms(after) == pytest.approx(rms(before), rel=0.05)


@pytest.mark.parametrize("factor", [0.5, 0.8, 1.25, 2.0])
def test_a_voice_keeps_its_pitch(factor: float, voice: Samples) -> None:
    after = at_tempo(voice, factor, RATE)
    places = range(0, len(voice), 200)
    pitches = [(pitch_hertz(voice, at), pitch_hertz(after, round(at / factor))) for at in places]
    ratios = [now / before for before, now in pitches if before and now]
    assert len(ratios) > 100
    assert np.median(ratios) == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("factor", [0.25, 0.9, 1.0, 1.3, 4.0])
def test_pieces_give_the_samples_of_the_whole(factor: float, voice: Samples) -> None:
    sizes = np.random.default_rng(0)
    tempo, made, done = Tempo(factor, RATE), [], 0
    while done < len(voice):
        size = int(sizes.integers(0, 3000))
        made.append(tempo.push(voice[done : done + size]))
        done += size
    made.append(tempo.finish())
    assert np.array_equal(np.concatenate(made), at_tempo(voice, factor, RATE))


def test_a_stream_is_heard_before_it_ends(voice: Samples) -> None:
    tempo = Tempo(0.8, RATE)
    assert len(tempo.push(voice[:RATE])) > 0.9 * RATE / 0.8


@pytest.mark.parametrize("factor", [0.25, 0.9, 1.3, 4.0])
def test_grains_and_their_plain_twin_are_the_same_bits(factor: float, voice: Samples) -> None:
    plain = Tempo(factor, RATE, is_plain=True)
    made = np.concatenate([plain.push(voice[: 2 * RATE]), plain.finish()])
    assert np.array_equal(made, at_tempo(voice[: 2 * RATE], factor, RATE))


@pytest.mark.parametrize("factor", FACTORS)
def test_silence_stays_silence_and_no_step_is_larger_than_it_was(factor: float) -> None:
    assert not at_tempo(np.zeros(RATE, np.float32), factor, RATE).any()
    before = tone(220, 2)
    steps = np.abs(np.diff(at_tempo(before, factor, RATE)))
    assert steps.max() < 1.5 * np.abs(np.diff(before)).max()


def test_at_its_own_tempo_a_sound_is_what_it_was(voice: Samples) -> None:
    assert at_tempo(voice, 1.0, RATE).tobytes() == voice.tobytes()


@pytest.mark.parametrize("factor", [0.2, 4.1, 0.0, -1.0, float("nan")])
def test_no_other_tempo_is_made(factor: float) -> None:
    with pytest.raises(ValueError, match="tempo"):
        Tempo(factor, RATE)
