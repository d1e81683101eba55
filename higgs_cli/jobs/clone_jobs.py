"""What `higgs clone` renders: one recording, one or many texts, and a file for each of them."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from higgs_cli.casting.cast import Cast, CastMember, Reference, Voice
from higgs_cli.casting.references import reference_of
from higgs_cli.errors import UsageError
from higgs_cli.jobs.render_job import RenderJob, TextWithVoice, job_of
from higgs_cli.plain_text import is_whole
from higgs_cli.script.decoding import STDIN, read_text
from higgs_cli.script.document import NARRATOR
from higgs_cli.settings.table import Settings
from higgs_cli.takes.layout import STORE_SUFFIX

NAME_WORDS = 5
NAME_CHARACTERS = 40
TEXT_SUFFIXES = (".txt", ".md")


@dataclass(frozen=True)
class SaidText:
    """A text to be said, and what it is called in messages."""

    name: str
    text: str
    file: Path | None = None
    """That it was read from."""


def clone_reference(recording: Path, transcript: str | None) -> Reference:
    """The recording with its words: those given, else those of the .txt beside it, else none."""
    if not recording.is_file():
        raise UsageError(
            f"{recording}: no such recording", hint='higgs clone recording.wav "What to say."'
        )
    _check_whole(transcript or "", "--ref-text")
    return reference_of(recording, transcript)


def read_texts(arguments: Sequence[str], lines_file: str | None) -> list[SaidText]:
    """Texts as they are given: words, `-`, the name of a text file, or a file of lines."""
    texts = [said for argument in arguments for said in _argument_texts(argument)]
    if lines_file is not None:
        texts += _line_texts(lines_file)
    for said in texts:
        _check_whole(said.text, said.name)
    if not texts:
        raise UsageError("no text given", hint='higgs clone recording.wav "What to say."')
    return texts


def clone_jobs(
    reference: Reference, texts: Sequence[SaidText], output: Path | None, settings: Settings
) -> list[RenderJob]:
    """A job for each text, all on one store; the folder that `output` names is made if need be."""
    stem = reference.audio.stem
    is_file = output is not None and _is_file(output, texts)
    outputs = [output] if output and is_file else _named_after_texts(stem, texts, output or Path())
    first = outputs[0] if len(texts) == 1 else outputs[0].with_name(stem + ".wav")
    store = settings.store or first.with_suffix(STORE_SUFFIX)
    settings = replace(settings, store=store, read_as="prose", headings="spoken")
    voice = Voice(stem, reference=reference, origin=str(reference.audio))
    cast = Cast((CastMember(NARRATOR, voice, 0, "clone"),))
    sources = [TextWithVoice(said.name, said.text, cast) for said in texts]
    jobs = [job_of(source, path, settings) for source, path in zip(sources, outputs, strict=True)]
    inputs = tuple(said.file for said in texts if said.file is not None)
    return [replace(job, makes_folder=not is_file, inputs=(*job.inputs, *inputs)) for job in jobs]


def _check_whole(text: str, what: str) -> None:
    if not is_whole(text):
        raise UsageError(f"{what} is not UTF-8: {text[:60]}")


def _argument_texts(argument: str) -> Iterable[SaidText]:
    if argument == STDIN:
        return [SaidText("<stdin>", sys.stdin.read())]
    looks_like_a_file = argument.lower().endswith(TEXT_SUFFIXES) and " " not in argument
    if looks_like_a_file:
        if not Path(argument).is_file():
            raise UsageError(f"{argument}: no such file")
        return [SaidText(argument, read_text(argument, None)[1], Path(argument))]
    return [SaidText("<text>", argument)]


def _line_texts(lines_file: str) -> list[SaidText]:
    shown, source, _ = read_text(lines_file, None)
    lines = enumerate(source.split("\n"), start=1)
    file = None if lines_file == STDIN else Path(lines_file)
    return [
        SaidText(f"{shown}, line {number}", line, file) for number, line in lines if line.strip()
    ]


def _is_file(output: Path, texts: Sequence[SaidText]) -> bool:
    """A name with an ending is a file, any other a folder; several texts go into a folder."""
    if output.is_dir() or not output.suffix:
        return False
    if len(texts) == 1:
        return True
    raise UsageError(f"{len(texts)} texts cannot go into one file", hint="name a folder with -o")


def _named_after_texts(stem: str, texts: Sequence[SaidText], folder: Path) -> list[Path]:
    names: list[str] = []
    for said in texts:
        name = f"{stem}-{slug(said.text)}"
        count = sum(other == name or other.startswith(f"{name}-") for other in names)
        names.append(f"{name}-{count + 1}" if count else name)
    return [folder / f"{name}.wav" for name in names]


def slug(text: str) -> str:
    """The first words of a text as a file name."""
    words = re.findall(r"\w+", text.lower())[:NAME_WORDS]
    return "-".join(words)[:NAME_CHARACTERS].strip("-") or "clone"
