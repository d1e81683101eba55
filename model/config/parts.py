"""The parts of a configuration file: a Llama's numbers, its rope, a Whisper encoder's numbers."""

from __future__ import annotations

from typing import Any

from model.config import field_names as fields
from model.config.config import Llama3Scaling, RopeConfig, WhisperConfig
from model.config.section import ConfigSection


def read_llama(section: ConfigSection) -> dict[str, Any]:
    """The numbers both formats share; a null head width or key head count is Llama's own rule."""
    section.require("hidden_act", "silu")
    values: dict[str, Any] = {
        ours: section.integer(fields.LLAMA_NAMES[ours])
        for ours in ("vocab_size", "hidden_size", "intermediate_size", "layer_count", "head_count")
    }
    heads = max(values["head_count"], 1)
    if section.get("head_dim") is None and values["hidden_size"] % heads:
        reason = f"{values['hidden_size']} does not split into {heads} heads, and head_dim is null"
        raise section.error("hidden_size", reason)
    values["kv_head_count"] = heads
    if section.get("num_key_value_heads") is not None:
        values["kv_head_count"] = section.integer("num_key_value_heads")
    values["head_dim"] = values["hidden_size"] // heads
    if section.get("head_dim") is not None:
        values["head_dim"] = section.integer("head_dim")
    values["rms_norm_eps"] = section.number("rms_norm_eps")
    values["attention_bias"] = section.flag("attention_bias")
    values["mlp_bias"] = section.flag("mlp_bias")
    if "initializer_range" in section:
        values["initializer_range"] = section.number("initializer_range")
    values["rope"] = read_rope(section)
    return values


def read_rope(section: ConfigSection) -> RopeConfig:
    """New files keep it in `rope_parameters`, old ones in `rope_theta` and `rope_scaling`."""
    if not {"rope_parameters", "rope_scaling"} & section.names:
        # Null says that nothing is stretched; saying nothing is an error.
        section.get("rope_scaling" if "rope_theta" in section else "rope_parameters")
    found = [name for name in ("rope_parameters", "rope_scaling") if name in section]
    inner = [section.section(name) for name in found]
    thetas = [one for one in (section, *inner) if "rope_theta" in one]
    scalings = list(map(_read_scaling, inner)) if inner else [None]
    ropes = [_rope(theta, scaling) for theta in thetas or [section] for scaling in scalings]
    if any(rope != ropes[0] for rope in ropes):
        raise section.error(found[0], "contradicts another rope field of this file")
    return ropes[0]


def _rope(section: ConfigSection, scaling: Llama3Scaling | None) -> RopeConfig:
    theta = section.number("rope_theta")
    names = {"theta": "rope_theta"}
    return section.in_its_words(names, lambda: RopeConfig(theta=theta, scaling=scaling))


def _read_scaling(rope: ConfigSection) -> Llama3Scaling | None:
    rope.refuse_unknown(fields.ROPE)
    if "partial_rotary_factor" in rope and rope.number("partial_rotary_factor") != 1:
        raise rope.error("partial_rotary_factor", "rotating a part of a head is not supported")
    name = "type" if "type" in rope and "rope_type" not in rope else "rope_type"
    kind = rope.text(name)
    if kind == "default":
        return None
    if kind != "llama3":
        raise rope.error(name, f"{kind!r} is not supported, only 'llama3' and 'default' are")
    names = fields.SCALING_NAMES
    factors = {ours: rope.number(names[ours]) for ours in names if ours != "original_positions"}
    positions = rope.integer(names["original_positions"])
    return rope.in_its_words(names, lambda: Llama3Scaling(**factors, original_positions=positions))


def read_whisper(section: ConfigSection) -> WhisperConfig:
    """The encoder's numbers; `num_hidden_layers` repeats `encoder_layers` in these files."""
    section.require("activation_function", "gelu")
    layer_count = section.integer("encoder_layers")
    if "num_hidden_layers" in section and section.integer("num_hidden_layers") != layer_count:
        raise section.error(
            "num_hidden_layers", f"contradicts encoder_layers, which is {layer_count}"
        )
    names = fields.WHISPER_NAMES
    numbers = {ours: section.integer(theirs) for ours, theirs in names.items()}
    scales = section.flag("scale_embedding")
    return section.in_its_words(names, lambda: WhisperConfig(**numbers, scale_embedding=scales))


def read_eos_ids(section: ConfigSection) -> tuple[int, ...]:
    """One id, a list of them, or none."""
    if "eos_token_id" not in section:
        return ()
    if isinstance(section.get("eos_token_id"), list):
        return section.integers("eos_token_id")
    return (section.integer("eos_token_id"),)


def read_dtype(section: ConfigSection) -> str | None:
    """How the weights were stored, as the file says; old files spell the field `torch_dtype`."""
    for name in ("dtype", "torch_dtype"):
        if name in section:
            return section.text(name)
    return None


def refuse_what_is_not_here(section: ConfigSection) -> None:
    """Generic fields that would change the network if they said anything."""
    section.refuse("quantization_config", "quantized checkpoints are not supported")
    section.refuse("per_layer_config", "layers of different shapes are not supported")
    section.refuse("pruned_heads", "pruned heads are not supported")
    section.refuse("add_cross_attention", "cross attention is not supported")
