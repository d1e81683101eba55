"""Beside mini, what a user would pick instead on a CPU: Kokoro-82M and Piper, on the same text.

    python -m bench.rivals --kokoro TEACHER --piper VOICE.onnx --python PYTHON --rounds 3 --record

Each speaks the bundled chapter in a process of its own with one thread, in turns, from command to
finished file; what it takes is CPU seconds of that process, so that all of a program's cores count.
`TEACHER` is the folder of `examples/train_mini/fetch_teacher.py`; `PYTHON` an environment that has
`onnxruntime` and `piper-tts`. Kokoro is told phonemes, which it has from mini's front end.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import soundfile

from bench import results

ROOT = Path(__file__).parent.parent
TEXT = ROOT / "transcripts" / "long_chapter.txt"
KOKORO = f"""
import sys
sys.path[:0] = [{str(ROOT)!r}, {str(ROOT / "examples/train_mini")!r}]
from pathlib import Path
import numpy, soundfile
from speak_corpus import FRONT_END
from teacher_kokoro import SAMPLE_RATE, Kokoro
from teacher_phonemes import Reader
folder, text, out = map(Path, sys.argv[1:])
teacher, reader = Kokoro(folder), Reader(FRONT_END)
sentences = text.read_text(encoding="utf-8").replace("\\n", " ").split(". ")
said = [teacher.speak(reader.phonemes(each, False), {{"af_heart": 1.0}}) for each in sentences]
soundfile.write(out, numpy.concatenate(said), SAMPLE_RATE)
"""


@dataclass(frozen=True)
class Spoken:
    """One side's way through the text."""

    cpu: float
    wall: float
    sound: float
    """Seconds, all three."""

    @property
    def times_a_core(self) -> float:
        return self.sound / self.cpu


def spoken(command: Sequence[str], out: Path) -> Spoken:
    """Run a side once."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    began = time.monotonic()
    silent = subprocess.DEVNULL
    with subprocess.Popen(
        command, env=environment, cwd=ROOT, stdout=silent, stderr=silent
    ) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.monotonic() - began
    if process.returncode:
        raise SystemExit(f"{command[0]} ended with {process.returncode}")
    return Spoken(usage.ru_utime + usage.ru_stime, wall, soundfile.info(out).duration)


def sides(options: argparse.Namespace, text: Path, out: Path) -> dict[str, list[str]]:
    """The command of each, by name."""
    ours = [
        sys.executable,
        "-m",
        "higgs_cli",
        "render",
        str(text),
        "--model",
        "mini",
        "--overwrite",
    ]
    found = {"mini": [*ours, "-o", str(out)]}
    if options.kokoro:
        found["Kokoro-82M int8"] = [options.python, "-c", KOKORO, options.kokoro, text, out]
    if options.piper:
        piper = [options.python, "-m", "piper", "-m", options.piper]
        found["Piper, en_US-joe-medium"] = [*piper, "-f", str(out), "-i", str(text)]
    return {name: [str(part) for part in command] for name, command in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kokoro", type=Path, help="the folder of fetch_teacher.py")
    parser.add_argument("--piper", type=Path, help="a voice of Piper's")
    parser.add_argument("--python", default=sys.executable, help="for both of them")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--record", action="store_true", help="add the table to RESULTS.md")
    options = parser.parse_args()
    taken: dict[str, list[Spoken]] = {}
    for _ in range(options.rounds):
        with tempfile.TemporaryDirectory() as folder:
            for name, command in sides(options, TEXT, Path(folder) / "out.wav").items():
                taken.setdefault(name, []).append(spoken(command, Path(folder) / "out.wav"))
    rows = [row(name, rounds) for name, rounds in taken.items()]
    header = ("", "sound, s", "CPU, s", "wall, s", "times real time a core")
    body = results.table(header, rows)
    print(body)
    if options.record:
        results.append("Mini and what a user would pick instead on a CPU", body)


def row(name: str, rounds: Sequence[Spoken]) -> tuple[str, ...]:
    rates = [each.times_a_core for each in rounds]
    cpu, wall = (median(getattr(each, part) for each in rounds) for part in ("cpu", "wall"))
    rate = f"{median(rates):.1f} ({min(rates):.1f} to {max(rates):.1f})"
    return name, f"{rounds[0].sound:.0f}", f"{cpu:.1f}", f"{wall:.1f}", rate


if __name__ == "__main__":
    main()
