"""What of a codec does not learn, by part."""

from __future__ import annotations

from collections.abc import Iterable

from torch import nn

from tokenizer.codec.network import CodecNetwork
from tokenizer.training.codec_recipe import CodecPart


def freeze(network: CodecNetwork, parts: Iterable[CodecPart]) -> None:
    """No gradients for these parts; codebooks move without any, and are the trainer's to keep."""
    modules: dict[CodecPart, tuple[nn.Module, ...]] = {
        "encoder": (network.acoustic_encoder, network.fc),
        "decoder": (network.fc2, network.acoustic_decoder),
        "quantizer": (network.quantizer,),
        "semantic": (network.encoder_semantic, network.fc1, network.decoder_semantic),
    }
    for part in parts:
        for module in modules[part]:
            module.requires_grad_(False)
