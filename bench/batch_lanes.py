"""How many lanes speak while short books are rendered: one after another, and as one batch.

    python -m bench.batch_lanes
    python -m bench.batch_lanes --record

Occupancy is frames spoken over lanes times steps, counted at the door to the engine: mini on a CPU,
where a burst is one step. Takes are not decoded but given a ready sound: on two cores decoding is
slower than speaking, and lanes would wait for it.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Any

import numpy as np

from bench import results
from bench.ready_speech import FRAME_RATE, speech_like
from higgs_cli import pipeline
from higgs_cli.jobs.batch_books import Destination, books_of
from higgs_cli.jobs.batch_run import render_batch
from higgs_cli.progress import SilentProgress
from higgs_cli.settings.table import Settings
from higgs_cli.settings.views import ModelChoice
from higgs_cli.speech.protocol import BurstSpoken, SideDecoder, Speech, Synthesizer

if TYPE_CHECKING:
    from higgs_cli.speech.protocol import Codes

SAMPLE_RATE = 24000
HEADER = (
    "16 books of two runs, eight lanes",
    "steps",
    "lanes that speak",
    "seconds",
    "CPU seconds",
)


@dataclass
class Count:
    """What the lanes did."""

    lanes: int
    steps: int = 0
    frames: int = 0

    @property
    def occupancy(self) -> float:
        return self.frames / max(1, self.lanes * self.steps)


class CountedSpeech:
    """Passes everything on, and counts bursts."""

    def __init__(self, speech: Speech, count: Count) -> None:
        self._speech, self._count = speech, count
        self.answer = speech.answer

    def __iter__(self) -> Iterator[Any]:
        for event in self._speech:
            if isinstance(event, BurstSpoken):
                self._count.steps += 1
                self._count.frames += event.frame_count
            yield event


class ReadyDecoder:
    """Any codes sound alike, at no cost."""

    def __init__(self, decoder: SideDecoder) -> None:
        self.thread_count = decoder.thread_count
        self.decodes_as = "ready"
        self._sound = speech_like(np.random.default_rng(0), 30 * FRAME_RATE, SAMPLE_RATE)

    def decode(self, codes: Codes) -> np.ndarray:
        return self._sound[: codes.shape[1] * SAMPLE_RATE // FRAME_RATE]


class Silent(SilentProgress):
    """Of a batch too."""

    def expect(self, name: str, chunk_count: int, stored_count: int, missing: float) -> None:
        pass

    def of_book(self, name: str) -> SilentProgress:
        return self

    def became(self, name: str, state: str) -> None:
        pass


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--books", type=int, default=16)
    options.add_argument("--sentences", type=int, default=16)
    options.add_argument("--lanes", type=int, default=8)
    options.add_argument("--record", action="store_true")
    asked = options.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "books"
        source.mkdir()
        for book in range(asked.books):
            lines = (f"Sentence {n} of book {book} is a short one." for n in range(asked.sentences))
            (source / f"book {book}.txt").write_text("\n\n".join(lines))
        settings = Settings(
            model="mini", device="cpu", lanes=asked.lanes, cast=("NARRATOR=marigold",)
        )
        for name, together in (("one after another", False), ("as one batch", True)):
            to = Destination(Path(folder) / name)
            books = books_of(source, to, lambda own, s=settings: s)
            groups = [books] if together else [[book] for book in books]
            rows.append(_measured(name, groups, asked.lanes))
    print("\n".join(" | ".join(row) for row in (HEADER, *rows)))
    if asked.record:
        results.append("Lanes filled across books", results.table(HEADER, rows))


def _measured(name: str, groups: list[list[Any]], lanes: int) -> tuple[str, ...]:
    count = Count(lanes)
    opened = counted(pipeline.open_higgs, count)
    began, began_cpu = perf_counter(), process_time()
    for group in groups:
        render_batch(group, opened, Silent())
    seconds, cpu = perf_counter() - began, process_time() - began_cpu
    return name, str(count.steps), f"{count.occupancy:.0%}", f"{seconds:.1f}", f"{cpu:.1f}"


def counted(
    open_speech: Callable[[ModelChoice], Synthesizer], count: Count
) -> Callable[[ModelChoice], Synthesizer]:
    def opened(choice: ModelChoice) -> Synthesizer:
        speech: Any = open_speech(choice)
        speak = speech.speak
        speech.speak = lambda *given, **named: CountedSpeech(speak(*given, **named), count)
        speech.side_decoder = lambda decoder=speech.side_decoder(): ReadyDecoder(decoder)
        found: Synthesizer = speech
        return found

    return opened


if __name__ == "__main__":
    main()
