"""The speech-feature half of the codec: what was said, beside how it sounded.

The features of a frozen speech model (HuBERT, or WavLM) are averaged over its layers, thinned to
the codec's frame rate, and passed through a small convolutional encoder. The decoder that turns
them back is used in training only. `transformers` is imported when the speech model is built, and
not before: decoding never needs it.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from tokenizer.codec.config import EDGE_SAMPLES, NOTHING_MASKED, CodecConfig, SpeechModelConfig
from tokenizer.errors import CodecConfigError


class SemanticEncoder(nn.Module):
    """[lanes, hidden, frames] -> the same shape (for strides of 1)."""

    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        width = config.speech_model.hidden_size
        self.conv = _same_conv(width, width, config.semantic_kernel_size)
        self.conv_blocks = nn.ModuleList()
        incoming = width
        for stride, ratio in _stages(config):
            outgoing = int(width * ratio)
            self.conv_blocks.append(SemanticEncoderBlock(config, incoming, outgoing, stride))
            incoming = outgoing

    def forward(self, features: Tensor) -> Tensor:
        hidden = self.conv(features)
        for block in self.conv_blocks:
            hidden = block(hidden)
        return hidden


class SemanticDecoder(nn.Module):
    """The way back to the speech model's features; a training target only."""

    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        width = config.speech_model.hidden_size
        ratios = config.semantic_channel_ratios
        self.conv1 = _same_conv(width, int(width * ratios[0]), config.semantic_kernel_size)
        self.conv_blocks = nn.ModuleList()
        for index, (stride, ratio) in enumerate(_stages(config)):
            last = index == len(ratios) - 1
            outgoing = width if last else int(width * ratios[index + 1])
            block = SemanticDecoderBlock(config, int(width * ratio), outgoing, stride)
            self.conv_blocks.append(block)
        self.conv2 = _same_conv(width, width, config.semantic_kernel_size)

    def forward(self, hidden: Tensor) -> Tensor:
        hidden = self.conv1(hidden)
        for block in self.conv_blocks:
            hidden = block(hidden)
        return self.conv2(hidden)


class SemanticEncoderBlock(nn.Module):
    """Residual units, then a convolution that may thin the steps."""

    def __init__(self, config: CodecConfig, incoming: int, outgoing: int, stride: int) -> None:
        super().__init__()
        self.res_units = _residual_units(config, incoming)
        kernel = 3 if stride == 1 else 2 * stride
        self.conv = nn.Conv1d(
            incoming, outgoing, kernel_size=kernel, stride=stride, padding=(kernel - 1) // 2
        )

    def forward(self, hidden: Tensor) -> Tensor:
        for unit in self.res_units:
            hidden = unit(hidden)
        return self.conv(hidden)


class SemanticDecoderBlock(nn.Module):
    """A convolution that may multiply the steps, then residual units."""

    def __init__(self, config: CodecConfig, incoming: int, outgoing: int, stride: int) -> None:
        super().__init__()
        self.conv: nn.Conv1d | nn.ConvTranspose1d
        if stride == 1:
            self.conv = nn.Conv1d(incoming, outgoing, kernel_size=3, padding=1)
        else:
            self.conv = nn.ConvTranspose1d(
                incoming,
                outgoing,
                kernel_size=2 * stride,
                stride=stride,
                padding=(stride + 1) // 2,
                output_padding=stride % 2,
                bias=False,
            )
        self.res_units = _residual_units(config, outgoing)

    def forward(self, hidden: Tensor) -> Tensor:
        hidden = self.conv(hidden)
        for unit in self.res_units:
            hidden = unit(hidden)
        return hidden


class SemanticResidualUnit(nn.Module):
    """x + mix(elu(look around(elu(x)))), without biases."""

    def __init__(self, width: int, kernel_size: int, dilation: int) -> None:
        super().__init__()
        reach = (kernel_size - 1) // 2 * dilation
        self.conv1 = nn.Conv1d(
            width, width, kernel_size, padding=reach, dilation=dilation, bias=False
        )
        self.conv2 = nn.Conv1d(width, width, kernel_size=1, bias=False)

    def forward(self, hidden: Tensor) -> Tensor:
        return hidden + self.conv2(functional.elu(self.conv1(functional.elu(hidden))))


def build_speech_model(config: SpeechModelConfig) -> nn.Module:
    """HuBERT or WavLM of the configured size, in evaluation mode, with random weights."""
    from transformers import HubertConfig, HubertModel, WavLMConfig, WavLMModel

    classes = {"hubert": (HubertConfig, HubertModel), "wavlm": (WavLMConfig, WavLMModel)}
    config_class, model_class = classes[config.kind]
    settings = {**config.settings, "hidden_size": config.hidden_size, **NOTHING_MASKED}
    try:
        return cast(nn.Module, model_class(config_class(**settings)).eval())
    except Exception as problem:  # transformers has an error of its own for each kind of mistake
        reason = " ".join(str(problem).split())
        raise CodecConfigError(f"`semantic_model_config` cannot be built: {reason}") from None


def speech_features(model: nn.Module, samples: Tensor, stride: int) -> Tensor:
    """Mean over all layers, every `stride`-th step: [lanes, samples] -> [lanes, hidden, frames]."""
    padded = functional.pad(samples, (EDGE_SAMPLES, EDGE_SAMPLES))
    layers = model(padded, output_hidden_states=True).hidden_states
    mean = torch.stack(layers, dim=1).mean(dim=1)
    return mean[:, ::stride].transpose(1, 2)


def _stages(config: CodecConfig) -> list[tuple[int, float]]:
    return list(zip(config.semantic_strides, config.semantic_channel_ratios, strict=True))


def _same_conv(incoming: int, outgoing: int, kernel_size: int) -> nn.Conv1d:
    return nn.Conv1d(incoming, outgoing, kernel_size, padding=kernel_size // 2, bias=False)


def _residual_units(config: CodecConfig, width: int) -> nn.ModuleList:
    return nn.ModuleList(
        SemanticResidualUnit(width, config.semantic_unit_kernel_size, dilation)
        for dilation in config.semantic_dilations
    )
