"""A decode step on the CPU as one compiled function, in the place of the torch one.

It reads and writes the same static cache, so prefill and step may alternate. The result of a lane
does not depend on the number of lanes or on the length of others: exact at every width.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from model.cache.static import StaticCache
from model.checkpoint.language_model import LanguageModel
from model.config.config import ModelConfig
from model.errors import GenerationError
from model.lanes.lane_tensors import LaneState
from model.network.backbone import HiggsModel
from model.network.dual_ffn import DecoderLayer
from model.runs.engine_settings import ClosingRule
from model.step.audio_weights import active_weights
from model.step.cpu.compiled_frame import compiled_frame
from model.step.cpu.decode_stack import (
    StackCache,
    StackModel,
    StackShape,
    StackWeights,
    stack_scratch,
)
from model.step.cpu.frame_choice import CodeRange, LaneRows
from model.step.cpu.lane_draw import draw_scratch
from model.step.cpu.strip_linear import LinearMaps, join_maps
from model.step.cpu.strip_matrix import (
    BYTE_GROUP,
    StripMatrix,
    WeightFormat,
    is_lossless_in_bfloat16,
    strip_matrix,
)

_MOST_WEIGHTS = 250_000_000
"""One core reads weights here; beyond this size torch on several cores is the quicker way."""


class CompiledStep:
    """One whole step, lanes that do not speak left out. See `torch_step.FrameStep`."""

    is_width_free = True

    def __init__(
        self,
        language_model: LanguageModel,
        cache: StaticCache,
        state: LaneState,
        in_int8: bool = False,
    ) -> None:
        config = language_model.config
        self._state = state
        self._rows = _lane_rows(state)
        self._cache = StackCache(cache.keys.numpy(), cache.values.numpy())
        self._model = _stack_model(language_model, cache, in_int8)
        self._codes = CodeRange(
            config.rows_per_codebook,
            config.stream_bos_id,
            config.stream_eos_id,
            config.codebook_size,
        )
        self._scratch = draw_scratch(config.rows_per_codebook)
        self._decode_frame = compiled_frame()
        logits = torch.from_numpy(self._model.scratch.logits)[:, : config.audio_row_count]
        self._logits = logits.unflatten(1, (config.codebook_count, -1))

    def step(self, width: int, key_count: int) -> None:
        """Lanes read their own keys alone, so `key_count` is not asked."""
        if self._state.rule is ClosingRule.FIRST_CODEBOOK:
            self._decode(self._rows.is_speaking[:width].nonzero()[0], chooses=True)
        else:
            self._state.draw(self.logits(width))

    def logits(self, width: int) -> Tensor:
        """Feed the first `width` lanes and choose nothing: float32 `[lanes, codebooks, rows]`,
        overwritten by the next step."""
        self._decode(np.arange(width), chooses=False)
        return self._logits[:width]

    def _decode(self, lanes: np.ndarray, chooses: bool) -> None:
        kv, model = self._cache, self._model
        if self._rows.positions[lanes].max(initial=-1) >= kv.keys.shape[3]:
            raise GenerationError("a lane is longer than its cache")  # no one else would look
        self._decode_frame(lanes, self._rows, kv, model, self._codes, self._scratch, chooses)


def compile_step(language_model: LanguageModel, in_int8: bool = False) -> None:
    """Compile the step for this processor, or load what was compiled, by one of no lanes."""
    config, device = language_model.config, language_model.device
    cache = StaticCache(config, 1, 1, device, torch.float32)
    state = LaneState(config, 1, ClosingRule.FIRST_CODEBOOK, device)
    CompiledStep(language_model, cache, state, in_int8).step(1, 1)


def can_compile(language_model: LanguageModel, in_int8: bool = False) -> bool:
    """Whether the compiled step knows this model's architecture and runs where it lies."""
    if language_model.device.type != "cpu" or language_model.dtype is not torch.float32:
        return False
    return is_compilable(language_model.config, in_int8)


def is_compilable(config: ModelConfig, in_int8: bool = False) -> bool:
    """Whether the step is there for this architecture and size; int8 reads inputs by fours."""
    if config.tells_audio_keys_apart or config.embed_projector:
        return False
    if active_weights(config) > _MOST_WEIGHTS:
        return False
    inputs = (config.hidden_size, config.intermediate_size, config.head_count * config.head_dim)
    return not in_int8 or all(size % BYTE_GROUP == 0 for size in inputs)


