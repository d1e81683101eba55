"""A book of a batch that is being spoken: its store is held until it is finished.

Opened when lanes want runs of it, so that of a hundred books only a few hold files at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from higgs_cli.jobs.batch import ReadBook
from higgs_cli.jobs.book import Book
from higgs_cli.jobs.finishing import RenderReport
from higgs_cli.jobs.gates import EarRoom, sources_of
from higgs_cli.jobs.render_job import RenderJob
from higgs_cli.jobs.together import (
    finished_each,
    finished_one,
    group_ledger,
    groups_of,
    held_store,
)
from higgs_cli.progress import Progress
from higgs_cli.rendering.part import Part
from higgs_cli.takes.kept_sounds import sounds_of
from higgs_cli.takes.settled import SpokenChapter

if TYPE_CHECKING:
    from higgs_cli.speech.protocol import Synthesizer


@runtime_checkable
class FinishesElsewhere(Protocol):
    """A synthesizer that has other machines to master books on."""

    @property
    def finishes_elsewhere(self) -> bool: ...

    @property
    def worker_count(self) -> int: ...

    def finish(self, jobs: Sequence[RenderJob]) -> tuple[RenderReport, ...]: ...


class OpenBook:
    """Its parts are given to the loop; when all of them are whole, it can be finished."""

    def __init__(
        self,
        book: ReadBook,
        place: int,
        speech: Synthesizer,
        progress: Progress,
        ears: EarRoom,
    ) -> None:
        """`place`: which book of the batch it is; `ears`: who hears takes for all of them."""
        self.book = book
        self.parts: list[Part] = []
        self._progress = progress
        self._speech = speech
        self._description = speech.description
        self._chapters: list[SpokenChapter] = []
        with ExitStack() as held:
            self._store = held_store(book.scripts, held)
            self._store.expect(speech.description.codes_form)
            self._sounds = sounds_of(self._store.sounds, speech)
            self._groups = [scripts for scripts, _ in self._begin(place, speech, ears)]
            most = book.scripts[0].job.choices.takes.kept_sound_bytes
            held.callback(self._store.sounds.trim, most)
            self._held = held.pop_all()

    def _begin(
        self, place: int, speech: Synthesizer, ears: EarRoom
    ) -> list[tuple[list[Book], Part]]:
        """A part for each ledger, one after another."""
        groups: list[tuple[list[Book], Part]] = []
        for scripts, plan in groups_of(self.book.scripts):
            job = scripts[0].job
            sources = sources_of(job, plan)
            listeners = ears.listeners(sources, job.choices.gates, plan, self._store.heard)
            part = Part(
                group_ledger(scripts, plan, self._store, speech.description.identity),
                speech,
                job.choices.sampling,
                self._progress,
                self._sounds,
                listeners=listeners,
                name=f"{place}.{len(groups)}/",
                after=self.parts[-1] if self.parts else None,
            )
            self.parts.append(part)
            groups.append((scripts, part))
        return groups

    @property
    def is_whole(self) -> bool:
        return all(part.is_whole for part in self.parts)

    @property
    def fresh_seconds(self) -> float:
        """How much speech was made now."""
        return sum(
            chunk.seconds
            for part in self.parts
            for chunk in part.plan.chunks
            if chunk.key in part.fresh_keys
        )

    def keep(self, chapter: SpokenChapter) -> None:
        """A chapter of it is settled."""
        self._chapters.append(chapter)

    def finish(self) -> tuple[RenderReport, ...]:
        """Master and deliver all of its scripts: for any thread, once it is whole."""
        if isinstance(self._speech, FinishesElsewhere) and self._speech.finishes_elsewhere:
            self.close()  # it is held there
            return tuple(map(self._counted, self._speech.finish(self._jobs)))
        description, sounds, progress = self._description, self._sounds, self._progress
        if len(self.book.scripts) == 1:
            (script,), ledger = self.book.scripts, self.parts[0].ledger
            return (finished_one(script, ledger, description, self._chapters, sounds, progress),)
        return tuple(
            report
            for scripts, part in zip(self._groups, self.parts, strict=True)
            for report in finished_each(
                scripts, frozenset(part.fresh_keys), self._store, description, sounds, progress
            )
        )

    @property
    def _jobs(self) -> list[RenderJob]:
        """What other machines are told: by whom takes were heard, also where nobody could hear."""
        return [
            replace(script.job, heard_by=sources_of(script.job, script.plan))
            for script in self.book.scripts
        ]

    def _counted(self, report: RenderReport) -> RenderReport:
        """With what was spoken here; where it was mastered, all of it was stored."""
        fresh = frozenset().union(*(part.fresh_keys for part in self.parts))
        count = sum(chunk.key in fresh for chunk in report.plan.chunks)
        return replace(report, spoken_count=count)

    def close(self) -> None:
        """Its store is anybody's again."""
        self._held.close()
