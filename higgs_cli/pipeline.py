"""The story on one screen: a plan is rendered, mastered, and written beside its manifest.

    plan ─► lock the store ─► open the model ─► decisions ─► speak what is missing
         ─► gains and joins ─► audio file ─► subtitles ─► manifest

Nothing is printed here, and the model is opened only when all that could be refused was.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic

from higgs_cli.errors import DeviceError
from higgs_cli.jobs.merged_plan import merged
from higgs_cli.jobs.render_job import RenderOrder
from higgs_cli.output.manifest.replay import announce, compare
from higgs_cli.output.outcome import ChunkOutcome, failed
from higgs_cli.planning.measured_rate import remember_rate
from higgs_cli.progress import Progress
from higgs_cli.rendering.loop import Rendering, RenderRules
from higgs_cli.settings.table import Settings
from higgs_cli.speech.protocol import Sampling, Synthesizer, SynthesizerDescription
from higgs_cli.takes.kept_sounds import KeptSounds
from higgs_cli.takes.ledger import ContextRule
from higgs_cli.takes.lock import output_held, store_held
from higgs_cli.takes.policy import TakePolicy
from higgs_cli.takes.store import TakeStore

MINI = "mini"
TELLING_SECONDS = 30.0

OpenSynthesizer = Callable[[Settings], Synthesizer]


@dataclass(frozen=True)
class RenderReport:
    """What became of an order."""

    order: RenderOrder
    description: SynthesizerDescription
    outcomes: tuple[ChunkOutcome, ...]
    files: tuple[Path, ...]
    duration_seconds: float
    spoken_count: int
    """How many chunks were spoken now, and not found in the store."""

    @property
    def is_whole(self) -> bool:
        return not failed(self.outcomes)


def render(
    order: RenderOrder, open_synthesizer: OpenSynthesizer, progress: Progress
) -> RenderReport:
    """Render, master, write. Raises what stands in the way; everything finished is kept."""
    return render_all([order], open_synthesizer, progress)[0]


def render_all(
    orders: Sequence[RenderOrder], open_synthesizer: OpenSynthesizer, progress: Progress
) -> list[RenderReport]:
    """Several orders on one store: spoken together, then mastered and written one by one."""
    from higgs_cli.output.formats.write import check_output

    for order in orders:
        check_output(order.output, order.settings.sample_format)
        order.decisions.check(order.plan)
    with ExitStack() as held:
        if len(orders) == 1:
            held.enter_context(output_held(orders[0].output))
        store = held.enter_context(store_held(orders[0].store_folder))
        synthesizer = _opened(orders[0].settings, open_synthesizer, progress)
        together = orders[0] if len(orders) == 1 else _together(orders)
        rendering = _rendering(together, store, synthesizer, progress)
        together.decisions.before_speaking(rendering.ledger)
        if together.earlier is not None:
            announce(together.earlier, rendering, progress)
        rendering = _spoken(together, rendering, store, open_synthesizer, progress)
        together.decisions.after_speaking(rendering.ledger)
        if len(orders) == 1:
            return [_report(together, rendering, store, progress, rendering.fresh_keys)]
        speaker, sounds = rendering.synthesizer, rendering.sounds
        parts = [_rendering(order, store, speaker, progress, sounds) for order in orders]
        reports = []
        for order, part in zip(orders, parts, strict=True):
            with output_held(order.output):  # not all at once: there may be thousands
                reports.append(_report(order, part, store, progress, rendering.fresh_keys))
        return reports


def _together(orders: Sequence[RenderOrder]) -> RenderOrder:
    return replace(orders[0], plan=merged([order.plan for order in orders]))


def _report(
    order: RenderOrder,
    rendering: Rendering,
    store: TakeStore,
    progress: Progress,
    fresh_keys: Collection[str],
) -> RenderReport:
    from higgs_cli.output.finishing import finish

    finished = finish(rendering, store, order.settings, order.output, progress)
    if order.earlier is not None:
        compare(order.earlier, finished.outcomes, progress)
    return RenderReport(
        order,
        rendering.synthesizer.description,
        finished.outcomes,
        finished.files,
        finished.duration_seconds,
        sum(chunk.key in fresh_keys for chunk in order.plan.chunks),
    )


def open_higgs(settings: Settings) -> Synthesizer:
    """The checkpoint that the settings ask for; this is where torch is first imported."""
    from higgs_cli.checkpoints.find import find_checkpoint

    checkpoint = find_checkpoint(settings)
    from higgs_cli.speech.higgs.synthesizer import open_synthesizer

    return open_synthesizer(checkpoint, settings)


def _opened(
    settings: Settings, open_synthesizer: OpenSynthesizer, progress: Progress
) -> Synthesizer:
    """The model, named to the person by the first line they read."""
    synthesizer = open_synthesizer(settings)
    it = synthesizer.description
    progress.stage(f"{it.name} on {it.device}, {it.precision}, {it.lane_count} lanes")
    if it.name == MINI and settings.model is None:
        progress.stage("mini is a small model for drafts; to get the full one: higgs download")
    for remark in synthesizer.remarks:
        progress.stage(remark)
    return synthesizer


def _rendering(
    order: RenderOrder,
    store: TakeStore,
    synthesizer: Synthesizer,
    progress: Progress,
    sounds: KeptSounds | None = None,
) -> Rendering:
    settings = order.settings
    rules = RenderRules(
        sampling=Sampling(
            temperature=settings.temperature,
            top_k=settings.top_k,
            top_p=settings.top_p,
            repeat_window=settings.repeat_window,
            repeat_limit=settings.repeat_limit,
            retry_temperature=settings.retry_temperature,
        ),
        policy=TakePolicy(settings.takes, settings.retries),
        context=ContextRule(settings.context_chunks, settings.strict_context),
        lane_count=synthesizer.description.lane_count,
        fixed_attempts=order.fixed_attempts,
    )
    return Rendering(order.plan, store, synthesizer, rules, progress, sounds)


def _spoken(
    order: RenderOrder,
    rendering: Rendering,
    store: TakeStore,
    open_synthesizer: OpenSynthesizer,
    progress: Progress,
) -> Rendering:
    """Speak what is missing; after a device has failed, on the CPU if that was asked for."""
    began = monotonic()
    try:
        rendering.speak_missing()
    except DeviceError as error:
        if not order.settings.cpu_fallback:
            raise DeviceError(
                f"{error.message}; every finished take is kept",
                hint="start the same command again, or add --cpu-fallback to go on with the CPU",
            ) from error
        progress.note(f"{error.message}; going on with the CPU")
        precision = rendering.synthesizer.description.precision
        of_weights = precision.partition("+")[0]  # the rest is in the settings
        settings = replace(order.settings, device="cpu", dtype=of_weights)
        rendering = _rendering(
            order, store, _opened(settings, open_synthesizer, progress), progress
        )
        rendering.speak_missing()
    _remember_speed(order, rendering, monotonic() - began)
    return rendering


def _remember_speed(order: RenderOrder, rendering: Rendering, seconds: float) -> None:
    """What a plan will say of the next render's time, once there is enough to say."""
    spoken_seconds = sum(
        chunk.seconds for chunk in order.plan.chunks if chunk.key in rendering.fresh_keys
    )
    if spoken_seconds >= TELLING_SECONDS:
        name = rendering.synthesizer.description.name
        remember_rate(name, order.settings.device, spoken_seconds / max(seconds, 1e-3))
