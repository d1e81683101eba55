"""What an audio is made of: takes, pauses, levels, the way of mastering, and what its tags say.

Two audio files of one making tell the same book at the same times; of two makings, what belongs to
one speaks falsely of the other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from higgs_cli.errors import FormatError
from higgs_cli.files.strict_json import Record
from higgs_cli.output.about import AboutBook
from higgs_cli.output.heard_chunks import HEARD, is_heard
from higgs_cli.planning.plan import Plan
from higgs_cli.script.about import TEXT_NAMES
from higgs_cli.takes.settled import SettledChunk, SpokenPlan


@dataclass(frozen=True)
class Spoken:
    """What is heard for a chunk, and the pause before it."""

    take: tuple[str, int] | None
    is_used: bool
    pause_seconds: float
    word_times: str | None = field(default=None, compare=False)
    """How the times of its words are known, where they were heard: it moves no sound."""


@dataclass(frozen=True)
class Making:
    """All that decides how an audio sounds and what stands in its tags."""

    titles: tuple[str, ...]
    chunks: tuple[Spoken, ...]
    gains: tuple[tuple[str, float], ...]
    """Of each speaker's voice, as its library has it."""
    paces: tuple[tuple[str, float], ...]
    """Of each speaker."""
    about: Mapping[str, object]
    mastering: Mapping[str, object]
    sample_format: str
    way: tuple[str, int]
    """What was brought to its loudness by itself, and the version of mastering."""
    pauses: Mapping[str, object] = field(compare=False)
    """As they were asked for; which of them are heard, the chunks say."""

    @property
    def word_times(self) -> tuple[str | None, ...]:
        """How the times of words are known, chunk by chunk: what a book to read along shows."""
        return tuple(each.word_times for each in self.chunks)

    @property
    def settings(self) -> object:
        """What a command line decides of it, and not the book."""
        return self.mastering, self.pauses, self.sample_format, self.way


def making_now(
    plan: Plan,
    spoken: SpokenPlan,
    record: Mapping[str, Any],
    about: AboutBook,
    way: tuple[str, int],
) -> Making:
    """Of what is about to be mastered; `record` has the settings as a manifest keeps them."""
    facts: dict[str, object] = dict(about.texts)
    if about.cover is not None:
        facts["cover"] = hashlib.sha256(about.cover.data).hexdigest()
    return Making(
        titles=tuple(chapter.title for chapter in plan.script.chapters),
        chunks=tuple(_spoken(each, plan.language) for each in spoken.chunks),
        gains=tuple((each.speaker, each.voice.gain_db) for each in plan.cast.members),
        paces=tuple((each.speaker, each.pace) for each in plan.cast.members),
        about=facts,
        mastering=dict(record["mastering"]),
        sample_format=record["delivery"]["sample_format"],
        way=way,
        pauses=dict(record["pauses"]),
    )


def making_of(manifest: Record) -> Making | None:
    """Of what a manifest describes, its chunks read by `chunk_said`; None where it does not say."""
    try:
        settings = manifest.plain("settings")
        return Making(
            titles=tuple(each.text("title") for each in manifest.records("chapters")),
            chunks=tuple(each for each, _ in manifest.made("chunks")),
            gains=tuple(
                (each.text("speaker"), each.number("gain_db")) for each in manifest.records("cast")
            ),
            paces=tuple(
                (each.text("speaker"), each.number("pace") if "pace" in each else 1.0)
                for each in manifest.records("cast")
            ),
            about=_about(manifest.plain("about")),
            mastering=dict(settings["mastering"]),
            sample_format=settings["delivery"]["sample_format"],
            way=(manifest.text("levelled"), manifest.whole("mastering_version")),
            pauses=dict(settings["pauses"]),
        )
    except (FormatError, KeyError, TypeError, ValueError):
        return None


def chunk_said(chunk: Record) -> tuple[Spoken | None, tuple[float, float]]:
    """What a manifest says of a chunk: how it is made, and its place in the audio."""
    times = (chunk.number("start_seconds"), chunk.number("end_seconds"))
    if "is_used" not in chunk:
        return None, times  # of before
    take = chunk.optional_record("take")
    named = None if take is None else (take.text("key"), take.whole("attempt"))
    pause_seconds = chunk.record("pause").number("seconds")
    known_by = chunk.optional_text("word_times")
    return Spoken(named, chunk.flag("is_used"), pause_seconds, known_by), times


def _spoken(settled: SettledChunk, language: str) -> Spoken:
    take = None if settled.take is None else (settled.key, settled.take.attempt)
    known_by = HEARD if is_heard(settled, language) else None
    return Spoken(take, settled.is_used, settled.chunk.pause.seconds, known_by)


def _about(about: Mapping[str, Any]) -> dict[str, object]:
    facts: dict[str, object] = {name: about.get(name) for name in TEXT_NAMES}
    if about.get("cover"):
        facts["cover"] = about["cover"]["sha256"]
    return facts
