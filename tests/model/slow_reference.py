"""The whole sequence at once, position by position and head by head, in float64.

Written from the description of the layers alone: no cache, no masks. Positions that take no part in
an attention are simply not in the list that is handed to it.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from model.config.config import Adapter, ModelConfig

Weights = dict[str, Tensor]


def slow_logits(
    weights: Weights, config: ModelConfig, hidden: Tensor, is_audio: list[bool]
) -> tuple[Tensor, Tensor]:
    """Text and audio logits from embedded positions `[positions, hidden]`."""
    weights = {name: one.double() for name, one in weights.items()}
    rows = hidden.double()
    for layer in range(config.layer_count):
        prefix = f"model.layers.{layer}."
        inner = {k.removeprefix(prefix): v for k, v in weights.items() if k.startswith(prefix)}
        rows = SlowLayer(inner, config, layer).run(rows, is_audio)
    normed = norm(rows, weights["model.norm.weight"], config.rms_norm_eps)
    return normed @ weights["text_lm_head.weight"].T, normed @ weights["audio_lm_head.weight"].T


class SlowLayer:
    def __init__(self, weights: Weights, config: ModelConfig, layer: int) -> None:
        self.weights, self.config = weights, config
        listed = layer in config.dual_ffn_layers and config.adapter is not Adapter.STACK
        self.is_dual = listed
        self.passes_audio_by = config.adapter is Adapter.FAST_FORWARD and not listed

    def run(self, rows: Tensor, is_audio: list[bool]) -> Tensor:
        everyone = list(range(len(rows)))
        if self.passes_audio_by:
            text = [place for place in everyone if not is_audio[place]]
            result = rows.clone()
            changed = self.layer_of(rows, text, [False] * len(rows))
            for place in text:
                result[place] = changed[place]
            return result
        return self.layer_of(rows, everyone, is_audio if self.is_dual else [False] * len(rows))

    def layer_of(self, rows: Tensor, places: list[int], is_audio: list[bool]) -> Tensor:
        rows = rows.clone()
        normed = {p: self.norm(rows[p], "input_layernorm", is_audio[p]) for p in places}
        if self.is_dual and self.config.audio_self_attention:
            audio = [place for place in places if is_audio[place]]
            attended = self.attend("audio_attn", normed, audio)
            for place in audio:
                rows[place] = rows[place] + attended[place]
                weight = self.weights["audio_post_audio_attn_layer_norm.weight"]
                normed[place] = norm(rows[place], weight, self.config.rms_norm_eps)
        mixed = self.attend("self_attn", normed, places)
        for place in places:
            row = rows[place] + mixed[place]
            kind = "audio_mlp" if is_audio[place] else "mlp"
            inner = self.norm(row, "post_attention_layernorm", is_audio[place])
            gate = self.weights[f"{kind}.gate_proj.weight"] @ inner
            up = self.weights[f"{kind}.up_proj.weight"] @ inner
            activated = gate / (1 + torch.exp(-gate)) * up
            rows[place] = row + self.weights[f"{kind}.down_proj.weight"] @ activated
        return rows

    def norm(self, row: Tensor, name: str, is_audio: bool) -> Tensor:
        weight = self.weights[f"audio_{name}.weight" if is_audio else f"{name}.weight"]
        return norm(row, weight, self.config.rms_norm_eps)

    def attend(self, name: str, rows: dict[int, Tensor], places: list[int]) -> dict[int, Tensor]:
        size = self.config.head_dim
        group = self.config.head_count // self.config.kv_head_count
        project = {kind: self.weights[f"{name}.{kind}_proj.weight"] for kind in "qkvo"}
        result = {}
        for place in places:
            seen = [other for other in places if other <= place]
            heads = []
            for head in range(self.config.head_count):
                mine = slice(head * size, (head + 1) * size)
                shared = slice(head // group * size, (head // group + 1) * size)
                query = rotate(project["q"][mine] @ rows[place], place, self.config)
                keys = [rotate(project["k"][shared] @ rows[p], p, self.config) for p in seen]
                scores = torch.stack([query @ key / math.sqrt(size) for key in keys])
                values = torch.stack([project["v"][shared] @ rows[p] for p in seen])
                heads.append(torch.softmax(scores, 0) @ values)
            result[place] = project["o"] @ torch.cat(heads)
        return result


def norm(row: Tensor, weight: Tensor, eps: float) -> Tensor:
    return row / torch.sqrt((row * row).mean(-1, keepdim=True) + eps) * weight


def rotate(head: Tensor, position: int, config: ModelConfig) -> Tensor:
    """Rotate pair (i, i + half) by position times its frequency."""
    half = len(head) // 2
    rotated = head.clone()
    for one in range(half):
        angle = position * frequency(one, config)
        first, second = head[one], head[one + half]
        rotated[one] = first * math.cos(angle) - second * math.sin(angle)
        rotated[one + half] = second * math.cos(angle) + first * math.sin(angle)
    return rotated


def frequency(pair: int, config: ModelConfig) -> float:
    plain = config.rope.theta ** (-2 * pair / config.head_dim)
    scaling = config.rope.scaling
    assert scaling is not None
    ratio = scaling.original_positions * plain / (2 * math.pi)
    if ratio > scaling.high_frequency_factor:
        return plain
    if ratio < scaling.low_frequency_factor:
        return plain / scaling.factor
    spread = scaling.high_frequency_factor - scaling.low_frequency_factor
    share = (ratio - scaling.low_frequency_factor) / spread
    return plain * ((1 - share) / scaling.factor + share)
