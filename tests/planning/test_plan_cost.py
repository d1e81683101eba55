"""A plan stays cheap: a ceiling of CPU time, three times what it takes on a slow core."""

from __future__ import annotations

import time

from bench.plan import drawn_chunks, drawn_novel
from higgs_cli.settings.table import Settings
from tests.planning.planning_fixtures import planned

SECONDS_OF_A_CHUNK = 20 / 100_000
SECONDS_OF_A_WORD = 4 / 95_000


def cpu_seconds(source: str, settings: Settings) -> tuple[float, int]:
    """The better of two, with the number of chunks: other work only adds."""
    spent = []
    for _ in range(2):
        began = time.process_time()
        plan = planned(source, settings, name="book.md", expands=True)
        spent.append(time.process_time() - began)
    return min(spent), len(plan.chunks)


def test_a_hundred_thousand_chunks_would_be_planned_in_twenty_seconds() -> None:
    seconds, count = cpu_seconds(drawn_chunks(4000), Settings(chunk="words", chunk_words=12))
    assert count == 4000
    assert seconds < count * SECONDS_OF_A_CHUNK


def test_ten_hours_would_be_planned_in_four_seconds() -> None:
    seconds, _ = cpu_seconds(drawn_novel(9500), Settings())
    assert seconds < 9500 * SECONDS_OF_A_WORD
