"""`higgs scenes`: list and show the bundled scenes."""

from __future__ import annotations

from typing import Annotated

import typer

from higgs_cli.terminal.console import out
from higgs_cli.terminal.options import JsonOption

scenes_app = typer.Typer(
    name="scenes",
    help="List and show scenes: the room and the manner of a recording.",
    no_args_is_help=True,
    rich_markup_mode=None,
    epilog="Example: higgs scenes list · higgs render script.txt --scene late_night_radio",
)


@scenes_app.command("list", epilog="Example: higgs scenes list")
def list_scenes(as_json: JsonOption = False) -> None:
    """The scenes that --scene knows by name."""
    from higgs_cli.casting.scene_library import DEFAULT_SCENE, scene_names, scene_text

    texts = {name: scene_text(name) or "" for name in scene_names()}
    if as_json:
        out.document([{"name": name, "text": text} for name, text in texts.items()])
        return
    rows = [
        [name + (" (default)" if name == DEFAULT_SCENE else ""), text.splitlines()[0]]
        for name, text in texts.items()
    ]
    out.table(["scene", "text"], rows)


@scenes_app.command("show", epilog="Example: higgs scenes show quiet_room")
def show(name: Annotated[str, typer.Argument(help="Name of a scene, or a text file.")]) -> None:
    """The text that a scene puts in front of the script."""
    from higgs_cli.casting.scene_library import scene_text

    out.result(scene_text(name) or "")
