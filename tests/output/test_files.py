"""Files are what their names say, whole or not there at all."""

from __future__ import annotations

import hashlib
import struct
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import soundfile

from higgs_cli.audio.clip import AudioClip
from higgs_cli.output.formats.flac import write_flac
from higgs_cli.output.formats.flac_frames import flac_stretch, numbered_from
from higgs_cli.output.formats.wav import wav_header, write_wav
from higgs_cli.output.formats.whole_numbers import number_bytes, whole_numbers

RATE = 24000


def tone(seconds: float = 0.5) -> np.ndarray:
    return (0.4 * np.sin(np.arange(round(seconds * RATE)) / 9)).astype(np.float32)


@pytest.mark.parametrize(
    ("sample_format", "subtype", "step"),
    [("pcm16", "PCM_16", 2**-15), ("pcm24", "PCM_24", 2**-23), ("float", "FLOAT", 0.0)],
)
def test_wav_reads_back(tmp_path: Path, sample_format: str, subtype: str, step: float) -> None:
    samples = tone()
    write_wav(tmp_path / "a.wav", np.array_split(samples, 7), len(samples), RATE, sample_format)
    info = soundfile.info(tmp_path / "a.wav")
    assert (info.subtype, info.samplerate, info.frames) == (subtype, RATE, len(samples))
    read, _ = soundfile.read(tmp_path / "a.wav", dtype="float64")
    assert np.abs(read - samples).max() <= 2 * step
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]


@pytest.mark.parametrize(("sample_format", "subtype"), [("pcm16", "PCM_16"), ("pcm24", "PCM_24")])
@pytest.mark.parametrize("sample_count", [0, 1, 17, 4096 * 130, 4096 * 131 + 300])
def test_stretches_of_flac_are_joined_to_the_bytes_that_the_encoder_writes_of_the_whole(
    tmp_path: Path, sample_format: str, subtype: str, sample_count: int
) -> None:
    """Past frame 127, where the number takes a second byte; silence has short frames."""
    samples = np.resize(np.concatenate([tone(3.0), np.zeros(20000)]), sample_count)
    numbers, whole = whole_numbers(samples, sample_format), BytesIO()
    with soundfile.SoundFile(whole, "w", RATE, 1, subtype=subtype, format="FLAC") as file:
        file.write(numbers << 8 if sample_format == "pcm24" else numbers)
    length = 4096 * 10
    stretches = [
        flac_stretch(samples[start : start + length], RATE, sample_format)
        for start in range(0, max(1, sample_count), length)
    ]
    written = write_flac(tmp_path / "a.flac", stretches, sample_count)
    data = (tmp_path / "a.flac").read_bytes()
    assert data == whole.getvalue()
    assert written == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("first", [0, 127, 128, 2047, 2048, 65535, 65536, 1 << 21, 1 << 26])
def test_a_frame_of_flac_has_the_checksums_of_its_number(first: int) -> None:
    frames = flac_stretch(tone(0.4), RATE, "pcm16").frames
    for number, frame in enumerate(numbered_from(first, frames), first):
        assert flac_sum(frame, 0x8005, 16) == 0
        assert number > 0x10FFFF or frame[4:].startswith(
            chr(number).encode("utf-8", "surrogatepass")
        )
    assert list(numbered_from(0, numbered_from(first, frames))) == list(frames)


def flac_sum(data: bytes, polynomial: int, bits: int) -> int:
    """The checksum as the format describes it, bit by bit."""
    value = 0
    for byte in data:
        value ^= byte << (bits - 8)
        for _ in range(8):
            value = value << 1 ^ (polynomial if value >> (bits - 1) else 0)
            value &= (1 << bits) - 1
    return value


@pytest.mark.parametrize(("sample_format", "width"), [("pcm16", 2), ("pcm24", 3)])
@pytest.mark.parametrize("sample_count", [0, 1, 2, 3, 4, 1001])
def test_whole_numbers_lie_in_a_file_byte_by_byte(
    sample_format: str, width: int, sample_count: int
) -> None:
    samples = np.resize(1.2 * tone(), sample_count)
    numbers = whole_numbers(samples, sample_format)
    plain = b"".join(int(each).to_bytes(width, "little", signed=True) for each in numbers)
    assert number_bytes(numbers) == plain


def test_samples_beyond_full_scale_are_held_there(tmp_path: Path) -> None:
    loud = np.array([2.0, -2.0, 0.0], dtype=np.float32)
    write_wav(tmp_path / "a.wav", [loud], 3, RATE, "pcm16")
    read, _ = soundfile.read(tmp_path / "a.wav", dtype="int16")
    assert read.tolist() == [32767, -32767, 0]


def test_forty_hours_are_rf64(tmp_path: Path) -> None:
    """The header is read back by libsndfile from a sparse file of the full size."""
    sample_count = 40 * 3600 * RATE
    header = wav_header(sample_count, RATE, "pcm16")
    assert header[:4] == b"RF64"
    assert struct.unpack("<Q", header[28:36])[0] == sample_count * 2
    path = tmp_path / "book.wav"
    with path.open("wb") as file:
        file.write(header)
        file.truncate(len(header) + sample_count * 2)
    info = soundfile.info(path)
    assert (info.format, info.frames, info.samplerate) == ("RF64", sample_count, RATE)


def test_just_under_four_gib_is_still_a_wav() -> None:
    assert wav_header(2**31 - 100, RATE, "pcm16")[:4] == b"RIFF"
    assert wav_header(2**31, RATE, "pcm16")[:4] == b"RF64"


def test_a_write_that_breaks_leaves_nothing_and_keeps_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"the old file")

    def breaks() -> object:
        yield tone()
        raise RuntimeError("the samples broke off")

    with pytest.raises(RuntimeError):
        write_wav(tmp_path / "a.wav", breaks(), 10 * RATE, RATE, "pcm16")  # type: ignore[arg-type]
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]
    assert (tmp_path / "a.wav").read_bytes() == b"the old file"


def test_clips_go_to_pydub_and_come_back() -> None:
    pytest.importorskip("pydub")
    from higgs_cli.output.pydub_clip import from_pydub, to_pydub

    clip = AudioClip(tone(), RATE)
    segment = to_pydub(clip)
    assert (segment.frame_rate, segment.channels, len(segment)) == (RATE, 1, 500)
    back = from_pydub(segment.set_channels(2))
    assert back.sample_rate == RATE and np.abs(back.samples - clip.samples).max() < 1e-4
