"""A book of a batch that is being spoken: its store is held until it is finished.

Opened when lanes want runs of it, so that of a hundred books only a few hold files at a time.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

from higgs_cli.jobs.batch import ReadBook
from higgs_cli.jobs.batch_outlook import group_ledger, groups_of
from higgs_cli.jobs.book import Book
from higgs_cli.jobs.finishing import RenderReport, finished, share_of
from higgs_cli.jobs.gates import EarRoom
from higgs_cli.progress import Progress
from higgs_cli.rendering.part import Part
from higgs_cli.takes.kept_sounds import sounds_of
from higgs_cli.takes.lock import outputs_held, store_held
from higgs_cli.takes.settled import SpokenChapter, SpokenPlan

if TYPE_CHECKING:
    from higgs_cli.speech.protocol import Synthesizer


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
        self._description = speech.description
        self._chapters: list[SpokenChapter] = []
        with ExitStack() as held:
            if len(book.scripts) == 1:
                held.enter_context(outputs_held(book.scripts[0].held))
            self._store = held.enter_context(store_held(book.store_folder))
            for script in book.scripts:  # known as ours also when their manifest is gone
                self._store.written.note(script.output, script.present)
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
        for scripts, plan in groups_of(self.book):
            job = scripts[0].job
            listeners = ears.listeners(job, plan, self._store)
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
        if len(self.book.scripts) == 1:
            ledger = self.parts[0].ledger
            script = replace(self.book.scripts[0], plan=ledger.plan)
            chapters = tuple(sorted(self._chapters, key=lambda chapter: chapter.number))
            spoken = SpokenPlan(self._description, chapters, ledger.voice_takes(), ledger.judged_by)
            return (finished(script, spoken, self._store, self._sounds, self._progress),)
        reports = []
        for scripts, part in zip(self._groups, self.parts, strict=True):
            fresh = frozenset(part.fresh_keys)
            for script in scripts:
                share = share_of(script, fresh, self._store, self._description)
                with outputs_held(script.held):
                    reports.append(
                        finished(script, share, self._store, self._sounds, self._progress)
                    )
        return tuple(reports)

    def close(self) -> None:
        """Its store is anybody's again."""
        self._held.close()
