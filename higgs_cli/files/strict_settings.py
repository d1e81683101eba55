"""The values of a settings file become a frozen dataclass, strictly.

Any dataclass will do, whoever wrote it: unknown names are refused with the nearest known one, and
each value must be what its field says. A field may itself be a dataclass. A class whose fields have
had other names lists them in `RENAMED`.
"""

from __future__ import annotations

import re
import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from higgs_cli.errors import UsageError

SettingsKind = TypeVar("SettingsKind")

_NUMBER = re.compile(r"[+-]?(\d++(\.\d*+)?|\.\d+)([eE][+-]?\d+)?")


def read_settings(
    kind: type[SettingsKind], values: Any, file: Path, within: str = ""
) -> SettingsKind:
    """`values` as a `kind`; relative paths start at the file's folder, errors name the file and,
    after `within`, the field."""
    if not isinstance(values, Mapping):
        raise _refusal(file, within.rstrip("."), "names and values belong here")
    known = {entry.name: entry for entry in fields(kind)}  # type: ignore[arg-type]
    renamed: Mapping[str, str] = getattr(kind, "RENAMED", {})
    for name in values:
        if name in renamed:
            raise _refusal(file, f"{within}{name}", f"this setting is called {renamed[name]} now")
        if name not in known:
            near = get_close_matches(str(name), known, n=1)
            reason = f"unknown setting{f'; {near[0]}?' if near else ''}"
            raise _refusal(file, f"{within}{name}", reason)
    for name, entry in known.items():
        if name not in values and entry.default is MISSING and entry.default_factory is MISSING:
            raise _refusal(file, f"{within}{name}", "this setting is missing")
    hints = get_type_hints(kind)
    return kind(
        **{
            name: _converted(f"{within}{name}", value, hints[name], file)
            for name, value in values.items()
        }
    )


def _converted(name: str, value: Any, wanted: Any, file: Path) -> Any:
    """`value` as the type of its field, or an error that names the field."""
    origin, options = get_origin(wanted), get_args(wanted)
    if is_dataclass(wanted) and isinstance(wanted, type):
        return read_settings(wanted, value, file, f"{name}.")
    if origin is types.UnionType:
        return None if value is None else _converted(name, value, options[0], file)
    if origin is tuple and isinstance(value, list):
        count = len(value) if options[-1] is Ellipsis else len(options)
        if len(value) == count:
            return tuple(_converted(name, item, options[0], file) for item in value)
    if isinstance(origin, type) and issubclass(origin, Mapping) and isinstance(value, Mapping):
        return {str(key): _converted(name, item, int, file) for key, item in value.items()}
    if wanted is float and _is_number(value):
        return float(value)
    if (origin is Literal and value in options) or (
        wanted in (int, bool, str) and type(value) is wanted
    ):
        return value
    if wanted is Path and isinstance(value, str):
        return file.parent / value
    raise _refusal(file, name, f"{value!r} is not {_spelled(wanted)}")


def _refusal(file: Path, name: str, reason: str) -> UsageError:
    where = f"{file}: {name}" if name else str(file)
    return UsageError(f"{where}: {reason}")


def _is_number(value: Any) -> bool:
    """Also as a text: YAML reads `1e-3` as one, for want of a point."""
    if isinstance(value, str):
        return _NUMBER.fullmatch(value) is not None
    return isinstance(value, int | float) and not isinstance(value, bool)


def _spelled(wanted: Any) -> str:
    if get_origin(wanted) is Literal:
        return f"one of {', '.join(map(str, get_args(wanted)))}"
    names = {int: "a whole number", float: "a number", bool: "true or false", Path: "a path"}
    return names.get(wanted, "a list" if get_origin(wanted) is tuple else "what belongs here")
