"""Distances between clips, discriminators, and the start from data."""

import math

import torch

from tokenizer.codec.acoustic import AcousticDecoder, AcousticEncoder
from tokenizer.codec.config import AcousticConfig
from tokenizer.training.data_start import LAST_SCALE, start_from_data
from tokenizer.training.discriminators import (
    SpectrogramDiscriminators,
    deceiving_loss,
    discriminator_loss,
    feature_matching,
)
from tokenizer.training.spectral import SpectralDistance, mel_filterbank

RATE = 24_000


def tone(
    hertz: float, seconds: float = 0.5, level: float = 0.5, phase: float = 0.0
) -> torch.Tensor:
    time = torch.arange(int(RATE * seconds)) / RATE
    return level * torch.sin(2 * math.pi * hertz * time + phase)[None, None]


def test_a_clip_is_at_no_distance_from_itself():
    mel, linear = SpectralDistance(RATE)(tone(440), tone(440))
    assert mel == 0 and linear == 0


def test_the_distance_grows_with_the_difference():
    distance = SpectralDistance(RATE)
    near, _ = distance(tone(460), tone(440))
    far, _ = distance(tone(2000), tone(440))
    assert near < far


def test_phase_does_not_count():
    fade = torch.hann_window(RATE // 2)  # a tone that is cut off clicks, here and there differently
    mel, _ = SpectralDistance(RATE)(tone(440, phase=1.5) * fade, tone(440) * fade)
    other, _ = SpectralDistance(RATE)(tone(880), tone(440))
    assert mel < 0.1 * other


def test_below_the_floor_silence_is_silence():
    mel, _ = SpectralDistance(RATE)(torch.zeros(1, 1, 12_000), 1e-5 * torch.ones(1, 1, 12_000))
    assert mel < 0.005


def test_a_weak_formant_counts():
    """60 dB below the strongest partial a sound is still what tells one vowel from another."""
    loud = tone(220)
    mel, _ = SpectralDistance(RATE)(loud + tone(2400, level=5e-4), loud)
    assert mel > 0.01


def test_a_full_scale_sine_reads_one():
    distance = SpectralDistance(RATE)
    peak = distance.magnitude(tone(RATE / 64, level=1.0)[0], 1024).max()
    assert abs(peak - 1) < 0.02


def test_every_mel_band_hears_something():
    for length, count in ((2048, 120), (512, 60), (128, 18)):
        assert (mel_filterbank(RATE, length, count).sum(dim=1) > 0.9).all()


def test_data_start_gives_every_stage_a_healthy_size():
    torch.manual_seed(0)
    config = AcousticConfig(encoder_width=4, decoder_width=64, latent_size=16)
    encoder, decoder = AcousticEncoder(config), AcousticDecoder(config)
    sound = 0.1 * torch.randn(2, 1, 9600)
    start_from_data(encoder, sound)
    with torch.no_grad():
        latent = encoder(sound)
        assert 0.9 < latent.std() < 1.1
        start_from_data(decoder, latent, last_scale=LAST_SCALE)
        assert 0.5 * LAST_SCALE < decoder(latent).std() < 1.5 * LAST_SCALE


def test_judges_learn_to_tell_noise_from_tones():
    torch.manual_seed(0)
    discriminators = SpectrogramDiscriminators(window_lengths=(256,), width=4)
    optimizer = torch.optim.Adam(discriminators.parameters(), lr=3e-3)
    real, made = tone(440, 0.2).expand(4, 1, -1), 0.3 * torch.randn(4, 1, 4800)
    first = discriminator_loss(discriminators(real), discriminators(made)).item()
    for _ in range(40):
        optimizer.zero_grad()
        loss = discriminator_loss(discriminators(real), discriminators(made))
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.5 * first
    assert deceiving_loss(discriminators(real)) < deceiving_loss(discriminators(made))
    assert feature_matching(discriminators(real), discriminators(real)) == 0
