"""The two namings of the same tensors, and the halves that fine-tunes split them into.

The layout of transformers is ours. The original one differs in three places:

    embed_tokens. / layers. / norm.          model. before each
    audio_codebook_embeddings.weight         model.embed_audio_tokens.embed_audio_tokens.weight
    audio_decoder_proj.{audio,text}_lm_head  without audio_decoder_proj.

A name is translated by itself, whatever the configuration or an index file says. No tensor is
transposed.
"""

from __future__ import annotations

from dataclasses import dataclass

CODEBOOK_TABLE = "model.embed_audio_tokens.embed_audio_tokens.weight"
TEXT_HEAD = "text_lm_head.weight"

_HEADS = ("audio_lm_head.weight", TEXT_HEAD)
_ORIGINAL_TABLE = "audio_codebook_embeddings.weight"
_ORIGINAL_HEADS = "audio_decoder_proj."
_ORIGINAL_STACK = ("embed_tokens.", "layers.", "norm.")
_HALVES = ("embedding_frozen", "embedding_trainable", "linear_frozen", "linear_trainable")
_CODEC_PREFIXES = ("acoustic_encoder.", "acoustic_decoder.", "quantizer.", "encoder_semantic.")
_PASSED_OVER = "audio_codebook_weights"
"""Loss weights of the original trainer; they take no part in the network."""


@dataclass(frozen=True)
class TargetName:
    """Where a stored tensor belongs: whole, or as a half to be joined along the first axis."""

    name: str
    half: str | None = None

    @property
    def other_half(self) -> str | None:
        if self.half is None:
            return None
        pairs = {"frozen": "trainable", "trainable": "frozen"}
        kind, _, side = self.half.rpartition("_")
        return f"{kind}_{pairs[side]}"

    @property
    def comes_second(self) -> bool:
        """Frozen rows stand before trainable ones."""
        return self.half is not None and self.half.endswith("trainable")


def target_name(stored: str) -> TargetName | None:
    """Our name for a stored tensor of either naming; None for one that is passed over."""
    if stored.rpartition(".")[2] == _PASSED_OVER:
        return None
    whole, half = _without_half(stored)
    return TargetName(_translated(whole), half)


def original_name(name: str) -> str:
    """What the original layout calls a tensor of ours."""
    if name == CODEBOOK_TABLE:
        return _ORIGINAL_TABLE
    if name in _HEADS:
        return _ORIGINAL_HEADS + name
    return name.removeprefix("model.")


def is_original(names: list[str]) -> bool:
    """Whether a reader of these names would expect the others in the original layout, too."""
    originals = (*_ORIGINAL_STACK, _ORIGINAL_TABLE, _ORIGINAL_HEADS)
    has_ours = any(name.startswith("model.") for name in names)
    return not has_ours and any(name.startswith(originals) for name in names)


def looks_like_codec(names: list[str]) -> bool:
    """Whether these are tensors of the codec, which belong in another folder."""
    return any(name.startswith(_CODEC_PREFIXES) for name in names)


def _without_half(stored: str) -> tuple[str, str | None]:
    parts = stored.split(".")
    if len(parts) >= 3 and parts[-2] in _HALVES:
        return ".".join([*parts[:-2], parts[-1]]), parts[-2]
    return stored, None


def _translated(name: str) -> str:
    name = name.removeprefix(_ORIGINAL_HEADS)
    if name == _ORIGINAL_TABLE:
        return CODEBOOK_TABLE
    return f"model.{name}" if name.startswith(_ORIGINAL_STACK) else name
