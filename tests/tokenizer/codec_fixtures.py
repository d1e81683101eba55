"""Small codecs with random weights, and the independent implementation they are held against."""

from __future__ import annotations

import importlib.machinery
import math
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from tokenizer.codec.checkpoint import save_codec
from tokenizer.codec.codec import Codec, load_codec
from tokenizer.codec.config import CodecConfig, parse_codec_config
from tokenizer.codec.network import CodecNetwork

SPEECH_MODEL = {
    "model_type": "hubert",
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 48,
    "conv_dim": [24] * 7,
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 4,
    "mask_time_prob": 0.0,
}


def small_values(**changes: object) -> dict[str, object]:
    """A `config.json` of the real shape (strides, rates, codebooks) at a hundredth of the width."""
    ratios = changes.pop("ratios", [8, 5, 4, 2, 3])
    return {
        "model_type": "higgs_audio_v2_tokenizer",
        "sample_rate": 24_000,
        "codebook_size": 256,
        "codebook_dim": 16,
        "target_bandwidths": [0.8, 1.6],
        "acoustic_model_config": {
            "model_type": "dac",
            "encoder_hidden_size": 4,
            "decoder_hidden_size": 64,
            "hidden_size": 24,
            "downsampling_ratios": ratios,
            "upsampling_ratios": ratios,
        },
        "semantic_model_config": dict(SPEECH_MODEL),
        **changes,
    }


def small_config(**changes: object) -> CodecConfig:
    return parse_codec_config(small_values(**changes))


def randomize(module: nn.Module, seed: int = 0) -> None:
    """Weights that keep signals alive through all layers, and codebooks that are all in use."""
    generator = torch.Generator().manual_seed(seed)
    for name, value in sorted(module.state_dict().items()):
        if not value.is_floating_point() or name.endswith("inited"):
            continue
        noise = torch.randn(value.shape, generator=generator)
        if name.endswith("alpha"):
            value.copy_(0.5 + noise.abs())
        elif value.dim() > 1 and "codebook" not in name:
            gain = 0.5 if name.startswith("acoustic_decoder") else 1.0
            value.copy_(gain * noise / value[0].numel() ** 0.5)
        elif "norm" in name and name.endswith("weight"):
            value.copy_(1 + 0.1 * noise)
        else:
            value.copy_(0.3 * noise if "codebook" in name else 0.1 * noise)


def speechlike(sample_count: int, seed: int = 0) -> Tensor:
    """[1, 1, samples] of noise with a wandering tone: something for every codebook."""
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(sample_count, generator=generator)
    phase = torch.cumsum(0.05 + 0.04 * torch.sin(torch.arange(sample_count) / 3000), 0)
    loudness = 0.4 + 0.4 * torch.sin(torch.arange(sample_count) / 5000)
    return (loudness * (0.5 * phase.sin() + 0.3 * noise))[None, None].float()


