"""Judges are opened by name or path, asked at 16 kHz, and left out where they are missing."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from higgs_cli.audio.clip import AudioClip
from higgs_cli.errors import FormatError, UsageError
from higgs_cli.evaluation.judges import JudgeNames, check_judges, open_judges
from higgs_cli.listening.recognizers import open_recognizer
from higgs_cli.listening.sound_quality import OVERALL, SIGNAL, WINDOW_SAMPLES, Dnsmos
from higgs_cli.listening.whisper_folder import KIND, WHISPER_FILES

RATE = 24_000


class Whisper:
    """Hears "7 colors" in everything; keeps what it was asked."""

    asked: list[tuple[np.ndarray, dict[str, object]]]

    def __init__(self, model: str, **options: object) -> None:
        self.model, self.options, self.asked = model, options, []
        if model == "base.en":
            raise RuntimeError("cannot be fetched\nand more")

    def transcribe(
        self, samples: np.ndarray, **options: object
    ) -> tuple[list[SimpleNamespace], None]:
        self.asked.append((samples, options))
        return [SimpleNamespace(text=" 7"), SimpleNamespace(text=" colors.")], None


class Normalizer:
    def __call__(self, text: str) -> str:
        return text.lower().replace("seven", "7").replace("colour", "color").strip(".")


class Session:
    """Scores a window by its mean."""

    def __init__(self, path: str, options: object, providers: list[str]) -> None:
        if Path(path).read_bytes() != b"network":
            raise RuntimeError("[ONNXRuntimeError] : 7 : INVALID_PROTOBUF\nmore")
        self.windows: list[np.ndarray] = []

    def get_inputs(self) -> list[SimpleNamespace]:
        return [SimpleNamespace(name="input_1")]

    def run(self, _: None, inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
        (window,) = inputs["input_1"]
        self.windows.append(window)
        return [np.array([[3.0, 4.0, 2.0 + window.mean()]])]


def module(name: str, **contents: object) -> ModuleType:
    made = ModuleType(name)
    vars(made).update(contents)
    return made


@pytest.fixture
def whisper(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "faster_whisper", module("f", WhisperModel=Whisper))
    name = "whisper_normalizer"
    monkeypatch.setitem(sys.modules, name, module(name))
    english = module("english", EnglishTextNormalizer=Normalizer)
    monkeypatch.setitem(sys.modules, f"{name}.english", english)


@pytest.fixture
def onnx(monkeypatch: pytest.MonkeyPatch) -> None:
    runtime = module("o", SessionOptions=SimpleNamespace, InferenceSession=Session)
    monkeypatch.setitem(sys.modules, "onnxruntime", runtime)


def clip(seconds: float, level: float = 0.1) -> AudioClip:
    return AudioClip(np.full(round(seconds * RATE), level, np.float32), RATE)


def whisper_folder(folder: Path) -> Path:
    folder.mkdir()
    for name in WHISPER_FILES:
        (folder / name).write_bytes(KIND)
    return folder


def test_whisper_is_opened_from_a_folder_and_asked_at_16_khz_without_chance(
    whisper: None, tmp_path: Path
) -> None:
    folder = str(whisper_folder(tmp_path / "base"))
    ears = open_recognizer(folder)
    assert ears.words_of(clip(1.0)) == "7 colors."
    model = vars(ears)["_model"]
    ((samples, options),) = model.asked
    assert model.model == folder
    assert len(samples) == pytest.approx(16_000 * (1 + 0.2 + 0.3), abs=2)
    assert (options["temperature"], options["beam_size"], options["language"]) == (0.0, 5, "en")


def test_what_was_written_and_heard_is_spelled_by_whispers_own_normaliser(whisper: None) -> None:
    ears = open_recognizer("tiny.en")
    assert ears.plain("Seven colours.") == ("7", "colors")
    assert open_recognizer("faster-whisper").plain("Seven") == ("7",)


def test_a_whisper_that_cannot_be_opened_is_one_line(whisper: None) -> None:
    with pytest.raises(UsageError, match=r"^the Whisper model base.en: cannot be fetched$"):
        open_recognizer("base.en")


def test_a_folder_that_is_no_whisper_model_is_told_what_it_lacks(tmp_path: Path) -> None:
    folder = whisper_folder(tmp_path / "base")
    (folder / "tokenizer.json").unlink()
    with pytest.raises(UsageError, match=r"it has no tokenizer\.json"):
        check_judges(JudgeNames(str(folder)))


def test_a_judge_that_is_not_installed_is_said_and_the_others_listen(
    monkeypatch: pytest.MonkeyPatch, onnx: None, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "faster_whisper", None)
    (tmp_path / "dnsmos.onnx").write_bytes(b"network")
    said: list[str] = []
    judges = open_judges(JudgeNames("tiny.en", tmp_path / "dnsmos.onnx"), said.append)
    assert judges.words is None and judges.sound is not None
    assert said == ['no words: the package faster-whisper is missing (pip install "higgs[eval]")']


@pytest.mark.parametrize("field", ["dnsmos", "speaker_print"])
def test_a_judge_that_is_named_and_not_there_is_refused(field: str, tmp_path: Path) -> None:
    names = JudgeNames("none", **{field: tmp_path / "missing"})
    with pytest.raises(UsageError, match="missing: there is no such file"):
        check_judges(names)


def test_what_is_no_network_is_refused_in_one_line(onnx: None, tmp_path: Path) -> None:
    path = tmp_path / "dnsmos.onnx"
    path.write_bytes(b"words")
    with pytest.raises(FormatError) as told:
        Dnsmos(path)
    assert told.value.message.startswith(f"{path}: no DNSMOS network: ")
    assert "\n" not in told.value.message


def test_a_short_clip_is_repeated_and_a_long_one_heard_second_by_second(
    onnx: None, tmp_path: Path
) -> None:
    path = tmp_path / "dnsmos.onnx"
    path.write_bytes(b"network")
    judge = Dnsmos(path)
    windows = vars(judge)["_session"].windows
    windows.clear()
    quality = judge.quality_of(clip(1.0))
    assert [len(window) for window in windows] == [WINDOW_SAMPLES]
    assert np.allclose(windows[0], 0.1, atol=0.02)
    assert quality.signal == pytest.approx(np.polyval(SIGNAL, 3.0))
    assert quality.overall == pytest.approx(np.polyval(OVERALL, 2.1), abs=0.01)
    windows.clear()
    judge.quality_of(clip(12.1))
    assert len(windows) == 4
