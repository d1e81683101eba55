"""What checking, storing and keeping takes costs, in CPU seconds for ten hours of speech.

    python -m bench.takes
    python -m bench.takes --record
    python -m bench.takes --hours 40 --small      memory alone, with sound of a low rate

Takes and their sound were made before. The speaking thread is measured by its own clock, while a
whole render goes by: its share of storing is what it spends beside listening.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from bench import results
from bench.ready_speech import FRAME_RATE, ReadySpeech
from higgs_cli.audio.clip import AudioClip
from higgs_cli.audio.loudness import measure
from higgs_cli.casting.cast import Cast, CastMember, Voice
from higgs_cli.checks.signal import Evidence, check_take
from higgs_cli.checks.treble import treble_db
from higgs_cli.planning.plan import Chunk, Pause, Plan, Run
from higgs_cli.progress import SilentProgress
from higgs_cli.rendering.loop import speak_missing
from higgs_cli.script.document import Chapter, Script
from higgs_cli.settings.table import Settings
from higgs_cli.settings.views import Sampling, TakeRules
from higgs_cli.speech.protocol import Ending
from higgs_cli.takes.kept_sounds import sounds_of
from higgs_cli.takes.ledger import Ledger
from higgs_cli.takes.store import TakeStore
from higgs_cli.takes.take import Levels, Take, TakeRecord

TEN_HOURS = 36_000.0
HEADER = ("what", "thread", "CPU s for 10 hours")
RUN_CHUNKS = Settings.run_chunks


def main() -> None:
    options = _options()
    speech = ReadySpeech(sample_rate=1000 if options.small else 24000)
    rows = [] if options.small else list(_parts(speech, options.takes))
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        rows += _render(speech, options.hours, Path(folder) / "book.higgs")
    for row in rows:
        print(" | ".join(row))
    if options.record:
        results.append("Checking, storing and keeping takes", results.table(HEADER, rows))


def _parts(speech: ReadySpeech, count: int) -> Iterable[tuple[str, str, str]]:
    """Each step by itself, on so many takes."""
    takes = [speech.take(number) for number in range(count)]
    clips = [AudioClip(speech.decode(codes), speech.sample_rate) for codes in takes]
    measure(clips[0])  # machine code is read or made once for a process
    evidence = [
        Evidence(c, t, Ending.ENDED, 15.0, FRAME_RATE) for c, t in zip(clips, takes, strict=True)
    ]
    yield _row("checks", "judging", _spent(check_take, evidence), speech, count)
    yield _row("loudness", "judging", _spent(measure, clips), speech, count)
    yield _row("treble", "judging", _spent(treble_db, clips), speech, count)
    recipe = {f"part {number}": "x" * 60 for number in range(12)}
    records = [
        TakeRecord(f"{number:064x}", 0, recipe, (), t.shape[1], "ended", (), Levels(0.5, 1.0, 9))
        for number, t in enumerate(takes)
    ]
    stored = [Take(record, codes) for record, codes in zip(records, takes, strict=True)]
    with tempfile.TemporaryDirectory() as folder:
        store = TakeStore(Path(folder))
        store.open()
        sounds = sounds_of(store.sounds, speech)
        yield _row("storing", "judging", _spent(store.write, stored), speech, count)
        yield _row("noting what is stored", "speaking", _spent(store.note, stored), speech, count)
        yield _row("keeping sound", "judging", _spent(sounds.of, takes), speech, count)
        yield _row("reading kept sound", "any", _spent(sounds.of, takes), speech, count)
    again = speech.decoded_count - count
    yield ("takes decoded twice", "", f"{(again - count) / count:.0%}")


def _spent(step: Callable[..., object], values: Iterable[object]) -> float:
    began = time.process_time()
    for value in values:
        step(value)
    return time.process_time() - began


def _row(
    what: str, thread: str, seconds: float, speech: ReadySpeech, count: int
) -> tuple[str, str, str]:
    return what, thread, f"{seconds / (count * speech.seconds_per_take) * TEN_HOURS:.2f}"


def _render(speech: ReadySpeech, hours: float, folder: Path) -> list[tuple[str, str, str]]:
    """A whole loop: the speaking thread by its own clock, all threads by the process's."""
    count = round(hours * 3600 / speech.seconds_per_take)
    plan, store = _plan(count), TakeStore(folder)
    store.open()
    ledger = Ledger(plan, store, speech.description.identity, TakeRules(retries=0))
    sounds = sounds_of(store.sounds, speech)
    measure(AudioClip(speech.decode(speech.take(0)), speech.sample_rate))  # loads machine code
    memory, speaking, whole = [_megabytes()], time.thread_time(), time.process_time()
    decoded = speech.decoded_count
    for _ in speak_missing(ledger, speech, Sampling(), SilentProgress(), sounds):
        pass
    speaking, whole = time.thread_time() - speaking, time.process_time() - whole
    memory.append(_megabytes())
    assert speech.decoded_count - decoded == count
    return [
        _row(f"a render of {hours:g} h", "speaking", speaking, speech, count),
        _row(f"a render of {hours:g} h", "all", whole, speech, count),
        (f"memory before and after {hours:g} h", "", f"{memory[0]:.0f} and {memory[1]:.0f} MB"),
    ]


def _megabytes() -> float:
    """The most that this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _plan(count: int) -> Plan:
    """Chunks of one speaker in runs of the usual length."""
    cast = Cast((CastMember("ANN", Voice("ann", description="calm"), 0, "bench"),))
    chunks = tuple(map(_chunk, range(count)))
    starts = range(0, count, RUN_CHUNKS)
    runs = tuple(
        Run(number, 0, 0, ("ANN",), tuple(range(start, min(count, start + RUN_CHUNKS))))
        for number, start in enumerate(starts)
    )
    script = Script("bench.txt", "", "utf-8", "prose", (Chapter(0, "", 1, ()),))
    return Plan(script, cast, None, "en", 0, chunks, runs)


def _chunk(number: int) -> Chunk:
    text = f"{number}: " + "words of a usual length " * 6
    return Chunk(
        number=number,
        key=f"{number:064x}",
        recipe={"text": text, "voice": "x" * 64, "scene": "y" * 64, "occurrence": "0"},
        seed=number,
        chapter=0,
        scene=0,
        turns=(number,),
        speaker="ANN",
        mood=None,
        text=text,
        pieces=(),
        line_number=number + 1,
        last_line_number=number + 1,
        pause=Pause("sentence", 0.3),
        seconds=15.0,
        frame_budget=600,
        minimum_frames=10,
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="CPU time of checking and keeping takes.")
    parser.add_argument("--takes", type=int, default=120, help="of each step by itself")
    parser.add_argument("--hours", type=float, default=1.0, help="of the render")
    parser.add_argument("--small", action="store_true", help="sound of 1 kHz: for memory alone")
    parser.add_argument("--folder", type=Path, default=None, help="where the store is written")
    parser.add_argument("--record", action="store_true", help="append to RESULTS.md")
    return parser.parse_args()


if __name__ == "__main__":
    main()
