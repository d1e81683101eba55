"""Where settings come from, strictly.

Flag > environment > a book's own > `higgs.toml` > preset or delivery that is named > checkpoint >
default preset > default.

Each value is checked where it comes from, so that a message can name the flag, the variable or the
file.
"""

from __future__ import annotations

import math
import re
import tomllib
import types
from collections.abc import Callable, Mapping
from dataclasses import Field, fields
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

from higgs_cli.errors import UsageError
from higgs_cli.files.plain_file import read_plain
from higgs_cli.settings.table import (
    DELIVERIES,
    PRESETS,
    RENAMED,
    RENAMED_VARIABLES,
    Range,
    Settings,
    flag_name,
    variable_name,
)

FILE_NAME = "higgs.toml"
MAXIMUM_BYTES = 64 * 1024
LARGEST_WHOLE = 10**300
"""Whole numbers beyond it are no floating-point numbers."""
MOST_KEY_PARTS = 16
"""The parser takes a time that grows with the square of a dotted key's parts."""
UNNAMEABLE = re.compile("[\x00\ud800-\udc7f\udd00-\udfff]")
"""Bytes of a file's name that are not UTF-8 stand between, as Python has them."""


def resolve_settings(
    flags: Mapping[str, object],
    environment: Mapping[str, str],
    file: Path | None = None,
    checkpoint_defaults: Callable[[Settings], Mapping[str, object]] | None = None,
    own: Mapping[str, object] | None = None,
) -> Settings:
    """Put together what was said; `flags` holds only what was given, by the setting's name.

    `file` must exist where it is named; where it is not, `higgs.toml` of this folder is read if
    there is one. `own`: what is said for one book of several, see `settings_in`.
    """
    of_files = _from_file(file) | dict(own or {})
    values = of_files | _from_environment(environment) | _from_flags(flags)
    preset: dict[str, object] = {**PRESETS[str(values.get("preset", Settings.preset))]}
    values = _of_delivery(values) | values
    settings = Settings(**(preset | values))  # type: ignore[arg-type]
    own = dict(checkpoint_defaults(settings)) if checkpoint_defaults else {}
    if not own:
        return settings
    defaults = own | preset if "preset" in values else preset | own
    return Settings(**(defaults | values))  # type: ignore[arg-type]


def given_settings(flags: Mapping[str, object], file: Path | None) -> dict[str, Any]:
    """What this command line itself says: its flags, and the file that it names."""
    values = (_from_file(file) if file is not None else {}) | _from_flags(flags)
    preset = PRESETS[str(values["preset"])] if "preset" in values else {}
    return {**preset, **_of_delivery(values), **values}


def _of_delivery(values: Mapping[str, object]) -> dict[str, object]:
    """What a named delivery sets; where none is named, nothing."""
    return {**DELIVERIES[str(values["delivery"])]} if values.get("delivery") else {}


def file_settings(file: Path) -> dict[str, object]:
    """What a file of settings says."""
    return _from_file(file)


def usual_settings(environment: Mapping[str, str]) -> dict[str, Any]:
    """What the environment and the `higgs.toml` of this folder say, whatever the command line."""
    return _from_file(None) | _from_environment(environment)


def checked_values(values: Mapping[str, object], where: str) -> dict[str, Any]:
    """Plain values by setting, as the settings' own types; where they may be open, None is one."""
    by_name = {setting.name: setting for setting in fields(Settings)}
    found: dict[str, object] = {}
    for name, value in values.items():
        setting, place = by_name[name], f"{where}: {name}"
        may_be_open = setting_types()[name][1]
        is_open = value is None and may_be_open
        found[name] = None if is_open else _checked(setting, _plain(setting, value, place), place)
    return found


@cache
def setting_types() -> dict[str, tuple[type, bool]]:
    """The type of each setting, and whether it may be left open."""
    found: dict[str, tuple[type, bool]] = {}
    for name, hint in get_type_hints(Settings).items():
        parts = [part for part in get_args(hint) if part is not types.NoneType]
        is_open = get_origin(hint) in (Union, types.UnionType) and len(parts) == 1
        base = parts[0] if is_open else hint
        found[name] = (get_origin(base) or base, is_open)
    return found


def range_of(setting: Field[object]) -> Range:
    """What a field of Settings may be."""
    found: Range = setting.metadata["range"]
    return found


def _from_flags(flags: Mapping[str, object]) -> dict[str, object]:
    by_name = {setting.name: setting for setting in fields(Settings)}
    return {
        name: _checked(by_name[name], value, f"--{flag_name(name, range_of(by_name[name]))}")
        for name, value in flags.items()
    }


def _from_environment(environment: Mapping[str, str]) -> dict[str, object]:
    for old, new in RENAMED_VARIABLES.items():
        if environment.get(old):
            raise UsageError(f"{old} is called {new} now", hint=f"export {new}={environment[old]}")
    found: dict[str, object] = {}
    for setting in fields(Settings):
        variable = variable_name(setting.name, range_of(setting))
        text = environment.get(variable)
        if text:
            found[setting.name] = _checked(setting, _parsed(setting, text, variable), variable)
    return found


