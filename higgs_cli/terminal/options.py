"""The options that commands share, made once from the table of settings.

    @app.command()
    @with_settings("reading", "casting", "planning")
    def plan(script: ScriptArgument, settings: Settings) -> None: ...

gives `plan` one option for each setting of those groups, and hands it the resolved Settings: what
was given on the command line over the environment over `higgs.toml` over the preset.
"""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable
from dataclasses import Field, fields
from pathlib import Path
from typing import Annotated, Any

import typer

from higgs_cli.settings.sources import range_of, resolve_settings, setting_types
from higgs_cli.settings.table import Settings, flag_name

ScriptArgument = Annotated[str, typer.Argument(help="A text or Markdown file, or - for stdin.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Write for programs.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Say only what failed.")]

SettingsFileOption = Annotated[
    Path | None,
    typer.Option("--settings", help="Read settings from this file and not from higgs.toml."),
]

SHORT = {"voices": "-v", "cast": "-c"}
COUNTERPARTS = {"ensemble": "solo"}
"""What the opposite of a yes-or-no option is called, where `--no-…` says it badly."""


def with_settings(*groups: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the options of these groups, and the Settings that come of them."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        own = inspect.signature(command, eval_str=True)
        shared = {
            setting.name: _option(setting)
            for setting in fields(Settings)
            if range_of(setting).group in groups
        }

        @functools.wraps(command)
        def run(*, settings_file: Path | None, **given: Any) -> None:
            flags = {
                name: tuple(value) if isinstance(value, list) else value
                for name in shared
                if (value := given.pop(name)) is not None and value != []
            }
            from higgs_cli.checkpoints.defaults import checkpoint_defaults

            liked = checkpoint_defaults if "sampling" in groups else None
            settings = resolve_settings(flags, os.environ, settings_file, liked)
            command(**given, settings=settings)

        kept = [part for part in own.parameters.values() if part.name != "settings"]
        added = [_parameter(name, annotation) for name, annotation in shared.items()]
        parts = [*kept, *added, _parameter("settings_file", SettingsFileOption)]
        run.__signature__ = own.replace(  # type: ignore[attr-defined]
            parameters=[part.replace(kind=inspect.Parameter.KEYWORD_ONLY) for part in parts]
        )
        run.__annotations__ = {part.name: part.annotation for part in parts}
        del run.__wrapped__  # type: ignore[attr-defined]
        return run

    return decorate


def _parameter(name: str, annotation: object) -> inspect.Parameter:
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation
    )


def _option(setting: Field[object]) -> object:
    """The Typer option of one setting; its default is shown but left to the resolution."""
    limits = range_of(setting)
    wanted, _ = setting_types()[setting.name]
    flag = flag_name(setting.name, limits)
    names = [f"--{flag}"]
    if wanted is bool:
        names = [f"--{flag}/--{COUNTERPARTS.get(setting.name, f'no-{flag}')}"]
    if setting.name in SHORT:
        names.append(SHORT[setting.name])
    kind: Any = list[str] if wanted is tuple else wanted
    option = typer.Option(
        *names,
        help=_help(setting),
        metavar="|".join(limits.choices) or None,
        rich_help_panel=None,
        show_default=False,
    )
    return Annotated[kind | None, option]


def _help(setting: Field[object]) -> str:
    """What the setting is, and the default that is worth saying."""
    text, default = range_of(setting).help, setting.default
    if default is None or default == () or isinstance(default, bool):
        return text
    return (
        f"{text} [default: {default:g}]"
        if isinstance(default, float)
        else (f"{text} [default: {default}]")
    )
