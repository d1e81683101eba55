"""A folder of voice presets as the original's own server takes it: `config.json` and recordings.

    {"belinda": {"transcript": "What she says.", "audio_file": "belinda.wav"},
     "narrator": {"transcript": "", "audio_file": "n.wav", "system_prompt": "… SPEAKER0: deep"}}

A preset with a system prompt is described by it, and its recording is not heard, as there.
"""

from __future__ import annotations

from pathlib import Path

from higgs_cli.casting.cast import Voice
from higgs_cli.casting.references import reference_of
from higgs_cli.errors import FormatError, VoiceError
from higgs_cli.files.plain_file import read_plain
from higgs_cli.files.strict_json import Record, read_record
from higgs_cli.script.names import plain_name
from higgs_cli.server.system_message import read_system_message

FILE_NAME = "config.json"
LARGEST = 4 << 20


def read_presets(folder: Path) -> dict[str, Voice]:
    """The voices by their names as names are compared."""
    path = folder / FILE_NAME
    try:
        record = read_record(read_plain(path, LARGEST), str(path))
    except OSError as error:
        raise VoiceError(f"{path}: cannot be read: {error.strerror}") from None
    presets = record.own_records()
    return {plain_name(name): _voice(folder, name, preset) for name, preset in presets.items()}


def _voice(folder: Path, name: str, preset: Record) -> Voice:
    prompt = preset.text("system_prompt") if "system_prompt" in preset else ""
    if prompt.strip():
        message = read_system_message(prompt)
        description = message.descriptions.get(0) or message.scene
        return Voice(name, None, description, origin=str(folder))
    audio = folder / preset.text("audio_file")
    if not audio.resolve().is_relative_to(folder.resolve()):
        raise FormatError(f"{folder / FILE_NAME}: the recording of {name} is outside the folder")
    words = " ".join(preset.text("transcript").split())
    return Voice(name, reference_of(audio, words or None), origin=str(folder))
