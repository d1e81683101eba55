"""What is to be rendered: where its words come from, where it goes, and what is chosen for it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from higgs_cli.casting.cast import Cast
from higgs_cli.errors import UsageError
from higgs_cli.jobs.cast_script import sheet_path
from higgs_cli.output.beside import NOTHING_ASKED, AskedCompanions
from higgs_cli.output.manifest.earlier import EarlierRender
from higgs_cli.output.manifest.named_files import named_files
from higgs_cli.script.decoding import STDIN
from higgs_cli.settings.record import recorded
from higgs_cli.settings.table import Settings
from higgs_cli.settings.views import Choices, choices_of
from higgs_cli.takes.layout import STORE_SUFFIX

if TYPE_CHECKING:
    from higgs_cli.checks.gate_sources import GateSources
    from higgs_cli.takes.decisions import Wishes


@dataclass(frozen=True)
class ScriptFile:
    """A script on the disk, or on stdin as `-`."""

    path: str
    text: str | None = None
    """What is to stand in it, where that is only tried."""


@dataclass(frozen=True)
class TextWithVoice:
    """A text given by itself, with the voice that says it."""

    name: str
    """What it is called in messages."""
    text: str
    cast: Cast


@dataclass(frozen=True)
class RenderJob:
    """One book, or one line: everything that is asked for it."""

    source: ScriptFile | TextWithVoice | EarlierRender
    output: Path | None
    """None where it is only planned and has no name."""
    choices: Choices
    record: Mapping[str, object]
    """The settings as its manifest keeps them."""
    store: Path | None = None
    other_outputs: tuple[Path, ...] = ()
    """The same sound in other formats."""
    part: tuple[int, int] = (1, 1)
    """Which of how many scripts it is that are one book together, each with a file of its own."""
    makes_folder: bool = False
    """Is the folder of the output made if it is not there?"""
    wishes: Wishes | None = None
    """What a person wants of places: retakes, locks, chosen takes."""
    carried_out: tuple[str, ...] = ()
    """Rows of a pick-up list, by checksum, that are done once the wishes are written down."""
    inputs: tuple[Path, ...] = ()
    """Files that it is made of, as far as they are known before it is planned."""
    asked: AskedCompanions = NOTHING_ASKED
    """What is to lie beside the audio, besides subtitles."""
    overwrites: bool = False
    """May files be replaced that no render has written?"""
    overridden: tuple[str, ...] = ()
    """What of that which decides takes is not as the manifest has it, by the settings' names."""
    heard_by: GateSources | None = None
    """Who has heard its takes, where all were spoken and heard before; else it is looked up."""

    @property
    def store_folder(self) -> Path | None:
        """Where its takes lie: beside the output, unless it is told."""
        if self.store is not None or self.output is None:
            return self.store
        return self.output.with_suffix(STORE_SUFFIX)

    @property
    def earlier(self) -> EarlierRender | None:
        return self.source if isinstance(self.source, EarlierRender) else None


def job_of(
    source: ScriptFile | TextWithVoice | EarlierRender, output: Path | None, settings: Settings
) -> RenderJob:
    """The settings cut into views, and recorded."""
    choices = choices_of(settings)
    sheet = sheet_path(choices.casting)
    named = (choices.reading.lexicon, choices.casting.voices, choices.casting.scene, sheet)
    inputs = [Path(each) for each in named if each]
    if isinstance(source, ScriptFile) and source.path != STDIN:
        inputs.append(Path(source.path))
    record = recorded(settings)
    return RenderJob(source, output, choices, record, settings.store, inputs=tuple(inputs))


def job_from_script(
    script: str,
    output: Path | None,
    settings: Settings,
    other_outputs: Sequence[Path] = (),
    given: Collection[str] = (),
) -> RenderJob:
    """A script file; unless it is told, the output is what was rendered of it, or named after it.

    `given`: the settings that this command line names; the form of the output is the earlier one's.
    """
    if output is None and script != STDIN:
        output = Path(Path(script).stem + ".wav")
        earlier = named_files(output)
        if earlier is not None and earlier.is_of(output) and earlier.outputs:
            output, *other_outputs = earlier.outputs
            if earlier.is_per_chapter and "per_chapter" not in given:
                settings = replace(settings, per_chapter=True)
    job = job_of(ScriptFile(script), output, settings)
    return replace(job, other_outputs=tuple(other_outputs))


def named_output(job: RenderJob) -> Path:
    """Where the audio goes; a script from stdin has no name to borrow."""
    if job.output is None:
        raise UsageError("a script from stdin has no name", hint="name the audio file with -o")
    return job.output
