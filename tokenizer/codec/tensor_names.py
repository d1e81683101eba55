"""The codec's tensor names: the original's, the ones we use, and how one becomes the other.

The original numbers the layers of nested sequences; the transformers layout, which is ours, names
them. Its convolutions also store direction and length apart (weight norm); ours are merged.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from torch import Tensor

from tokenizer.errors import CodecCheckpointError

SPEECH_MODEL = "semantic_model."

UNUSED = frozenset({"semantic_model.masked_spec_embed"})
"""The mask vector of the speech model's own training: in the original file, and in what
transformers saves of a speech model whose `mask_time_prob` is not zero. Of no use here."""

_UNIT_LAYERS = ("snake1", "conv1", "snake2", "conv2")


def is_original(names: Iterable[str]) -> bool:
    """Whether these are the names of `model.pth`."""
    return any(name.startswith(("decoder_2.", "encoder.block.")) for name in names)


def language_model_named(names: Iterable[str]) -> bool:
    """Whether these are the names of the speech language model: for a while its 11.5 GB file was
    published in the codec's place."""
    telling = ("audio_lm_head.", "audio_decoder_proj.", "text_lm_head.", "embed_tokens.")
    return any(name.removeprefix("model.").startswith(telling) for name in names)


def without_unused(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors that a codec has, of those a file holds."""
    return {name: tensor for name, tensor in tensors.items() if name not in UNUSED}


def from_original(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of `model.pth` under our names, weight norm merged."""
    renamed: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        if name in UNUSED or name.endswith(".weight_v"):
            continue
        if name.endswith(".weight_g"):
            stem = name.removesuffix("_g")
            direction = tensors.get(stem + "_v")
            if direction is None:
                raise CodecCheckpointError(f"{name} has no {stem}_v beside it")
            renamed[our_name(stem)] = merged_weight(tensor, direction)
        else:
            renamed[our_name(name)] = tensor
    return renamed


def merged_weight(length: Tensor, direction: Tensor) -> Tensor:
    """Length times unit direction, for each index of dimension 0 (the input of transposed ones)."""
    norm = direction.flatten(1).norm(dim=1).view(-1, *[1] * (direction.dim() - 1))
    return direction * (length / norm)


def our_name(name: str) -> str:
    """One name of the original, with merged weights, in the transformers layout."""
    for pattern, rename in _RULES:
        if match := pattern.fullmatch(name):
            return rename(match)
    return name


def _edge(half: str) -> Callable[[re.Match[str]], str]:
    """The first and the last layers of a half: a convolution in, a snake and a convolution out."""

    def rename(match: re.Match[str]) -> str:
        index, tail = match.groups()
        if tail == "alpha":
            return f"{half}.snake1.alpha"
        return f"{half}.conv{1 if index == '0' else 2}.{tail}"

    return rename


def _block(half: str, outer: dict[str, str]) -> Callable[[re.Match[str]], str]:
    """A layer of a block outside its residual units."""

    def rename(match: re.Match[str]) -> str:
        block, layer, tail = match.groups()
        return f"{half}.block.{int(block) - 1}.{outer[layer]}.{tail}"

    return rename


def _unit(half: str, first_unit: int) -> Callable[[re.Match[str]], str]:
    """A layer of a residual unit of a block."""

    def rename(match: re.Match[str]) -> str:
        block, unit, layer, tail = match.groups()
        place = f"{half}.block.{int(block) - 1}.res_unit{int(unit) - first_unit + 1}"
        return f"{place}.{_UNIT_LAYERS[int(layer)]}.{tail}"

    return rename


def _rule(
    pattern: str, rename: Callable[[re.Match[str]], str]
) -> tuple[re.Pattern[str], Callable[[re.Match[str]], str]]:
    return re.compile(pattern), rename


_TAIL = r"(alpha|weight|bias)"
_LINEARS = {"fc_prior": "fc", "fc_post1": "fc1", "fc_post2": "fc2"}
_RULES = [
    _rule(rf"encoder\.block\.(\d+)\.{_TAIL}", _edge("acoustic_encoder")),
    _rule(
        rf"encoder\.block\.(\d+)\.block\.([0-2])\.block\.([0-3])\.{_TAIL}",
        _unit("acoustic_encoder", 0),
    ),
    _rule(
        rf"encoder\.block\.(\d+)\.block\.([34])\.{_TAIL}",
        _block("acoustic_encoder", {"3": "snake1", "4": "conv1"}),
    ),
    _rule(rf"decoder_2\.model\.(\d+)\.{_TAIL}", _edge("acoustic_decoder")),
    _rule(
        rf"decoder_2\.model\.(\d+)\.block\.([2-4])\.block\.([0-3])\.{_TAIL}",
        _unit("acoustic_decoder", 2),
    ),
    _rule(
        rf"decoder_2\.model\.(\d+)\.block\.([01])\.{_TAIL}",
        _block("acoustic_decoder", {"0": "snake1", "1": "conv_t1"}),
    ),
    # The original wraps each 3-tap convolution once more.
    _rule(
        r"((?:en|de)coder_semantic\..+)\.conv\.(weight|bias)",
        lambda match: f"{match[1]}.{match[2]}",
    ),
    _rule(
        r"quantizer\.vq\.layers\.(\d+)\._codebook\.(\w+)",
        lambda match: f"quantizer.quantizers.{match[1]}.codebook.{match[2]}",
    ),
    _rule(
        r"quantizer\.vq\.layers\.(\d+)\.(project_\w+\.\w+)",
        lambda match: f"quantizer.quantizers.{match[1]}.{match[2]}",
    ),
    _rule(r"(fc_\w+)\.(weight|bias)", lambda match: f"{_LINEARS[match[1]]}.{match[2]}"),
]
