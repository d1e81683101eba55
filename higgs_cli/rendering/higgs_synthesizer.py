"""The one door: the only file of a render that knows the model and the codec.

What is asked above in plain data is put into prompts, runs and tensors here, and what comes back is
plain data again; every error of the two packages leaves as a `HiggsError`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from higgs_cli.errors import (
    AudioTokenizationError,
    DeviceError,
    GenerationTimeoutError,
    MemoryExhaustedError,
    ModelLoadError,
    VoiceError,
)
from higgs_cli.rendering.checkpoints import Checkpoint
from higgs_cli.rendering.synthesizer import (
    Accept,
    Answer,
    ChunkBegun,
    ChunkFailed,
    Ending,
    FramesSpoken,
    Retry,
    Sampling,
    SpeechChunk,
    SpeechEvent,
    SpeechRun,
    SpokenChunk,
    SynthesizerDescription,
    VoiceReference,
)
from higgs_cli.settings import Settings
from model import LanguageModel, load_model, requests
from model.compiled_step import can_compile
from model.cpu_kernels.compiled_frame import is_compiled
from model.device import choose_device
from model.engine import Engine
from model.errors import GenerationError, ModelError
from model.memory_plan import plan_memory
from tokenizer import Codec, load_codec
from tokenizer.chat_prompt import (
    Conversation,
    SpeakerVoice,
    clone_by_turns,
    plain,
    tagged,
    voices_in_system,
)
from tokenizer.chatml import AudioContent
from tokenizer.errors import TokenizerError, WaveformError
from tokenizer.expansion import ExpandedPrompt, StreamShape
from tokenizer.prompt_writer import PromptWriter
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

ENDINGS = {
    requests.EndReason.CLOSED: Ending.ENDED,
    requests.EndReason.BUDGET: Ending.BUDGET,
    requests.EndReason.SILENCE: Ending.STALLED,
    requests.EndReason.LOOP: Ending.LOOPED,
}


def open_synthesizer(checkpoint: Checkpoint, settings: Settings) -> HiggsSynthesizer:
    """Open a checkpoint on the device that the settings ask for."""
    with _loading(checkpoint):
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
            with _device_errors():
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
        with _device_errors():
            engine = Engine(self._language_model, settings)
        asked = (self._request(run, sampling, seed) for run in runs)
        return HiggsSpeech(engine, asked)

    def decode(self, codes: Codes) -> Samples:
        with _device_errors():
            try:
                samples = self._codec.decode(torch.from_numpy(codes.astype(np.int64)))
            except TokenizerError as error:
                raise AudioTokenizationError(str(error), hint=error.hint) from error
        return samples.float().cpu().numpy()

    # -- plain data into prompts -----------------------------------------------------------

    def _request(self, run: SpeechRun, sampling: Sampling, seed: int) -> requests.RunRequest:
        return requests.RunRequest(
            key=run.key,
            prefix=_prompt(self._writer.prefix(conversation_of(run))),
            chunks=tuple(self._chunk(chunk) for chunk in run.chunks),
            closing=self._writer.closing().ids,
            seed=seed,
            sampling=requests.SamplingSettings(
                temperature=sampling.temperature,
                top_k=sampling.top_k,
                top_p=sampling.top_p,
                ras_window=sampling.repeat_window,
                ras_repeats=sampling.repeat_limit,
            ),
            context_chunks=run.context_chunks,
        )

    def _chunk(self, chunk: SpeechChunk) -> requests.ChunkRequest:
        return requests.ChunkRequest(
            key=chunk.key,
            prompt=_prompt(self._writer.opening(chunk.text)),
            frame_budget=chunk.frame_budget,
            minimum_frames=chunk.minimum_frames,
            first_attempt=chunk.first_attempt,
            stored_codes=_tensor(chunk.spoken_codes),
        )

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


class HiggsSpeech:
    """The engine's events as plain data; see `synthesizer.Speech`."""

    def __init__(self, engine: Engine, runs: Iterable[requests.RunRequest]) -> None:
        self._engine = engine
        self._runs = runs
        self._parked: dict[tuple[str, str], requests.Take] = {}

    def answer(self, chunk: SpokenChunk, answer: Answer) -> None:
        take = self._parked.pop((chunk.run_key, chunk.chunk_key))
        self._engine.answer(take, _engine_answer(answer))

    def __iter__(self) -> Iterator[SpeechEvent]:
        with _device_errors():
            for event in self._engine.generate(self._runs):
                plain_event = self._plain(event)
                if plain_event is not None:
                    yield plain_event

    def _plain(self, event: requests.Event) -> SpeechEvent | None:
        if isinstance(event, requests.Frame):
            if event.index == 0:
                return ChunkBegun(event.chunk_key, event.attempt)
            return FramesSpoken(1)
        if isinstance(event, requests.Take):
            self._parked[event.run_key, event.chunk_key] = event
            return SpokenChunk(
                run_key=event.run_key,
                chunk_key=event.chunk_key,
                attempt=event.attempt,
                codes=event.codes.numpy().astype(np.int16),
                ending=ENDINGS[event.end],
                heard_keys=event.context_keys,
            )
        if isinstance(event, requests.LaneFailure):
            return ChunkFailed(event.run_key, event.chunk_key, event.message)
        return None


def conversation_of(run: SpeechRun) -> Conversation:
    """The layout that suits what is known of the voices of a run."""
    references = run.references
    if all(reference.is_blank for reference in references):
        if len(references) > 1:
            return tagged(range(len(references)), run.scene)
        return plain(run.scene)
    voices = tuple(_voice(reference) for reference in references)
    if all(voice.audio is not None and voice.transcript.strip() for voice in voices):
        return clone_by_turns(voices, run.scene)
    return voices_in_system(voices, run.scene)


def _voice(reference: VoiceReference) -> SpeakerVoice:
    codes = _tensor(reference.codes)
    return SpeakerVoice(
        audio=None if codes is None else AudioContent(codes),
        transcript=reference.transcript or "",
        description=reference.description or ("" if codes is not None else "a voice of their own"),
    )


def _engine_answer(answer: Answer) -> requests.Answer:
    if isinstance(answer, Accept):
        return requests.Accept(_tensor(answer.codes))
    return requests.Retry() if isinstance(answer, Retry) else requests.GiveUp()


def _prompt(expanded: ExpandedPrompt) -> requests.Prompt:
    return requests.Prompt(expanded.ids, expanded.codes if expanded.codes.shape[1] else None)


def _tensor(codes: Codes | None) -> torch.Tensor | None:
    return None if codes is None else torch.from_numpy(codes.astype(np.int64))


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


@contextmanager
def _loading(checkpoint: Checkpoint) -> Iterator[None]:
    try:
        with _device_errors():
            yield
    except (ModelError, TokenizerError) as error:
        hint = getattr(error, "hint", None)
        raise ModelLoadError(f"{checkpoint.name}: {error}", hint=hint) from error


@contextmanager
def _device_errors() -> Iterator[None]:
    """What the device says, in words that name what to do."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        torch.cuda.empty_cache()
        raise MemoryExhaustedError("the device is out of memory") from error
    except MemoryError as error:
        raise MemoryExhaustedError("this machine is out of memory") from error
    except GenerationError as error:
        raise GenerationTimeoutError(str(error)) from error
    except RuntimeError as error:
        text = str(error).splitlines()[0] if str(error) else ""
        if "CUDA" in text or "cuDNN" in text or "cublas" in text.lower():
            raise DeviceError(f"the GPU failed: {text}") from error
        if "can't allocate memory" in text:
            raise MemoryExhaustedError("this machine is out of memory") from error
        raise
