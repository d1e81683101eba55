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
    about: str
    """How it is called and what it does: its module's own words."""
    seconds_of_part: Mapping[str, float]
    seconds: float
    shares_process: bool

    def options(self) -> argparse.Namespace:
        kept, default = ROOT / "bench" / f"{self.name}.json", self.seconds
        parser = argparse.ArgumentParser(
            prog=f"python -m bench.{self.name}",
            description=self.about,
            epilog=f"parts, in order: {', '.join(self.seconds_of_part)}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        parser.add_argument("--shape", default="3B", help=f"by default 3B; A, B or {TINY}")
        parser.add_argument("--device", default="cuda", help="by default cuda; cpu for a rehearsal")
        parser.add_argument("--dtype", default="", help="by default bfloat16, float32 on a CPU")
        parser.add_argument("--parts", default="", help="names with commas between; by default all")
        parser.add_argument(
            "--seconds", type=float, default=default, help=f"for all parts; by default {default:g}"
        )
        kept_at = f"figures as they are known; by default bench/{kept.name}"
        parser.add_argument("--output", type=Path, default=kept, help=kept_at)
        parser.add_argument("--no-record", action="store_true", help="leave RESULTS.md alone")
        return parser.parse_args()

    def run(self, options: argparse.Namespace) -> Outcomes:
        """The file of figures is renewed whenever one more is known, and `RESULTS.md` at the
        end."""
        dtype = options.dtype or ("float32" if options.device == "cpu" else "bfloat16")
        parts = known_parts(options.parts, self.seconds_of_part)
        _look_for(options.device, self.name)
        title = f"{self.name} on {options.device}, shape {options.shape}, {dtype}, random weights"
        began = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")

        def keep(outcomes: Outcomes, about: About) -> None:
            document = {"title": title, "began": began, **about, "parts": outcomes}
            half = options.output.with_suffix(".part")
            half.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
            half.replace(options.output)

        runs = PartRuns(
            parts,
            options.shape,
            options.device,
            dtype,
            options.seconds,
            self.budget_share(parts, options.seconds),
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

    def budget_share(self, parts: Mapping[str, float], seconds: float) -> float:
        """Of budgets. Some parts need less than all: they are not cut short within what they
        need."""
        needed = self.seconds * sum(parts.values()) / sum(self.seconds_of_part.values())
        return max(seconds / self.seconds, min(1.0, seconds / needed))


def _look_for(device: str, name: str) -> None:
    """Better than one failure after the other."""
    import torch

    if device.startswith("cuda") and not torch.cuda.is_available():
        rehearsal = f"python -m bench.{name} --shape {TINY} --device cpu --no-record"
        raise SystemExit(f"torch finds no CUDA device here; a rehearsal: {rehearsal}")
