"""Recordings of every kind become mono samples at one rate, or one clear line."""

from __future__ import annotations

import shutil
import wave
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from tokenizer.errors import WaveformError
from tokenizer.recordings import foreign_audio
from tokenizer.recordings.waveform import _limited, read_waveform, to_mono, waveform_blocks

has_ffmpeg = shutil.which("ffmpeg") is not None


def tone(rate: int, seconds: float = 0.5, channels: int = 1) -> np.ndarray:
    wave_ = 0.5 * np.sin(2 * np.pi * 440 * np.arange(int(rate * seconds)) / rate)
    return np.repeat(wave_[:, None], channels, axis=1).astype(np.float32)


def loudness_of(samples: torch.Tensor) -> float:
    middle = samples[len(samples) // 4 : -len(samples) // 4]
    return float(middle.square().mean().sqrt())


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3", "aiff"])
@pytest.mark.parametrize(("rate", "channels"), [(24_000, 1), (44_100, 2), (8_000, 1), (48_000, 6)])
def test_what_libsndfile_reads_becomes_mono_at_24_khz(
    tmp_path: Path, suffix: str, rate: int, channels: int
) -> None:
    if suffix in ("mp3", "ogg") and channels > 2:
        pytest.skip("MP3 has two channels; a sixth one of Vorbis carries only the bass")
    path = tmp_path / f"tone.{suffix}"
    soundfile.write(path, tone(rate, channels=channels), rate)
    samples = read_waveform(path, 24_000)
    assert samples.dtype == torch.float32
    assert abs(len(samples) - 12_000) <= (2 if suffix != "mp3" else 2600)
    assert loudness_of(samples) == pytest.approx(0.5 / 2**0.5, rel=0.02)


@pytest.mark.parametrize("way", ["program", "package"])
def test_what_only_ffmpeg_reads_comes_through_it(
    tmp_path: Path, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    av = pytest.importorskip("av")
    if way == "program" and not has_ffmpeg:
        pytest.skip("the ffmpeg program is not on the PATH")
    path = tmp_path / "tone.m4a"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=44_100, layout="stereo")
        frame = av.AudioFrame.from_ndarray(tone(44_100, 1.0, 2).T.copy(), "fltp", "stereo")
        frame.rate = 44_100
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)
    if way == "package":
        monkeypatch.setattr(foreign_audio.shutil, "which", lambda _: None)
    samples = read_waveform(path, 24_000)
    assert abs(len(samples) - 24_000) < 2400
    assert loudness_of(samples) == pytest.approx(0.5 / 2**0.5, rel=0.05)


def test_without_ffmpeg_the_mend_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tone.m4a").write_bytes(b"\0" * 100)
    monkeypatch.setattr(foreign_audio.shutil, "which", lambda _: None)
    monkeypatch.setattr(foreign_audio.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(WaveformError, match="FFmpeg is not installed") as caught:
        read_waveform(tmp_path / "tone.m4a", 24_000)
    assert caught.value.hint is not None and "apt-get install ffmpeg" in caught.value.hint


@pytest.mark.parametrize("way", ["program", "package"])
def test_what_is_not_sound_is_named(
    tmp_path: Path, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if way == "program" and not has_ffmpeg:
        pytest.skip("the ffmpeg program is not on the PATH")
    if way == "package":
        pytest.importorskip("av")
        monkeypatch.setattr(foreign_audio.shutil, "which", lambda _: None)
    (tmp_path / "letter.txt").write_text("Dear Sir, this is no sound at all.\n" * 20)
    with pytest.raises(WaveformError, match=r"letter\.txt cannot be read as sound") as caught:
        read_waveform(tmp_path / "letter.txt", 24_000)
    assert "pipe:" not in caught.value.message


def test_streaming_gives_the_samples_of_one_shot(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    stereo = np.random.default_rng(0).normal(0, 0.1, (150_000, 2)).astype(np.float32)
    soundfile.write(path, stereo, 44_100, subtype="FLOAT")
    blocks = list(waveform_blocks(path, 24_000))
    assert len(blocks) > 2
    assert torch.equal(read_waveform(path, 24_000), to_mono(stereo.T, 44_100, 24_000))


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (np.zeros((0, 1), np.float32), "holds no sound"),
        (np.zeros((3, 1), np.float32), "3 samples"),
        (np.full((9000, 1), np.nan, np.float32), "not a number, at 0.000 s"),
    ],
)
def test_unusable_recordings_are_named_with_their_file(
    tmp_path: Path, samples: np.ndarray, message: str
) -> None:
    path = tmp_path / "take.wav"
    soundfile.write(path, samples, 24_000, subtype="FLOAT")
    with pytest.raises(WaveformError, match=message) as caught:
        read_waveform(path, 24_000)
    assert str(path) in caught.value.message


def test_an_empty_and_a_missing_file_are_named(tmp_path: Path) -> None:
    (tmp_path / "empty.wav").touch()
    with pytest.raises(WaveformError, match=r"empty\.wav is empty"):
        read_waveform(tmp_path / "empty.wav", 24_000)
    with pytest.raises(WaveformError, match="does not exist"):
        read_waveform(tmp_path / "none.wav", 24_000)
    with pytest.raises(WaveformError, match="is not a file"):
        read_waveform(tmp_path, 24_000)


def test_eight_hours_are_refused_before_they_are_read(tmp_path: Path) -> None:
    path = tmp_path / "day.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(8_000)
        file.writeframes(b"")
    with path.open("r+b") as raw:  # eight hours of nothing: a sparse file with an honest header
        count = 8 * 3600 * 8_000
        raw.truncate(44 + count)
        raw.seek(4)
        raw.write((36 + count).to_bytes(4, "little"))
        raw.seek(40)
        raw.write(count.to_bytes(4, "little"))
    with pytest.raises(WaveformError, match=r"8\.00 h, over the limit of 4 h") as caught:
        next(waveform_blocks(path, 24_000))
    assert caught.value.hint == "cut the file, or allow 9 hours"


@pytest.mark.skipif(not has_ffmpeg, reason="the ffmpeg program is not on the PATH")
def test_a_length_that_is_not_told_is_limited_too(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "tone.wav", tone(8_000, 30.0), 8_000)
    source = foreign_audio._through_program(
        tmp_path / "tone.wav", (tmp_path / "tone.wav").open("rb")
    )
    assert source.seconds == 30.0 and source.sample_rate == 8_000
    source.close()
    with pytest.raises(WaveformError, match="lasts at least"):
        list(_limited(iter([np.zeros(80_000)]), tmp_path, 8_000, 5.0))