def _from_file(file: Path | None) -> dict[str, object]:
    path = file or Path(FILE_NAME)
    if file is None and not path.is_file():
        return {}
    return settings_in(_read_toml(path), path)


def settings_in(table: Mapping[str, object], path: Path) -> dict[str, object]:
    """The settings in a table that was read from a file; paths begin at the file's folder."""
    known = {flag_name(setting.name, range_of(setting)): setting for setting in fields(Settings)}
    found: dict[str, object] = {}
    for key, value in table.items():
        name = key.replace("_", "-")
        if name in RENAMED:
            raise UsageError(f'{path}: "{key}" is called "{RENAMED[name]}" now')
        setting = known.get(name)
        if setting is None:
            near = get_close_matches(key, known, n=1)
            hint = f"did you mean `{near[0]}`?" if near else "settings are named like the options"
            raise UsageError(f'{path}: unknown setting "{key}"', hint=hint)
        where = f"{path}: {key}"
        checked = _checked(setting, _plain(setting, value, where), where)
        found[setting.name] = path.parent / checked if isinstance(checked, Path) else checked
    return found


def _read_toml(path: Path) -> dict[str, object]:
    try:
        data = read_plain(path, MAXIMUM_BYTES)
        return tomllib.loads(_bounded(data.decode("utf-8"), path))
    except FileNotFoundError:
        raise UsageError(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"{path}: cannot be read ({reason})") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}: not TOML: {error}") from None


def _bounded(text: str, path: Path) -> str:
    """The same text with `\\n` line ends, if it is one that is parsed in a moment."""
    if len(text.encode()) > MAXIMUM_BYTES:
        raise UsageError(f"{path}: larger than {MAXIMUM_BYTES // 1024} KiB")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    keys = (part for line in text.split("\n") for part in line.split("=")[:-1])
    if any(key.count(".") >= MOST_KEY_PARTS for key in keys):
        raise UsageError(f"{path}: a key of more than {MOST_KEY_PARTS} parts")
    return text


def _plain(setting: Field[object], value: object, where: str) -> object:
    """A TOML value as the setting's own type, or a refusal; nothing is guessed."""
    wanted, _ = setting_types()[setting.name]
    if wanted is tuple:
        if isinstance(value, dict):
            value = [f"{name}={voice}" for name, voice in value.items()]
        if isinstance(value, list) and all(map(_is_text, value)):
            return tuple(value)
    elif wanted is Path and _is_text(value):
        return Path(str(value))
    elif wanted is float and isinstance(value, int) and not isinstance(value, bool):
        beyond = math.inf if value > 0 else -math.inf
        return float(value) if abs(value) < LARGEST_WHOLE else beyond
    elif type(value) is wanted and (wanted is not str or _is_text(value)):
        return value
    raise UsageError(f"{where}: {_said(value)} is not {_kind(wanted)}")


def _is_text(value: object) -> bool:
    """One that may name a file and be written again."""
    return isinstance(value, str) and not UNNAMEABLE.search(value)


def _parsed(setting: Field[object], text: str, where: str) -> object:
    """The text of an environment variable as the setting's own type."""
    wanted, _ = setting_types()[setting.name]
    truths = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
    try:
        if wanted is bool:
            return truths[text.strip().lower()]
        if wanted is tuple:
            return tuple(part.strip() for part in text.split(",") if part.strip())
        return wanted(text)
    except (KeyError, ValueError):
        raise UsageError(f"{where}: {_said(text)} is not {_kind(wanted)}") from None


def _checked(setting: Field[object], value: object, where: str) -> object:
    """The value, if it is one that the setting may have."""
    limits = range_of(setting)
    if limits.choices:
        return _choice(limits, str(value), where)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        low, high = limits.low, limits.high
        outside = (low is not None and value < low) or (high is not None and value > high)
        if outside or value != value:
            raise UsageError(f"{where}: {_number(value)} is not between {low:g} and {high:g}")
    return value


def _number(value: float) -> str:
    """As a person would write it; a number of hundreds of digits is not written out."""
    return f"{value:g}" if abs(value) < 1e15 or isinstance(value, float) else "that number"


def _choice(limits: Range, value: str, where: str) -> str:
    synonyms = dict(limits.synonyms)
    chosen = synonyms.get(value, value)
    if chosen in limits.choices:
        return chosen
    near = get_close_matches(value, [*limits.choices, *synonyms], n=1)
    hint = f"did you mean `{near[0]}`?" if near else None
    raise UsageError(f'{where}: "{value}" is not one of {", ".join(limits.choices)}', hint=hint)


def _said(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)[:60]


def _kind(wanted: type) -> str:
    names = {int: "a whole number", float: "a number", bool: "true or false", Path: "a path"}
    return names.get(wanted, "a list of strings" if wanted is tuple else "a string")
