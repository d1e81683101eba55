"""The original's spelling of a codec's `config.json`, read as strictly as its class takes it.

The file is what the original's class is called with, so what it does not say has that class's
default, not the published codec's value; a name that the class does not know is an error there and
here. Loads no torch.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields

from tokenizer.codec.config_values import text, whole, whole_or_none, wholes
from tokenizer.errors import CodecConfigError


@dataclass(frozen=True)
class OriginalCodecConfig:
    """Every argument of the original's class by its name there, with its default there."""

    n_filters: object = 32
    D: int = 128
    target_bandwidths: object = (1, 1.5, 2, 4, 6)
    ratios: tuple[int, ...] = (8, 5, 4, 2)
    sample_rate: int = 16_000
    bins: int = 1024
    n_q: int = 8
    codebook_dim: int | None = None
    normalize: object = False
    causal: object = False
    semantic_techer: str = "hubert_base_general"
    last_layer_semantic: object = True
    merge_mode: object = "concat"
    downsample_mode: str = "step_down"
    semantic_mode: object = "classic"
    vq_scale: int = 1
    semantic_sample_rate: int | None = None


NAMES = tuple(field.name for field in fields(OriginalCodecConfig))

UNREAD = frozenset(
    {
        "n_filters",
        "target_bandwidths",
        "normalize",
        "causal",
        "last_layer_semantic",
        "merge_mode",
        "semantic_mode",
    }
)
"""Taken by the original's class and used nowhere in it: any value means the same codec."""

_SHARED = frozenset({"sample_rate", "codebook_dim", "target_bandwidths", "semantic_sample_rate"})
"""Names that the spelling of transformers has as well."""


def is_original_config(values: Mapping[str, object]) -> bool:
    """Whether a name stands there that only the original has."""
    return not values.keys().isdisjoint(set(NAMES) - _SHARED)


def read_original_config(values: Mapping[str, object]) -> OriginalCodecConfig:
    """The file's values, or an error that names the first that is not what it should be."""
    for name in values:
        if name not in NAMES:
            near = difflib.get_close_matches(name, NAMES, n=1, cutoff=0.6)
            hint = f"did you mean {near[0]}?" if near else "take it out if nothing reads it"
            raise CodecConfigError(f"`{name}` is unknown to the original's codec", hint=hint)
    read = {name: _READERS.get(name, whole)(name, values[name]) for name in values}
    config = OriginalCodecConfig(**read)  # type: ignore[arg-type]
    if config.downsample_mode != "step_down":
        raise _unsupported("downsample_mode", config.downsample_mode, "'step_down'")
    if config.vq_scale != 1:
        raise _unsupported("vq_scale", config.vq_scale, "1")
    if config.codebook_dim is None:
        raise _unsupported("codebook_dim", None, "a width that codebooks are projected to")
    return config


def _unsupported(name: str, value: object, only: str) -> CodecConfigError:
    return CodecConfigError(f"`{name}` {value!r} is not supported, only {only} is")


def _as_it_is(name: str, value: object) -> object:
    return value


_READERS: dict[str, Callable[[str, object], object]] = {
    **dict.fromkeys(UNREAD, _as_it_is),
    "ratios": wholes,
    "codebook_dim": whole_or_none,
    "semantic_sample_rate": whole_or_none,
    "semantic_techer": text,
    "downsample_mode": text,
}
