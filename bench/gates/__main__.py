"""How good are the gates, on takes of which it is known what is wrong with them?

    python -m bench.gates make clean SET --corpus CORPUS [--whole 600] [--faulty 64] [--seed 0]
    python -m bench.gates make mini SET [--whole 600] [--faulty 64] [--seed 0]
    python -m bench.gates make more MORE --corpus CORPUS --but SET [--whole 320] [--faulty 200]
    python -m bench.gates hear SET --recognizer FOLDER --name tiny.en
    python -m bench.gates table SET --name tiny.en [--half 0|1|both]
    python -m bench.gates times SET --recognizer FOLDER --name tiny.en
    python -m bench.gates sound SET [--print FILE] [--name tiny.en]

SET is a folder; MORE another, of whole takes and those that lack a word, none of them in SET;
CORPUS one that `examples/train_mini/speak_corpus.py` has written. The same seed makes the same set.
Clean speech and times need pocketsphinx and soundfile.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

SAMPLE_RATE = 24_000


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    verbs = parser.add_subparsers(required=True)
    make = verbs.add_parser("make", help="make a labelled set")
    make.add_argument("speech", choices=("clean", "mini", "more"))
    make.add_argument("set", type=Path)
    make.add_argument("--corpus", type=Path, help="of clean speech")
    make.add_argument("--but", type=Path, help="a set: its lines are not in `more`")
    make.add_argument("--whole", type=int, help="takes (default: 600; of `more` 320)")
    make.add_argument("--faulty", type=int, help="takes of each kind (default: 64; of `more` 200)")
    make.add_argument("--seed", type=int, default=0)
    make.set_defaults(run=_make)
    hear = verbs.add_parser("hear", help="let a recogniser hear a set")
    hear.add_argument("set", type=Path)
    hear.add_argument("--recognizer", type=Path, required=True, help="folder of a Whisper model")
    hear.add_argument("--name", required=True, help="what it is called from now on")
    hear.set_defaults(run=_hear)
    sound = verbs.add_parser("sound", help="judge the voice and the sound of a set")
    sound.add_argument("set", type=Path)
    sound.add_argument("--print", type=Path, dest="speaker_print", help="a speaker print")
    sound.add_argument("--name", help="of a recogniser that has heard it: what all find together")
    sound.set_defaults(run=_sound)
    times = verbs.add_parser("times", help="say how well the times of words hold")
    times.add_argument("set", type=Path)
    times.add_argument("--recognizer", type=Path, required=True, help="folder of a Whisper model")
    times.add_argument("--name", required=True, help="of what it has heard, as in hear")
    times.set_defaults(run=_times)
    table = verbs.add_parser("table", help="say how much of each fault is found")
    table.add_argument("set", type=Path)
    table.add_argument("--name", required=True, help="of the recogniser, as in hear")
    table.add_argument("--half", choices=("0", "1", "both"), default="1", help="1: for reporting")
    table.set_defaults(run=_table)
    options = parser.parse_args(arguments)
    options.run(options)


def _make(options: argparse.Namespace) -> None:
    from bench.gates.labelled_take import read_set, write_set

    is_more = options.speech == "more"
    whole = options.whole or (320 if is_more else 600)
    faulty = options.faulty or (200 if is_more else 64)
    if options.speech == "mini":
        from bench.gates.mini import mini_set

        made = mini_set(whole, faulty, options.seed)
    elif is_more:
        from bench.gates.clean import more_set

        made = more_set(options.corpus, read_set(options.but), whole, faulty, options.seed)
    else:
        from bench.gates.clean import clean_set

        made = clean_set(options.corpus, whole, faulty, options.seed)
    takes = write_set(options.set, made, SAMPLE_RATE)
    for kind, count in Counter(take.kind for take in takes).items():
        seconds = sum(take.seconds for take in takes if take.kind == kind)
        print(f"{kind}: {count}, {seconds:.0f} s")


def _hear(options: argparse.Namespace) -> None:
    from bench.gates.heard_set import hear_set
    from bench.gates.labelled_take import read_set

    hear_set(options.set, read_set(options.set), options.recognizer, options.name)


def _times(options: argparse.Namespace) -> None:
    from bench.gates.timed_words import tell_times

    tell_times(options.set, options.recognizer, options.name)


def _sound(options: argparse.Namespace) -> None:
    from bench.gates.judged_sound import tell_sound, tell_together, tell_voices
    from bench.gates.labelled_take import read_set

    takes = read_set(options.set)
    judged = tell_sound(options.set, takes)
    if options.speaker_print:
        judged += tell_voices(options.set, takes, options.speaker_print)
    if options.name:
        tell_together(options.set, takes, judged, options.name)


def _table(options: argparse.Namespace) -> None:
    from bench import results
    from bench.gates.labelled_take import read_set
    from bench.gates.tables import HEADER, table_rows

    halves = (0, 1) if options.half == "both" else (int(options.half),)
    rows = table_rows(options.set, read_set(options.set), options.name, halves)
    print(results.table(HEADER, [row.cells() for row in rows]))


if __name__ == "__main__":
    main()
