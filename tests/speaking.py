"""A plan spoken into a store, for tests of the loop and of what comes before and after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from higgs_cli.planning.plan import Plan
from higgs_cli.progress import Progress, SilentProgress
from higgs_cli.rendering.hearing import Listeners
from higgs_cli.rendering.loop import speak_missing
from higgs_cli.settings.views import Sampling, TakeRules
from higgs_cli.speech.protocol import Synthesizer
from higgs_cli.takes.kept_sounds import KeptSounds, sounds_of
from higgs_cli.takes.ledger import Books, Ledger
from higgs_cli.takes.measure import Measure
from higgs_cli.takes.settled import SpokenChapter
from higgs_cli.takes.store import TakeStore


@dataclass(frozen=True)
class SpokenHere:
    """What came of it."""

    ledger: Ledger
    chapters: tuple[SpokenChapter, ...]
    sounds: KeptSounds


def speak(
    plan: Plan,
    folder: Path,
    synthesizer: Synthesizer,
    rules: TakeRules | None = None,
    *,
    progress: Progress | None = None,
    sampling: Sampling | None = None,
    silent_seconds_limit: float = 600.0,
    books: Books = (),
    gates: Sequence[Measure] = (),
    listeners: Listeners | None = None,
) -> SpokenHere:
    """Speak what is missing of a plan."""
    store = TakeStore(folder)
    store.open()
    identity = synthesizer.description.identity
    ledger, kept = (
        Ledger(plan, store, identity, rules or TakeRules(), books=books, gates=gates),
        sounds_of(store.sounds, synthesizer),
    )
    chapters = speak_missing(
        ledger,
        synthesizer,
        sampling or Sampling(),
        progress or SilentProgress(),
        kept,
        silent_seconds_limit,
        listeners,
    )
    return SpokenHere(ledger, tuple(chapters), kept)
