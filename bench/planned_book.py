"""Both books of ten hours on one H200, simulated from a real plan: by lanes, precision and context.

    python -m bench.planned_book
    python -m bench.planned_book novel.md --hours 10 --record

The text is planned as `higgs render` plans it, and cut where the hours are full; without one, a
novel is drawn from the sentences of the longest transcript. A take is as long as its plan says.
What is in a lane's cache follows from the plan as in the engine (`context_window.py`); what a step
costs is arithmetic (`card_cost.py`); what the host does before and after was measured on a CPU.
So every figure is simulated, and none was measured on a card.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import results
from bench.card_cost import FORMATS, GRADES, SHARED, CardCost, Grade, KeptIn
from bench.plan import NOVEL_WORDS, drawn_novel
from bench.shapes import PUBLIC
from bench.simulation import Pace, Run, SimulatedBook, Stretch, simulate
from bench.workload import FRAME_RATE
from higgs_cli.casting.cast import Cast, CastMember, Voice
from higgs_cli.planning.plan import Chunk, Plan
from higgs_cli.planning.planner import Staging, make_plan
from higgs_cli.planning.runs import make_runs
from higgs_cli.script.reader import parse_script
from higgs_cli.settings.table import Settings
from higgs_cli.settings.views import ModelChoice, choices_of
from higgs_cli.speech.higgs.opening import position_counts
from higgs_cli.wording.cleaning import Cleaning
from model.runs.context_window import ContextWindow, window_before
from model.runs.engine_settings import GPU_BURST_STEPS, EngineSettings
from model.runs.prompt import Prompt
from model.runs.run import ChunkRequest, RunRequest

LANES = (64, 128, 192, 256)
CODEBOOKS = 8
IDS_PER_WORD = 1.3
IDS_AROUND = 27
"""Of a chunk's prompt: the roles, and what opens audio."""
CLOSING = (0, 0)
BURSTS_WAITED = 3
"""One is begun before a lane's end is seen, another before its take is decoded, and another while
it is checked."""


@dataclass(frozen=True)
class Cut:
    """How a book is cut into runs, and what each of their chunks hears."""

    run_chunks: int
    context_chunks: int

    @property
    def name(self) -> str:
        return f"{self.run_chunks}, {self.context_chunks}"


FAST = Cut(1, 0)
CUTS = (FAST, *(Cut(*one) for one in ((2, 1), (3, 1), (3, 2), (4, 1), (4, 2), (8, 1), (8, 2))))
DEFAULT = Cut(Settings.run_chunks, Settings.context_chunks)
PLAN_SECONDS = 1.0
"""`higgs plan` of a novel of ten hours, measured on one core."""
MASTERING_SECONDS = 5.9
"""Ten hours as WAV at -19 LUFS, after all is spoken: what goes in order on one core and a sixteenth
of the rest, measured on a CPU (the worst of two rounds)."""


def planned(text: str, name: str) -> Plan:
    """By the default settings, all speakers cast."""
    script = parse_script(name, text)
    members = [
        CastMember(speaker, Voice("smart"), number, "bench")
        for number, speaker in enumerate(script.speakers)
    ]
    return make_plan(
        script, Staging(Cast(tuple(members)), None, Cleaning()), choices_of(Settings()).planning
    )


def first_hours(plan: Plan, hours: float) -> list[Chunk]:
    """The first chunks, until so many hours of speech are full."""
    chunks, seconds = [], 0.0
    for chunk in plan.chunks:
        if seconds >= hours * 3600:
            break
        chunks.append(chunk)
        seconds += chunk.seconds
    return chunks


def requests_of_book(chunks: Sequence[Chunk], cut: Cut) -> list[RunRequest]:
    """What the engine is asked for, in the plan's order; texts are ids of nothing. Budgets are what
    is spoken: takes do not end by themselves here."""
    prefix, found = Prompt((0,) * SHARED), []
    for run in make_runs(chunks, run_chunks=cut.run_chunks, is_ensemble=False):
        requests = tuple(_request(chunks[number]) for number in run.chunks)
        name, kept = f"run {run.number}", cut.context_chunks
        found.append(RunRequest(name, prefix, requests, CLOSING, context_chunks=kept))
    return found


def position_count_of(cut: Cut) -> int:
    """Of a lane's cache, as the memory plan has it."""
    return position_counts(ModelChoice(context_chunks=cut.context_chunks))[0]


def runs_of_book(chunks: Sequence[Chunk], cut: Cut) -> list[Run]:
    """What the lanes speak, in the plan's order."""
    return [stretches(run, position_count_of(cut)) for run in requests_of_book(chunks, cut)]


