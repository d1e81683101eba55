"""The chunks that no stored take says are spoken, in the end by the CPU where that is allowed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, TypeAlias

from higgs_cli.checkpoints.find import MINI
from higgs_cli.errors import DeviceError
from higgs_cli.jobs.gates import gates_of, lateness_of, sources_of
from higgs_cli.jobs.render_job import RenderJob
from higgs_cli.planning.measured_rate import remember_rate
from higgs_cli.planning.plan import Plan
from higgs_cli.planning.replanning import brought_up_to_date
from higgs_cli.progress import Progress
from higgs_cli.settings.views import ModelChoice

if TYPE_CHECKING:
    from higgs_cli.checkpoints.identity import ModelIdentity
    from higgs_cli.rendering.hearing import Listeners
    from higgs_cli.speech.protocol import Synthesizer, SynthesizerDescription
    from higgs_cli.takes.kept_sounds import KeptSounds
    from higgs_cli.takes.ledger import Books, Ledger
    from higgs_cli.takes.settled import SpokenChapter
    from higgs_cli.takes.store import TakeStore

TELLING_SECONDS = 30.0
CHOOSE_ANEW = {"takes", "retries", "gates", "recognizer", "speaker_print", "retry_budget"}
"""Settings by which other takes may be the best ones than those that a manifest names."""

OpenSpeech: TypeAlias = "Callable[[ModelChoice], Synthesizer]"
HearChapter: TypeAlias = "Callable[[SpokenChapter, SynthesizerDescription, KeptSounds], None]"


def ledger_of(
    job: RenderJob,
    plan: Plan,
    store: TakeStore,
    identity: ModelIdentity,
    books: Books = (),
    retaken: Sequence[int] = (),
) -> Ledger:
    """What is stored of a plan, and what is to be spoken. `books`: see `Ledger`; `retaken`: the
    chunks of which another take is wanted."""
    from higgs_cli.takes.ledger import Ledger

    earlier, rules = job.earlier, job.choices.takes
    chosen = {}
    if earlier is not None and not CHOOSE_ANEW & set(job.overridden):
        chosen = {number: (take.key, take.attempt) for number, take in earlier.takes.takes.items()}
    sources = sources_of(job, plan)
    gates = gates_of(sources, plan, store.heard)
    late = partial(lateness_of, sources, store.heard)
    ledger = Ledger(plan, store, identity, rules, chosen, books, gates, late)
    ledger.judge()
    if earlier is None:
        return ledger
    outdated = ledger.outdated(retaken)
    if not outdated:
        return ledger
    plan = brought_up_to_date(plan, outdated)
    ledger = Ledger(plan, store, identity, rules, chosen, books, gates, late)
    ledger.judge()
    return ledger


def opened(choice: ModelChoice, open_speech: OpenSpeech, progress: Progress) -> Synthesizer:
    """The model, named to the person by the first line they read."""
    speech = open_speech(choice)
    it = speech.description
    progress.stage(f"{it.name} on {it.device}, {it.precision}, {it.lane_count} lanes")
    if it.name == MINI and choice.model is None:
        progress.stage("mini is a small model for drafts; to get the full model: higgs download")
    return speech


def spoken_chapters(
    job: RenderJob,
    ledger: Ledger,
    speech: Synthesizer,
    open_speech: OpenSpeech,
    progress: Progress,
    hear: HearChapter,
    listeners: Listeners,
) -> tuple[Synthesizer, KeptSounds, tuple[SpokenChapter, ...]]:
    """All chapters, in order; after a device has failed, on the CPU if that was asked for.

    `hear` is told of each as soon as it is settled; of some again, after a device has failed.
    """
    get_ready(speech, progress, is_settled=ledger.speaks_nothing)
    began = monotonic()
    try:
        sounds, spoken = _spoken(job, ledger, speech, progress, hear, listeners)
    except DeviceError as error:
        speech = open_speech(on_the_cpu(job.choices.model, speech, error, progress))
        identity = speech.description.identity
        ledger = ledger_of(job, ledger.plan, ledger.store, identity, ledger.books)
        get_ready(speech, progress, is_settled=ledger.speaks_nothing)
        sounds, spoken = _spoken(job, ledger, speech, progress, hear, listeners)
    fresh = frozenset().union(*(chapter.fresh_keys for chapter in spoken))
    spoken_seconds = sum(chunk.seconds for chunk in ledger.plan.chunks if chunk.key in fresh)
    remember_speed(speech, job.choices.model.device, spoken_seconds, monotonic() - began)
    return speech, sounds, tuple(sorted(spoken, key=lambda chapter: chapter.number))


def _spoken(
    job: RenderJob,
    ledger: Ledger,
    speech: Synthesizer,
    progress: Progress,
    hear: HearChapter,
    listeners: Listeners,
) -> tuple[KeptSounds, list[SpokenChapter]]:
    """All chapters by one synthesizer, as they are settled."""
    from higgs_cli.rendering.loop import speak_missing
    from higgs_cli.takes.kept_sounds import sounds_of

    sounds = sounds_of(ledger.store.sounds, speech)
    spoken = []
    chapters = speak_missing(
        ledger, speech, job.choices.sampling, progress, sounds, listeners=listeners
    )
    for chapter in chapters:
        hear(chapter, speech.description, sounds)
        spoken.append(chapter)
    return sounds, spoken


def get_ready(speech: Synthesizer, progress: Progress, *, is_settled: bool) -> None:
    """Where something is to be spoken: only that opens the weights of the model."""
    if not is_settled:
        for remark in speech.remarks:
            progress.stage(remark)
        speech.prepare()


def on_the_cpu(
    choice: ModelChoice, speech: Synthesizer, error: DeviceError, progress: Progress
) -> ModelChoice:
    """What goes on after a device has failed, where that was asked for; else the error, with what
    can be done."""
    if not choice.cpu_fallback:
        raise DeviceError(
            f"{error.message}; all finished takes are kept",
            hint="run the same command again, or add --cpu-fallback to continue on the CPU",
        ) from error
    progress.note(f"{error.message}; continuing on the CPU")
    of_weights = speech.description.precision.partition("+")[0]  # the rest is in the choice
    return replace(choice, device="cpu", dtype=of_weights)


def remember_speed(speech: Synthesizer, device: str, spoken_seconds: float, seconds: float) -> None:
    """What a plan will say of the next render's time, once there is enough to say."""
    if spoken_seconds >= TELLING_SECONDS:
        remember_rate(speech.description.name, device, spoken_seconds / max(seconds, 1e-3))
