"""The acoustic half, built a second time from the installed `descript-audio-codec`, and compared.

That package's own start imports audiotools and torchaudio, which need not be there or not work.
So it is found without being started: its three modules of layers are imported alone, with two
placeholders for the names of audiotools they mention. Its decoder differs from ours in two places,
which are mended here as the original does: no tanh at the end, and odd strides padded by one.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.util
import sys
import types
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from tokenizer.codec.acoustic import AcousticDecoder, AcousticEncoder
from tokenizer.codec.config import AcousticConfig
from tokenizer.codec.network import CodecNetwork

FRAME_COUNTS = (1, 7, 20, 333)


@dataclass(frozen=True)
class Comparison:
    """One half at one length: how far the two implementations are apart, at most."""

    half: str
    frame_count: int
    difference: float

    @property
    def is_identical(self) -> bool:
        return self.difference == 0.0


def is_installed() -> bool:
    """Whether the package is there, without running any of it."""
    return importlib.machinery.PathFinder.find_spec("dac") is not None


def broken_torchaudio() -> str | None:
    """Why the installed torchaudio cannot be imported, if it is installed and cannot.

    transformers believes that it works as soon as it is there, and then HuBERT cannot be imported.
    """
    if importlib.util.find_spec("torchaudio") is None:
        return None
    try:
        importlib.import_module("torchaudio")
    except (ImportError, OSError) as problem:
        return str(problem)
    return None


def compare(network: CodecNetwork) -> Iterator[Comparison]:
    """Both halves on the same random input, ours against the installed package's layers."""
    config = network.config.acoustic
    with _layers_of_package() as dac:
        encoder, decoder = _their_encoder(dac, config), _their_decoder(dac, config)
    _take_weights(encoder, _in_order(network.acoustic_encoder))
    _take_weights(decoder, _in_order(network.acoustic_decoder))
    generator = torch.Generator().manual_seed(0)
    for count in FRAME_COUNTS:
        samples = 0.3 * torch.randn(1, 1, count * network.config.hop_length, generator=generator)
        latent = torch.randn(1, config.latent_size, count, generator=generator)
        yield _compared("encoder", count, network.acoustic_encoder, encoder, samples)
        yield _compared("decoder", count, network.acoustic_decoder, decoder, latent)


@torch.inference_mode()
def _compared(
    half: str, count: int, ours: nn.Module, theirs: nn.Module, given: Tensor
) -> Comparison:
    return Comparison(half, count, float((ours(given) - theirs(given)).abs().max()))


@contextmanager
def _layers_of_package() -> Iterator[types.ModuleType]:
    """`dac.model.dac`, imported without the package's own start; `sys.modules` is left as found."""
    spec = importlib.machinery.PathFinder.find_spec("dac")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("descript-audio-codec is not installed")
    root = next(iter(spec.submodule_search_locations))
    before = dict(sys.modules)
    for name, folder in (("dac", root), ("dac.nn", f"{root}/nn"), ("dac.model", f"{root}/model")):
        package = types.ModuleType(name)
        package.__path__ = [folder]
        sys.modules[name] = package
    sys.modules["audiotools"] = _audiotools_placeholder()
    sys.modules["audiotools.ml"] = sys.modules["audiotools"].ml
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # its age shows: torch warns of what it uses
            yield importlib.import_module("dac.model.dac")
    finally:
        for name in set(sys.modules) - set(before):
            if name.split(".")[0] in ("dac", "audiotools"):
                del sys.modules[name]
        sys.modules.update({n: m for n, m in before.items() if n.split(".")[0] == "dac"})


def _audiotools_placeholder() -> types.ModuleType:
    audiotools = types.ModuleType("audiotools")
    machine_learning = types.ModuleType("audiotools.ml")
    machine_learning.BaseModel = nn.Module  # type: ignore[attr-defined]
    audiotools.AudioSignal = object  # type: ignore[attr-defined]
    audiotools.ml = machine_learning  # type: ignore[attr-defined]
    return audiotools


def _their_encoder(dac: types.ModuleType, config: AcousticConfig) -> nn.Module:
    ratios = list(config.downsampling_ratios)
    return cast(nn.Module, dac.Encoder(config.encoder_width, ratios, config.latent_size)).eval()


def _their_decoder(dac: types.ModuleType, config: AcousticConfig) -> nn.Module:
    ratios = list(config.upsampling_ratios)
    decoder = cast(nn.Module, dac.Decoder(config.latent_size, config.decoder_width, ratios)).eval()
    for parent in list(decoder.modules()):
        for name, child in parent.named_children():
            if isinstance(child, nn.Tanh):
                setattr(parent, name, nn.Identity())
            if isinstance(child, nn.ConvTranspose1d):
                child.output_padding = (child.stride[0] % 2,)
    return decoder


def _in_order(module: AcousticEncoder | AcousticDecoder) -> list[nn.Module]:
    """Our layers that hold weights, in the order of the original's sequences."""
    edge = [module.conv1]
    inner: list[nn.Module] = []
    for block in module.block:
        units = [block.res_unit1, block.res_unit2, block.res_unit3]
        mixed = [layer for u in units for layer in (u.snake1, u.conv1, u.snake2, u.conv2)]
        if isinstance(module, AcousticEncoder):
            inner += [*mixed, block.snake1, block.conv1]
        else:
            inner += [block.snake1, block.conv_t1, *mixed]
    return [*edge, *inner, module.snake1, module.conv2]


def _take_weights(theirs: nn.Module, ours: list[nn.Module]) -> None:
    """Weight norm is folded first: our weights are merged, and must go in untouched."""
    layers = [m for m in theirs.modules() if hasattr(m, "alpha") or hasattr(m, "weight_g")]
    for layer, source in zip(layers, ours, strict=True):
        if hasattr(layer, "weight_g"):
            nn.utils.remove_weight_norm(layer)
        layer.load_state_dict({name: value.cpu() for name, value in source.state_dict().items()})