def stretches(run: RunRequest, position_count: int) -> list[Stretch]:
    """The chunks of one run, each with what its lane holds when it begins."""
    frames = [chunk.frame_budget for chunk in run.chunks]
    found: list[Stretch] = []
    before = ContextWindow()
    for place, chunk in enumerate(run.chunks):
        spoken = dict(enumerate(frames[:place]))
        window = window_before(place, run, spoken, position_count, CODEBOOKS)
        prompt = len(chunk.prompt.ids)
        own = prompt + sum(_positions(run, one) for one in window.chunks)
        goes_on = place > 0 and window == before.with_take(place - 1)
        prefilled = 1 + len(run.closing) + prompt if goes_on else own
        found.append(Stretch(frames[place], own, prefilled))
        before = window
    return found


def _positions(run: RunRequest, place: int) -> int:
    """Of a chunk in the context: its prompt, its take, and what closes its turn."""
    chunk = run.chunks[place]
    return len(chunk.prompt.ids) + chunk.frame_budget + CODEBOOKS + 1 + len(run.closing)


def _request(chunk: Chunk) -> ChunkRequest:
    ids = IDS_AROUND + round(IDS_PER_WORD * len(chunk.text.split()))
    prompt = Prompt((0,) * (ids - 1) + (PUBLIC.audio_out_bos_id,))
    return ChunkRequest(chunk.key, prompt, round(chunk.seconds * FRAME_RATE))


def book(runs: Sequence[Run], lanes: int, grade: Grade, kept_in: KeptIn) -> SimulatedBook:
    return simulate(runs, lanes, CardCost(grade, kept_in, lanes), pace_of(lanes))


def pace_of(lanes: int) -> Pace:
    """An engine's on a card."""
    read_ahead = EngineSettings(lanes).read_ahead
    return Pace(CODEBOOKS, GPU_BURST_STEPS, bursts_waited=BURSTS_WAITED, read_ahead=read_ahead)


def by_cut(chunks: Sequence[Chunk], lanes: int) -> str:
    """What context costs, in bfloat16."""
    header = (
        "chunks a run, of context",
        "runs",
        "own positions, mean",
        "prefilled, k",
        "lanes busy",
        *(f"{grade.name}, s" for grade in GRADES),
    )
    rows = []
    for cut in CUTS:
        runs = runs_of_book(chunks, cut)
        books = [book(runs, lanes, grade, FORMATS[0]) for grade in GRADES]
        one = books[0]
        rows.append(
            [
                cut.name,
                str(len(runs)),
                f"{one.mean_own:.0f}",
                f"{one.prefilled / 1000:.0f}",
                f"{one.occupancy:.0%}",
                *(f"{each.seconds:.1f}" for each in books),
            ]
        )
    return results.table(header, rows)


def by_lanes(chunks: Sequence[Chunk], cut: Cut) -> str:
    """Seconds of each grade of engine."""
    runs = runs_of_book(chunks, cut)
    rows = [
        [
            kept_in.name,
            *(
                " / ".join(f"{book(runs, lanes, grade, kept_in).seconds:.1f}" for grade in GRADES)
                for lanes in LANES
            ),
        ]
        for kept_in in FORMATS
    ]
    return results.table(("precision", *(f"{lanes} lanes" for lanes in LANES)), rows)


def main() -> None:
    options = book_options("A ten-hour book on a card, simulated.")
    text = options.novel.read_text("utf-8") if options.novel else drawn_novel(NOVEL_WORDS)
    name = options.novel.name if options.novel else "novel.md"
    chunks = first_hours(planned(text, name), options.hours)
    hours = sum(chunk.seconds for chunk in chunks) / 3600
    names = " / ".join(grade.name for grade in GRADES)
    parts = [
        f"{len(chunks)} chunks, {hours:.2f} hours of speech. Seconds of speaking, {names}; a whole "
        f"render adds the plan ({PLAN_SECONDS} s) and mastering ({MASTERING_SECONDS} s)."
    ]
    for lanes in options.lanes:
        parts += [f"By context, bfloat16, {lanes} lanes:", by_cut(chunks, lanes)]
    for title, cut in (("The fast book", FAST), ("The default book", DEFAULT)):
        parts += [f"{title} ({cut.name}), by precision and lanes:", by_lanes(chunks, cut)]
    body = "\n\n".join(parts)
    print(body)
    if options.record:
        results.append("Both books of ten hours on one H200, simulated", body)


def book_options(description: str) -> argparse.Namespace:
    """Which book, how long, how many lanes."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("novel", nargs="?", type=Path, help="a book to plan; else one is drawn")
    parser.add_argument("--hours", type=float, default=10.0)
    parser.add_argument("--lanes", type=int, nargs="+", default=[128, 256])
    parser.add_argument("--record", action="store_true", help="append to RESULTS.md")
    return parser.parse_args()


if __name__ == "__main__":
    main()
