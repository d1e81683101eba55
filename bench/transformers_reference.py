"""The other side: `transformers` `generate` on the very weights and prompts that ours gets."""

from __future__ import annotations

import time
from typing import Any

import torch
from transformers import HiggsAudioV2Config, HiggsAudioV2ForConditionalGeneration
from transformers.generation.streamers import BaseStreamer

from bench.deadline import Clock
from bench.workload import SAMPLING
from model.checkpoint.language_model import LanguageModel
from model.config.writer import flat_config
from model.runs.prompt import Prompt


def transformers_model(model: LanguageModel) -> HiggsAudioV2ForConditionalGeneration:
    """The transformers implementation around the very same weights."""
    values = flat_config(model.config, str(model.dtype).removeprefix("torch."))
    with model.device:
        config = HiggsAudioV2Config(**values)
        reference = HiggsAudioV2ForConditionalGeneration._from_config(config, dtype=model.dtype)
    reference.load_state_dict(model.network.state_dict(), assign=True)
    reference.config.eos_token_id = reference.generation_config.eos_token_id = None
    reference.generation_config.ras_win_len = SAMPLING.repeat_window
    reference.generation_config.ras_win_max_num_repeat = SAMPLING.repeat_limit
    return reference.eval()


class TransformersSpeaker:
    """One batch of the same prompt, spoken as often as asked."""

    def __init__(
        self,
        reference: HiggsAudioV2ForConditionalGeneration,
        prompt: Prompt,
        lanes: int,
        clock: Clock = time.perf_counter,
    ) -> None:
        self._reference, self._clock = reference, clock
        assert prompt.codes is not None
        self._codebook_count = prompt.codes.shape[0]
        ids = torch.tensor([prompt.ids] * lanes, device=reference.device)
        codes = prompt.codes.t().expand(lanes, -1, -1).contiguous().to(reference.device)
        self._columns = codes.shape[1]
        self._inputs: dict[str, Any] = {
            "input_ids": ids,
            "attention_mask": torch.ones_like(ids),
            "audio_input_ids": codes,
            "audio_input_ids_mask": torch.ones(
                codes.shape[:2], dtype=torch.bool, device=reference.device
            ),
        }

    def step_seconds(self, frames: int) -> float:
        """Of one step for the whole batch, from the first complete frame to the last."""
        watch = _Watch(self._codebook_count + 1, self._clock)
        said = self._reference.generate(
            **self._inputs,
            max_new_tokens=frames + self._codebook_count,
            streamer=watch,
            do_sample=True,
            temperature=SAMPLING.temperature,
            top_k=SAMPLING.top_k,
            top_p=SAMPLING.top_p,
        )
        said[:, -1].cpu()  # a device may still be at work
        assert said.shape[1] == self._columns + frames + self._codebook_count
        return (self._clock() - watch.start) / (frames - 1)


class _Watch(BaseStreamer):
    """Notes when the first frame is complete: with the `column`-th column after the prompt."""

    def __init__(self, column: int, clock: Clock) -> None:
        self.start = 0.0
        self._clock = clock
        self._left = column + 1

    def put(self, value: torch.Tensor) -> None:
        self._left -= 1
        if self._left == 0:
            self.start = self._clock()

    def end(self) -> None:
        """Nothing is kept."""
