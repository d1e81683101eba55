"""A job that carries a pick-up list out: its places are spoken again, its words are learnt.

    list ─► less what was carried out ─► wishes
         ─► words: read and planned without them, all that is checked is checked ─► lexicon written

Nothing is written before all of it is known to be possible.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from higgs_cli.errors import UsageError
from higgs_cli.files.stand_ins import may_hold
from higgs_cli.jobs.book import Book, checked, planned
from higgs_cli.jobs.pickups import Pickups
from higgs_cli.jobs.render_job import RenderJob, ScriptFile, named_output
from higgs_cli.script.decoding import STDIN
from higgs_cli.takes.store import TakeStore
from higgs_cli.wording.lexicon_file import GrownLexicon, grown_lexicon

if TYPE_CHECKING:
    from higgs_cli.planning.plan import Plan


def left_of(pickups: Pickups, job: RenderJob) -> Pickups:
    """What no render of this output has carried out yet."""
    folder = job.store_folder
    if folder is None or not may_hold(folder):
        return pickups
    return pickups.without(frozenset(TakeStore(folder).carried_out.of(named_output(job))))


@dataclass(frozen=True)
class NewWords:
    """Words of a list that go into a lexicon, checked and not written."""

    before: RenderJob
    """The job without them."""
    lexicon: GrownLexicon
    absent: tuple[str, ...]
    """Those that are nowhere in the script."""

    @property
    def lines(self) -> Iterator[str]:
        """What is added, for a person."""
        for entry in self.lexicon.new:
            yield f"{self.lexicon.path}: {entry.word} is said {entry.replacement}"


def new_words(pickups: Pickups, job: RenderJob, lexicon: Path) -> NewWords:
    """Read, plan and check the job as if there were no such words."""
    if isinstance(job.source, ScriptFile) and job.source.path == STDIN:
        raise UsageError(
            "words of a pick-up list need a script that can be read twice", hint="name its file"
        )
    grown = grown_lexicon(lexicon, pickups.words)
    reading = replace(job.choices.reading, lexicon=lexicon if lexicon.exists() else None)
    before = replace(job, choices=replace(job.choices, reading=reading))
    plan = planned(before)
    checked(Book(before, plan))
    return NewWords(before, grown, tuple(pickups.absent(_text(plan))))


def _text(plan: Plan) -> str:
    return "\n".join((plan.script.source, *(turn.text.text for turn in plan.script.turns)))
