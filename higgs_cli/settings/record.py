"""Settings as a manifest keeps them: under names of its own, which never change their meaning.

A setting that is renamed in the table keeps its name here, so that old manifests can be read.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from higgs_cli.errors import UsageError
from higgs_cli.settings.sources import checked_values
from higgs_cli.settings.table import Settings

SETTING_OF: Mapping[str, Mapping[str, str]] = {
    "model": {
        "model": "model",
        "revision": "revision",
        "codec": "codec",
        "device": "device",
        "dtype": "dtype",
        "codec_dtype": "codec_dtype",
        "kv_dtype": "kv_dtype",
        "lanes": "lanes",
        "memory": "memory",
        "plain_steps": "plain_steps",
        "cpu_fallback": "cpu_fallback",
    },
    "sampling": {
        "preset": "preset",
        "temperature": "temperature",
        "top_p": "top_p",
        "top_k": "top_k",
        "repeat_window": "repeat_window",
        "repeat_limit": "repeat_limit",
        "retry_temperature": "retry_temperature",
        "max_seconds": "max_seconds",
        "seed": "seed",
    },
    "reading": {
        "as": "read_as",
        "encoding": "encoding",
        "language": "language",
        "strict_language": "strict_language",
        "expand": "expand",
        "headings": "headings",
        "brackets": "brackets",
        "notes": "notes",
        "directions": "directions",
        "keep": "keep",
        "chapters": "chapters",
        "lexicon": "lexicon",
    },
    "casting": {
        "voices": "voices",
        "cast": "cast",
        "ref_audio": "ref_audio",
        "scene": "scene",
        "allow_outside": "allow_outside",
    },
    "planning": {
        "chunk": "chunk",
        "chunk_words": "chunk_words",
        "chunk_turns": "chunk_turns",
        "chunk_seconds": "chunk_seconds",
        "run_chunks": "run_chunks",
        "context_chunks": "context_chunks",
        "ensemble": "ensemble",
    },
    "pauses": {
        "sentence": "pause_sentence",
        "paragraph": "pause_paragraph",
        "turn": "pause_turn",
        "scene": "pause_scene",
        "chapter": "pause_chapter",
    },
    "takes": {
        "takes": "takes",
        "retries": "retries",
        "gates": "gates",
        "recognizer": "recognizer",
        "speaker_print": "speaker_print",
        "gate_workers": "gate_workers",
        "retry_budget": "retry_budget",
        "strict_context": "strict_context",
        "store": "store",
        "keep_sound": "keep_sound",
    },
    "mastering": {
        "loudness": "loudness",
        "true_peak": "true_peak",
        "head": "head",
        "tail": "tail",
        "room_tone": "room_tone",
    },
    "delivery": {
        "delivery": "delivery",
        "sample_format": "sample_format",
        "subtitles": "subtitles",
        "subtitles_by": "subtitles_by",
        "strict": "strict",
        "per_chapter": "per_chapter",
        "chapters_json": "chapters_json",
        "book": "book",
    },
}
"""Group → name in a manifest → name in the table."""


def _first_name(group: str, name: str) -> str:
    """What version 1, which had no groups, called it."""
    return {"pauses": f"pause_{name}", "reading": {"as": "read_as"}.get(name, name)}.get(
        group, name
    )


FIRST_VERSION: Mapping[str, str] = {
    _first_name(group, name): setting
    for group, names in SETTING_OF.items()
    for name, setting in names.items()
}
"""Name in a manifest of version 1 → name in the table."""


def recorded(settings: Settings) -> dict[str, dict[str, Any]]:
    """All settings as a manifest keeps them."""
    return {
        group: {name: _plain(getattr(settings, setting)) for name, setting in names.items()}
        for group, names in SETTING_OF.items()
    }


def from_record(record: Mapping[str, Any], version: int, where: str) -> Settings:
    """Read back and checked like any other source; what is not named has its default."""
    if version == 1:
        named = {
            FIRST_VERSION[name]: each for name, each in record.items() if name in FIRST_VERSION
        }
    else:
        named = {
            setting: record[group][name]
            for group, names in SETTING_OF.items()
            for name, setting in names.items()
            if name in _group(record, group, where)
        }
    return Settings(**checked_values(named, where))


def _group(record: Mapping[str, Any], group: str, where: str) -> Mapping[str, Any]:
    found = record.get(group, {})
    if not isinstance(found, Mapping):
        raise UsageError(f"{where}: {group} is not an object")
    return found


def _plain(value: object) -> object:
    return (
        str(value)
        if isinstance(value, Path)
        else list(value)
        if isinstance(value, tuple)
        else value
    )
