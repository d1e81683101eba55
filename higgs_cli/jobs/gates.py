"""The gates of a plan: what its takes are held to by what is heard, and the ears that hear it.

settings, language ─► who listens ─► measures for the ledger, nothing opened
                                  └► ears: processes, begun when there is something to hear
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Self

from higgs_cli.casting.references import content_of
from higgs_cli.checks.gate_sources import VOICE, WORDS, GateSources, gate_sources
from higgs_cli.checks.gates import VoiceGate, WordsGate
from higgs_cli.checks.known_recordings import KNOWN, late_seconds
from higgs_cli.jobs.render_job import RenderJob
from higgs_cli.listening.ears import EarProcesses
from higgs_cli.listening.listener import Heard, ListenerSource
from higgs_cli.listening.voice_print import VoicePrint
from higgs_cli.planning.plan import Plan
from higgs_cli.settings.views import GateChoice
from higgs_cli.stopping import wait_for
from higgs_cli.takes.measure import Measure, Voice

if TYPE_CHECKING:
    from pathlib import Path

    from higgs_cli.audio.clip import AudioClip
    from higgs_cli.casting.cast import Reference
    from higgs_cli.listening.ears import Ears
    from higgs_cli.takes.heard_files import HeardFiles

CORES_OF_AN_EAR = 4
"""On so many cores one process hears; the rest is for whoever speaks and decodes."""


def sources_of(job: RenderJob, plan: Plan) -> GateSources:
    """Who listens; what was asked for and is not here is refused. Takes of workers are heard here,
    whoever speaks them."""
    return job.heard_by or gate_sources(job.choices.gates, plan.language)


def gates_of(listening: GateSources, plan: Plan, files: HeardFiles) -> tuple[Measure, ...]:
    """What takes are held to besides their records; of recordings, what `files` have of them."""
    sources = listening.sources
    gates: list[Measure] = []
    if (words := sources.get(WORDS)) is not None:
        gates.append(WordsGate(words.identity, words.name, plan.language))
    if (voice := sources.get(VOICE)) is not None:
        prints = dict(_heard_recordings(plan, voice, files))
        gates.append(VoiceGate(voice.identity, voice.name, prints))
    return tuple(gates)


def lateness_of(listening: GateSources, files: HeardFiles) -> float:
    """How late who hears words says that they were heard, as far as it was asked."""
    words = listening.sources.get(WORDS)
    heard = files.of(words.identity, _known_sounds()) if words is not None else None
    return late_seconds(heard) if heard is not None else 0.0


class EarRoom:
    """The ears of one command, by who listens; leaving it ends their processes."""

    def __init__(self) -> None:
        self._held = ExitStack()
        self._ears: dict[str, EarProcesses] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._held.close()

    def listeners(
        self, listening: GateSources, choice: GateChoice, plan: Plan, files: HeardFiles
    ) -> dict[str, Ears]:
        """Who hears for this plan, by identity; the recordings of its voices are heard."""
        sources = listening.sources
        found: dict[str, Ears] = {}
        for source in sources.values():
            if source.identity not in self._ears:
                ears = EarProcesses(source, _process_count(source, choice))
                self._ears[source.identity] = self._held.enter_context(ears)
            found[source.identity] = self._ears[source.identity]
        if VOICE in sources:
            voice = sources[VOICE]
            _hear_recordings(plan, voice, files, self._ears[voice.identity])
        if WORDS in sources:
            _hear_known(sources[WORDS], files, self._ears[sources[WORDS].identity])
        return found


def _process_count(source: ListenerSource, choice: GateChoice) -> int:
    is_on_card = source.settings.get("device") == "cuda"
    usual = 1 if is_on_card else max(1, len(os.sched_getaffinity(0)) // CORES_OF_AN_EAR)
    return choice.gate_workers or usual


# -- recordings of voices --------------------------------------------------------------------


def _heard_recordings(
    plan: Plan, source: ListenerSource, files: HeardFiles
) -> Iterator[tuple[Voice, VoicePrint]]:
    """The prints of the cast's recordings, as far as they were heard."""
    for voice, reference in _recordings(plan):
        heard = files.of(source.identity, (_sound(reference),))
        if heard is not None and isinstance(heard[0], VoicePrint):
            yield voice, heard[0]


def are_recordings_heard(listening: GateSources, plan: Plan, files: HeardFiles) -> bool:
    """Whether it is known what takes are compared with, and how late words are heard."""
    words, voice = listening.sources.get(WORDS), listening.sources.get(VOICE)
    if words is not None and files.of(words.identity, _known_sounds()) is None:
        return False
    return voice is None or not any(
        files.of(voice.identity, (_sound(reference),)) is None for _, reference in _recordings(plan)
    )


def _hear_recordings(plan: Plan, source: ListenerSource, files: HeardFiles, ears: Ears) -> None:
    """Only what is still the recording that was meant: a manifest may name any file."""
    to_hear = {
        _sound(reference): reference
        for _, reference in _recordings(plan)
        if files.of(source.identity, (_sound(reference),)) is None
        and content_of(reference.audio, reference.text) == reference.content
    }
    asked = {
        sound: ears.hear(lambda reference=reference: [_clip(reference.audio)], at_once=True)  # type: ignore[misc]
        for sound, reference in to_hear.items()
    }
    for sound, future in asked.items():
        wait_for(future)
        files.keep(source.identity, (sound,), future.result())


def _hear_known(source: ListenerSource, files: HeardFiles, ears: Ears) -> None:
    """The recordings of which it is known when each word is said: nobody waits before the first
    chapter is spoken."""
    sounds = _known_sounds()
    if files.expects(source.identity, sounds) or files.of(source.identity, sounds) is not None:
        return
    future = ears.hear(lambda: [_clip(known.path) for known in KNOWN], at_once=True)

    def answer() -> Sequence[Heard | None]:
        wait_for(future)
        return future.result()

    files.expect(source.identity, sounds, answer)


def _known_sounds() -> tuple[str, ...]:
    return tuple(known.sound for known in KNOWN)


def _recordings(plan: Plan) -> Iterator[tuple[Voice, Reference]]:
    """Those that lie there, of every voice of the cast and its moods."""
    for member in plan.cast.members:
        named: Sequence[tuple[str | None, Reference | None]] = (
            (None, member.voice.reference),
            *member.voice.moods.items(),
        )
        for mood, reference in named:
            if reference is not None and reference.audio.is_file():
                yield (member.speaker, mood), reference


def _sound(reference: Reference) -> str:
    return f"recording {reference.content}"


def _clip(path: Path) -> AudioClip:
    from higgs_cli.evaluation.recordings import read_recording

    return read_recording(path)
