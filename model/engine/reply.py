"""Answer a prompt freely: text, audio or both, as the model itself decides, in one lane.

Three modes, told by the last id, as the checkpoint was trained:

```
                     draws <|audio_out_bos|>                    opening column fed
      text ───────────────────────────────► audio start ─────────────────────► audio
       ▲  │ draws a stop id: the end                                             │ last column
       └──┼──────────────────── <|audio_eos|> is fed ◄───────────────────────────┘
          ▼
```

Rendering forces `<|audio_out_bos|>` and needs none of this: see `engine.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

import torch
from torch import Tensor

from model.cache.static import StaticCache
from model.checkpoint.language_model import LanguageModel
from model.codes.noise import Purpose, noise_key, uniforms
from model.codes.sampling import LaneSampling, draw_codes
from model.codes.stall_detector import StallDetector
from model.errors import GenerationError
from model.lanes.lane_tensors import LaneState
from model.lanes.stream import Stream
from model.network.dual_ffn import TEXT_ONLY
from model.prefill.one_lane import Prefiller
from model.runs.engine_settings import EngineSettings, StepKind
from model.runs.prompt import Prompt
from model.runs.sampling_settings import Sampling
from model.step.choice import choose_step
from model.step.torch_step import EXACT_KEY_BLOCK, whole_blocks


@dataclass(frozen=True, eq=False)
class ReplyRequest:
    """A prompt and the limits of its answer."""

    prompt: Prompt
    """Its last id decides how the answer begins: text, or audio after `<|audio_out_bos|>`."""
    stop_ids: tuple[int, ...]
    step_limit: int = 2048
    """Text ids and columns of codes together."""
    seed: int = 0
    sampling: Sampling = field(default_factory=Sampling)
    may_speak: bool = True
    """Else the id that opens audio is never drawn."""
    step: StepKind = StepKind.FASTEST


@dataclass(frozen=True)
class ReplyText:
    """One id that the text head drew. The id that ends the reply is not part of it."""

    id: int


@dataclass(frozen=True, eq=False)
class ReplyFrame:
    """One aligned frame of the reply's audio."""

    segment: int
    """Counts the stretches of audio in the reply, from 0."""
    codes: Tensor
    """`[codebooks]`, int64, on the CPU."""


class ReplyEnd(Enum):
    """Why a reply ended: always its last event."""

    STOPPED = "stop id"
    CLOSED = "audio closed"
    """The checkpoint has no id that follows audio, so nothing can."""
    LIMIT = "step limit"


ReplyEvent = ReplyText | ReplyFrame | ReplyEnd


def reply(language_model: LanguageModel, request: ReplyRequest) -> Iterator[ReplyEvent]:
    """Yield ids and frames as they are drawn, and last of all why the reply ended."""
    if not request.prompt.ids:
        raise GenerationError("a reply needs a prompt")
    config = language_model.config
    speaker = _Speaker(language_model, request)
    speaker.prefill(Prompt(request.prompt.ids[:-1], request.prompt.codes))
    last = request.prompt.ids[-1]
    segment = 0
    while speaker.steps_left > 0:
        if last == config.audio_out_bos_id:
            yield from speaker.audio(segment)
            segment += 1
            if speaker.steps_left <= 0:
                break
            if config.audio_eos_id is None:
                yield ReplyEnd.CLOSED
                return
            last = config.audio_eos_id
        last = speaker.text(last)
        if last in request.stop_ids:
            yield ReplyEnd.STOPPED
            return
        yield ReplyText(last)
    yield ReplyEnd.LIMIT


class _Speaker:
    """One lane, its cache, and how far it is."""

    def __init__(self, language_model: LanguageModel, request: ReplyRequest) -> None:
        self._model = language_model
        self._request = request
        self._config = config = language_model.config
        if language_model.network.text_lm_head is None:
            raise GenerationError("this checkpoint has no text head: it can only be made to speak")
        self._settings = EngineSettings(
            lane_count=1, silence_frames=0, loop_frames=0, step=request.step
        )
        segments = 1 + request.step_limit // (config.codebook_count + 1)
        room = len(request.prompt.ids) + request.step_limit + 2 * segments  # opened and closed
        device = language_model.device
        positions = whole_blocks(room, EXACT_KEY_BLOCK)
        self._cache = StaticCache(config, 1, positions, device, language_model.dtype)
        self._state = LaneState(config, 1, self._settings.closing_rule, device)
        self._step = choose_step(language_model, self._settings).step(self._cache, self._state)
        self._prefiller = Prefiller(language_model, self._cache)
        self._sampling = LaneSampling(1, config.vocab_size, device)
        self._sampling.set(0, request.sampling)
        self._text_key = torch.tensor([noise_key(request.seed, "text", 0)], device=device)
        self._never_drawn = list(config.audio_ids)
        if not request.may_speak:
            self._never_drawn.append(config.audio_out_bos_id)
        self._length = 0
        self.steps_left = request.step_limit

    def prefill(self, prompt: Prompt) -> None:
        if prompt.ids:
            self._length = self._prefiller.prefill(0, self._length, prompt)

    @torch.inference_mode()
    def text(self, last: int) -> int:
        """Feed one id and draw the next; what stands for columns is never drawn, nor what opens
        audio where none is wanted."""
        network, device = self._model.network, self._model.device
        hidden = network(
            network.embed_text(torch.tensor([[last]], device=device)),
            TEXT_ONLY,
            torch.tensor([[self._length]], device=device),
            self._cache.lane(0, self._length),
        )
        logits = network.text_logits(hidden)
        assert logits is not None
        logits = logits.float()
        logits[..., self._never_drawn] = -torch.inf
        frame = torch.tensor([self._length], device=device)
        noise = uniforms(self._text_key, frame, 1, Purpose.TEXT)
        self._length += 1
        self.steps_left -= 1
        return int(draw_codes(logits, noise, self._sampling))

    def audio(self, segment: int) -> Iterator[ReplyFrame]:
        """Feed the id that opens audio, speak until the stream closes, feed its last column."""
        config, state = self._config, self._state
        self.prefill(Prompt((config.audio_out_bos_id,)))
        request = self._request
        key = noise_key(request.seed, f"segment {segment}", 0)
        state.begin(0, self._length, key, 0, request.sampling)
        limit = self.steps_left
        stream = Stream(config, 0, limit, limit, StallDetector(self._settings))
        while self.steps_left > 0:
            self._step.step(1, whole_blocks(self._length + 1, EXACT_KEY_BLOCK))
            if not state.is_finite[0]:
                raise GenerationError("the model's logits are not finite")
            self._length += 1
            self.steps_left -= 1
            before = stream.frame_count
            drawn = (state.columns[:1], state.is_closed[:1], state.is_finite[:1])
            stream.read(*(one.cpu().numpy() for one in drawn))
            if stream.frame_count > before:
                codes = torch.from_numpy(stream.codes(before)[:, 0])
                yield ReplyFrame(segment, codes.to(torch.int64))
            if state.is_closed[0]:
                last = torch.tensor(stream.columns[-1], dtype=torch.int64)[:, None]
                self.prefill(Prompt((config.audio_out_id,), last))
                return
