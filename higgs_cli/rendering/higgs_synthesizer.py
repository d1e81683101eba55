"""The one door: the only file of a render that knows the model and the codec.

What is asked above in plain data is put into prompts, runs and tensors here, and what comes back is
plain data again; every error of the two packages leaves as a `HiggsError`.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from higgs_cli.errors import (
    AudioTokenizationError,
    MemoryExhaustedError,
    ModelLoadError,
    VoiceError,
)
from higgs_cli.rendering.checkpoints import Checkpoint
from higgs_cli.rendering.higgs_speech import HiggsSpeech
from higgs_cli.rendering.model_errors import device_errors, loading
from higgs_cli.rendering.speech_requests import run_request
from higgs_cli.rendering.synthesizer import Sampling, SpeechRun, SynthesizerDescription
from higgs_cli.settings import Settings
from model import LanguageModel, load_model, requests
from model.compiled_step import can_compile
from model.cpu_kernels.compiled_frame import is_compiled
from model.device import choose_device
from model.engine import Engine
from model.errors import GenerationError
from model.memory_plan import plan_memory
from tokenizer import Codec, load_codec
from tokenizer.errors import TokenizerError, WaveformError
from tokenizer.expansion import StreamShape
from tokenizer.prompt_writer import PromptWriter
from tokenizer.side_decoder import SideDecoder
from tokenizer.special_tokens import MODEL_FIELDS
from tokenizer.text import TextTokenizer
from tokenizer.waveform import read_waveform

if TYPE_CHECKING:
    from higgs_cli.rendering.synthesizer import Codes, Samples

MOST_LANES = 64
CPU_LANES = 8
REFERENCE_POSITIONS = 1024
WORDS_OF_A_CHUNK = 128
POSITION_BLOCK = 512


def open_synthesizer(checkpoint: Checkpoint, settings: Settings) -> HiggsSynthesizer:
    """Open a checkpoint on the device that the settings ask for."""
    with loading(checkpoint.name):
        choice = choose_device(settings.device, settings.dtype)
        language_model = load_model(checkpoint.model_folder, choice.device, choice.dtype)
        codec = load_codec(checkpoint.codec_folder, choice.device)
        text = TextTokenizer.from_folder(checkpoint.model_folder)
        config = language_model.config
        ids = {token: getattr(config, field) for token, field in MODEL_FIELDS.items()}
        text.check_ids(ids, config.vocab_size)
    _check_pair(language_model, codec, checkpoint)
    return HiggsSynthesizer(checkpoint, settings, language_model, codec, text)


class HiggsSynthesizer:
    """The model and its codec behind the plain data of `synthesizer.py`."""

    def __init__(
        self,
        checkpoint: Checkpoint,
        settings: Settings,
        language_model: LanguageModel,
        codec: Codec,
        text: TextTokenizer,
    ) -> None:
        config = language_model.config
        shape = StreamShape(config.codebook_count, config.stream_bos_id, config.stream_eos_id)
        self._language_model = language_model
        self._codec = codec
        self._side = SideDecoder(codec)
        hears_apart = config.audio_in_id is not None
        self._writer = PromptWriter(text, shape, has_audio_in=hears_apart)
        self._position_count = _position_count(settings)
        device = language_model.device
        precision = str(language_model.dtype).removeprefix("torch.")
        identity = checkpoint.identity(settings)
        self._description = SynthesizerDescription(
            name=checkpoint.name,
            device=str(device),
            precision=precision,
            model_fingerprint=identity.model_fingerprint,
            codec_fingerprint=identity.codec_fingerprint,
            sample_rate=codec.sample_rate,
            frame_rate=codec.frame_rate,
            codebook_count=codec.codebook_count,
            lane_count=settings.lanes or self._lanes_that_fit(),
            is_exact=device.type == "cpu" and precision == "float32",
        )

    @property
    def description(self) -> SynthesizerDescription:
        return self._description

    @property
    def first_use(self) -> str | None:
        if not can_compile(self._language_model) or is_compiled():
            return None
        return "preparing the decoder for this processor, once: about 20 seconds"

    def encode_voice(self, recording: Path) -> Codes:
        try:
            samples = read_waveform(recording, self._codec.sample_rate)
            with device_errors():
                codes = self._codec.encode(samples, self._codec.sample_rate)
        except WaveformError as error:
            raise VoiceError(str(error), hint=error.hint) from error
        except TokenizerError as error:
            raise AudioTokenizationError(f"{recording}: {error}", hint=error.hint) from error
        return codes.cpu().numpy().astype(np.int16)

    def speak(
        self, runs: Iterable[SpeechRun], sampling: Sampling, seed: int, lane_count: int
    ) -> HiggsSpeech:
        settings = requests.EngineSettings(
            lane_count=lane_count,
            position_count=self._position_count,
            exact=self._description.is_exact,
            stream_frames=True,
        )
        with device_errors():
            engine = Engine(self._language_model, settings)
        asked = (run_request(self._writer, run, sampling, seed) for run in runs)
        return HiggsSpeech(engine, asked)

    def decode(self, codes: Codes) -> Samples:
        return _decoded(self._codec, codes)

    def side_decoder(self) -> TakeDecoder:
        return TakeDecoder(self._side)

    def _lanes_that_fit(self) -> int:
        """What the free memory of a GPU holds; on a CPU what a cache and a core can serve."""
        device = self._language_model.device
        if device.type != "cuda":
            return CPU_LANES
        free, _ = torch.cuda.mem_get_info(device)
        model = self._language_model
        try:
            plan = plan_memory(
                model.config,
                free,
                self._position_count,
                model.dtype.itemsize,
                most_lanes=MOST_LANES,
            )
        except GenerationError as error:
            raise MemoryExhaustedError(str(error)) from error
        return plan.lane_count


class TakeDecoder:
    """The codec's side decoder on plain data; see `synthesizer.SideDecoder`."""

    def __init__(self, side: SideDecoder) -> None:
        self._side = side
        self.thread_count = side.thread_count

    def decode(self, codes: Codes) -> Samples:
        return _decoded(self._side, codes)


def _decoded(decoder: Codec | SideDecoder, codes: Codes) -> Samples:
    with device_errors():
        try:
            samples = decoder.decode(codes.astype(np.int64))
        except TokenizerError as error:
            raise AudioTokenizationError(str(error), hint=error.hint) from error
    return samples.float().cpu().numpy()


def _position_count(settings: Settings) -> int:
    """Room for references, what is carried over, and a chunk at its longest."""
    carried = settings.context_chunks * (settings.chunk_seconds * 25 + WORDS_OF_A_CHUNK)
    longest = settings.max_seconds * 25 + 2 * WORDS_OF_A_CHUNK
    blocks = (REFERENCE_POSITIONS + carried + longest) // POSITION_BLOCK + 1
    return int(blocks) * POSITION_BLOCK


def _check_pair(language_model: LanguageModel, codec: Codec, checkpoint: Checkpoint) -> None:
    config = language_model.config
    model_side = (config.codebook_count, config.codebook_size)
    codec_side = (codec.codebook_count, codec.codebook_size)
    if model_side != codec_side:
        raise ModelLoadError(
            f"{checkpoint.model_folder} speaks {model_side[0]} codebooks of {model_side[1]} codes, "
            f"{checkpoint.codec_folder} has {codec_side[0]} of {codec_side[1]}",
            hint="they belong to different checkpoints; name the right codec with --codec",
        )
