"""`higgs bench`: how fast this machine speaks with this checkpoint, and how long a book takes."""

from __future__ import annotations

from typing import Annotated

import typer

from higgs_cli.settings.table import Settings
from higgs_cli.terminal.console import out
from higgs_cli.terminal.options import JsonOption, with_settings

EPILOG = """Examples: higgs bench · higgs bench --dtype int8 · higgs bench --lanes 32 --seconds 8 ·
higgs bench --memory low. Times real time is seconds of speech per second. The roofline is what
reading weights and contexts once per step would allow at the memory speed measured here; more
lanes share the weights. A book is spoken and checked side by side, and what was not kept
(all but the first 70 minutes) decoded again to master it."""


@with_settings("model")
def bench(
    settings: Settings,
    seconds: Annotated[
        float, typer.Option(min=0.2, max=60, help="Seconds of speech to measure per lane.")
    ] = 4.0,
    as_json: JsonOption = False,
) -> None:
    """Measure how fast this machine speaks."""
    from higgs_cli.settings.views import choices_of
    from higgs_cli.terminal.bench_view import show_speed
    from higgs_cli.tools.benchmarks import measure_speed

    out.mode = "json" if as_json else "human"
    report = measure_speed(choices_of(settings).model, seconds, out.say, out.warn)
    if as_json:
        out.document(report)
    else:
        show_speed(report, out)
