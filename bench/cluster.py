"""How speaking grows with workers: books of many lengths, spoken by 1, 2, 4, … workers.


    python -m bench.cluster                     a voice that only waits: what the hand-out costs
    python -m bench.cluster --mini --workers 1,2
    python -m bench.cluster --simulate 100      from measured costs to many GPUs

The voice that waits takes 200 ms for a chunk in each lane and costs nothing; takes are checked and
stored as ever, and not mastered. Lengths are those of novels, from 30,000 to 200,000 words, divided
by a hundred. Efficiency is the rate of a worker beside that of one alone; the CPU of the process
that plans is told apart from that of the workers.
"""

from __future__ import annotations

import argparse
import random
import resource
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter, process_time

from bench import results
from bench.ready_speech import ReadySpeech
from higgs_cli import pipeline
from higgs_cli.cluster.ray_workers import RayWorkers
from higgs_cli.cluster.synthesizer import RemoteSynthesizer
from higgs_cli.jobs.book import planned
from higgs_cli.jobs.render_job import RenderJob, job_from_script
from higgs_cli.jobs.speaking import ledger_of
from higgs_cli.planning.plan import Plan
from higgs_cli.progress import SilentProgress
from higgs_cli.rendering.loop import ChapterSettled, speak_together
from higgs_cli.rendering.part import Part
from higgs_cli.settings.table import Settings
from higgs_cli.settings.views import ModelChoice
from higgs_cli.speech.protocol import Synthesizer
from higgs_cli.takes.kept_sounds import sounds_of
from higgs_cli.takes.store import TakeStore

CHUNK_SECONDS = 0.2
TAKE_SECONDS = 4.0
WORDS = ("lamp", "river", "stone", "letter", "garden", "window", "winter", "paper", "story")
SHORTEST, LONGEST = 300, 2000
HEADER = (
    "workers",
    "books",
    "chunks",
    "seconds",
    "chunks a second",
    "efficiency",
    "first take, s",
    "CPU of the driver, cores",
    "its memory, MB",
)


@dataclass(frozen=True)
class Measured:
    """One number of workers."""

    workers: int
    books: int
    chunks: int
    seconds: float
    first_seconds: float
    """From the first request to the first chapter of a book that was whole."""
    driver_cores: float
    driver_mb: float

    @property
    def rate(self) -> float:
        return self.chunks / self.seconds

    def row(self, alone: float) -> tuple[str, ...]:
        return (
            str(self.workers),
            str(self.books),
            f"{self.chunks:,}",
            f"{self.seconds:.1f}",
            f"{self.rate:.1f}",
            f"{self.rate / self.workers / alone:.0%}",
            f"{self.first_seconds:.1f}",
            f"{self.driver_cores:.2f}",
            f"{self.driver_mb:.0f}",
        )


def waiting_voice(lanes: int) -> ReadySpeech:
    return ReadySpeech(TAKE_SECONDS, lane_count=lanes, wait_seconds=CHUNK_SECONDS)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--workers", default="1,2,4,8,16", help="how many, one after another")
    options.add_argument("--books", type=int, default=25, help="for each worker")
    options.add_argument("--lanes", type=int, default=1)
    options.add_argument("--mini", action="store_true", help="the bundled model speaks")
    options.add_argument("--simulate", type=int, help="so many GPUs at most, from measured costs")
    options.add_argument("--plot", type=Path, help="an SVG or PNG file (needs matplotlib)")
    options.add_argument("--record", action="store_true")
    asked = options.parse_args()
    if asked.simulate:
        title, header, rows = "A cluster, simulated", SIMULATED, list(simulated(asked.simulate))
    else:
        counts = [int(each) for each in asked.workers.split(",")]
        found = []
        for count in counts:
            found.append(measured(count, count * asked.books, asked.lanes, asked.mini))
            print(" | ".join(found[-1].row(found[0].rate / found[0].workers)), flush=True)
        alone = found[0].rate / found[0].workers
        title, header = "Workers of one machine", HEADER
        rows = [each.row(alone) for each in found]
        if asked.plot:
            plot(found, asked.plot)
    print("\n".join(" | ".join(row) for row in (header, *rows)))
    if asked.record:
        results.append(title, results.table(header, rows))


