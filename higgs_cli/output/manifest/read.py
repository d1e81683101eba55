"""A manifest read back: the plan, the settings and the takes of a render, to make it again."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

from higgs_cli.casting.cast import Cast, CastMember, Reference, Voice
from higgs_cli.errors import FormatError, UsageError
from higgs_cli.output.manifest.earlier import EarlierRender, EarlierTake, EarlierTakes
from higgs_cli.output.manifest.write import FORMAT, VERSION
from higgs_cli.planning.plan import Chunk, Pause, Plan, Run
from higgs_cli.script.document import Chapter, Script
from higgs_cli.settings.record import from_record
from higgs_cli.settings.views import choices_of


def read_manifest(path: Path) -> EarlierRender:
    """The render that a manifest describes; damage is an error that names the file."""
    value = _opened(path)
    try:
        return _read(value, path)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise FormatError(f"{path}: the manifest is incomplete or damaged ({error})") from error


def _opened(path: Path) -> Any:
    try:
        value = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise UsageError(f"{path}: no such file") from None
    except (OSError, ValueError) as error:
        raise FormatError(f"{path}: not a manifest ({error})") from error
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise FormatError(f"{path}: not a manifest of higgs")
    if not isinstance(value.get("version"), int) or value["version"] > VERSION:
        raise FormatError(f"{path}: written by a newer higgs", hint="update higgs")
    return value


def _read(value: Any, path: Path) -> EarlierRender:
    version = value["version"]
    made_of = "minted_of" if version == 1 else "generated_from"
    chunks = tuple(_chunk(each) for each in value["chunks"])
    plan = Plan(
        script=_script(value),
        cast=Cast(tuple(_member(each) for each in value["cast"])),
        scene_text=value["scene"],
        language=value["language"],
        seed=value["seed"],
        chunks=chunks,
        runs=tuple(_run(each) for each in value["runs"]),
    )
    settings = from_record(value["settings"], version, f"{path}: settings")
    return EarlierRender(
        plan=plan,
        record=value["settings"],
        planning=choices_of(settings).planning,
        store=path.parent / value["store"],
        audio_name=Path(value["audio"]["path"]).name if value["audio"] else None,
        takes=EarlierTakes(
            model_name=value["model"]["name"],
            model_fingerprint=value["model"]["model_fingerprint"],
            was_exact=value["model"]["is_exact"],
            takes={
                each["number"]: _take(each) for each in value["chunks"] if each["take"] is not None
            },
            voice_takes={each["speaker"]: each[made_of] for each in value["cast"] if each[made_of]},
        ),
        version=version,
        levels_chapters=version > 1,
    )


def _take(chunk: Any) -> EarlierTake:
    take = chunk["take"]
    return EarlierTake(
        take["key"], take["attempt"], take["codes_sha256"], chunk["has_other_context"]
    )


def _script(value: Any) -> Script:
    chapters = tuple(
        Chapter(each["number"], each["title"], each["line_number"], ())
        for each in value["chapters"]
    )
    return Script(value["script"]["path"], "", "utf-8", value["script"]["form"], chapters)


def _chunk(value: Any) -> Chunk:
    names = {field.name for field in fields(Chunk)} - {"pieces", "pause", "turns", "recipe"}
    return Chunk(
        **{name: value[name] for name in names},
        turns=tuple(value["turns"]),
        recipe=dict(value["recipe"]),
        pieces=(),
        pause=Pause(value["pause"]["kind"], value["pause"]["seconds"]),
    )


def _run(value: Any) -> Run:
    return Run(
        **{
            **value,
            "speakers": tuple(value["speakers"]),
            "chunks": tuple(value["chunks"]),
        }
    )


def _member(value: Any) -> CastMember:
    voice = Voice(
        name=value["voice"],
        reference=_reference(value["reference"]),
        description=value["description"],
        language=value["language"],
        gain_db=value["gain_db"],
        moods={mood: _required(each) for mood, each in value["moods"].items()},
        origin=value["origin"],
    )
    return CastMember(value["speaker"], voice, value["number"], value["why"])


def _required(value: Any) -> Reference:
    return Reference(Path(value["audio"]), value["text"], value["content"])


def _reference(value: Any) -> Reference | None:
    return None if value is None else _required(value)
