"""A render made again from its manifest, with what this command line changes.

Only this command line speaks: not the environment, and not the `higgs.toml` of the folder.

    --loudness, --pause-…, --subtitles …    apply; nothing is spoken again
    --temperature, --seed, --model …        speak again what they change
    --voices, --cast, --as, --chunk …       need the script, and are refused by name
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from higgs_cli.checkpoints.hub import WHISPER_NAME, cached_folder, whisper_at
from higgs_cli.errors import UsageError
from higgs_cli.jobs.render_job import RenderJob, job_of
from higgs_cli.output.manifest.opened import store_of
from higgs_cli.output.manifest.read import read_manifest
from higgs_cli.output.own_files import is_own_manifest
from higgs_cli.settings.record import from_record, recorded
from higgs_cli.settings.sources import range_of, usual_settings
from higgs_cli.settings.table import Settings, flag_name

NO_GATES = "none"
OF_THE_MACHINE = (
    "device",
    "lanes",
    "memory",
    "cpu_fallback",
    "plain_steps",
    "codec_dtype",
    "keep_sound",
    "gate_workers",
)
"""How an earlier render ran says nothing of how this one shall."""


def job_from_manifest(
    manifest: Path,
    output: Path | None,
    given: Mapping[str, object],
    other_outputs: Sequence[Path] = (),
) -> RenderJob:
    """The same plan and takes; `given` is what this command line says, by the settings' names."""
    refuse_what_needs_the_script(manifest, given)
    earlier = read_manifest(manifest)
    then = from_record(earlier.record, earlier.version, f"{manifest}: settings")
    defaults = Settings()
    left = (*OF_THE_MACHINE, "book")  # what described the book then stands in the manifest
    own = replace(then, **{name: getattr(defaults, name) for name in left})
    if own.dtype == defaults.dtype:
        own = replace(own, dtype=_dtype_of(earlier.precision))
    refuse_folders_unasked(manifest, own, given)
    own = replace(own, gates=own.gates if own.gates == NO_GATES else None, **_listeners(own))
    named = given.get("store")
    store = store_of(manifest, earlier.store, named if isinstance(named, Path) else None)
    settings = replace(own, store=store, **_rest(given))
    names = earlier.output_names or (manifest.with_suffix(".wav").name,)
    then_written = [manifest.parent / name for name in names]
    output, *others = [output, *other_outputs] if output is not None else then_written
    changed = tuple(
        setting.name
        for setting in fields(Settings)
        if range_of(setting).again == "speak"
        and getattr(settings, setting.name) != getattr(own, setting.name)
    )
    job = replace(
        job_of(earlier, output, settings),
        record=recorded(
            replace(then, **dict[str, Any](given))
        ),  # where and how it ran this time is no other book
        overridden=changed,
        other_outputs=tuple(others),
    )
    if not is_own_manifest(manifest, output):
        job = replace(job, inputs=(*job.inputs, manifest))
    if earlier.levels_chapters:
        return job
    as_before = replace(job.choices.mastering, levels_chapters=False)
    return replace(job, choices=replace(job.choices, mastering=as_before))


def refuse_what_needs_the_script(manifest: Path, given: Mapping[str, object]) -> None:
    """A manifest holds texts and cast, not the script they were made of."""
    for setting in fields(Settings):
        limits = range_of(setting)
        if setting.name in given and limits.again == "refuse":
            flag = flag_name(setting.name, limits)
            raise UsageError(
                f"--{flag} does not go with --from: {manifest} has no script to read again",
                hint=f"render the script itself: higgs render SCRIPT --{flag} …",
            )


def refuse_folders_unasked(manifest: Path, own: Settings, given: Mapping[str, object]) -> None:
    """A manifest may come from elsewhere: it does not choose folders that are opened as models.

    The person has named them: on this command line, or for whatever they render.
    """
    from higgs_cli.checkpoints.find import is_folder_name

    folders = {"model": own.model if own.model and is_folder_name(own.model) else None}
    folders["codec"] = None if own.codec is None else str(own.codec)
    unasked = {name: each for name, each in folders.items() if each and name not in given}
    usual = usual_settings(os.environ) if unasked else {}
    for name, folder in unasked.items():
        if str(usual.get(name)) != folder:
            raise UsageError(
                f"{manifest}: its {name} is a folder that you have not named, {folder}",
                hint=f"if it is to be opened, add --{name} {shlex.quote(folder)}",
            )


def _listeners(own: Settings) -> dict[str, Any]:
    """Of who listened then, what is here and no path: a manifest does not choose files that are
    opened. Its takes are used whoever listens now."""
    name = own.recognizer
    is_here = name and WHISPER_NAME.fullmatch(name) and cached_folder(whisper_at(name, None))
    return {"recognizer": name if is_here else None, "speaker_print": None}


def _dtype_of(precision: str) -> str:
    """What gives takes of this precision on any device, so that only what differs is spoken."""
    return precision.partition("+")[0].removesuffix("-weights")


def _rest(given: Mapping[str, object]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name != "store"}
