"""The scaling figures as one small picture: by lanes, by context, by length of the book."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bench.lane_speed import LaneSpeed

if TYPE_CHECKING:
    from matplotlib.axis import Axis

Books = dict[int, list[tuple[int, float, float]]]


def plot(
    title: str,
    by_lanes: Sequence[LaneSpeed],
    by_context: Sequence[LaneSpeed],
    books: Books,
    path: Path,
) -> None:
    """Needs matplotlib."""
    import matplotlib

    matplotlib.use("svg" if path.suffix == ".svg" else "agg")
    from matplotlib import pyplot

    figure, (lanes, context, length) = pyplot.subplots(1, 3, figsize=(12, 3.6))
    lanes.plot([one.load.lanes for one in by_lanes], [one.steady_rate for one in by_lanes], "o-")
    lanes.set(xscale="log", yscale="log", xlabel="lanes", ylabel="times real time")
    context.plot(
        [one.load.mean_own for one in by_context],
        [one.step_seconds * 1000 for one in by_context],
        "o-",
    )
    context.set(xlabel="own positions of a lane", ylabel="ms per step", ylim=(0, None))
    for count, rows in books.items():
        hours = [minutes / 60 for minutes, _, _ in rows]
        length.plot(hours, [rate for _, _, rate in rows], "o-", label=f"{count} lanes")
    length.set(xscale="log", xlabel="hours of speech (simulated)", ylabel="times real time")
    length.set_ylim(bottom=0)
    length.legend(fontsize=8)
    for axis in (lanes.xaxis, lanes.yaxis, length.xaxis):
        _plain_numbers(axis)
    for one in (lanes, context, length):
        one.grid(alpha=0.3)
    figure.suptitle(title, fontsize=10)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
    pyplot.close(figure)


def _plain_numbers(axis: Axis) -> None:
    """On a logarithmic axis 1, 2, 5, 10, 20 … as people write them, not as powers of ten."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter(FuncFormatter(lambda number, _: f"{number:g}"))
    axis.set_minor_locator(NullLocator())
