"""One level of a configuration file, read value by value with errors that name file and field."""

from __future__ import annotations

import difflib
import reprlib
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from model.errors import ConfigError

_MISSING = object()
Built = TypeVar("Built")


class ConfigSection:
    """A JSON object with its place, such as `config.json: text_config.`."""

    def __init__(self, values: Mapping[str, Any], file: str, prefix: str = "") -> None:
        self._values = values
        self._file = file
        self._prefix = prefix

    def error(self, name: str, reason: str) -> ConfigError:
        return ConfigError(reason, f"{self._file}: {self._prefix}{name}")

    def in_its_words(self, names: Mapping[str, str], build: Callable[[], Built]) -> Built:
        """Errors of what is built name our fields; a person reads the file's."""
        try:
            return build()
        except ConfigError as problem:
            if problem.field is None or problem.field not in names:
                raise
            raise self.error(names[problem.field], problem.reason) from None

    def refuse_unknown(self, known: frozenset[str]) -> None:
        """Every name must be in `known`."""
        for name in self._values:
            if name in known:
                continue
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.75)
            mend = f"; did you mean {near[0]}?" if near else "; take it out if nothing reads it"
            raise self.error(name, f"this field is unknown{mend}")

    @property
    def names(self) -> set[str]:
        return set(self._values)

    def __contains__(self, name: str) -> bool:
        """Whether the field says anything: null is the same as absent here."""
        return self._values.get(name) is not None

    def get(self, name: str) -> Any:
        """The value as it stands; a field that is not there is an error."""
        value = self._values.get(name, _MISSING)
        if value is _MISSING:
            raise self.error(name, "this field is missing, and no default can stand in for it")
        return value

    def section(self, name: str) -> ConfigSection:
        value = self.get(name)
        if not isinstance(value, Mapping):
            raise self.error(name, f"an object belongs here, not {shown(value)}")
        return ConfigSection(value, self._file, f"{self._prefix}{name}.")

    def integer(self, name: str) -> int:
        value = self.get(name)
        if isinstance(value, bool) or not isinstance(value, int) or not _is_sane(value):
            raise self.error(name, f"a whole number belongs here, not {shown(value)}")
        return value

    def number(self, name: str) -> float:
        value = self.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not _is_sane(value):
            raise self.error(name, f"a number belongs here, not {shown(value)}")
        return float(value)

    def flag(self, name: str) -> bool:
        """True or false; the public files also write 0 and 1."""
        value = self.get(name)
        if value not in (0, 1):
            raise self.error(name, f"true or false belongs here, not {shown(value)}")
        return bool(value)

    def text(self, name: str) -> str:
        value = self.get(name)
        if not isinstance(value, str):
            raise self.error(name, f"a text belongs here, not {shown(value)}")
        return value

    def integers(self, name: str) -> tuple[int, ...]:
        value = self.get(name)
        if not isinstance(value, list) or any(type(one) is not int for one in value):
            raise self.error(name, f"a list of whole numbers belongs here, not {shown(value)}")
        return tuple(value)

    def optional_integer(self, name: str) -> int | None:
        return self.integer(name) if name in self else None

    def require(self, name: str, expected: str) -> None:
        """The one value that is supported."""
        value = self.get(name)
        if value != expected:
            raise self.error(name, f"{shown(value)} is not supported, only {expected!r} is")

    def refuse(self, name: str, reason: str) -> None:
        """A field that may be there but must say nothing: null, false, zero or empty."""
        if self._values.get(name):
            raise self.error(name, reason)


def shown(value: object) -> str:
    """As JSON would write it, cut to a length that fits an error."""
    words = {None: "null", True: "true", False: "false"}
    return words[value] if value is None or isinstance(value, bool) else reprlib.repr(value)


def _is_sane(value: float) -> bool:
    """Neither infinite nor NaN nor beyond 64 bits."""
    return -(2**63) < value < 2**63
