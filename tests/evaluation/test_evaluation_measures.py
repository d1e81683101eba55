"""What the evaluation counts: words, voices, alignments, levels, and how it sums them up."""

import numpy as np
import pytest

from higgs_cli.audio.clip import AudioClip
from higgs_cli.errors import UsageError
from higgs_cli.evaluation.measures import SentenceScore, summaries
from higgs_cli.evaluation.sound_features import (
    high_band_level_db,
    log_mel,
    melody_semitones,
    middle_pitch,
    voice_print,
    warped_distance,
)
from higgs_cli.listening.recognizers import open_recognizer
from higgs_cli.listening.word_errors import error_count, plain_words

RATE = 24_000


def buzz(hertz: float, seconds: float = 1.0, brightness: float = 0.9) -> AudioClip:
    """A voice-like tone: harmonics that fall off by `brightness`."""
    time = np.arange(int(RATE * seconds)) / RATE
    partials = range(1, int(8000 / hertz))
    wave = sum(brightness**n * np.sin(2 * np.pi * n * hertz * time) for n in partials)
    return AudioClip((0.1 * wave).astype(np.float32), RATE)


def chirp(*steps: float) -> AudioClip:
    pieces = [buzz(hertz, 0.3).samples for hertz in steps]
    return AudioClip(np.concatenate(pieces), RATE)


@pytest.mark.parametrize(
    ("written", "heard", "errors"),
    [
        ("the cat sat", "the cat sat", 0),
        ("the cat sat", "the bat sat", 1),
        ("the cat sat", "the sat", 1),
        ("the cat sat", "the cat sat down", 1),
        ("the cat sat", "", 3),
        ("", "the cat", 2),
    ],
)
def test_errors_are_the_fewest_edits(written, heard, errors):
    assert error_count(plain_words(written), plain_words(heard)) == errors


def test_words_lose_capitals_and_punctuation_but_keep_apostrophes():
    assert plain_words("“Don’t,” he said — twice!") == ("don't", "he", "said", "twice")


@pytest.mark.parametrize("hertz", [90, 140, 220])
def test_the_pitch_of_a_voiced_sound_is_found(hertz):
    assert abs(middle_pitch(buzz(hertz)) - np.log2(hertz)) < 0.05


def test_silence_has_no_pitch():
    assert middle_pitch(AudioClip(np.zeros(RATE, np.float32), RATE)) == 0.0


def test_a_tune_has_more_melody_than_a_drone_and_silence_has_none():
    assert melody_semitones(buzz(140)) < 0.3
    assert melody_semitones(chirp(120, 135, 150)) == pytest.approx(1.5, abs=0.2)
    assert melody_semitones(AudioClip(np.zeros(RATE, np.float32), RATE)) is None


def test_what_is_an_octave_away_is_no_melody():
    assert melody_semitones(chirp(120, 120, 120, 260)) < 0.3


def test_a_voice_is_nearer_to_itself_than_to_another():
    one, again, other = buzz(100), buzz(102, 0.7), buzz(200, brightness=0.7)
    own = voice_print(one)
    near = np.linalg.norm(voice_print(again) - own)
    assert near < np.linalg.norm(voice_print(other) - own)


def test_level_does_not_change_the_voice():
    loud = buzz(120)
    quiet = AudioClip(loud.samples * 0.1, RATE)
    assert np.allclose(voice_print(loud), voice_print(quiet), atol=0.2)


def test_alignment_forgives_pace_but_not_order():
    tune, slow = log_mel(chirp(100, 200, 300)), log_mel(chirp(100, 100, 200, 200, 300, 300))
    shuffled = log_mel(chirp(300, 100, 200))
    assert warped_distance(tune, slow) < warped_distance(tune, shuffled)
    assert warped_distance(tune, tune) == pytest.approx(0, abs=1e-5)


def test_hiss_in_the_pauses_is_measured_in_db_of_full_scale():
    noise = np.random.default_rng(0).normal(0, 0.01, RATE).astype(np.float32)
    # White noise of -40 dB: two thirds of it lie above 4 kHz.
    assert high_band_level_db(AudioClip(noise, RATE)) == pytest.approx(-41.8, abs=1.5)
    assert high_band_level_db(AudioClip(np.zeros(RATE, np.float32), RATE)) < -100


def score(voice: str, **changes) -> SentenceScore:
    values = {
        "voice": voice, "number": 0, "word_count": 10, "heard": "", "word_errors": 2,
        "teacher_word_errors": 1, "ended": True, "duration_seconds": 2.0, "teacher_seconds": 2.5,
        "loudness_lufs": -20.0, "quiet_high_band_db": -70.0, "nearest_voice": voice,
        "voice_distance": 2.0, "rival_distance": 8.0, "voice_similarity": 0.8,
        "teacher_voice_similarity": 0.9, "retrieved": True,
    } | changes  # fmt: skip
    return SentenceScore(**values)


def test_rates_are_over_all_words_not_over_sentences():
    rows = summaries([score("a", word_count=30, word_errors=0), score("a", word_errors=4)])
    assert rows[0].word_error_rate == pytest.approx(0.1)
    assert rows[0].duration_ratio == pytest.approx(0.8)


def test_each_voice_has_a_row_and_all_have_one():
    rows = summaries([score("a"), score("b", nearest_voice="a", ended=False, retrieved=False)])
    assert [row.name for row in rows] == ["a", "b", "all"]
    assert (rows[2].right_voice_share, rows[2].without_end, rows[2].retrieved_share) == (
        0.5,
        1,
        0.5,
    )


def test_similarity_is_the_mean_over_sentences_beside_the_teachers():
    row = summaries([score("a"), score("a", voice_similarity=0.6)])[0]
    assert (row.voice_similarity, row.teacher_voice_similarity) == (pytest.approx(0.7), 0.9)


def test_a_row_has_the_share_of_the_teachers_melody_and_of_right_prints():
    flat = {"melody_semitones": 1.5, "teacher_melody_semitones": 3.0}
    lively = {"melody_semitones": 3.0, "teacher_melody_semitones": 3.0}
    row = summaries(
        [score("a", print_nearest="b", **flat), score("a", print_nearest="a", **lively)]
    )
    assert row[-1].melody_ratio == pytest.approx(0.75)
    assert row[-1].right_print_share == 0.5


def test_what_was_not_measured_is_not_made_up():
    row = summaries([score("a", word_errors=None, teacher_seconds=None, retrieved=None)])[0]
    assert (row.word_error_rate, row.duration_ratio, row.retrieved_share) == (None, None, None)
    alone = {"nearest_voice": None, "rival_distance": None, "voice_similarity": None}
    assert (row.overall_quality, row.print_similarity, row.melody_ratio) == (None, None, None)
    assert row.right_print_share is None
    row = summaries([score("a", **alone, teacher_voice_similarity=None)])[0]
    assert row.right_voice_share is None
    assert (row.voice_similarity, row.teacher_voice_similarity) == (None, None)


def test_an_unknown_recognizer_is_refused_by_name():
    with pytest.raises(UsageError, match="echo"):
        open_recognizer("echo")
    assert open_recognizer("none") is None
