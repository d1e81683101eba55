"""Prefill prompts into the cache: many positions at once, one lane at a time, each in its own
shape.

`many_lanes.py` prefills many lanes at once, where the bits of one may depend on the others.

A prefix is prefilled once in a cache of its own and copied into every lane that shares it.
"""

from collections import OrderedDict
from dataclasses import dataclass

import torch

from model.cache.static import StaticCache
from model.checkpoint.language_model import LanguageModel
from model.config.config import ModelConfig
from model.errors import GenerationError
from model.hardware.device import sent
from model.hardware.quantized_rows import QuantizedFormat
from model.network.dual_ffn import Routing
from model.runs.engine_settings import KEPT_PREFIXES
from model.runs.prompt import Prompt, prompt_digest


@dataclass(frozen=True, eq=False)
class LanePrompt:
    """A prompt to be appended to what a lane holds."""

    lane: int
    length: int
    """Positions the lane holds, its prefix included."""
    prompt: Prompt

    @property
    def count(self) -> int:
        return len(self.prompt.ids)

    @property
    def end(self) -> int:
        """The lane's length once this is prefilled."""
        return self.length + self.count


class Prefixes:
    """The latest prefixes, each prefilled in a cache of its own."""

    def __init__(
        self,
        language_model: LanguageModel,
        quantized: QuantizedFormat | None = None,
        most_bytes: int = 0,
    ) -> None:
        """`quantized`: of the caches that prefixes are for. Up to so many bytes of them are kept,
        and the latest `KEPT_PREFIXES` whatever their size."""
        self._model = language_model
        self._quantized = quantized
        self._most_bytes = most_bytes
        self._kept: OrderedDict[bytes, StaticCache] = OrderedDict()

    def cache_of(self, prefix: Prompt) -> StaticCache | None:
        """A cache of one lane, exactly as long as the prefix; None for a prefix of nothing."""
        if not prefix.ids:
            return None
        digest = prompt_digest(prefix)
        if digest not in self._kept:
            model, length = self._model, len(prefix.ids)
            own = StaticCache(model.config, 1, length, model.device, model.dtype, self._quantized)
            _write(model, own, LanePrompt(0, 0, prefix))
            self._kept[digest] = own
            self._forget_oldest()
        self._kept.move_to_end(digest)
        return self._kept[digest]

    def _forget_oldest(self) -> None:
        size = sum(one.keys.nbytes + one.values.nbytes for one in self._kept.values())
        while len(self._kept) > KEPT_PREFIXES and size > self._most_bytes:
            _, oldest = self._kept.popitem(last=False)
            size -= oldest.keys.nbytes + oldest.values.nbytes


class Prefiller:
    """Writes prompts into lanes of one cache."""

    def __init__(
        self, language_model: LanguageModel, cache: StaticCache, prefixes: Prefixes | None = None
    ) -> None:
        """`prefixes` may be shared with other caches of the same model."""
        self._model = language_model
        self._cache = cache
        self._prefixes = prefixes or Prefixes(language_model, cache.quantized)

    def begin_with_prefix(self, lane: int, prefix: Prompt) -> int:
        """Begin a lane anew with a prefix; returns the lane's length."""
        self._cache.begin_with_prefix(lane, self._prefixes.cache_of(prefix))
        return len(prefix.ids)

    def prefill(self, lane: int, length: int, prompt: Prompt) -> int:
        """Append a prompt to a lane that holds `length` positions; returns the new length."""
        lane_prompt = LanePrompt(lane, length, prompt)
        _write(self._model, self._cache, lane_prompt)
        return lane_prompt.end


@torch.inference_mode()
def _write(language_model: LanguageModel, cache: StaticCache, lane_prompt: LanePrompt) -> None:
    network, device, prompt = language_model.network, language_model.device, lane_prompt.prompt
    ids = torch.tensor([prompt.ids], dtype=torch.int64)
    check_prompt(prompt, language_model.config)
    codes = None if prompt.codes is None else sent(prompt.codes.to(torch.int64), device)
    network(
        network.embed(sent(ids, device), codes),
        Routing.of(network.audio_mask(ids), device),
        torch.arange(lane_prompt.length, lane_prompt.end, device=device)[None],
        cache.lane(lane_prompt.lane, lane_prompt.length),
    )


def check_prompt(prompt: Prompt, config: ModelConfig) -> None:
    """Before anything is prefilled: what is wrong here would end every lane, or sound as noise."""
    for one in prompt.ids:
        if not 0 <= one < config.vocab_size:
            raise GenerationError(f"id {one} is outside the vocabulary of {config.vocab_size}")
    codes = torch.empty(config.codebook_count, 0) if prompt.codes is None else prompt.codes
    check_rows(codes, config.codebook_count, config.rows_per_codebook)
    columns, audio_ids = codes.shape[1], frozenset(config.audio_ids)
    audio_positions = sum(one in audio_ids for one in prompt.ids)
    if columns != audio_positions:
        raise GenerationError(
            f"a prompt has {audio_positions} audio ids and {columns} columns of codes"
        )


def check_rows(codes: torch.Tensor, codebook_count: int, row_count: int) -> None:
    """Codes must be `[codebooks, columns]`, whole numbers from 0 to below `row_count`."""
    if codes.dim() != 2 or codes.shape[0] != codebook_count:
        raise GenerationError(f"codes of shape {list(codes.shape)} are not [{codebook_count}, …]")
    if not codes.numel():
        return
    if codes.is_floating_point():
        raise GenerationError(f"codes must be whole numbers, not {codes.dtype}")
    if not 0 <= int(codes.min()) <= int(codes.max()) < row_count:
        raise GenerationError(f"a code is not from 0 to {row_count - 1}")
