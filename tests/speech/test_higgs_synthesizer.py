"""The door: plain data in, takes out, on a tiny random checkpoint of the real classes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from higgs_cli.checkpoints.find import find_checkpoint
from higgs_cli.progress import SilentProgress
from higgs_cli.settings.views import ModelChoice, TakeRules
from higgs_cli.speech.higgs import synthesizer as higgs_synthesizer
from higgs_cli.speech.higgs.prompted_runs import conversation_of
from higgs_cli.speech.higgs.synthesizer import HiggsSynthesizer, open_synthesizer
from higgs_cli.speech.protocol import (
    Accept,
    Sampling,
    SpeechChunk,
    SpeechRun,
    SpokenChunk,
    VoiceReference,
)
from model.runs.run import RunRequest
from tests.plans import plan_of
from tests.speaking import speak
from tests.tiny_checkpoint import write_checkpoint, write_original_checkpoint
from tokenizer.codec.fast.threaded_decoder import ThreadedDecoder

LINES = [(("ANN", "BEN")[number % 2], f"Line {number}.") for number in range(4)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_checkpoint(tmp_path_factory.mktemp("checkpoint"))


@pytest.fixture
def synthesizer(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> HiggsSynthesizer:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    settings = ModelChoice(model=str(folder), device="cpu", lanes=3, max_seconds=4)
    return open_synthesizer(find_checkpoint(settings), settings)


def render(synthesizer: HiggsSynthesizer, store_folder: Path, stop_after: int = 999) -> None:
    progress = StopAfter(stop_after)
    speak(plan_of(LINES), store_folder, synthesizer, TakeRules(retries=0), progress=progress)


class Stopped(Exception):
    pass


class StopAfter(SilentProgress):
    def __init__(self, count: int) -> None:
        self.left = count

    def spoken(self, *_: object) -> None:  # type: ignore[override]
        self.left -= 1
        if self.left < 0:
            raise Stopped


def takes(store: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in store.glob("takes/*/*.take")}


def test_it_says_what_it_is(synthesizer: HiggsSynthesizer) -> None:
    it = synthesizer.description
    assert (it.device, it.precision, it.is_exact) == ("cpu", "float32", True)
    assert (it.sample_rate, it.frame_rate, it.codebook_count) == (24000, 25, 8)


def test_a_small_model_is_opened_and_speaks_on_one_core_and_gives_the_others_back(
    synthesizer: HiggsSynthesizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch, "set_num_threads", asked := AskedThreads())
    run = SpeechRun("run", "", (VoiceReference("ANN"),), (SpeechChunk("one", "One.", 8, 0),), 1)
    speech = synthesizer.speak([run], Sampling(), seed=0, lane_count=1)
    for event in speech:
        if isinstance(event, SpokenChunk):
            speech.answer(event, Accept())
    before = torch.get_num_threads()
    lanes_made, weights_read, spoken = [1, before], [1, before], [1, before]
    assert asked.counts == [lanes_made[0], *weights_read, lanes_made[1], *spoken]


class AskedThreads:
    def __init__(self) -> None:
        self.counts: list[int] = []

    def __call__(self, count: int) -> None:
        self.counts.append(count)


def test_a_killed_render_goes_on_bit_for_bit_with_the_real_engine(
    synthesizer: HiggsSynthesizer, tmp_path: Path
) -> None:
    render(synthesizer, tmp_path / "whole")
    with pytest.raises(Stopped):
        render(synthesizer, tmp_path / "cut", stop_after=1)
    assert 0 < len(takes(tmp_path / "cut")) < len(takes(tmp_path / "whole"))
    render(synthesizer, tmp_path / "cut")
    assert takes(tmp_path / "cut") == takes(tmp_path / "whole")


def test_codes_become_samples_and_recordings_become_codes(
    synthesizer: HiggsSynthesizer, tmp_path: Path
) -> None:
    import soundfile

    samples = (0.1 * np.sin(np.arange(24000) / 20)).astype(np.float32)
    soundfile.write(tmp_path / "voice.wav", samples, 24000)
    codes = synthesizer.encode_voice(tmp_path / "voice.wav")
    assert codes.shape == (8, 25) and codes.dtype == np.int16
    assert synthesizer.decode(codes).shape == (24000,)


@pytest.mark.parametrize("hears", [True, False])
def test_a_voice_without_transcript_is_laid_as_codes_if_the_model_encodes_audio_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hears: bool
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = write_original_checkpoint(tmp_path / "original", encodes_audio_in=hears)
    settings = ModelChoice(model=str(folder), device="cpu", lanes=1, max_seconds=4)
    synthesizer = open_synthesizer(find_checkpoint(settings), settings)
    voice = VoiceReference("SPEAKER0", codes=np.ones((8, 5), np.int16))
    chunk = SpeechChunk("key", "Words.", frame_budget=3, minimum_frames=0)
    run = SpeechRun("run", "", (voice,), (chunk,), context_chunks=1)
    asked: list[RunRequest] = []
    monkeypatch.setattr(
        higgs_synthesizer, "HiggsSpeech", lambda engine, runs, **_: asked.extend(runs)
    )
    synthesizer.speak([run], Sampling(), 0, 1)
    assert (asked[0].prefix.codes is not None) is hears
    assert any("hears no recording" in remark for remark in synthesizer.remarks) is not hears


def test_the_codec_is_ready_before_the_lanes_begin(
    synthesizer: HiggsSynthesizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both record CUDA graphs, and only one recording may be under way."""
    made: list[str] = []
    monkeypatch.setattr(ThreadedDecoder, "prepare", lambda _: made.append("codec"))
    monkeypatch.setattr(higgs_synthesizer, "Engine", lambda *_: made.append("lanes"))
    synthesizer.speak([], Sampling(), 0, 1)
    assert made == ["codec", "lanes"]


