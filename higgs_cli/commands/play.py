"""`higgs play`: the takes of a place, heard one after another, or written to listen elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from higgs_cli.settings.table import Settings
from higgs_cli.terminal.console import out
from higgs_cli.terminal.options import JsonOption, ReplaceOption, with_settings

if TYPE_CHECKING:
    from higgs_cli.audio.clip import AudioClip
    from higgs_cli.jobs.place_takes import PlaceTake, PlaceTakes

EPILOG = """Examples: higgs play chapter.wav 14 · higgs play chapter.wav '#7' --take 2 ·
higgs play chapter.wav 0:26:23 -o line.wav (one file a take: line.7.1.wav …) ·
higgs play chapter.wav 14 --json (lists them). One that is liked better:
higgs render --from chapter.json --choose 14=2."""


@with_settings("model")
def play(
    settings: Callable[[], Settings],
    given: Callable[[], Mapping[str, object]],
    output: Annotated[Path, typer.Argument(help="A rendered audio file.")],
    place: Annotated[
        str, typer.Argument(help="A line 14, a chunk '#14', a paragraph 3:14, a time 0:26:23.")
    ],
    take: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Only this take, counted from 1.")
    ] = None,
    target: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE.wav", help="Write them, named after this."),
    ] = None,
    store: Annotated[
        Path | None, typer.Option("--store", help="Where the takes lie, if not beside the audio.")
    ] = None,
    overwrite: ReplaceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Play the takes of a place, or write them; the one that is used is said."""
    from higgs_cli import pipeline
    from higgs_cli.jobs.place_takes import takes_at
    from higgs_cli.tools.player import player

    out.mode = "json" if as_json else "human"
    named = {**given(), **({"store": store} if store else {})}
    found = takes_at(output, place, take, named)
    paths = _paths(found, target, overwrite) if target else {}
    command = player() if not paths and not as_json else ()
    if paths or command:
        clips = found.clips(pipeline.open_higgs)
        for each in found.takes:
            if not as_json:
                out.say(_line(each, clips[each.name].duration_seconds))
            _hear(clips[each.name], paths.get(each.name), command)
    if as_json:
        out.document({"takes": [_document(each, paths.get(each.name)) for each in found.takes]})
    for path in paths.values() if not as_json else ():
        out.result(str(path))


def _paths(found: PlaceTakes, target: Path, overwrites: bool) -> dict[str, Path]:
    """Where each take goes: asked before anything is opened."""
    from higgs_cli.errors import UsageError
    from higgs_cli.files.writable import check_new_file

    if target.suffix.lower() != ".wav":
        raise UsageError(f"{target}: takes are written as .wav files")
    one = len(found.takes) == 1
    paths = {}
    for each in found.takes:
        end = "" if one else f".{each.chunk.number + 1}.{each.number}"
        path = target.with_name(f"{target.stem}{end}{target.suffix}")
        check_new_file(path, overwrites=overwrites)
        paths[each.name] = path
    return paths


def _hear(clip: AudioClip, path: Path | None, command: tuple[str, ...]) -> None:
    """Written where that was asked for, else played."""
    from tempfile import TemporaryDirectory

    from higgs_cli.output.formats.wav import write_wav
    from higgs_cli.tools import player

    with TemporaryDirectory(prefix="higgs-play-") as folder:
        where = path or Path(folder) / "take.wav"
        write_wav(where, [clip.samples], len(clip.samples), clip.sample_rate, "pcm16")
        if path is None:
            player.play(command, where)


def _line(take: PlaceTake, seconds: float) -> str:
    used = ", used" if take.is_used else ""
    what = "; ".join(f"{each.check}: {each.detail}" for each in take.judged.findings) or "good"
    return f"{take.name}{used}: {seconds:.1f} s, {take.chunk.speaker}: {what}"


def _document(take: PlaceTake, path: Path | None) -> dict[str, object]:
    from higgs_cli.planning.places import chunk_place

    return {
        "chunk": chunk_place(take.chunk.number),
        "take": take.number,
        "is_used": take.is_used,
        "speaker": take.chunk.speaker,
        "text": take.chunk.text,
        "verdict": take.judged.verdict.value,
        "checks": [each.check for each in take.judged.findings],
        "path": str(path) if path else None,
    }
