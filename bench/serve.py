"""A server under load: first sound, real time of each stream, and what it costs beside a render.

    python -m bench.serve
    python -m bench.serve --clients 1 8 32 --record
    python -m bench.serve --clients 32 --lanes 32

`higgs serve` over mini in a process of its own on a CPU, asked through HTTP for PCM by many clients
at once; in turns with it the same texts, planned alike, are spoken by a render's own loop in as
many lanes. Nothing is mastered on either side. Clocks are those of a machine that others use too:
compare only what stands in one row.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time

import httpx

from bench import results
from higgs_cli import pipeline
from higgs_cli.casting.voice_library import open_library
from higgs_cli.checkpoints.defaults import checkpoint_defaults
from higgs_cli.progress import SilentProgress
from higgs_cli.rendering.loop import ChapterSettled, speak_together
from higgs_cli.rendering.part import Part
from higgs_cli.server.asked import AskedSpeech
from higgs_cli.server.planned_text import TextPlanner
from higgs_cli.settings.sources import resolve_settings
from higgs_cli.settings.table import Settings
from higgs_cli.settings.views import choices_of
from higgs_cli.speech.protocol import Synthesizer
from higgs_cli.takes.kept_sounds import sounds_of
from higgs_cli.takes.ledger import Ledger
from higgs_cli.takes.store import TakeStore

VOICE = "marigold"
RATE, SAMPLE_BYTES = 24_000, 2
LINES = (
    "The lamp was out, and nobody had come since noon. She waited by the window until the last of "
    "the light had gone. Then she lit a candle, and began to read.",
    "He had walked for a day and a half along the river, and the river had not ended. There was a "
    "boat at the next bend, and nobody in it. He sat down beside it.",
    "Nothing in the house had been moved. The chairs stood where they had always stood, and the "
    "clock on the wall still told the hour at which it had stopped.",
)
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Heard:
    """One stream, as its client had it."""

    first_seconds: float
    whole_seconds: float
    sound_seconds: float

    @property
    def times_real_time(self) -> float:
        return self.sound_seconds / self.whole_seconds


@dataclass(frozen=True)
class Round:
    """All clients once, or a render of the same texts."""

    sound_seconds: float
    wall_seconds: float
    cpu_seconds: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--lanes", type=int, help="of server and render (default: theirs)")
    parser.add_argument("--record", action="store_true", help="append to RESULTS.md")
    asked = parser.parse_args()
    asked_for = {"model": "mini", "device": "cpu", "lanes": asked.lanes}
    settings = resolve_settings(
        asked_for, {}, None, lambda settings: checkpoint_defaults(choices_of(settings).model)
    )
    speech = pipeline.open_higgs(choices_of(settings).model)
    speech.prepare()
    with _server(asked.lanes) as (address, pid):
        rows = [
            _row(address, pid, speech, settings, count, asked.rounds) for count in asked.clients
        ]
    head = (
        "clients", "first sound, s (median, worst)", "a stream, times real time (median, worst)",
        "server, s of sound a s", "render, s of sound a s", "share by the clock",
        "share by CPU seconds",
    )  # fmt: skip
    table = results.table(head, rows)
    print(table)
    if asked.record:
        lanes = f"{speech.description.lane_count} lanes"
        results.append(f"A server under load, mini, {lanes}, `python -m bench.serve`", table)


def _row(
    address: str, pid: int, speech: Synthesizer, settings: Settings, count: int, rounds: int
) -> tuple[str, ...]:
    heard: list[Heard] = []
    served: list[Round] = []
    rendered: list[Round] = []
    asyncio.run(_clients(address, min(count, 2), -1))  # warm
    for number in range(rounds):
        cpu, began = _cpu_seconds(pid), perf_counter()
        told = asyncio.run(_clients(address, count, number))
        wall = perf_counter() - began
        sound = sum(each.sound_seconds for each in told)
        served.append(Round(sound, wall, _cpu_seconds(pid) - cpu))
        heard += told
        rendered.append(_render(speech, settings, count, number))
    firsts, speeds = [h.first_seconds for h in heard], [h.times_real_time for h in heard]
    by_clock = _rate(served, "wall_seconds") / _rate(rendered, "wall_seconds")
    by_cpu = _rate(served, "cpu_seconds") / _rate(rendered, "cpu_seconds")
    return (
        str(count),
        f"{statistics.median(firsts):.2f}, {max(firsts):.2f}",
        f"{statistics.median(speeds):.1f}, {min(speeds):.1f}",
        f"{_rate(served, 'wall_seconds'):.1f}",
        f"{_rate(rendered, 'wall_seconds'):.1f}",
        f"{by_clock:.0%}",
        f"{by_cpu:.0%}",
    )


def _rate(rounds: Sequence[Round], of: str) -> float:
    """Seconds of sound a second, of all rounds."""
    return sum(each.sound_seconds for each in rounds) / sum(getattr(each, of) for each in rounds)


def _text(number: int) -> str:
    return f"Part {number}. {LINES[number % len(LINES)]}"


async def _clients(address: str, count: int, round_number: int) -> list[Heard]:
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=address, timeout=600, limits=limits) as client:
        asked = (_listen(client, _text(number), round_number + 1) for number in range(count))
        return await asyncio.gather(*asked)


async def _listen(client: httpx.AsyncClient, text: str, seed: int) -> Heard:
    body = {"input": text, "voice": VOICE, "response_format": "pcm", "seed": seed}
    began, first, size = perf_counter(), 0.0, 0
    async with client.stream("POST", "/v1/audio/speech", json=body) as answer:
        answer.raise_for_status()
        async for part in answer.aiter_raw():
            first = first or perf_counter() - began
            size += len(part)
    return Heard(first, perf_counter() - began, size / SAMPLE_BYTES / RATE)


def _render(speech: Synthesizer, settings: Settings, count: int, round_number: int) -> Round:
    """The same texts, planned alike, by the loop that renders many books at once."""
    voice = open_library(None).voice(VOICE)
    began, cpu, planner = perf_counter(), process_time(), TextPlanner(settings)
    frames = 0
    with tempfile.TemporaryDirectory() as folder:
        parts = []
        for number in range(count):
            told = AskedSpeech(_text(number), (voice,), settings={"seed": round_number + 1})
            plan, choices = planner.planned(told, is_checked=True)
            store = TakeStore(Path(folder) / str(number))
            store.open()
            ledger = Ledger(plan, store, speech.description.identity, choices.takes)
            sounds = sounds_of(store.sounds, speech)
            name = f"{number}:"
            sampling, silent = choices.sampling, SilentProgress()
            parts.append(Part(ledger, speech, sampling, silent, sounds, name=name))
        for event in speak_together(parts, speech, SilentProgress()):
            if isinstance(event, ChapterSettled):
                taken = [chunk.take for chunk in event.chapter.chunks if chunk.take is not None]
                frames += sum(take.frame_count for take in taken)
    return Round(frames / 25, perf_counter() - began, process_time() - cpu)


@contextmanager
def _server(lanes: int | None) -> Iterator[tuple[str, int]]:
    """`higgs serve` on a free port."""
    command = [sys.executable, "-m", "higgs_cli", "serve", "--model", "mini", "--device", "cpu"]
    command += [] if lanes is None else ["--lanes", str(lanes)]
    process = subprocess.Popen(
        [*command, "--port", "0", "--queue", "1000"], stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    try:
        for line in process.stderr:
            if ready := re.search(r"serving (http://\S+)", line):
                yield ready[1], process.pid
                break
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)


def _cpu_seconds(pid: int) -> float:
    """That all threads of a process have taken."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / TICKS


if __name__ == "__main__":
    main()
