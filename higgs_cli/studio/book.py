"""A book on the desk: its plan, its takes and what was decided, as they are on the disk now.

    script, lexicon, sheet ─► plan ─┐
    store: takes, choices ──────────┴─► ledger      read again when a file of theirs has changed

Whatever else writes these files, a command or another studio, is seen at the next look.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from higgs_cli.jobs.book import planned
from higgs_cli.jobs.render_job import RenderJob, ScriptFile, named_output
from higgs_cli.jobs.speaking import ledger_of
from higgs_cli.output.manifest.opened import manifest_beside
from higgs_cli.output.manifest.read import moments_of
from higgs_cli.output.written_words import Writing
from higgs_cli.planning.plan import Chunk, Plan
from higgs_cli.planning.selection import selected
from higgs_cli.settings.table import Settings
from higgs_cli.studio.conflict import NotHereError
from higgs_cli.studio.history import History
from higgs_cli.studio.one_model import OneModel
from higgs_cli.studio.sources import BookSource
from higgs_cli.takes.choices import Choice
from higgs_cli.takes.layout import CHOICES, HEARINGS, TAKES
from higgs_cli.takes.ledger import Ledger
from higgs_cli.takes.store import TakeStore

Stamp = tuple[Any, ...]


@dataclass(frozen=True)
class Standing:
    """A book as it stands at one moment."""

    job: RenderJob
    ledger: Ledger

    @property
    def plan(self) -> Plan:
        return self.ledger.plan

    @property
    def store(self) -> TakeStore:
        return self.ledger.store

    @cached_property
    def rows(self) -> dict[int, Any]:
        """What was made of a chapter to be shown: see `lines.py`."""
        return {}

    @cached_property
    def writing(self) -> Writing:
        return Writing(self.plan)

    @cached_property
    def number_of(self) -> dict[str, int]:
        """Of each chunk, by its key."""
        return {chunk.key: chunk.number for chunk in self.plan.chunks}

    @cached_property
    def moments(self) -> dict[str, tuple[float, float]]:
        """When each chunk sounds in the finished audio, by its key, where there is one."""
        manifest = manifest_beside(named_output(self.job))
        return dict(moments_of(manifest)) if manifest.is_file() else {}

    def chunk(self, line: str) -> Chunk:
        """The line of this name."""
        if line not in self.number_of:
            raise NotHereError("this line is not in the book any more: its text was changed")
        return self.plan.chunks[self.number_of[line]]


class StudioBook:
    """For any thread."""

    def __init__(self, source: BookSource, model: OneModel) -> None:
        self.source = source
        self.model = model
        self.settings = source.settings
        self.history = History()
        self.changing = threading.RLock()
        """Held by whoever changes a file or a choice of it, from looking to writing."""
        self._looking = threading.RLock()
        self._plan: tuple[Stamp, RenderJob, Plan] | None = None
        self._standing: Standing | None = None
        self._stamp: Stamp = ()
        """Of what it was made of."""
        self._store: TakeStore | None = None

    def use(self, settings: Settings) -> None:
        """From now on it is rendered so."""
        with self._looking:
            self.settings = settings
            self._plan = self._standing = None

    def forget(self) -> None:
        """Its takes and choices are looked at again; its plan is made anew where a file of it is
        another."""
        with self._looking:
            self._standing = None

    @property
    def output(self) -> Path:
        return self.source.outputs[0]

    def standing(self) -> Standing:
        """As it is now."""
        with self._looking:
            job, plan, stamp = self._planned()
            folder = job.store_folder
            assert folder is not None
            stamp = (stamp, _stamp([manifest_beside(self.output)]), _folders_stamp(folder))
            if self._standing is None or self._stamp != stamp:
                known = self._store
                is_here = known is not None and known.folder == folder
                store = known.looked_at_again() if known and is_here else TakeStore(folder)
                job = heeding(job, store)
                identity = self.model.identity(job.choices.model)
                self._standing = Standing(job, ledger_of(job, plan, store, identity))
                self._stamp, self._store = stamp, store
            return self._standing

    def heed_choice(self, standing: Standing, number: int) -> None:
        """A choice was written here: where nothing else has changed, its line alone is another."""
        with self._looking:
            key = standing.ledger.state(number).key
            now = _folders_stamp(standing.store.folder)
            changed = set(now) ^ set(self._stamp[-1] if self._stamp else ())
            is_alone = {where for where, _ in changed} <= {f"{CHOICES}/{key[:2]}"}
            if self._standing is not standing or standing.job.earlier or not is_alone:
                self.forget()
                return
            standing.ledger.refresh(number)
            standing.rows.pop(standing.plan.chunks[number].chapter, None)
            self._stamp = (*self._stamp[:-1], now)

    def _planned(self) -> tuple[RenderJob, Plan, Stamp]:
        if self._plan is not None:
            stamp, job, plan = self._plan
            if stamp == self._inputs_stamp(job):
                return job, plan, stamp
        job = self.source.job(self.settings)
        stamp = self._inputs_stamp(job)
        plan = planned(job)
        self._plan = (stamp, job, plan)
        return job, plan, stamp

    def _inputs_stamp(self, job: RenderJob) -> Stamp:
        manifests = [job.earlier.manifest] if job.earlier else []
        return _stamp([*job.inputs, *manifests])

    def job(self) -> RenderJob:
        """A render of it, as it would be begun now."""
        return self.standing().job

    def chapter(self, number: int) -> tuple[RenderJob, Plan]:
        """The same for one chapter, planned; of a manifest alone, for all of it."""
        standing = self.standing()
        job = standing.job
        if not isinstance(job.source, ScriptFile):
            return job, standing.plan
        reading = replace(job.choices.reading, chapters=str(number + 1))
        part = replace(job, choices=replace(job.choices, reading=reading))
        if self.settings.chapters is not None:
            return part, planned(part)
        return part, selected(standing.plan, reading.chapters, job.choices.planning)


def heeding(job: RenderJob, store: TakeStore) -> RenderJob:
    """Where a manifest stands for the script: the takes that it names, but for those of which
    something else was decided since."""
    earlier = job.earlier
    if earlier is None:
        return job
    takes = {
        number: take
        for number, take in earlier.takes.takes.items()
        if (choice := store.choice(take.key)) == Choice() or choice.chosen_attempt == take.attempt
    }
    return replace(job, source=replace(earlier, takes=replace(earlier.takes, takes=takes)))


def _stamp(paths: Iterable[Path]) -> Stamp:
    """What becomes another when one of the files does."""
    found: list[object] = []
    for path in paths:
        try:
            status = path.stat()
            found.append((str(path), status.st_ino, status.st_size, status.st_mtime_ns))
        except OSError:
            found.append(str(path))
    return tuple(found)


def _folders_stamp(store: Path) -> tuple[tuple[str, int], ...]:
    """The same for the takes of a store, what was decided and what was heard of them: all of it is
    renamed into one of these folders when it is written."""
    found: list[tuple[str, int]] = []
    for name in (TAKES, CHOICES, HEARINGS):
        with suppress(OSError), os.scandir(store / name) as entries:
            found += [(f"{name}/{entry.name}", entry.stat().st_mtime_ns) for entry in entries]
    return tuple(sorted(found))
