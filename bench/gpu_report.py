"""The figures of the GPU benchmark as Markdown: one table for single figures, one per sweep."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench import results

GOALS = {
    "G1 one lane": "2.2 / 1.9 / 1.65 ms; 8x / 10x / 15x transformers",
    "G2 quantized weights": "1.3 / 1.05 / 0.85 ms",
    "G3 many lanes": "850 / 1,250 / 1,500 times real time",
    "G4 book": "600 / 1,000 / 1,500 times real time",
    "G5 against transformers": "20x / 40x / 80x",
    "G6 use of the device": "80 % / 92 % / 97 % busy; no wait in a step",
    "G7 codec": "4,000 / 8,000 / 12,000 times real time; tax 10 % / 5 %",
    "G8 packed prefill": "40,000 / 70,000 / 90,000 positions per s",
    "G9 exactness": "agrees at every width; bit equal",
}
"""Must / target / stretch, for one H200."""
_ROW_FIGURES = ("lanes", "shared", "text", "frames", "step_ms", "times_real_time")


def markdown(outcomes: Mapping[str, Mapping[str, Any]]) -> str:
    rows, sweeps = [], []
    for name, outcome in outcomes.items():
        figures = dict(outcome.get("figures", {}))
        if "rows" in figures:
            sweeps.append(_sweep(name, figures))
            figures = {}
            if "failure" not in outcome:
                continue
        failure = {"FAILED:": outcome["failure"]} if "failure" in outcome else {}
        warned = {"warned:": outcome["warnings"]} if "warnings" in outcome else {}
        whole = failure | figures | warned
        said = "; ".join(f"{key} {_plain(value)}" for key, value in whole.items())
        seconds = str(outcome.get("seconds", ""))
        rows.append((name, said.replace("|", "/"), GOALS.get(name, ""), seconds))
    header = ("part", "figures", "must / target / stretch", "took, s")
    return "\n\n".join([results.table(header, rows), *sweeps])


def _sweep(name: str, figures: Mapping[str, Any]) -> str:
    header = (*_ROW_FIGURES, "share_of_roofline")
    rows = [[_plain(row[key]) for key in header] for row in figures["rows"]]
    left_out = figures["left_out"]
    note = f" ({left_out} left out: no time)" if left_out else ""
    steps = "; ".join(dict.fromkeys(str(row.get("stepped_with", "")) for row in figures["rows"]))
    return f"Sweep: {name}{note}\n\n{steps}\n\n{results.table(header, rows)}"


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_plain(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_plain, value)) + "]"
    return str(value)
