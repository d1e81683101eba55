"""Sound and words to codes and ids, and back; knows nothing about the language model."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizer.codec.codec import Codec, load_codec

__all__ = ["Codec", "load_codec"]


def __getattr__(name: str) -> object:
    """The codec's door, opened only when asked for: words need no torch."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from tokenizer.codec import codec

    return getattr(codec, name)
