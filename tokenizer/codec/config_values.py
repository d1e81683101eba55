"""Values of a codec's `config.json`: the kind that belongs there, or an error with the name."""

from __future__ import annotations

from collections.abc import Sequence

from tokenizer.errors import CodecConfigError


def whole(name: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _wrong(name, "a whole number", value)
    return value


def whole_or_none(name: str, value: object) -> int | None:
    return None if value is None else whole(name, value)


def wholes(name: str, value: object) -> tuple[int, ...]:
    given = numbers(name, value)
    if any(number != int(number) for number in given):
        raise _wrong(name, "a list of whole numbers", value)
    return tuple(map(int, given))


def numbers(name: str, value: object) -> tuple[float, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str) or not value:
        raise _wrong(name, "a list of numbers", value)
    if not all(isinstance(n, int | float) and not isinstance(n, bool) for n in value):
        raise _wrong(name, "a list of numbers", value)
    return tuple(value)


def text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise _wrong(name, "a text", value)
    return value


def _wrong(name: str, kind: str, value: object) -> CodecConfigError:
    return CodecConfigError(f"`{name}` must be {kind}, not {value!r}")
