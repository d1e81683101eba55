"""How much like its own voice a clip sounds, beside the nearest other voice."""

import numpy as np
import pytest

from higgs_cli.audio.clip import AudioClip
from higgs_cli.evaluation.known_voices import KnownVoices, VoiceMatch

RATE = 24_000


def buzz(hertz: float) -> AudioClip:
    time = np.arange(RATE // 2) / RATE
    wave = sum(0.8**n * np.sin(2 * np.pi * n * hertz * time) for n in range(1, 20))
    return AudioClip((0.1 * wave).astype(np.float32), RATE)


def known(**voices: tuple[float, ...]) -> KnownVoices:
    return KnownVoices(
        {
            name: {f"{name}/{n}": buzz(one) for n, one in enumerate(pitches)}
            for name, pitches in voices.items()
        }
    )


def test_similarity_falls_from_the_own_voice_to_the_nearest_other():
    scorer = known(low=(100, 104), high=(200, 208), higher=(300, 310))
    clips = [buzz(hertz) for hertz in (102, 125, 160, 204)]
    similarities = [scorer.match("low", clip).similarity for clip in clips]
    assert similarities == sorted(similarities, reverse=True)
    assert similarities[0] > 0.9 and similarities[-1] < 0.1


def test_more_than_half_is_the_right_voice_and_less_is_another():
    scorer = known(low=(100, 104), high=(200, 208))
    for hertz in (102, 130, 180, 204):
        match = scorer.match("low", buzz(hertz))
        assert (match.nearest == "low") == (match.similarity > 0.5)


def test_similarity_is_made_of_both_distances():
    assert VoiceMatch("a", 2.0, 6.0).similarity == pytest.approx(0.75)
    assert VoiceMatch("a", 0.0, 0.0).similarity == 0.5


def test_a_voice_without_any_other_is_like_nobody():
    match = known(low=(100, 104)).match("low", buzz(300))
    assert (match.nearest, match.rival_distance, match.similarity) == (None, None, None)
    assert match.distance > 0


def test_an_example_is_not_judged_by_itself():
    scorer = known(low=(100, 104, 108), high=(200, 208))
    clip = buzz(100)
    assert scorer.match("low", clip, left_out="low/0").distance > scorer.match("low", clip).distance
