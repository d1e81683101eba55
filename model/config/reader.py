"""Read a model folder's `config.json` in either public format, strictly.

`higgs_audio_v2` is flat; `higgs_audio` nests a Llama's and a Whisper's configuration. Some values
of the real files say nothing true, and nothing here depends on them: `tie_word_embeddings`,
`audio_ffn_hidden_size`, `audio_ffn_intermediate_size`, `max_position_embeddings`, `bos_token_id`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from model.config import field_names as fields
from model.config.config import SPECIAL_ROWS, Adapter, ModelConfig, WhisperConfig, check_size
from model.config.json_file import read_json
from model.config.parts import (
    read_dtype,
    read_eos_ids,
    read_llama,
    read_whisper,
    refuse_what_is_not_here,
)
from model.config.section import ConfigSection, shown
from model.errors import ConfigError

CONFIG_FILE = "config.json"


def read_config(folder: Path) -> ModelConfig:
    """The configuration of a model folder."""
    file = folder / CONFIG_FILE
    try:
        values = read_json(file)
    except FileNotFoundError:
        raise ConfigError(f"{file} is not there; a model folder holds one") from None
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigError(f"{file} cannot be read: {problem}") from None
    except ValueError as problem:
        raise ConfigError(f"{file} is not JSON: {problem}") from None
    return parse_config(values, str(file))


def parse_config(values: Any, file: str = CONFIG_FILE) -> ModelConfig:
    """The configuration from the values of a file; `file` is what errors call it."""
    if not isinstance(values, Mapping):
        raise ConfigError("an object belongs here", file)
    whole = ConfigSection(values, file)
    nested = "text_config" in values
    model_type = values.get("model_type", "higgs_audio" if nested else "higgs_audio_v2")
    readers: dict[Any, tuple[Callable[[ConfigSection], ModelConfig], dict[str, str]]] = {
        "higgs_audio_v2": (_read_flat, fields.FLAT_NAMES),
        "higgs_audio": (_read_nested, fields.NESTED_NAMES),
    }
    if model_type == "higgs_audio_v2_tokenizer":
        raise whole.error("model_type", "this is the codec's folder, not the language model's")
    if not isinstance(model_type, str) or model_type not in readers:
        raise whole.error("model_type", f"{shown(model_type)} is neither of {', '.join(readers)}")
    read, names = readers[model_type]
    return whole.in_its_words(names, lambda: read(whole))


def _read_flat(whole: ConfigSection) -> ModelConfig:
    whole.refuse_unknown(fields.FLAT | fields.GENERIC | fields.GENERATION)
    refuse_what_is_not_here(whole)
    values = read_llama(whole)
    values |= {ours: whole.integer(theirs) for ours, theirs in fields.SPEECH_NAMES.items()}
    check_size("layer_count", values["layer_count"])
    return ModelConfig(
        **values,
        dual_ffn_layers=tuple(range(values["layer_count"])),
        pad_id=whole.optional_integer("pad_token_id"),
        bos_id=whole.optional_integer("bos_token_id"),
        eos_ids=read_eos_ids(whole),
        stored_dtype=read_dtype(whole),
    )


def _read_nested(whole: ConfigSection) -> ModelConfig:
    whole.refuse_unknown(fields.NESTED | fields.GENERIC | fields.GENERATION)
    refuse_what_is_not_here(whole)
    whole.refuse("audio_decoder_proj_num_layers", "layers before the heads are not supported")
    whole.refuse("use_rq_transformer", "a transformer over the codebooks is not supported")
    text = whole.section("text_config")
    text.refuse_unknown(fields.TEXT | fields.GENERIC | fields.GENERATION)
    refuse_what_is_not_here(text)
    if "model_type" in text:
        text.require("model_type", "llama")
    if "hidden_size" in whole and whole.integer("hidden_size") != text.integer("hidden_size"):
        reason = f"contradicts text_config.hidden_size, which is {text.integer('hidden_size')}"
        raise whole.error("hidden_size", reason)
    adapter = _adapter(whole)
    return ModelConfig(
        **read_llama(text),
        codebook_count=whole.integer("audio_num_codebooks"),
        rows_per_codebook=whole.integer("audio_codebook_size") + SPECIAL_ROWS,
        stream_bos_id=whole.integer("audio_stream_bos_id"),
        stream_eos_id=whole.integer("audio_stream_eos_id"),
        audio_in_id=whole.integer("audio_in_token_idx"),
        audio_out_id=whole.integer("audio_out_token_idx"),
        audio_out_bos_id=whole.integer("audio_out_bos_token_id"),
        audio_eos_id=whole.integer("audio_eos_token_id"),
        adapter=adapter,
        dual_ffn_layers=_dual_layers(whole, adapter),
        average_codebooks=whole.flag("audio_embed_avg"),
        embed_projector=whole.flag("use_audio_out_embed_projector"),
        audio_self_attention=_self_attention(whole),
        uses_delay_pattern=whole.flag("use_delay_pattern"),
        encodes_audio_in=whole.flag("encode_audio_in_tokens"),
        whisper=_whisper(whole),
        pad_id=whole.optional_integer("pad_token_id"),
        bos_id=text.optional_integer("bos_token_id"),
        eos_ids=read_eos_ids(text),
        stored_dtype=read_dtype(whole) or read_dtype(text),
    )


def _adapter(whole: ConfigSection) -> Adapter:
    name = whole.text("audio_adapter_type")
    try:
        return Adapter(name)
    except ValueError:
        known = ", ".join(Adapter)
        raise whole.error("audio_adapter_type", f"{name!r} is none of {known}") from None


def _dual_layers(whole: ConfigSection, adapter: Adapter) -> tuple[int, ...]:
    """A stack has none, whatever is listed."""
    if whole.get("audio_dual_ffn_layers") is None:
        if adapter is not Adapter.STACK:
            reason = f"is null, but audio_adapter_type {adapter.value!r} needs a list of layers"
            raise whole.error("audio_dual_ffn_layers", reason)
        return ()
    layers = whole.integers("audio_dual_ffn_layers")
    return () if adapter is Adapter.STACK else tuple(sorted(layers))


def _self_attention(whole: ConfigSection) -> bool:
    name = "use_audio_out_self_attention"
    return whole.get(name) is not None and whole.flag(name)


def _whisper(whole: ConfigSection) -> WhisperConfig | None:
    """The tower is there unless the file says to skip it; its numbers are read only then."""
    tower = None
    if "audio_encoder_config" in whole:
        tower = whole.section("audio_encoder_config")
        tower.refuse_unknown(fields.WHISPER | fields.GENERIC | fields.GENERATION)
    skips = whole.flag("skip_audio_tower")
    if skips and whole.flag("encode_whisper_embed"):
        raise whole.error("encode_whisper_embed", "is true, but skip_audio_tower is true as well")
    if skips:
        return None
    if tower is None:
        tower = whole.section("audio_encoder_config")
    return read_whisper(tower)
