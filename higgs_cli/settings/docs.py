"""Writes the tables of `docs/settings.md`: `python -m higgs_cli.settings.docs docs/settings.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import Field, fields
from pathlib import Path

from higgs_cli.settings.sources import range_of, setting_types
from higgs_cli.settings.table import (
    DELIVERIES,
    METAVARS,
    PRESETS,
    SECTIONS,
    Settings,
    flag_name,
    variable_name,
)

WITH_FROM = {
    "apply": "applies",
    "speak": "speaks again what it changes",
    "refuse": "is refused",
}
FRAMES_PER_SECOND = 25

MARKER = "<!-- From here on: python -m higgs_cli.settings.docs docs/settings.md -->"


def updated(page: str) -> str:
    """The page with its own text as it is, and the tables below the marker as they should be."""
    text, marker, _ = page.partition(MARKER)
    if not marker:
        raise ValueError(f"the page has no line {MARKER}")
    return text + marker + "\n\n" + "\n".join(_tables())


def _tables() -> Iterator[str]:
    yield from ("## Presets", "", *_presets(), "")
    yield from ("## Deliveries", "", *_deliveries(), "")
    for group, title in SECTIONS.items():
        yield from (f"## {title}", "", *_section(group), "")


def _presets() -> Iterator[str]:
    yield "| `--preset` | temperature | top-p | longest take |"
    yield "|---|---|---|---|"
    for name, values in PRESETS.items():
        seconds = values["max_seconds"]
        frames = round(seconds * FRAMES_PER_SECOND)
        shown = f"`{name}`" + (" (default)" if name == Settings.preset else "")
        yield (
            f"| {shown} | {values['temperature']:g} | {values['top_p']:g} "
            f"| {seconds:g} s ({frames} frames) |"
        )


def _deliveries() -> Iterator[str]:
    yield "| `--delivery` | loudness | true peak | head | tail | room tone |"
    yield "|---|---|---|---|---|---|"
    for name, values in DELIVERIES.items():
        level = values.get("room_tone")
        tone = "-" if level is None else f"{level:g} dB"
        yield (
            f"| `{name}` | {values['loudness']:g} LUFS | {values['true_peak']:g} dBTP "
            f"| {values['head']:g} s | {values['tail']:g} s | {tone} |"
        )


def _section(group: str) -> Iterator[str]:
    yield "| option | key | variable | default | values | with `--from` | what it is |"
    yield "|---|---|---|---|---|---|---|"
    for setting in fields(Settings):
        if range_of(setting).group == group:
            yield "| " + " | ".join(_row(setting)) + " |"


def _row(setting: Field[object]) -> list[str]:
    limits = range_of(setting)
    key = flag_name(setting.name, limits)
    return [
        f"`--{key}`",
        f"`{key}`",
        f"`{variable_name(setting.name, limits)}`",
        _default(setting),
        _values(setting),
        WITH_FROM[limits.again],
        limits.help,
    ]


def _default(setting: Field[object]) -> str:
    default, limits = setting.default, range_of(setting)
    if default is None or default == ():
        return "-"
    if isinstance(default, bool):
        return "yes" if default else "no"
    shown = f"{default:g}" if isinstance(default, float) else f"{default}"
    shown = f"`{shown}`" if isinstance(default, str) else shown
    return f"the checkpoint's, else {shown}" if limits.from_checkpoint else shown


def _values(setting: Field[object]) -> str:
    limits = range_of(setting)
    wanted, _ = setting_types()[setting.name]
    if limits.choices:
        choices = ", ".join(f"`{choice}`" for choice in limits.choices)
        synonyms = ", ".join(f"`{name}` for `{choice}`" for name, choice in limits.synonyms)
        return choices + (f"; also {synonyms}" if synonyms else "")
    if limits.low is not None and limits.high is not None:
        high = "2^62" if limits.high == 2**62 else f"{limits.high:g}"
        return f"{limits.low:g} to {high}"
    if wanted is tuple:
        return f"`{METAVARS[setting.name]}`"
    return {"bool": "yes or no", "Path": "a path"}.get(wanted.__name__, "a text")


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(updated(path.read_text(encoding="utf-8")), encoding="utf-8")
