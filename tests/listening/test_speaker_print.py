"""The speaker print equals the same network in torch, and tells voices apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from higgs_cli.audio.clip import AudioClip
from higgs_cli.errors import FormatError
from higgs_cli.evaluation.printed_voices import PrintedVoices
from higgs_cli.listening.speaker_print import SpeakerPrint

RATE = 16_000


def weights() -> tuple[torch.nn.LSTM, torch.nn.Linear]:
    torch.manual_seed(3)
    return torch.nn.LSTM(40, 256, 3, batch_first=True), torch.nn.Linear(256, 256)


def saved(path: Path, sharpness: float = 1.0) -> Path:
    """As drawn a network says nearly the same of all sounds; a sharper one tells them apart."""
    lstm, linear = weights()
    for matrix in (each for part in (lstm, linear) for each in part.parameters() if each.dim() > 1):
        matrix.data.mul_(sharpness)
    table = {f"lstm.{name}": value for name, value in lstm.state_dict().items()}
    table |= {f"linear.{name}": value for name, value in linear.state_dict().items()}
    save_file(table, path)
    return path


def noise(seconds: float, level: float = 0.1) -> AudioClip:
    samples = np.random.default_rng(4).normal(0, level, round(seconds * RATE))
    return AudioClip(samples.astype(np.float32), RATE)


def test_a_print_is_that_of_the_same_network_in_torch(tmp_path: Path) -> None:
    from librosa.feature import melspectrogram

    clip = noise(2.4)
    mine = SpeakerPrint(saved(tmp_path / "print.safetensors")).print_of(clip)
    power = melspectrogram(y=clip.samples, sr=RATE, n_fft=400, hop_length=160, n_mels=40)
    mels = torch.from_numpy(power.T.astype(np.float32))
    windows = torch.stack([mels[:160], mels[77 : 77 + 160]])
    lstm, linear = weights()
    with torch.no_grad():
        raw = torch.relu(linear(lstm(windows)[1][0][-1]))
        mean = torch.nn.functional.normalize(raw, dim=1).mean(0)
        wanted = torch.nn.functional.normalize(mean, dim=0).numpy()
    assert np.abs(mine - wanted).max() < 1e-5


def test_neither_level_nor_silence_around_changes_a_quiet_voices_print(tmp_path: Path) -> None:
    judge = SpeakerPrint(saved(tmp_path / "print.safetensors", sharpness=4.0))
    clip = noise(2.0, level=0.005)
    around = np.pad(0.5 * clip.samples, (RATE, RATE))
    assert judge.print_of(clip) @ judge.print_of(AudioClip(around, RATE)) > 0.999


def test_a_clip_of_a_moment_has_a_print(tmp_path: Path) -> None:
    judge = SpeakerPrint(saved(tmp_path / "print.safetensors"))
    assert np.linalg.norm(judge.print_of(noise(0.05))) == pytest.approx(1)


def test_what_is_no_speaker_print_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    path.write_bytes(b"PK\x03\x04 a pickle")
    with pytest.raises(FormatError, match="no weights in safetensors"):
        SpeakerPrint(path)
    save_file({"linear.weight": torch.zeros(2, 2)}, path)
    with pytest.raises(FormatError, match=r"no GE2E speaker print: lstm\.weight_ih_l0 is not"):
        SpeakerPrint(path)


class Directions:
    """A clip's print is the direction that its first sample names, in degrees."""

    def print_of(self, clip: AudioClip) -> np.ndarray:
        angle = np.radians(float(clip.samples[0]))
        return np.array([np.cos(angle), np.sin(angle)], np.float32)


def at(degrees: float) -> AudioClip:
    return AudioClip(np.array([degrees], np.float32), RATE)


VOICES = {
    "anna": {"anna/0": at(0), "anna/1": at(10)},
    "bert": {"bert/0": at(80), "bert/1": at(90)},
    "guest": {"third 1": at(5)},
    "visitor": {"third 1": at(60)},
}


def test_a_voice_of_the_library_is_looked_for_in_the_library_alone() -> None:
    voices = PrintedVoices(Directions(), VOICES, strangers={"guest", "visitor"})
    match = voices.match("anna", at(5), "")
    assert match.nearest == "anna"
    assert match.similarity == pytest.approx(np.cos(np.radians(5)), abs=1e-5)
    assert voices.match("anna", at(70), "").nearest == "bert"


def test_a_stranger_is_looked_for_among_all_strangers() -> None:
    voices = PrintedVoices(Directions(), VOICES, strangers={"guest", "visitor"})
    assert voices.match("guest", at(20), "").nearest == "guest"
    assert voices.match("guest", at(50), "").nearest == "visitor"


def test_a_recording_is_not_compared_with_itself() -> None:
    voices = PrintedVoices(Directions(), VOICES)
    assert voices.match("anna", at(0), "anna/0").similarity == pytest.approx(
        np.cos(np.radians(10)), abs=1e-5
    )


def test_clips_heard_together_have_the_prints_they_have_alone(tmp_path: Path) -> None:
    judge = SpeakerPrint(saved(tmp_path / "print.safetensors", sharpness=4.0))
    clips = [noise(seconds) for seconds in (2.4, 0.3, 31.0, 5.0)]
    together = judge.prints_of(clips)
    alone = [judge.print_of(clip) for clip in clips]
    assert all(np.abs(a - b).max() < 1e-6 for a, b in zip(together, alone, strict=True))
    assert all(map(np.array_equal, together, judge.prints_of(clips)))
    assert judge.prints_of([]) == []
