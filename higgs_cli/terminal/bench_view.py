"""Shows a person how fast this machine speaks."""

from __future__ import annotations

from collections.abc import Mapping

from higgs_cli.terminal.console import Console


def show_speed(report: Mapping[str, object], out: Console) -> None:
    """One line for each number of lanes, then the codec, then a book."""
    decoding = report["decoding"]
    assert isinstance(decoding, list)
    rows = [
        (
            str(one["lanes"]),
            f"{one['step_ms']:.2f}",
            f"{one['times_real_time']:.1f}",
            f"{one['share_of_roofline']:.0%}",
            f"{one['first_frame_ms']:.0f}",
        )
        for one in decoding
    ]
    out.table(("lanes", "ms per step", "x real time", "of roofline", "first frame, ms"), rows)
    for one in decoding:
        out.result(f"made of, at {one['lanes']}: {one['step']}")
        for reason in one["left_out"]:
            out.result(f"  left out: {reason}")
    out.result(f"codec alone: {report['codec_times_real_time']} times real time")
    out.result(
        f"a book of {report['book_hours']} hours: about {report['book_minutes']} minutes, "
        "without retries, checks and encoding"
    )
