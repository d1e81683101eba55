"""What is delivered is measured as publishers measure it, and every rule can fail."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from higgs_cli.tools.delivered_sound import measured_sound
from higgs_cli.tools.delivery_rules import ACX_PERMISSION
from higgs_cli.tools.mp3_frames import bit_rates
from tests.helpers import CommandLine

RATE = 44_100


@pytest.fixture
def higgs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    return CommandLine(tmp_path, monkeypatch, capsys)


def noise(seconds: float, level_db: float, seed: int = 0) -> NDArray[np.float32]:
    values = np.random.default_rng(seed).standard_normal(round(seconds * RATE))
    return (values * 10 ** (level_db / 20)).astype(np.float32)


def chapter(
    *,
    head: float = 0.75,
    tail: float = 2.5,
    level_db: float = -18.5,
    room_db: float = -70.0,
    click: float = 0.0,
) -> NDArray[np.float32]:
    """A room, something like speech, with pauses, and the room again."""
    speech = np.clip(noise(2.0, level_db), -0.6, 0.6)
    parts = [noise(head, room_db)]
    for number in range(4):
        parts += [speech, noise(0.8, room_db, number)]
    samples = np.concatenate([*parts[:-1], noise(tail, room_db, 9)])
    if click:
        samples[RATE * 2] = click
    return samples


def mp3(path: Path, samples: NDArray[np.float32], **how: object) -> Path:
    usual = {"bitrate_mode": "CONSTANT", "compression_level": (320 - 192) / 288}
    with soundfile.SoundFile(
        path, "w", RATE, 1, format="MP3", subtype="MPEG_LAYER_III", **{**usual, **how}
    ) as file:
        file.write(samples)
    return path


def failing(higgs: CommandLine, *argv: str) -> Mapping[str, str]:
    """Items that fail, with what was measured; the exit code agrees."""
    ran = higgs("check", *argv, "--json")
    found = json.loads(ran.stdout)
    assert ran.exit_code == (0 if found["passes"] else 1)
    items = [item for file in found["files"] for item in file["items"]]
    items += [found["together"]] if found["together"] else []
    return {item["name"]: item["measured"] for item in items if not item["passes"]}


def test_a_chapter_as_acx_wants_it_passes_and_the_sentence_is_said(higgs: CommandLine) -> None:
    mp3(higgs.folder / "one.mp3", chapter())
    ran = higgs("check", "one.mp3", "--delivery", "acx")
    assert ran.exit_code == 0, ran.stdout
    assert "acx: the file passes" in ran.stderr and ACX_PERMISSION in ran.stderr
    rows = [line.split("\t") for line in ran.stdout.splitlines()]
    assert ["one.mp3", "bit rate throughout", "constant", "constant", "pass"] in rows


@pytest.mark.parametrize(
    ("sound", "how", "item"),
    [
        ({"level_db": -27.0}, {}, "RMS"),
        ({"click": 0.9}, {}, "peak"),
        ({"room_db": -52.0}, {}, "noise floor"),
        ({"head": 0.2}, {}, "head"),
        ({"head": 1.6}, {}, "head"),
        ({"tail": 0.4}, {}, "tail"),
        ({"tail": 6.0}, {}, "tail"),
        ({}, {"compression_level": (320 - 128) / 288}, "bit rate"),
    ],
)
def test_every_rule_of_acx_can_fail_by_itself(
    higgs: CommandLine, sound: dict[str, float], how: dict[str, object], item: str
) -> None:
    mp3(higgs.folder / "one.mp3", chapter(**sound), **how)
    assert list(failing(higgs, "one.mp3", "--delivery", "acx")) == [item]


def test_what_is_not_an_mp3_at_a_constant_rate_fails_acx(higgs: CommandLine) -> None:
    soundfile.write(higgs.folder / "one.flac", chapter()[::2], RATE // 2)
    found = failing(higgs, "one.flac", "--delivery", "acx")
    assert {"format", "sample rate", "bit rate throughout"} <= set(found)
    mp3(higgs.folder / "two.mp3", chapter(), bitrate_mode="VARIABLE", compression_level=0.1)
    assert "bit rate throughout" in failing(higgs, "two.mp3", "--delivery", "acx")


def test_digital_silence_is_no_room(higgs: CommandLine) -> None:
    samples = chapter()
    samples[-RATE:] = 0.0
    soundfile.write(higgs.folder / "one.wav", samples, RATE)
    assert "room tone" in failing(higgs, "one.wav", "--delivery", "acx")


def test_mono_and_stereo_do_not_go_together(higgs: CommandLine) -> None:
    samples = chapter()
    soundfile.write(higgs.folder / "one.wav", samples, RATE)
    soundfile.write(higgs.folder / "two.wav", np.stack([samples, samples], 1), RATE)
    assert "all files alike" in failing(higgs, "one.wav", "two.wav", "--delivery", "acx")
    assert "all files alike" not in failing(higgs, "one.wav", "one.wav", "--delivery", "acx")


@pytest.mark.parametrize(("delivery", "wanted"), [("audiobook", -19.0), ("podcast", -16.0)])
def test_the_others_ask_for_loudness_and_true_peak(
    higgs: CommandLine, delivery: str, wanted: float
) -> None:
    samples = chapter()
    facts = measured_sound([samples[:, None]], RATE, "x")
    assert facts.loudness_lufs is not None
    for off, fails in ((0.0, []), (1.4, ["loudness"]), (-1.4, ["loudness"])):
        gain = 10 ** ((wanted + off - facts.loudness_lufs) / 20)
        soundfile.write(higgs.folder / "one.wav", samples * gain, RATE, subtype="FLOAT")
        assert list(failing(higgs, "one.wav", "--delivery", delivery)) == fails


def test_levels_are_those_of_the_signal_however_it_comes_in_blocks() -> None:
    seconds = 7.3
    time = np.arange(round(seconds * RATE)) / RATE
    sine = (0.5 * np.sin(2 * np.pi * 997 * time)).astype(np.float32)
    whole = measured_sound([sine[:, None]], RATE, "x")
    assert abs(whole.rms_db - -9.03) < 0.01 and abs(whole.peak_db - -6.02) < 0.01
    assert whole.loudness_lufs is not None and abs(whole.loudness_lufs - -9.03) < 0.1
    blocks = np.array_split(sine[:, None], 37)
    cut = measured_sound(blocks, RATE, "x")
    assert cut.seconds == whole.seconds and abs(cut.rms_db - whole.rms_db) < 1e-6
    assert cut.loudness_lufs is not None
    assert abs(cut.loudness_lufs - whole.loudness_lufs) < 1e-6
    stereo = measured_sound([np.stack([sine, sine], 1)], RATE, "x")
    assert stereo.loudness_lufs is not None
    assert abs(stereo.loudness_lufs - whole.loudness_lufs - 3.01) < 0.01


def test_a_peak_between_samples_is_a_true_peak() -> None:
    time = np.arange(RATE)
    wave = (0.9 * np.sin(2 * np.pi * time / 4 + np.pi / 4)).astype(np.float32)
    facts = measured_sound([wave[:, None]], RATE, "x")
    assert facts.true_peak_db - facts.peak_db > 2.5


def test_frames_of_an_mp3_are_found_behind_its_tag(tmp_path: Path) -> None:
    data = mp3(tmp_path / "one.mp3", noise(2.0, -20.0)).read_bytes()
    plain = bit_rates(io.BytesIO(data))
    tag = b"ID3\x04\x00\x00" + bytes([0, 0, 2, 5]) + b"\xff\xfb" * 130 + b"x"
    assert plain.is_constant and bit_rates(io.BytesIO(tag + data)) == plain
    assert bit_rates(io.BytesIO(b"no sound at all" * 9)).frames == {}
    assert bit_rates(io.BytesIO(b"")).frames == {}


@pytest.mark.parametrize(
    ("name", "said"), [("none.mp3", "no such file"), ("t.txt", "read"), (".", "read")]
)
def test_what_cannot_be_read_is_one_clear_line(higgs: CommandLine, name: str, said: str) -> None:
    higgs.write("t.txt", "not a sound")
    ran = higgs("check", name)
    assert ran.exit_code == 2 and said in ran.stderr and len(ran.stderr.splitlines()) <= 2
    assert higgs("check", "t.txt", "--delivery", "vinyl").exit_code == 2


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="needs ffmpeg")
def test_what_libsndfile_does_not_know_is_measured_too(higgs: CommandLine) -> None:
    import subprocess

    soundfile.write(higgs.folder / "one.wav", chapter(), RATE)
    command = ["ffmpeg", "-v", "error", "-i", "one.wav", "-c:a", "aac", "-b:a", "96k", "one.m4a"]
    subprocess.run(command, cwd=higgs.folder, check=True)
    ran = higgs("check", "one.m4a", "--json")
    items = {each["name"]: each["measured"] for each in json.loads(ran.stdout)["files"][0]["items"]}
    assert items["format"] == "m4a" and items["sample rate"] == "44100 Hz"