def sinc_hann_resample(samples: Tensor, old_rate: int, new_rate: int) -> Tensor:
    """The published formula of the windowed sinc, each sample by itself, in double precision."""
    common = math.gcd(old_rate, new_rate)
    old, new = old_rate // common, new_rate // common
    cutoff = 0.99 * min(old, new)
    reach = math.ceil(6 * old / cutoff)
    wave = samples.double().numpy()
    length = wave.shape[-1]
    index = np.arange(-(-length * new // old))[:, None]
    taps = index // new * old + np.arange(-reach, reach + old)
    distance = np.clip((taps / old - index / new) * cutoff, -6, 6)
    weight = np.sinc(distance) * np.cos(distance * np.pi / 12) ** 2 * cutoff / old
    weight[(taps < 0) | (taps >= length)] = 0
    out = (wave[..., np.clip(taps, 0, length - 1)] * weight).sum(-1)
    return torch.from_numpy(out).to(samples.dtype)


@contextmanager
def torchaudio_stand_in() -> Iterator[None]:
    """`transformers` wants torchaudio for one function: give it a module with that one only."""
    from transformers.utils.import_utils import is_torchaudio_available

    module = types.ModuleType("torchaudio")
    module.__spec__ = importlib.machinery.ModuleSpec("torchaudio", None)
    module.functional = types.SimpleNamespace(resample=sinc_hann_resample)  # type: ignore[attr-defined]
    before = sys.modules.get("torchaudio")
    sys.modules["torchaudio"] = module
    is_torchaudio_available.cache_clear()
    try:
        yield
    finally:
        del sys.modules["torchaudio"]
        if before is not None:
            sys.modules["torchaudio"] = before
        is_torchaudio_available.cache_clear()


def transformers_codec(values: dict[str, object], seed: int = 0) -> nn.Module:
    """The codec of `transformers` with the given configuration and living random weights."""
    with torchaudio_stand_in():
        from transformers.models.higgs_audio_v2_tokenizer import (
            configuration_higgs_audio_v2_tokenizer as configuration,
        )
        from transformers.models.higgs_audio_v2_tokenizer import (
            modeling_higgs_audio_v2_tokenizer as modeling,
        )

        config = configuration.HiggsAudioV2TokenizerConfig(**values)
        codec = modeling.HiggsAudioV2TokenizerModel(config).eval()
    with torch.no_grad():
        randomize(codec, seed)
    return codec


def small_codec(folder: Path, values: dict[str, object] | None = None, seed: int = 0) -> Codec:
    """A codec written to `folder` and opened from there."""
    network = CodecNetwork(parse_codec_config(values or small_values())).eval()
    network.build_speech_model()
    with torch.no_grad():
        randomize(network, seed)
    save_codec(network, folder)
    return load_codec(folder)


def original_tensors(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The same codec as `model.pth` has it: the original's names, direction and length apart."""
    generator = torch.Generator().manual_seed(0)
    original = {"semantic_model.masked_spec_embed": torch.zeros(32)}
    for name, tensor in tensors.items():
        theirs = _original_name(name)
        if name.startswith("acoustic_") and name.endswith(".weight"):
            shape = (tensor.shape[0], *[1] * (tensor.dim() - 1))
            scale = torch.rand(shape, generator=generator) + 0.5
            norm = tensor.flatten(1).norm(dim=1).view_as(scale)
            original[theirs + "_v"], original[theirs + "_g"] = tensor * scale, norm
        else:
            original[theirs] = tensor
    return original


def _original_name(name: str) -> str:
    """Written from the published table, apart from the code under test."""
    layers = {"snake1": 0, "conv1": 1, "snake2": 2, "conv2": 3}
    half, _, rest = name.partition(".")
    parts = rest.split(".")
    if half in ("acoustic_encoder", "acoustic_decoder"):
        stem = "encoder.block" if half == "acoustic_encoder" else "decoder_2.model"
        inner = ("snake1", "conv1") if half == "acoustic_encoder" else ("snake1", "conv_t1")
        offset = (3, 0) if half == "acoustic_encoder" else (0, 2)
        if parts[0] != "block":
            place = {"conv1": 0, "snake1": 6, "conv2": 7}[parts[0]]
            return f"{stem}.{place}.{parts[1]}"
        block = f"{stem}.{int(parts[1]) + 1}.block"
        if parts[2].startswith("res_unit"):
            unit = int(parts[2][-1]) - 1 + offset[1]
            return f"{block}.{unit}.block.{layers[parts[3]]}.{parts[4]}"
        return f"{block}.{inner.index(parts[2]) + offset[0]}.{parts[3]}"
    if half in ("encoder_semantic", "decoder_semantic"):
        wrapped = not (parts[-2] == "conv2" and "res_units" in parts)
        return ".".join([half, *parts[:-1], *(["conv"] if wrapped else []), parts[-1]])
    if half == "quantizer":
        return name.replace("quantizers", "vq.layers").replace(".codebook.", "._codebook.")
    linear = {"fc": "fc_prior", "fc1": "fc_post1", "fc2": "fc_post2"}.get(half, half)
    return f"{linear}.{rest}"