def test_the_codec_takes_its_turn_before_each_burst(
    synthesizer: HiggsSynthesizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns: list[ThreadedDecoder] = []
    monkeypatch.setattr(ThreadedDecoder, "before_burst", lambda side: turns.append(side))
    run = SpeechRun("run", "", (VoiceReference("ANN"),), (SpeechChunk("one", "One.", 8, 0),), 1)
    speech = synthesizer.speak([run], Sampling(), seed=0, lane_count=1)
    for event in speech:
        if isinstance(event, SpokenChunk):
            speech.answer(event, Accept())
    assert len(turns) > 1 and set(turns) == {synthesizer._side}


def test_the_layout_follows_what_is_known_of_the_voices() -> None:
    codes = np.zeros((8, 5), dtype=np.int16)

    def layout(*references: VoiceReference) -> tuple[bool, int]:
        conversation = conversation_of(SpeechRun("r", "", references, (), 2))
        return conversation.scene is not None, len(conversation.turns)

    assert layout() == (False, 0)
    assert layout(VoiceReference("SPEAKER0", "Words.", None, codes)) == (False, 2)
    assert layout(VoiceReference("SPEAKER0", None, None, codes)) == (True, 0)
    assert layout(VoiceReference("SPEAKER0", None, "a calm man")) == (True, 0)
    assert layout(VoiceReference("SPEAKER0"), VoiceReference("SPEAKER1")) == (True, 0)


def test_a_codec_of_another_shape_is_refused(folder: Path, tmp_path: Path) -> None:
    from higgs_cli.errors import FormatError
    from tests.tokenizer.codec_fixtures import randomize, small_config
    from tokenizer.codec.checkpoint import save_codec
    from tokenizer.codec.network import CodecNetwork

    network = CodecNetwork(small_config(codebook_size=64))
    network.build_speech_model()
    randomize(network)
    save_codec(network, tmp_path)
    settings = ModelChoice(model=str(folder), codec=tmp_path, device="cpu")
    with pytest.raises(FormatError, match="8 codebooks of 256"):
        open_synthesizer(find_checkpoint(settings), settings)