def plot(found: Sequence[Measured], path: Path) -> None:
    """Chunks a second by workers, beside what as many as the first would speak."""
    import matplotlib

    matplotlib.use("svg" if path.suffix == ".svg" else "agg")
    from matplotlib import pyplot

    figure, axis = pyplot.subplots(figsize=(5, 3.2))
    counts, rates = [each.workers for each in found], [each.rate for each in found]
    axis.plot(counts, [rates[0] / counts[0] * count for count in counts], "--", label="in step")
    axis.plot(counts, rates, "o-", label="measured")
    axis.set(xlabel="workers", ylabel="chunks a second", xlim=(0, None), ylim=(0, None))
    axis.grid(alpha=0.3)
    axis.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
    pyplot.close(figure)


def measured(count: int, books: int, lanes: int, is_mini: bool) -> Measured:
    choice = ModelChoice(model="mini", device="cpu", lanes=lanes)
    voice = partial(pipeline.open_higgs, choice) if is_mini else partial(waiting_voice, lanes)
    with tempfile.TemporaryDirectory() as folder:
        jobs = [written(Path(folder), number, is_mini) for number in range(books)]
        plans = [(job, planned(job)) for job in jobs]
        workers = RayWorkers(voice, None, count, False)
        while len(workers.numbers) < count:
            workers.reports(0.1)
        speech = RemoteSynthesizer(workers, voice)
        began, began_cpu, first = perf_counter(), process_time(), 0.0
        for event in speak_together(_parts(plans, speech), speech, SilentProgress()):
            assert isinstance(event, ChapterSettled)
            first = first or perf_counter() - began
        seconds, cpu = perf_counter() - began, process_time() - began_cpu
        workers.close()
        _end_cluster()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    chunks = sum(len(plan.chunks) for _, plan in plans)
    return Measured(count, books, chunks, seconds, first, cpu / seconds, memory)


def _end_cluster() -> None:
    """It was started with as many processors as there were workers."""
    import ray

    ray.shutdown()


def written(folder: Path, number: int, is_mini: bool) -> RenderJob:
    """A book of its own length and words."""
    dice = random.Random(number)
    words = round(SHORTEST * (LONGEST / SHORTEST) ** dice.random())
    sentences = []
    while words > 0:
        length = dice.randrange(6, 18)
        words -= length
        sentences.append(" ".join(dice.choices(WORDS, k=length)).capitalize() + ".")
    path = folder / f"book {number}.txt"
    path.write_text("\n\n".join(sentences))
    cast = ("NARRATOR=marigold",) if is_mini else ()
    settings = Settings(model="mini", device="cpu", cast=cast)
    return job_from_script(str(path), folder / f"book {number}.wav", settings)


def _parts(plans: Sequence[tuple[RenderJob, Plan]], speech: Synthesizer) -> Iterator[Part]:
    for number, (job, plan) in enumerate(plans):
        assert job.store_folder is not None
        store = TakeStore(job.store_folder)
        store.open()
        ledger = ledger_of(job, plan, store, speech.description.identity)
        sounds = sounds_of(store.sounds, speech)
        sampling = job.choices.sampling
        yield Part(ledger, speech, sampling, SilentProgress(), sounds, name=f"{number}/")


# -- many GPUs, by arithmetic --------------------------------------------------------------

SIMULATED = ("GPUs", "chunks a second", "CPU of the driver, cores", "what holds it back")
GPU_CHUNKS_A_SECOND = 100.0
"""A thousand times real time, in chunks of ten seconds."""
DRIVER_CPU_SECONDS = 0.0036
"""A chunk, from its run to its answer, as measured above."""


def simulated(most: int) -> Iterator[tuple[str, ...]]:
    """One process plans for all: its CPU is what ends first."""
    count = 1
    while count <= most:
        wanted = count * GPU_CHUNKS_A_SECOND
        cores = wanted * DRIVER_CPU_SECONDS
        rate = min(wanted, 1 / DRIVER_CPU_SECONDS)
        why = "nothing" if cores < 0.9 else f"the driver: {rate / wanted:.0%} of the GPUs speak"
        yield str(count), f"{rate:.0f}", f"{min(cores, 1.0):.2f}", why
        count = count * 2 if count * 2 <= most or count == most else most


if __name__ == "__main__":
    main()
