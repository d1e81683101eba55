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
from collections.abc import Callable, Mapping
from dataclasses import Field, fields
from pathlib import Path
from typing import Annotated, Any

import typer
import typer.core

from higgs_cli.settings.sources import (
    given_settings,
    range_of,
    resolve_settings,
    setting_types,
)
from higgs_cli.settings.table import METAVARS, SECTIONS, Settings, flag_name

ScriptArgument = Annotated[
    str, typer.Argument(help="A text, Markdown, EPUB, DOCX, HTML or PDF file, or - for stdin.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Print only what failed.")]

RecognizerOption = Annotated[
    str,
    typer.Option(
        help="Speech recogniser: pocketsphinx, a faster-whisper model (name, folder) or none."
    ),
]
DnsmosOption = Annotated[
    Path | None, typer.Option(help="DNSMOS network (.onnx) that judges the sound.")
]
SpeakerPrintOption = Annotated[
    Path | None,
    typer.Option(help="Tells voices apart: GE2E weights (.safetensors) or a folder of WavLM."),
]

OverwriteOption = Annotated[
    bool,
    typer.Option("--overwrite", help="Replace files of these names that no render has written."),
]

ReplaceOption = Annotated[
    bool, typer.Option("--overwrite", help="Replace what lies there under this name.")
]

ConsentOption = Annotated[
    str | None,
    typer.Option(
        "--consent",
        metavar="WORDS",
        envvar="HIGGS_CONSENT",
        help="Who gave the right to this voice, and when; said once for a recording.",
    ),
]

SettingsFileOption = Annotated[
    Path | None,
    typer.Option("--settings", help="Read settings from this file instead of higgs.toml."),
]

SHORT = {"voices": "-v", "cast": "-c"}
KINDS = {str: "NAME", Path: "PATH", int: "N", float: "NUMBER"}
"""What stands for a value in help, where it is not a choice."""
COUNTERPARTS = {"ensemble": "solo"}
"""What the opposite of a yes-or-no option is called, where `--no-…` says it badly."""


def with_settings(*groups: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the options of these groups (or single settings), and the Settings that come
    of them.

    A command that has a parameter `given` is also told what this command line itself says: a
    function that returns it, by the settings' names; `settings_file`, which file it names.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        own = inspect.signature(command, eval_str=True)
        shared = {
            setting.name: _option(setting)
            for setting in fields(Settings)
            if {range_of(setting).group, setting.name} & set(groups)
        }

        @functools.wraps(command)
        def run(*, settings_file: Path | None, **arguments: Any) -> None:
            flags = {
                name: tuple(value) if isinstance(value, list) else value
                for name in shared
                if (value := arguments.pop(name)) is not None and value != []
            }
            if "settings_file" in own.parameters:
                arguments["settings_file"] = settings_file
            if "given" in own.parameters:
                arguments["given"] = functools.partial(given_settings, flags, settings_file)
            defaults = _checkpoint_defaults if "sampling" in groups else None
            resolved = functools.partial(
                resolve_settings, flags, os.environ, settings_file, defaults
            )
            command(**arguments, settings=resolved if "given" in own.parameters else resolved())

        ours = ("settings", "given", "settings_file")
        kept = [part for part in own.parameters.values() if part.name not in ours]
        added = [_parameter(name, annotation) for name, annotation in shared.items()]
        parts = [*kept, *added, _parameter("settings_file", SettingsFileOption)]
        run.__signature__ = own.replace(  # type: ignore[attr-defined]
            parameters=[part.replace(kind=inspect.Parameter.KEYWORD_ONLY) for part in parts]
        )
        run.__annotations__ = {part.name: part.annotation for part in parts}
        del run.__wrapped__  # type: ignore[attr-defined]
        return run

    return decorate


def _checkpoint_defaults(settings: Settings) -> Mapping[str, object]:
    from higgs_cli.checkpoints.defaults import checkpoint_defaults
    from higgs_cli.settings.views import choices_of

    return checkpoint_defaults(choices_of(settings).model)


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
        metavar="|".join(limits.choices) or METAVARS.get(setting.name) or KINDS.get(wanted),
        rich_help_panel=SECTIONS[limits.group],
        show_default=False,
    )
    return Annotated[kind | None, option]


def _help(setting: Field[object]) -> str:
    """What the setting is, and the default that is in force where nobody says otherwise."""
    limits, default = range_of(setting), setting.default
    if default is None or default == () or default is False:
        return limits.help
    shown = f"{default:g}" if isinstance(default, float) else str(default)
    if limits.from_checkpoint:
        return f"{limits.help} [default: the checkpoint's, else {shown}]"
    return f"{limits.help} [default: {shown}]"


class SectionedCommand(typer.core.TyperCommand):
    """Help in sections: arguments, the command's own options, and a section a group of settings."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        sections: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is None:
                continue
            is_argument = getattr(parameter, "param_type_name", "") == "argument"
            panel = getattr(parameter, "rich_help_panel", None)
            title = panel or ("Arguments" if is_argument else "Options")
            sections.setdefault(title, []).append(record)
        for title, records in sections.items():
            with formatter.section(title):
                formatter.write_dl(records)
