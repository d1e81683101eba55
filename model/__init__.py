"""The language model: codes in, codes out; knows nothing about text.

    folder ──► configuration ──► network without memory ──► tensors put in place ──► LanguageModel
                                                                                          │
    runs of chunks ──► engine: lanes ──► prefill ──► one step for all lanes ──► frames, takes

In the order to read it:

    configuration   config, config_reader (config_section, config_parts, config_fields),
                    config_writer
    network         backbone, dual_ffn, layers, kv_cache, block_attention; whisper_tower and mel
                    where it can listen
    checkpoint      checkpoint_files, tensor_names, checkpoint, checkpoint_writer
    door            language_model, device, errors; random_model for tests and measurements
    rules           delay_pattern, stopping, sampling, noise, guards
    engine          requests, engine, lanes, lane_context, context_window, prefill, packed_prefill,
                    stash, lane_state, step_log, kv_cache_static; reply for text and audio in one
                    lane
    fast steps      decode_step, packed_weights, packed_layer, compiled_step with cpu_kernels/;
                    on a GPU prefix_store, shared_attention, step_graph with gpu_kernels/
    small memory    narrow_rows, quantized_weights, text_offload; weight_bytes, memory_plan
    training        training/, which no one needs who only renders
"""

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
