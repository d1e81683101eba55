"""The language model: codes in, codes out; knows nothing about text.

    folder ──► configuration ──► network without memory ──► tensors put in place ──► LanguageModel
                                                                                          │
    runs of chunks ──► engine: lanes ──► prefill ──► one step for all lanes ──► bursts, chunks

Rooms, from the bottom up; imports point down (`pyproject.toml` has the contract):

    config, hardware    what a checkpoint says of itself; the device, its memory, its number formats
    runs                what the engine is asked for and what it answers
    codes               delay pattern, sampling, noise, closing, stalls
    cache               keys and values of lanes and of shared prefixes
    network             backbone, dual_ffn, layers; whisper_tower and mel where it can listen
    lanes               which run is in which lane, and what lanes hold between steps
    placement           how weights and lanes fit the device
    checkpoint          folders read and written; the door: `language_model.load_model`
    prefill             prompts into caches
    step                one step for all lanes: torch_step, cpu_step with cpu/, cuda_graph with gpu/
    engine              the loop; `reply` for text and audio in one lane
    training            what no one needs who only renders
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from model.checkpoint.language_model import LanguageModel, load_model

__all__ = ["LanguageModel", "load_model"]


def __getattr__(name: str) -> object:
    """The door, opened only when asked for: reading a configuration needs no torch."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from model.checkpoint import language_model

    return getattr(language_model, name)
