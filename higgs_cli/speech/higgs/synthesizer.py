"""The one door: the only file of a render that knows the model and the codec.

What is asked above in plain data is put into prompts, runs and tensors here, and what comes back is
plain data again; every error of the two packages leaves as a `HiggsError`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from higgs_cli.checkpoints.find import Checkpoint
from higgs_cli.settings.views import ModelChoice
from higgs_cli.speech.chat import ChatEvent, ChatPrompt
from higgs_cli.speech.higgs.chats import chat_with
from higgs_cli.speech.higgs.errors import translated
from higgs_cli.speech.higgs.opening import OpenedModel, open_checkpoint
from higgs_cli.speech.higgs.prompted_runs import run_request
from higgs_cli.speech.higgs.session import HiggsSpeech
from higgs_cli.speech.protocol import NothingYet, Sampling, SpeechRun, SynthesizerDescription
from model.engine.engine import Engine
from model.runs.engine_settings import EngineSettings
from model.step.cpu.compiled_frame import is_compiled
from model.step.cpu_step import compile_step
from tokenizer import Codec
from tokenizer.codec.fast.threaded_decoder import ThreadedDecoder
from tokenizer.codec.fast.window_decoder import settings_for
from tokenizer.prompts.positions import StreamShape
from tokenizer.prompts.writer import PromptWriter
from tokenizer.recordings.waveform import read_waveform

if TYPE_CHECKING:
    from higgs_cli.speech.protocol import Codes, Samples


def open_synthesizer(checkpoint: Checkpoint, asked: ModelChoice) -> HiggsSynthesizer:
    """Open a checkpoint on the device that the settings ask for."""
    checkpoint.check_bundled()
    opened = open_checkpoint(checkpoint, asked)
    return HiggsSynthesizer(opened, checkpoint, asked.codec_dtype)


class HiggsSynthesizer:
    """The model and its codec behind the plain data of `speech/protocol.py`."""

    def __init__(
        self, opened: OpenedModel, checkpoint: Checkpoint, codec_dtype: str = "auto"
    ) -> None:
        self._opened = opened
        self._codec = codec = opened.codec
        windows = settings_for(codec.device, codec_dtype, plain=opened.plain_steps)
        self._side = ThreadedDecoder(codec, windows)
        config = opened.config
        shape = StreamShape(config.codebook_count, config.stream_bos_id, config.stream_eos_id)
        hears_apart = config.audio_in_id is not None
        self._writer = PromptWriter(
            opened.text, shape, has_audio_in=hears_apart, encodes_audio_in=config.encodes_audio_in
        )
        self._description = SynthesizerDescription(
            name=checkpoint.name,
            device=str(opened.device),
            precision=opened.precision,
            model_fingerprint=checkpoint.model_fingerprint(),
            codec_fingerprint=checkpoint.codec_fingerprint(),
            sample_rate=codec.sample_rate,
            frame_rate=codec.frame_rate,
            codebook_count=codec.codebook_count,
            codebook_size=codec.codebook_size,
            lane_count=opened.plan.lane_count,
            is_exact=opened.is_exact,
        )

    @property
    def description(self) -> SynthesizerDescription:
        return self._description

    @property
    def remarks(self) -> tuple[str, ...]:
        said = self._opened.memory_remarks
        if not self._opened.config.encodes_audio_in:
            said = (*said, "this model hears no recording of a voice without its transcript")
        if not self._opened.speaks_on_one_core or is_compiled():
            return said
        return (*said, "preparing the decoder for this processor, once: about 10 seconds")

    def prepare(self) -> None:
        opened = self._opened
        if opened.replies:
            opened.language_model  # noqa: B018 -- refused here, if it draws no words
        if opened.speaks_on_one_core:
            with translated(), opened.cores():
                compile_step(opened.language_model, opened.in_int8)

    def encode_voice(self, recording: Path) -> Codes:
        with translated():
            samples = read_waveform(recording, self._codec.sample_rate)
        with translated(str(recording)):
            codes = self._codec.encode(samples, self._codec.sample_rate)
        return codes.cpu().numpy().astype(np.int16)

    def speak(
        self,
        runs: Iterable[SpeechRun | NothingYet],
        sampling: Sampling,
        seed: int,
        lane_count: int,
        stream_codes: bool = False,
        prefix_bytes: int = 0,
    ) -> HiggsSpeech:
        opened = self._opened
        settings = EngineSettings(
            lane_count=lane_count,
            position_count=opened.plan.position_count,
            exact=opened.is_exact,
            stream_codes=stream_codes,
            int8=opened.in_int8,
            quantized_keys=opened.quantized_keys,
            step=opened.step,
            ready_runs=min(lane_count, opened.plan.ready_runs),
            prefix_bytes=prefix_bytes,
        )
        with translated():
            self._side.prepare()  # beside lanes that record their steps it must record nothing
            with opened.cores():
                engine = Engine(opened.language_model, settings)
        asked = (
            run if isinstance(run, NothingYet) else run_request(self._writer, run, sampling, seed)
            for run in runs
        )
        return HiggsSpeech(
            engine,
            asked,
            on_one_core=opened.speaks_on_one_core,
            before_burst=self._side.before_burst,
        )

    def chat(self, prompt: ChatPrompt) -> Iterator[ChatEvent]:
        """See `speech.chat.Converses`."""
        return chat_with(self._opened, self._writer, prompt)

    def decode(self, codes: Codes) -> Samples:
        return _decoded(self._codec, codes)

    def side_decoder(self) -> TakeDecoder:
        return TakeDecoder(self._side, self._description.codec_fingerprint)


class TakeDecoder:
    """The codec's side decoder on plain data; see `protocol.SideDecoder`."""

    def __init__(self, side: ThreadedDecoder, codec_fingerprint: str) -> None:
        self._side = side
        self.thread_count = side.thread_count
        self.decodes_as = f"{codec_fingerprint} {side.arithmetic}"

    def decode(self, codes: Codes) -> Samples:
        return _decoded(self._side, codes)

    def stream(self) -> TakeSound:
        return TakeSound(self._side)


class TakeSound:
    """A take that is decoded while its codes come; see `protocol.SoundStream`."""

    def __init__(self, side: ThreadedDecoder) -> None:
        self._stream = side.stream()

    def push(self, codes: Codes) -> Samples:
        with translated():
            return self._stream.push(codes.astype(np.int64)).numpy()

    def finish(self) -> Samples:
        with translated():
            return self._stream.finish().numpy()


def _decoded(decoder: Codec | ThreadedDecoder, codes: Codes) -> Samples:
    with translated():
        samples = decoder.decode(codes.astype(np.int64))
    return samples.float().cpu().numpy()
