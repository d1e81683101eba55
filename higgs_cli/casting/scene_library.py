"""Finds a scene, the text about room and manner, by its name or in a file."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from higgs_cli.errors import UsageError
from higgs_cli.files.bundled import bundled_folder
from higgs_cli.files.plain_file import read_plain

DEFAULT_SCENE = "quiet_room"
NO_SCENE = "none"
LONGEST_SCENE = 4000


def scene_names() -> dict[str, Path]:
    """The bundled scenes and the files that hold them."""
    folder = bundled_folder("scene_prompts")
    return {path.stem: path for path in sorted(folder.glob("*.txt"))} if folder.is_dir() else {}


def scene_text(name: str | None) -> str | None:
    """The text of a scene; None where the user wants none."""
    wanted = name or DEFAULT_SCENE
    if wanted == NO_SCENE:
        return None
    scenes = scene_names()
    if wanted in scenes:
        return _read(scenes[wanted])
    path = Path(wanted)
    if path.suffix or len(path.parts) > 1:
        return _read(path)
    near = get_close_matches(wanted, scenes, n=1)
    meant = f"did you mean {near[0]}? " if near else ""
    raise UsageError(f'no scene is called "{wanted}"', hint=f"{meant}(see: higgs scenes list)")


def _read(path: Path) -> str:
    try:
        data = read_plain(path, LONGEST_SCENE * 4)
        text = "\n".join(" ".join(line.split()) for line in data.decode("utf-8-sig").splitlines())
    except FileNotFoundError:
        raise UsageError(f"{path}: no such scene") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"{path}: cannot be read as UTF-8 text ({reason})") from None
    if not text.strip() or len(text) > LONGEST_SCENE or "\x00" in text:
        raise UsageError(f"{path}: a scene is a text of 1 to {LONGEST_SCENE} characters")
    return text.strip()
