"""What a checkpoint declares that it speaks: languages, and sounds that are no words."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from higgs_cli.errors import FormatError
from higgs_cli.files.plain_file import read_plain
from higgs_cli.files.strict_json import read_record

FRONT_END_FILE = "text_frontend.json"
SOUND_TOKEN = b'"<SE>"'
MOST_BYTES = 64 * 2**20


@dataclass(frozen=True)
class Abilities:
    """What can be asked of a model."""

    name: str
    languages: tuple[str, ...] | None = None
    """None: it declares none, and what it was trained on is in `wording/languages.py`."""
    has_sounds: bool = True
    """Was it trained on `[laugh]` and the like? Else it leaves them out."""


def abilities_of(name: str, folder: Path) -> Abilities:
    """As far as a model's files say; what cannot be read is told when it is opened."""
    try:
        has_sounds = SOUND_TOKEN in read_plain(folder / "tokenizer.json", MOST_BYTES)
        path = folder / FRONT_END_FILE
        if not path.is_file():
            return Abilities(name, has_sounds=has_sounds)
        declared = read_record(read_plain(path, MOST_BYTES), str(path))
        languages = declared.texts("languages") if declared.has("languages") else None
        has_sounds = has_sounds and (declared.flag("sounds") if declared.has("sounds") else True)
    except (FormatError, OSError):
        return Abilities(name)
    return Abilities(name, languages, has_sounds)
