"""A recording is measured, and its problems are named with their mend; adding keeps it whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from higgs_cli.casting.reference_check import check_reference
from higgs_cli.casting.references import reference_of
from higgs_cli.casting.voice_adding import NewVoice, add_voice
from higgs_cli.casting.voice_library import read_voices
from higgs_cli.errors import FormatError, UsageError

RATE = 24_000
TEXT = "one two three four five six seven eight nine ten eleven twelve"


def speech(seconds: float = 8.0, level: float = 0.2, rate: int = RATE) -> np.ndarray:
    """A hum that comes and goes like syllables, with a moment of silence at its ends."""
    time = np.arange(int(seconds * rate)) / rate
    voice = level * np.sin(2 * np.pi * 140 * time) * (0.6 + 0.4 * np.sin(2 * np.pi * 2.2 * time))
    voice *= (time % 2.0) > 0.15
    edge = int(0.2 * rate)
    voice[:edge] = voice[-edge:] = 0
    return voice + 1e-4 * np.random.default_rng(0).standard_normal(len(time))


def problems(tmp_path: Path, samples: np.ndarray, rate: int = RATE, text: str | None = TEXT) -> str:
    path = tmp_path / "voice.wav"
    soundfile.write(path, samples, rate, subtype="FLOAT")
    report = check_reference(reference_of(path, text))
    return "; ".join(f"{one.severity} {one.problem}" for one in report.findings)


def test_a_good_recording_has_no_findings(tmp_path: Path) -> None:
    assert problems(tmp_path, speech()) == ""


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("short", "warning 3.0 s long"),
        ("tiny", "error 0.5 s long"),
        ("clipped", "warning clipped"),
        ("noisy", "warning noisy"),
        ("quiet", "warning very quiet"),
        ("silent", "error silent"),
        ("late", "warning 2.2 s of silence at its beginning"),
        ("cut", "warning ends inside a word"),
        ("mixed", "warning its parts differ"),
        ("nan", "error contains invalid samples (NaN or infinity)"),
        ("stereo", "warning 2 channels"),
        ("dull", "warning 8000 Hz"),
    ],
)
def test_each_problem_is_named(tmp_path: Path, name: str, expected: str) -> None:
    good = speech()
    rate = 8000 if name == "dull" else RATE
    samples = {
        "short": lambda: speech(3.0),
        "tiny": lambda: speech(0.5),
        "clipped": lambda: np.clip(good * 12, -1, 1),
        "noisy": lambda: good + 0.02 * np.random.default_rng(1).standard_normal(len(good)),
        "quiet": lambda: good * 0.03 * (np.abs(good) > 1e-3),
        "silent": lambda: good * 0,
        "late": lambda: np.concatenate([np.zeros(2 * RATE), good]),
        "cut": lambda: good[: int(5.5 * RATE)],
        "mixed": lambda: good * np.repeat([0.08, 0.6, 1.0], -(-len(good) // 3))[: len(good)],
        "nan": lambda: np.where(np.arange(len(good)) == 9, np.nan, good),
        "stereo": lambda: np.stack([good, good], axis=1),
        "dull": lambda: speech(8.0, rate=8000),
    }[name]()
    assert expected in problems(tmp_path, samples, rate)


def test_the_transcript_must_be_there_and_fit(tmp_path: Path) -> None:
    assert "no transcript" in problems(tmp_path, speech(), text=None)
    assert "really what is said" in problems(tmp_path, speech(), text="Yes.")
    assert "really what is said" in problems(tmp_path, speech(), text=TEXT * 12)


def test_a_damaged_file_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "voice.wav"
    path.write_bytes(b"RIFF\x00\x00\x00\x00WAVEfmt ")
    with pytest.raises(FormatError, match=r"voice\.wav"):
        check_reference(reference_of(path, TEXT))


def test_an_added_voice_is_mono_at_24_khz_with_its_transcript_and_entry(tmp_path: Path) -> None:
    source = tmp_path / "take.wav"
    soundfile.write(source, np.stack([speech(8, rate=44_100)] * 2, axis=1), 44_100)
    folder = tmp_path / "voices"
    add_voice(folder, NewVoice("belinda", source, TEXT, {"description": 'a "b": c', "gain_db": -1}))
    add_voice(folder, NewVoice("Mrs. O'Hara", source, TEXT, {}))
    info = soundfile.info(folder / "belinda.wav")
    assert (info.samplerate, info.channels, info.subtype) == (24_000, 1, "PCM_16")
    voices = read_voices(folder)
    assert list(voices) == ["belinda", "Mrs. O'Hara"]
    voice = voices["belinda"].opened(allow_outside=False)
    assert voice.description == 'a "b": c' and voice.gain_db == -1
    assert voice.reference is not None and voice.reference.text == TEXT
    assert not list(folder.glob(".*"))


@pytest.mark.parametrize("name", ["../x", "a/b", "con", "", ".x", "n" * 80, "a\u202eb", "smart"])
def test_a_voice_cannot_have_a_dangerous_name(tmp_path: Path, name: str) -> None:
    source = tmp_path / "take.wav"
    soundfile.write(source, speech(), RATE)
    with pytest.raises(UsageError, match="cannot be the name"):
        add_voice(tmp_path / "voices", NewVoice(name, source, TEXT, {}))
    assert not (tmp_path / "voices").exists()


def test_a_voice_is_not_overwritten_and_a_profile_is_not_broken(tmp_path: Path) -> None:
    source = tmp_path / "take.wav"
    soundfile.write(source, speech(), RATE)
    folder = tmp_path / "voices"
    add_voice(folder, NewVoice("anna", source, TEXT, {}))
    with pytest.raises(UsageError, match="already"):
        add_voice(folder, NewVoice("anna", source, TEXT, {}))
    (folder / "profile.yaml").write_text("profiles: {x: A voice}\n")
    with pytest.raises(UsageError, match="cannot be added"):
        add_voice(folder, NewVoice("ben", source, TEXT, {"language": "en"}))
    assert not (folder / "ben.wav").exists()