def _stack_model(language_model: LanguageModel, cache: StaticCache, in_int8: bool) -> StackModel:
    config, network = language_model.config, language_model.network
    maps, shape = audio_maps(network, config, in_int8), _shape(config)
    weights = _stack_weights(network, config, cache.position_count)
    scratch = stack_scratch(shape, maps, config.hidden_size, cache.lane_count, cache.position_count)
    return StackModel(maps, weights, shape, scratch)


def _lane_rows(state: LaneState) -> LaneRows:
    """Views of the state's tensors; columns of one number lose their empty axes."""
    sampling = state.sampling
    return LaneRows(
        columns=state.columns.numpy(),
        positions=state.positions.numpy(),
        is_speaking=state.is_speaking.numpy(),
        is_closed=state.is_closed.numpy(),
        is_finite=state.is_finite.numpy(),
        column_index=state.column_index.numpy(),
        countdown=state.countdown.numpy(),
        noise_keys=state.noise_keys.numpy().view(np.uint64),
        minimum_frames=state.minimum_frames.numpy(),
        column_limit=state.column_limit.numpy(),
        history=state.history.numpy(),
        temperature=sampling.temperature.view(-1).numpy(),
        is_greedy=sampling.is_greedy.view(-1).numpy(),
        top_k=sampling.top_k.view(-1).numpy(),
        top_p=sampling.top_p.view(-1).numpy(),
        repeat_window=sampling.repeat_window.numpy(),
        repeat_limit=sampling.repeat_limit.view(-1).numpy(),
    )


def audio_maps(network: HiggsModel, config: ModelConfig, in_int8: bool) -> LinearMaps:
    """The linear maps of the audio path: four per layer, then the head.

    In int8 the head stays in bfloat16: rounding it would change the voice.
    """
    maps: list[tuple[StripMatrix, WeightFormat]] = []
    for layer in network.model.layers:
        for weight, bias in _layer_maps(layer):
            chosen = WeightFormat.INT8 if in_int8 else _lossless_format(weight)
            maps.append((strip_matrix(weight, bias, chosen), chosen))
    head = network.audio_lm_head.weight
    chosen = WeightFormat.BFLOAT16 if in_int8 else _lossless_format(head)
    maps.append((strip_matrix(head, None, chosen), chosen))
    return join_maps(maps)


def _layer_maps(layer: DecoderLayer) -> list[tuple[Tensor, Tensor | None]]:
    attention = layer.self_attn
    feed_forward = layer.audio_mlp if layer.is_dual else layer.mlp
    groups = (
        (attention.q_proj, attention.k_proj, attention.v_proj),
        (attention.o_proj,),
        (feed_forward.gate_proj, feed_forward.up_proj),
        (feed_forward.down_proj,),
    )
    return [
        (
            torch.cat([one.weight.detach() for one in group]),
            None if group[0].bias is None else torch.cat([one.bias.detach() for one in group]),
        )
        for group in groups
    ]


def _lossless_format(weight: Tensor) -> WeightFormat:
    if is_lossless_in_bfloat16(weight):
        return WeightFormat.BFLOAT16
    return WeightFormat.FLOAT32


def _stack_weights(network: HiggsModel, config: ModelConfig, position_count: int) -> StackWeights:
    layers = network.model.layers
    norms = [norm.weight.detach() for layer in layers for norm in _norms(layer)]
    norms.append(network.model.norm.weight.detach())
    cosines, sines = network.model.rotary(torch.arange(position_count)[None], torch.float32)
    half = config.head_dim // 2
    return StackWeights(
        table=network.model.embed_audio_tokens.embed_audio_tokens.weight.detach().float().numpy(),
        norms=torch.stack(norms).float().numpy(),
        slots=torch.tensor([layer.self_attn.slot for layer in layers]).numpy(),
        cosines=cosines[0, 0, :, :half].contiguous().numpy(),
        sines=sines[0, 0, :, :half].contiguous().numpy(),
    )


def _norms(layer: DecoderLayer) -> tuple[torch.nn.Module, torch.nn.Module]:
    if layer.is_dual:
        return layer.audio_input_layernorm, layer.audio_post_attention_layernorm
    return layer.input_layernorm, layer.post_attention_layernorm


def _shape(config: ModelConfig) -> StackShape:
    return StackShape(
        head_count=config.head_count,
        kv_head_count=config.kv_head_count,
        head_dim=config.head_dim,
        intermediate_size=config.intermediate_size,
        rows_per_codebook=config.rows_per_codebook,
        embedding_scale=1.0 / config.codebook_count if config.average_codebooks else 1.0,
        norm_eps=config.rms_norm_eps,
    )
