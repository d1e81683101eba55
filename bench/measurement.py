"""A measurement from the command line: options, parts, and where its figures go."""

from __future__ import annotations

import argparse
import datetime
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.gpu_report import markdown
from bench.part_runs import ROOT, About, Outcomes, PartRuns, known_parts

TINY = "tiny"


@dataclass(frozen=True)
class Measurement:
    """Named parts within so many seconds in all."""

    name: str
    """Of its title, and of its file of figures."""
    summary: str
    seconds_of_part: Mapping[str, float]
    seconds: float
    shares_process: bool

    def options(self) -> argparse.Namespace:
        kept, default = ROOT / "bench" / f"{self.name}.json", self.seconds
        parser = argparse.ArgumentParser(description=self.summary)
        parser.add_argument("--shape", default="3B", help=f"3B, A, B or {TINY}")
        parser.add_argument("--device", default="cuda")
        parser.add_argument("--dtype", default="", help="by default bfloat16, float32 on a CPU")
        parser.add_argument("--parts", default="", help="names with commas between; else all")
        parser.add_argument("--seconds", type=float, default=default, help="for all parts together")
        parser.add_argument("--output", type=Path, default=kept)
        parser.add_argument("--no-record", action="store_true", help="leave RESULTS.md alone")
        return parser.parse_args()

    def run(self, options: argparse.Namespace) -> Outcomes:
        """The file of figures is renewed whenever one more is known, and `RESULTS.md` at the
        end."""
        dtype = options.dtype or ("float32" if options.device == "cpu" else "bfloat16")
        title = f"{self.name} on {options.device}, shape {options.shape}, {dtype}, random weights"
        began = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")

        def keep(outcomes: Outcomes, about: About) -> None:
            document = {"title": title, "began": began, **about, "parts": outcomes}
            half = options.output.with_suffix(".part")
            half.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
            half.replace(options.output)

        runs = PartRuns(
            known_parts(options.parts, self.seconds_of_part),
            options.shape,
            options.device,
            dtype,
            options.seconds,
            options.seconds / self.seconds,
            self.shares_process,
            keep,
        )
        outcomes = runs.run()
        body = markdown(outcomes)
        print(body)
        if not options.no_record:
            from bench import results  # asks the device for its name

            results.append(title, body)
        return outcomes
