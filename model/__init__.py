"""The language model: codes in, codes out; knows nothing about text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from model.language_model import LanguageModel, load_model

__all__ = ["LanguageModel", "load_model"]


def __getattr__(name: str) -> object:
    """The door, opened only when asked for: reading a configuration needs no torch."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from model import language_model

    return getattr(language_model, name)
